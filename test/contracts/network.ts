import type { BaseContract, BaseContractMethod, ContractTransactionReceipt, ContractTransactionResponse } from 'ethers'
import { network } from 'hardhat'
import { type CompiledContract, compileContracts } from '../../scripts/compile.ts'

type Reads<A extends unknown[], R> = BaseContractMethod<A, R, R>
type Sends<A extends unknown[]> = BaseContractMethod<A, void, ContractTransactionResponse>

export type Bytes = Uint8Array | string
export type Proof = readonly Bytes[]

export type LogProofContract = BaseContract & {
  verifyInclusion: Reads<[index: bigint, size: bigint, leaf: Bytes, proof: Proof, root: Bytes], boolean>
  verifyConsistency: Reads<[size1: bigint, size2: bigint, root1: Bytes, root2: Bytes, proof: Proof], boolean>
}

export type LogAnchorContract = Omit<BaseContract, 'connect'> & {
  connect(account: Account): LogAnchorContract
  open: Sends<[logId: Bytes, size: bigint, root: Bytes, maxGrowth: bigint]>
  anchor: Sends<[logId: Bytes, size: bigint, root: Bytes, proof: Proof]>
  refound: Sends<
    [
      logId: Bytes,
      kept: bigint,
      keptRoot: Bytes,
      abandonedProof: Proof,
      size: bigint,
      root: Bytes,
      proof: Proof,
      checkpoint: Bytes,
    ]
  >
  copyHead: Sends<[logId: Bytes]>
  retire: Sends<[successor: string]>
  pause: Sends<[]>
  unpause: Sends<[]>
  grantRole: Sends<[role: string, account: string]>
  revokeRole: Sends<[role: string, account: string]>
  renounceRole: Sends<[role: string, account: string]>
  head: Reads<[logId: Bytes], [size: bigint, root: string, blockNumber: bigint, refounded: bigint]>
  refoundings: Reads<
    [logId: Bytes],
    readonly [
      kept: bigint,
      abandonedSize: bigint,
      size: bigint,
      blockNumber: bigint,
      abandonedRoot: string,
      root: string,
      checkpoint: string,
    ][]
  >
  maxGrowth: Reads<[logId: Bytes], bigint>
  anchorRole: Reads<[logId: Bytes], string>
  hasRole: Reads<[role: string, account: string], boolean>
  predecessor: Reads<[], string>
  successor: Reads<[], string>
  paused: Reads<[], boolean>
  DEFAULT_ADMIN_ROLE: Reads<[], string>
  PAUSER_ROLE: Reads<[], string>
}

/** A mark as a registry offers it; structures are taken by their members' names. */
export type OfferedMark = {
  readonly id: Bytes
  readonly fingerprints: readonly Bytes[]
  readonly bank: Bytes
  readonly consent: Bytes
  readonly expires: bigint
}

export type FinancingRegistryContract = Omit<BaseContract, 'connect'> & {
  connect(account: Account): FinancingRegistryContract
  commit: Sends<[commitment: Bytes]>
  mark: Sends<[offer: OfferedMark, wanted: number, salt: Bytes]>
  hold: Sends<[id: Bytes, bank: Bytes]>
  finance: Sends<[id: Bytes, bank: Bytes]>
  cancel: Sends<[id: Bytes]>
  amend: Sends<[id: Bytes, bank: Bytes]>
  offer: Sends<[id: Bytes, to: string, bank: Bytes]>
  take: Sends<[id: Bytes, bank: Bytes]>
  grantRole: Sends<[role: string, account: string]>
  commitmentTo: Reads<[registrar: string, offer: OfferedMark, wanted: number, salt: Bytes], string>
  standing: Reads<[fingerprint: Bytes], bigint>
  REGISTRAR_ROLE: Reads<[], string>
}

/** What this checkout's sources compile to, once for all test files of a run. */
export const compiled = await compileContracts().catch((error: unknown) => {
  // mocha tells of a module that fails while loading only that it could not be required.
  console.error(error)
  throw error
})

/** A chain of its own for every file that imports this module in a run of its own; shared within one run. */
export const { ethers } = await network.create()

export type Account = Awaited<ReturnType<typeof ethers.getSigner>>
export const [admin, anchorer, stranger] = (await ethers.getSigners()) as [Account, Account, Account, ...Account[]]

export const contractNamed = (name: string): CompiledContract => {
  const found = compiled.get(name)
  if (found === undefined) throw new Error(`contracts/ has no ${name}`)
  return found.contract
}

const deploy = async (name: string, ...args: unknown[]): Promise<unknown> => {
  const { abi, bytecode } = contractNamed(name)
  const factory = await ethers.getContractFactory([...abi], bytecode, admin)
  return await (await factory.deploy(...args)).waitForDeployment()
}

export const deployLogProof = async (): Promise<LogProofContract> =>
  (await deploy('LogProofHarness')) as LogProofContract

export const deployLogAnchor = async (
  administrator: string = admin.address,
  predecessor: string = ethers.ZeroAddress,
): Promise<LogAnchorContract> => (await deploy('LogAnchor', administrator, predecessor)) as LogAnchorContract

export const deployFinancingRegistry = async (): Promise<FinancingRegistryContract> =>
  (await deploy('FinancingRegistry', admin.address)) as FinancingRegistryContract

/** The receipt of a transaction that succeeded. */
export const mined = async (sent: Promise<ContractTransactionResponse>): Promise<ContractTransactionReceipt> => {
  const receipt = await (await sent).wait()
  if (receipt === null) throw new Error('not mined')
  return receipt
}

/** Names and arguments of the contract's own events in a receipt, in order. */
export const eventsOf = (contract: LogAnchorContract, receipt: ContractTransactionReceipt): unknown[][] =>
  receipt.logs.flatMap(log => {
    const event = contract.interface.parseLog(log)
    return event === null ? [] : [[event.name, ...event.args.toArray()]]
  })
