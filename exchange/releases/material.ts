import type { Trade } from '../../core/authorization/matters.ts'
import type { BundledType } from '../../core/bundle.ts'
import type { RecordType } from '../../core/record.ts'
import type { Refounding } from '../../core/refounding.ts'
import type { Uscc } from '../../core/uscc.ts'

/** A record as this node holds it, whole: what of it leaves is decided by the authorization. */
export type Material = {
  readonly index: bigint
  readonly type: RecordType
  readonly org: Uscc
  readonly parties: readonly string[]
  readonly digest: Uint8Array
  readonly salt: Uint8Array
  readonly body: Uint8Array
  readonly loggedAt: Date
  /** Of a document: all of them. */
  readonly disclosures?: readonly string[]
  /** Of an event from a signed capture. */
  readonly capture?: { readonly jws: string; readonly digests: readonly Uint8Array[]; readonly position: number }
}

/** What may leave: the covered part of a record of a kind that a bundle can hold. */
export type Releasable = Material & { readonly type: BundledType }

/** A head that a chain accepted. Hex is 0x and lower case. */
export type AnchoredHead = {
  /** The node's name for the chain. */
  readonly chain: string
  readonly chainId: bigint
  readonly genesis: string
  readonly contract: string
  readonly transaction: string
  readonly block: bigint
  readonly blockHash: string
  /** Time of the block, to the second. */
  readonly at: Date
  readonly size: bigint
  readonly root: Uint8Array
  /** Heads of this log that this contract gave up, oldest first, with the time of the block. */
  readonly refoundings?: readonly (Refounding & { readonly blockAt: Date })[]
}

/** What an application puts to its bank, and the records that bear on it. */
export type ApplicationMaterial = {
  readonly id: string
  readonly seller: Uscc
  readonly bank: Uscc
  readonly mode: '明保理' | '暗保理' | '应收账款质押' | '信用贷'
  /** Hex commitments. */
  readonly invoices: readonly string[]
  /** Id of the authorization that the seller named for it. */
  readonly authorization: string
  /** Log positions, the application's own and those of device endorsements among them. */
  readonly records: readonly bigint[]
  /** Of each invoice, in any order. */
  readonly trades: readonly Trade[]
}
