import { equal } from '../core/bytes.ts'
import type { Hash } from '../core/merkle.ts'
import { logIdOf } from '../core/verify/anchor-rpc.ts'
import type { Db } from '../db/database.ts'
import { type AcceptanceDeps, type RoundDeps, reconcile } from './anchor-reconcile.ts'
import { noteRefoundings } from './anchor-refoundings.ts'
import {
  type Anchor,
  type ChainIdentity,
  forgetContract,
  forgetOtherGenesis,
  markLost,
  nextToAnchor,
  queueAnchor,
  readUnderWay,
  storeTransaction,
} from './anchor-store.ts'
import { noteTakenBack } from './anchor-taken-back.ts'
import type { AnchorTarget } from './anchor-target.ts'
import { AnchorTrouble } from './anchor-trouble.ts'
import { type AnchoredHead, LOG_ANCHOR_CODE_HASH } from './chain/log-anchor.ts'

/**
 * One look at the chain: what is under way is brought up to date, then the newest signed head is sent if there is one
 * beyond what the contract holds. Whatever is to be sent, the contract's head is read first: it alone says what has
 * happened. Safe to repeat at any point, also by another process. Throws ChainFault and AnchorTrouble.
 */
export const anchorRound = async (deps: RoundDeps, target: AnchorTarget): Promise<'idle' | 'waiting'> => {
  const { db, ledger } = deps
  const { chain, contract } = target
  const at = { chainId: chain.chainId, genesis: chain.genesis, contract: contract.address }
  const logId = logIdOf(ledger.origin)
  await forgetOtherGenesis(db, at)
  await expectContract(db, at, await contract.codeHash())
  await noteTakenBack(db, at, chain)
  const held = await contract.head(logId)
  await noteRefoundings(db, at, target, logId, held)
  if (held) await expectExtension(ledger, held)
  const acceptance: AcceptanceDeps = { ...deps, target, logId }
  for (const anchor of await readUnderWay(db, at)) await reconcile(acceptance, anchor, held)

  const waiting = await readUnderWay(db, at)
  if (waiting.some(anchor => anchor.state === 'broadcast')) return 'waiting'
  const sent = await advance(acceptance, at)
  return sent || waiting.some(anchor => anchor.state === 'mined') ? 'waiting' : 'idle'
}

const expectContract = async (db: Db, at: ChainIdentity, code: string | undefined) => {
  if (code === LOG_ANCHOR_CODE_HASH) return
  if (code !== undefined) throw new AnchorTrouble(`the code at ${at.contract} is not that of LogAnchor`)
  // A reset chain may have the same first block as before.
  await forgetContract(db, at)
  throw new AnchorTrouble(`there is no contract at ${at.contract}`)
}

/** A head that this log doesn't extend was anchored: by a fork, or before a restore from an old backup. */
const expectExtension = async (ledger: RoundDeps['ledger'], held: AnchoredHead) => {
  const root: Hash | undefined = await ledger.root(held.size).catch(error => {
    if (error instanceof RangeError) return undefined
    throw error
  })
  if (root && equal(root, held.root)) return
  const reason = `the contract holds a head over ${held.size} entries that this log does not extend`
  ledger.halt(reason)
  throw new AnchorTrouble(reason)
}

/** Sends the next head, if there is one. */
const advance = async (deps: AcceptanceDeps, at: ChainIdentity): Promise<boolean> => {
  const { db, ledger, now, target, logId } = deps
  const { chain, contract, signer, admin } = target
  const held = await contract.head(logId)
  const cap = held && held.size + (await contract.maxGrowth(logId))
  const next = await nextToAnchor(db, held?.size ?? 0n, cap)
  if (next === undefined) {
    if (held && (await nextToAnchor(db, held.size, undefined))) {
      throw new AnchorTrouble('no signed head lies within the growth that the contract allows one anchor')
    }
    return false
  }
  const anchor = await queueAnchor(db, at, next, now())
  for (const other of await readUnderWay(db, at)) {
    if (other.state === 'queued' && other.id !== anchor?.id) await markLost(db, other, 'a larger head is sent instead')
  }
  if (anchor?.state !== 'queued') return true
  const sender = (await signer.getAddress()).toLowerCase()
  if (!held) await openLog(deps, next)
  if (admin && !(await contract.mayAnchor(logId, sender))) await contract.grantAnchoring(admin, logId, sender)
  if (!held) {
    await reconcile(deps, anchor, await contract.head(logId))
    return true
  }
  const head = { ...next, logId, proof: await ledger.consistency(held.size, next.size) }
  // What the contract would refuse costs nothing here, and a name of the reason is given.
  await contract.tryAnchor(sender, head)
  const [nonce, fees] = [await chain.nonce(sender, 'pending'), await chain.suggestFees()]
  const { hash, rawTransaction } = await contract.prepareAnchor({ ...head, signer, nonce, fees })
  const stored = { hash, nonce, raw: rawTransaction, fees, signedAt: now() }
  if (await storeTransaction(db, anchor, sender, stored)) await chain.broadcast(rawTransaction)
  return true
}

const openLog = async ({ target, logId, maxGrowth }: AcceptanceDeps, next: Pick<Anchor, 'size' | 'root'>) => {
  const { contract, admin } = target
  if (!admin) throw new AnchorTrouble('the contract does not know this log: its administrator has to open it')
  await contract.openLog(admin, { logId, size: next.size, root: next.root, maxGrowth })
}
