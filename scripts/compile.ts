import { writeFile } from 'node:fs/promises'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { solidity } from 'hardhat'
import { fromHex, hex } from '../core/bytes.ts'

/** One contract as its users need it. All byte strings are 0x-prefixed lower-case hex. */
export type CompiledContract = {
  readonly contract: string
  readonly abi: readonly unknown[]
  /** Creation code, without constructor arguments. */
  readonly bytecode: string
  /** Runtime code, as `eth_getCode` returns it: no contract here has immutables, which would be written into it. */
  readonly deployedBytecode: string
  /** keccak-256 of the runtime code: what trust settings pin. */
  readonly codeHash: string
  readonly solc: string
}

/** Contracts whose compiled form is committed as contracts/abi/NAME.json, so that nothing at run time compiles. */
export const PUBLISHED = ['LogAnchor'] as const

export const publishedFile = (contract: string): URL => new URL(`../contracts/abi/${contract}.json`, import.meta.url)

/** The committed text of one compiled contract. */
export const publishedText = (compiled: CompiledContract): string => `${JSON.stringify(compiled, null, 1)}\n`

/**
 * Compiles everything under contracts/ afresh, in memory, keyed by contract name.
 * Throws on any error and on any warning of the compiler.
 */
export const compileContracts = async (): Promise<ReadonlyMap<string, CompiledContract>> => {
  const planned = await solidity.getCompilationJobs(await solidity.getRootFilePaths(), {
    force: true,
    isolated: false,
    quiet: true,
  })
  if (!('compilationJobsPerFile' in planned)) throw new Error(planned.formattedReason)
  const compiled = new Map<string, CompiledContract>()
  for (const job of new Set(planned.compilationJobsPerFile.values())) {
    const { output } = await solidity.runCompilationJob(job, { quiet: true })
    const complaints = (output.errors ?? []).map(complaint => complaint.formattedMessage ?? complaint.message)
    if (complaints.length > 0) throw new Error(complaints.join('\n'))
    for (const [source, contracts] of Object.entries(output.contracts ?? {})) {
      // Libraries of others are compiled on the way; only what this project owns is of use.
      if (!source.startsWith('project/')) continue
      for (const [name, contract] of Object.entries(contracts)) {
        compiled.set(name, summary(name, contract, job.solcConfig.version))
      }
    }
  }
  return compiled
}

type SolcContract = {
  readonly abi: readonly unknown[]
  readonly evm?: {
    readonly bytecode?: { readonly object: string }
    readonly deployedBytecode?: { readonly object: string; readonly immutableReferences?: object }
  }
}

const summary = (contract: string, { abi, evm }: SolcContract, solc: string): CompiledContract => {
  const runtime = evm?.deployedBytecode
  if (Object.keys(runtime?.immutableReferences ?? {}).length > 0) {
    throw new Error(`${contract} has immutables: its runtime code, and so its code hash, would differ by deployment`)
  }
  const code = runtime?.object ?? ''
  return {
    contract,
    abi,
    bytecode: `0x${evm?.bytecode?.object ?? ''}`,
    deployedBytecode: `0x${code}`,
    codeHash: `0x${hex(keccak_256(fromHex(code)))}`,
    solc,
  }
}

if (import.meta.main) {
  const compiled = await compileContracts()
  for (const contract of PUBLISHED) {
    const result = compiled.get(contract)
    if (result === undefined) throw new Error(`contracts/ has no ${contract}`)
    await writeFile(publishedFile(contract), publishedText(result))
    console.log(`${contract}: ${(result.deployedBytecode.length - 2) / 2} bytes, code hash ${result.codeHash}`)
  }
}
