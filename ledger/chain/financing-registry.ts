import { AbiCoder } from 'ethers/abi'
import { keccak256 } from 'ethers/crypto'
import compiled from '../../contracts/abi/FinancingRegistry.json' with { type: 'json' }
import { hex } from '../../core/bytes.ts'
import type { MarkState } from '../../core/financing.ts'
import { asHash } from '../../core/merkle.ts'
import type { Chain } from './adapter.ts'
import { ChainFault } from './fault.ts'
import type { Receipt } from './parse.ts'
import { financingRegistryInterface as abi } from './revert.ts'
import type { Signer } from './transaction.ts'

/** keccak-256 of the runtime code, the same for every deployment of this version. */
export const FINANCING_REGISTRY_CODE_HASH = compiled.codeHash

/** In the contract's order. */
const states = ['NONE', 'REGU', 'REDU', 'DFIN', 'PNDG', 'FNCD', 'CANC'] as const satisfies readonly (
  | MarkState
  | 'NONE'
)[]
export type ContractState = (typeof states)[number]

/** A mark as it is first made; 32 bytes each, `expires` in seconds. */
export type OfferedMark = {
  readonly id: Uint8Array
  readonly fingerprints: readonly Uint8Array[]
  readonly bank: Uint8Array
  readonly consent: Uint8Array
  readonly expires: bigint
}
export type Commitment = { readonly at: bigint; readonly blockNumber: bigint }

/** The FinancingRegistry contract at one address. Questions are of the latest block or a given one. */
export type FinancingRegistry = {
  readonly address: string
  /** Undefined where there is no contract. Compare with FINANCING_REGISTRY_CODE_HASH. */
  readonly codeHash: () => Promise<string | undefined>
  /** `registrar` and `bank` are zero for a mark that is not there. */
  readonly mark: (
    id: Uint8Array,
    at?: bigint,
  ) => Promise<{ readonly state: ContractState; readonly registrar: string; readonly bank: string }>
  /** How a receivable stands. */
  readonly standing: (fingerprint: Uint8Array, at?: bigint) => Promise<ContractState>
  readonly spent: (consent: Uint8Array, at?: bigint) => Promise<boolean>
  /** What the contract's own `commitmentTo` answers; asks nothing. */
  readonly commitmentTo: (registrar: string, offer: OfferedMark, wanted: ContractState, salt: Uint8Array) => string
  /** Undefined where nobody committed. */
  readonly committed: (commitment: string) => Promise<Commitment | undefined>
  readonly isRegistrar: (account: string) => Promise<boolean>
  /** By the administrator: lets an account make marks. */
  readonly grantRegistrar: (signer: Signer, account: string) => Promise<Receipt>
}

/** What a registrar sends, as call data. */
export const registryCalls = {
  commit: (commitment: string) => abi.encodeFunctionData('commit', [commitment]),
  mark: (offer: OfferedMark, wanted: ContractState, salt: Uint8Array) =>
    abi.encodeFunctionData('mark', [told(offer), states.indexOf(wanted), word(salt)]),
  hold: (id: Uint8Array, bank: Uint8Array) => abi.encodeFunctionData('hold', [word(id), word(bank)]),
  finance: (id: Uint8Array, bank: Uint8Array) => abi.encodeFunctionData('finance', [word(id), word(bank)]),
  amend: (id: Uint8Array, bank: Uint8Array) => abi.encodeFunctionData('amend', [word(id), word(bank)]),
  cancel: (id: Uint8Array) => abi.encodeFunctionData('cancel', [word(id)]),
  offer: (id: Uint8Array, to: string, bank: Uint8Array) => abi.encodeFunctionData('offer', [word(id), to, word(bank)]),
  take: (id: Uint8Array, bank: Uint8Array) => abi.encodeFunctionData('take', [word(id), word(bank)]),
} as const

/** Deploys the contract with the signer as administrator and waits for it. */
export const deployFinancingRegistry = async (
  chain: Chain,
  signer: Signer,
): Promise<{ readonly address: string; readonly receipt: Receipt }> => {
  const args = abi.encodeDeploy([await signer.getAddress()])
  const receipt = await chain.submit(signer, { data: `${compiled.bytecode}${args.slice(2)}` })
  if (receipt.contractAddress === undefined) throw new ChainFault('REFUSED', 'the deployment created no contract')
  return { address: receipt.contractAddress, receipt }
}

export const financingRegistryAt = (chain: Chain, contract: string): FinancingRegistry => {
  const address = contract.toLowerCase()
  const ask = async (name: string, args: readonly unknown[], at?: bigint): Promise<unknown[]> => {
    const answer = await chain.call({ to: address, data: abi.encodeFunctionData(name, args) }, at)
    // An account without code answers every call with nothing.
    if (answer === '0x') throw new ChainFault('REFUSED', `there is no FinancingRegistry at ${address}`)
    return abi.decodeFunctionResult(name, answer).toArray()
  }
  const role = async () => (await ask('REGISTRAR_ROLE', []))[0] as string
  return {
    address,
    codeHash: () => chain.codeHash(address),
    mark: async (id, at) => {
      const [state, registrar, , bank] = await ask('markOf', [word(id)], at)
      return { state: stateOf(state), registrar: String(registrar).toLowerCase(), bank: String(bank) }
    },
    standing: async (fingerprint, at) => stateOf((await ask('standing', [word(fingerprint)], at))[0]),
    spent: async (consent, at) => (await ask('spent', [word(consent)], at))[0] === true,
    commitmentTo: (registrar, offer, wanted, salt) => {
      const what = [told(offer), states.indexOf(wanted), word(salt)]
      return keccak256(coder.encode(committedTo, [chain.chainId, address, registrar, ...what]))
    },
    committed: async commitment => {
      const [at, blockNumber] = (await ask('committed', [commitment])) as [bigint, bigint]
      return at === 0n ? undefined : { at, blockNumber }
    },
    isRegistrar: async account => (await ask('hasRole', [await role(), account]))[0] === true,
    grantRegistrar: async (signer, account) =>
      chain.submit(signer, { to: address, data: abi.encodeFunctionData('grantRole', [await role(), account]) }),
  }
}

const coder = AbiCoder.defaultAbiCoder()
const committedTo = [
  ...['uint256', 'address', 'address'],
  ...['tuple(bytes32,bytes32[],bytes32,bytes32,uint64)', 'uint8', 'bytes32'],
]

const stateOf = (value: unknown): ContractState => {
  const state = states[Number(value)]
  if (state === undefined)
    throw new ChainFault('REFUSED', `the contract tells a state ${String(value)} that it has not`)
  return state
}

const told = ({ id, fingerprints, bank, consent, expires }: OfferedMark) => [
  ...[word(id), fingerprints.map(word), word(bank), word(consent)],
  expires,
]
/** RangeError unless 32 bytes. */
const word = (bytes: Uint8Array): string => `0x${hex(asHash(bytes))}`
