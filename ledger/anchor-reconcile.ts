import { equal } from '../core/bytes.ts'
import type { Db } from '../db/database.ts'
import { noteState } from './anchor-states.ts'
import {
  type Anchor,
  markFinal,
  markLost,
  markMined,
  markUnmined,
  readTransactions,
  type StoredTransaction,
  storeTransaction,
} from './anchor-store.ts'
import type { AnchorTarget } from './anchor-target.ts'
import { ChainFault } from './chain/fault.ts'
import { bumpFees, higherFees } from './chain/fees.ts'
import type { AnchoredHead } from './chain/log-anchor.ts'
import type { Ledger } from './ledger.ts'

export type RoundDeps = {
  readonly db: Db
  readonly ledger: Pick<Ledger, 'origin' | 'root' | 'consistency' | 'halt'>
  readonly now: () => Date
  /** Milliseconds after which a transaction that no block has taken is offered more. */
  readonly patience: number
  /** Most entries that one anchor may add, set when the log is opened. */
  readonly maxGrowth: bigint
}

export type AcceptanceDeps = RoundDeps & { readonly target: AnchorTarget; readonly logId: Uint8Array }

/** Brings one anchor up to what the chain says of it now. */
export const reconcile = (deps: AcceptanceDeps, anchor: Anchor, held: AnchoredHead | undefined): Promise<unknown> =>
  anchor.state === 'mined'
    ? settle(deps, anchor)
    : anchor.state === 'broadcast'
      ? follow(deps, anchor, held)
      : adopt(deps, anchor, held)

/** Mined: final once the chain says so; waiting again when its block is gone. */
const settle = async ({ db, now, target, logId }: AcceptanceDeps, anchor: Anchor) => {
  const { chain, finality } = target
  if ((await chain.blockHash(anchor.blockNumber!)) !== anchor.blockHash) return markUnmined(db, anchor)
  // While it is fresh: most nodes keep the state of some 128 blocks.
  await noteState(db, target, logId, anchor)
  const final = await chain.finalizedBlock(finality)
  if (final === undefined || final < anchor.blockNumber!) return undefined
  // Asked again after the final block is known: a block that was replaced in between is not made final.
  if ((await chain.blockHash(anchor.blockNumber!)) !== anchor.blockHash) return markUnmined(db, anchor)
  return markFinal(db, anchor, now())
}

/** Sent: any of its transactions may have made it, not only the last. */
const follow = async (deps: AcceptanceDeps, anchor: Anchor, held: AnchoredHead | undefined): Promise<unknown> => {
  const { db, now, patience, target } = deps
  const transactions = await readTransactions(db, anchor)
  if (await find(deps, anchor, transactions)) return undefined
  if (held && held.size >= anchor.size) return adopt(deps, anchor, held)
  const newest = transactions.find(({ nonce }) => BigInt(nonce) === anchor.nonce)
  if (newest === undefined) return markLost(db, anchor, 'its transaction is not known')
  try {
    await target.chain.broadcast(newest.raw)
  } catch (fault) {
    const code = fault instanceof ChainFault ? fault.code : undefined
    if (code === 'NONCE_USED') {
      // It may have been mined since the receipts were asked for.
      if (await find(deps, anchor, transactions)) return undefined
      return markLost(db, anchor, 'another transaction of the sender took its nonce')
    }
    if (code === 'UNDERPRICED') return raise(deps, anchor, newest, held)
    throw fault
  }
  return now().getTime() - newest.signedAt.getTime() > patience ? raise(deps, anchor, newest, held) : undefined
}

const find = async (
  deps: AcceptanceDeps,
  anchor: Anchor,
  transactions: readonly StoredTransaction[],
): Promise<boolean> => {
  const { db, now, target } = deps
  for (const { hash } of transactions) {
    const receipt = await target.chain.receipt(hash)
    if (receipt === undefined) continue
    if (receipt.succeeded) {
      const { blockNumber, blockHash } = receipt
      const blockAt = (await target.chain.block(blockNumber))?.at ?? null
      await markMined(db, anchor, { transaction: hash, blockNumber, blockHash, blockAt }, now())
    } else {
      const held = await target.contract.head(deps.logId)
      await adopt(deps, anchor, held, 'the contract refused it')
    }
    return true
  }
  return false
}

/** By somebody else, or by ourselves before a crash: what the contract accepted is anchored, whoever sent it. */
const adopt = async (deps: AcceptanceDeps, anchor: Anchor, held: AnchoredHead | undefined, otherwise?: string) => {
  const { db, now, target, logId } = deps
  if (held?.size === anchor.size && equal(held.root, anchor.root)) {
    const events = await target.contract.anchoredEvents(logId, held.blockNumber)
    const event = events.find(({ size }) => size === anchor.size)
    if (event === undefined) return undefined
    const { transactionHash: transaction, blockNumber, blockHash } = event
    const blockAt = (await target.chain.block(blockNumber))?.at ?? null
    return markMined(db, anchor, { transaction, blockNumber, blockHash, blockAt }, now())
  }
  if (held && held.size >= anchor.size) return markLost(db, anchor, 'a larger head was accepted before it')
  return otherwise === undefined ? undefined : markLost(db, anchor, otherwise)
}

/** The same act under the same nonce for more: only one of them can ever be mined. */
const raise = async (deps: AcceptanceDeps, anchor: Anchor, last: StoredTransaction, held: AnchoredHead | undefined) => {
  if (!held || anchor.sender === null) return
  const { db, ledger, now, logId, target } = deps
  const { chain, contract, signer } = target
  const fees = higherFees(bumpFees(last.fees), await chain.suggestFees())
  const proof = await ledger.consistency(held.size, anchor.size)
  const { nonce } = last
  const head = { logId, size: anchor.size, root: anchor.root, proof }
  const { hash, rawTransaction } = await contract.prepareAnchor({ ...head, signer, nonce, fees })
  const stored = { hash, nonce, raw: rawTransaction, fees, signedAt: now() }
  if (await storeTransaction(db, anchor, anchor.sender, stored)) await chain.broadcast(rawTransaction)
}
