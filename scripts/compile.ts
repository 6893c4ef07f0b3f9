import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
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

/** One variable in a contract's storage. `type` in Solidity's words; `offset` in bytes from the right end. */
export type Stored = { readonly slot: string; readonly offset: number; readonly label: string; readonly type: string }

export type Compilation = { readonly contract: CompiledContract; readonly storage: readonly Stored[] }

/** Contracts whose compiled form is committed as contracts/abi/NAME.json, so that nothing at run time compiles. */
export const PUBLISHED = ['LogAnchor', 'FinancingRegistry'] as const

/** `storage`: what is kept where, for whoever reads storage proofs, and to show when a change moves it. */
export const publishedFile = (contract: string, part: 'contract' | 'storage' = 'contract'): URL =>
  new URL(`../contracts/abi/${contract}${part === 'storage' ? '.storage' : ''}.json`, import.meta.url)

/** The committed text of one compiled contract, or of its storage layout. */
export const publishedText = (compiled: CompiledContract | readonly Stored[]): string =>
  `${JSON.stringify(compiled, null, 1)}\n`

/**
 * Compiles everything under contracts/ afresh, in memory, keyed by contract name.
 * Throws on any error and on any warning of the compiler.
 */
export const compileContracts = async (): Promise<ReadonlyMap<string, Compilation>> => {
  const files = (await solidity.getRootFilePaths()).filter(file => file.startsWith(SOURCES))
  const planned = await solidity.getCompilationJobs(files, {
    force: true,
    isolated: false,
    quiet: true,
  })
  if (!('compilationJobsPerFile' in planned)) throw new Error(planned.formattedReason)
  const compiled = new Map<string, Compilation>()
  for (const job of new Set(planned.compilationJobsPerFile.values())) {
    const { output } = await solidity.runCompilationJob(job, { quiet: true })
    const complaints = (output.errors ?? []).map(complaint => complaint.formattedMessage ?? complaint.message)
    if (complaints.length > 0) throw new Error(complaints.join('\n'))
    for (const [source, contracts] of Object.entries(output.contracts ?? {})) {
      // Libraries of others are compiled on the way; only what this project owns is of use.
      if (!source.startsWith('project/')) continue
      for (const [name, contract] of Object.entries(contracts)) {
        const layout = storageOf(contract)
        compiled.set(name, { contract: summary(name, contract, job.solcConfig.version), storage: layout })
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
  readonly storageLayout?: {
    readonly storage: readonly Variable[]
    readonly types: Readonly<Record<string, { readonly label: string; readonly members?: readonly Variable[] }>> | null
  }
}
type Variable = { readonly slot: string; readonly offset: number; readonly label: string; readonly type: string }

/** Members of structures follow their variable, in slots counted from it. */
const storageOf = ({ storageLayout }: SolcContract): Stored[] => {
  const types = storageLayout?.types ?? {}
  const told = ({ slot, offset, label, type }: Variable, within = ''): Stored => ({
    ...{ slot, offset, label: `${within}${label}` },
    type: types[type]?.label ?? type,
  })
  const structures = Object.values(types).flatMap(({ label, members = [] }) =>
    members.map(member => told(member, `${label.replace(/^struct /, '')}.`)),
  )
  return [...(storageLayout?.storage ?? []).map(variable => told(variable)), ...structures]
}

const SOURCES = fileURLToPath(new URL('../contracts/', import.meta.url))

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
    await writeFile(publishedFile(contract), publishedText(result.contract))
    await writeFile(publishedFile(contract, 'storage'), publishedText(result.storage))
    const { deployedBytecode, codeHash } = result.contract
    console.log(`${contract}: ${(deployedBytecode.length - 2) / 2} bytes, code hash ${codeHash}`)
  }
}
