import type { JWK } from 'jose'
import { z } from 'zod'
import { readAct } from './act.ts'
import { equal, fromBase64url } from './bytes.ts'
import { parseCompact, verifyWithKey } from './jws.ts'
import type { ReadNodes } from './merkle/proof.ts'
import { typ } from './typ.ts'

const index = z.string().regex(/^(?:0|[1-9]\d{0,18})$/)
/** base64url of 32 bytes. */
const leaf = z.string().length(43)
const common = {
  version: z.literal(1),
  origin: z.string().min(1).max(200),
  loggedAt: z.iso.datetime({ precision: 3 }),
}

/**
 * What the node promises at once, under typ.logReceipt: this leaf stands at this index; or, for neighbours that were
 * logged together, these leaves stand from `first` on.
 */
export const logReceiptSchema = z.union([
  z.strictObject({ ...common, index, leaf }),
  z.strictObject({ ...common, first: index, leaves: z.array(leaf).min(2).max(10_000) }),
])
export type LogReceipt = z.output<typeof logReceiptSchema>

export const receiptOutcomes = {
  kept: 'the leaf stands where the receipt says',
  pending: 'no checkpoint covers it yet, and it is young',
  RECEIPT_MALFORMED: 'it is no receipt',
  RECEIPT_SIGNATURE: 'no trusted node key of this log has signed it',
  RECEIPT_ORIGIN: 'it is of another log',
  RECEIPT_UNKEPT: 'its time is past, and no checkpoint covers it',
  RECEIPT_LEAF: 'another leaf stands there: together with the checkpoint this is proof against the node',
} as const
export type ReceiptOutcome = keyof typeof receiptOutcomes

/** A log as its signed head says. */
export type SignedTree = {
  readonly origin: string
  readonly size: bigint
  /** Of the tree of that size, already compared with its root. */
  readonly read: ReadNodes
  readonly nodeKeys: readonly JWK[]
}

/** A checkpoint follows within a second; this leaves room for clocks and caches. */
export const RECEIPT_GRACE = 60_000

/** A receipt whose signature is good: these leaves stand from `first` on, logged at one time. */
export type OpenedReceipt = {
  readonly first: bigint
  readonly leaves: readonly Uint8Array[]
  readonly loggedAt: Date
}

/** Checks form, log and signature of a receipt, and gives what it promises. Never throws. */
export const openReceipt = async (
  text: string,
  { origin, nodeKeys }: Pick<SignedTree, 'origin' | 'nodeKeys'>,
): Promise<OpenedReceipt | 'RECEIPT_MALFORMED' | 'RECEIPT_ORIGIN' | 'RECEIPT_SIGNATURE'> => {
  const jws = parseCompact(text)
  if (!jws.ok) return 'RECEIPT_MALFORMED'
  let receipt: LogReceipt
  let leaves: readonly Uint8Array[]
  try {
    receipt = readAct(logReceiptSchema, jws.payload)
    leaves = ('leaves' in receipt ? receipt.leaves : [receipt.leaf]).map(fromBase64url)
  } catch {
    return 'RECEIPT_MALFORMED'
  }
  if (receipt.origin !== origin) return 'RECEIPT_ORIGIN'
  const verified = await Promise.all(nodeKeys.map(key => verifyWithKey(jws, key, typ.logReceipt)))
  if (!verified.some(({ ok }) => ok)) return 'RECEIPT_SIGNATURE'
  const first = BigInt('leaves' in receipt ? receipt.first : receipt.index)
  return { first, leaves, loggedAt: new Date(receipt.loggedAt) }
}

/** Whether the promise of one receipt was kept. Faults of `read` are the caller's. */
export const checkReceipt = async (text: string, log: SignedTree, now: Date): Promise<ReceiptOutcome> => {
  const opened = await openReceipt(text, log)
  if (typeof opened === 'string') return opened
  const { first, leaves, loggedAt } = opened
  if (first + BigInt(leaves.length) > log.size) {
    return now.getTime() - loggedAt.getTime() > RECEIPT_GRACE ? 'RECEIPT_UNKEPT' : 'pending'
  }
  const held = await log.read(leaves.map((_, i) => ({ level: 0, index: first + BigInt(i) })))
  return leaves.every((it, i) => held[i] !== undefined && equal(held[i], it)) ? 'kept' : 'RECEIPT_LEAF'
}
