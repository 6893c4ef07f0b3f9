import { Transaction } from 'ethers/transaction'
import type { Db } from '../../db/database.ts'
import type { ChainIdentity } from '../anchor-store.ts'
import type { Chain } from '../chain/adapter.ts'
import { ChainFault } from '../chain/fault.ts'
import { bumpFees, type Fees, higherFees } from '../chain/fees.ts'
import { type Signer, sign } from '../chain/transaction.ts'
import {
  type RegistryAct,
  type RegistryMark,
  readTransactionsFrom,
  type StoredTransaction,
  storeTransaction,
} from './store.ts'

export type OutboxDeps = {
  readonly db: Db
  readonly at: ChainIdentity
  readonly chain: Chain
  readonly signer: Signer
  readonly sender: string
  readonly now: () => Date
  /** What the chain asks for now. */
  readonly fees: Fees
  /** Milliseconds after which a transaction that no block has taken is offered more. */
  readonly patience: number
}

/** What was signed and may still be mined, by nonce; `free` is the first nonce without one. */
export type Outbox = { readonly waiting: ReadonlySet<string>; readonly free: number; readonly variants: number }

/**
 * Sends again, in their order, what no block has taken: the bytes that are kept, or the same act for more. Which of them
 * were mined is nobody's concern here: the contract's own state tells what there is left to do.
 */
export const sendAgain = async (deps: OutboxDeps): Promise<Outbox> => {
  const { db, at, chain, sender, now, patience } = deps
  const next = await chain.nonce(sender, 'latest')
  const kept = Map.groupBy(await readTransactionsFrom(db, at, sender, next), ({ nonce }) => nonce)
  const waiting = new Set<string>()
  let free = next
  // Beyond a gap nothing can be mined: what is there is signed anew from the gap on.
  for (let variants = kept.get(free); variants !== undefined; variants = kept.get(++free)) {
    const newest = variants.at(-1)!
    waiting.add(newest.financing)
    const late = now().getTime() - newest.signedAt.getTime() > patience
    if (late || !(await taken(chain, newest))) await raise(deps, newest)
  }
  return { waiting, free, variants: kept.get(free)?.length ?? 0 }
}

/** False where more has to be offered. */
const taken = async (chain: Chain, { raw }: StoredTransaction): Promise<boolean> => {
  try {
    await chain.broadcast(raw)
    return true
  } catch (fault) {
    const code = fault instanceof ChainFault ? fault.code : undefined
    if (code === 'UNDERPRICED') return false
    // Mined since the nonce was asked for, by these bytes or by others: the next look sees what came of it. A gap passes.
    if (code === 'NONCE_USED' || code === 'NONCE_GAP') return true
    throw fault
  }
}

/** The same act under the same nonce for more: only one of them can ever be mined. */
const raise = async (
  { db, at, chain, signer, sender, now, fees: suggested }: OutboxDeps,
  last: StoredTransaction,
): Promise<void> => {
  const fees = higherFees(bumpFees(last.fees), suggested)
  const { to, data, gasLimit } = Transaction.from(last.raw)
  const { nonce, financing, act } = last
  const { chainId } = chain
  const signed = await sign(signer, { chainId, ...(to === null ? {} : { to }), data, nonce, gasLimit, fees })
  const stored = { financing, act, nonce, variant: last.variant + 1, fees, signedAt: now() }
  if (await storeTransaction(db, at, sender, { ...stored, hash: signed.hash, raw: signed.rawTransaction })) {
    await chain.broadcast(signed.rawTransaction)
  }
}

/** Signs, keeps, sends. False when another process took the nonce first. */
export const send = async (
  { db, at, chain, signer, sender, now, fees }: OutboxDeps,
  mark: RegistryMark,
  { act, data }: { readonly act: RegistryAct; readonly data: string },
  { nonce, variant }: { readonly nonce: number; readonly variant: number },
): Promise<boolean> => {
  // What is not used is not paid; a mark under four fingerprints takes 430,000.
  const gasLimit = act === 'mark' ? 600_000n : 200_000n
  const { chainId } = chain
  const signed = await sign(signer, { chainId, to: at.contract, data, nonce, gasLimit, fees })
  const stored = { financing: mark.financing, act, nonce, variant, fees, signedAt: now() }
  const own = { ...stored, hash: signed.hash, raw: signed.rawTransaction }
  if (!(await storeTransaction(db, at, sender, own))) return false
  await chain.broadcast(signed.rawTransaction)
  return true
}
