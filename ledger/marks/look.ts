import { hex } from '../../core/bytes.ts'
import type { Db } from '../../db/database.ts'
import type { Chain, FinalityRule } from '../chain/adapter.ts'
import { ChainFault } from '../chain/fault.ts'
import { type ContractState, type FinancingRegistry, registryCalls } from '../chain/financing-registry.ts'
import { offerOf } from './commitments.ts'
import { isLeaving, type RegistryAct, type RegistryMark, readTransactionsOf, type Seen } from './store.ts'

export type LookDeps = {
  readonly db: Db
  readonly chain: Chain
  readonly contract: FinancingRegistry
  readonly finality: FinalityRule
  readonly sender: string
}

/** The chain as it was at the beginning of a look. */
export type Blocks = {
  readonly latest: bigint
  /** Seconds, as the latest block says. */
  readonly time: bigint
  readonly final: bigint | undefined
}

/** What there is left to do about a mark, or how it stands. */
export type Look = { readonly seen: Seen } | Step
export type Step = { readonly act: RegistryAct; readonly data: string }

/** Commitments are made anew some time before the contract calls them too old. */
const COMMITMENT_LIFE_S = 20n * 3600n

/** Compares what the bank asked for with what the contract holds, and names the next step. Sends nothing. */
export const lookAt = async (deps: LookDeps, mark: RegistryMark, blocks: Blocks): Promise<Look> => {
  const { contract } = deps
  const offer = offerOf(mark)
  const held = await contract.mark(mark.id, blocks.latest)
  const same = held.bank === `0x${hex(offer.bank)}`
  const { state } = held
  if (state !== 'NONE' && held.registrar !== deps.sender) {
    return { seen: { state: 'lost', trouble: 'another registry answers for it now' } }
  }
  if (stands(state, mark.wanted) && (same || mark.wanted === 'CANC' || mark.wanted === 'REGU')) {
    return { seen: await standing(deps, mark, blocks) }
  }
  if (state === 'CANC') {
    const isGone = (at: bigint) => contract.mark(mark.id, at).then(it => it.state === 'CANC')
    const lost = 'it expired unfinanced, or was cancelled under this registry’s key'
    return settled(blocks, isGone, { lost, pending: lost })
  }
  if (state === 'NONE') return first(deps, mark, blocks)
  return attempt(deps, mark, blocks, next(mark, state))
}

/** Whether a state of the contract is what was wanted; what registers interest depends on others, too. */
const stands = (state: ContractState, wanted: RegistryMark['wanted']): boolean =>
  wanted === 'REGU' ? ['REGU', 'REDU', 'DFIN'].includes(state) : state === wanted

const next = (mark: RegistryMark, state: ContractState): Step => {
  const { id, bank } = offerOf(mark)
  if (mark.wanted === 'CANC') return { act: 'cancel', data: registryCalls.cancel(id) }
  if (state === mark.wanted) return { act: 'amend', data: registryCalls.amend(id, bank) }
  return mark.wanted === 'FNCD'
    ? { act: 'finance', data: registryCalls.finance(id, bank) }
    : { act: 'hold', data: registryCalls.hold(id, bank) }
}

/** Announced in one block, made in a later one: who sees it on its way can't come before it any more. */
const first = async (deps: LookDeps, mark: RegistryMark, blocks: Blocks): Promise<Look> => {
  const { contract, sender } = deps
  // Given free before it was ever made.
  if (mark.wanted === 'CANC') return { seen: { state: 'final' } }
  const offer = offerOf(mark)
  const commitment = contract.commitmentTo(sender, offer, mark.wanted, mark.salt)
  const made = await contract.committed(commitment)
  const { time } = blocks
  if (offer.expires <= time)
    return { seen: { state: 'lost', trouble: 'the seller’s consent ended before it was made' } }
  if (made === undefined || time > made.at + COMMITMENT_LIFE_S) {
    // What is held already is not worth announcing.
    const refused = await refusedBy(deps, mark, blocks, true)
    return refused ?? attempt(deps, mark, blocks, { act: 'commit', data: registryCalls.commit(commitment) })
  }
  return attempt(deps, mark, blocks, { act: 'mark', data: registryCalls.mark(offer, mark.wanted, mark.salt) })
}

/** What the contract would refuse costs nothing here. Whether it is lost for good the final block decides. */
const attempt = async (deps: LookDeps, mark: RegistryMark, blocks: Blocks, step: Step): Promise<Look> => {
  try {
    await deps.chain.call({ from: deps.sender, to: deps.contract.address, data: step.data })
    return step
  } catch (fault) {
    const name = fault instanceof ChainFault ? fault.reverted?.name : undefined
    // The block that has the commitment is mined, so that whatever is sent now is in a later one.
    if (name === 'CommittedInThisBlock') return step
    if (name !== 'AlreadyHeld' && name !== 'ConsentSpent') throw fault
    const refused = await refusedBy(deps, mark, blocks, step.act === 'mark')
    if (refused === undefined) throw fault
    return refused
  }
}

/** Undefined where neither the receivable is held nor the consent used. */
const refusedBy = async (
  deps: LookDeps,
  mark: RegistryMark,
  blocks: Blocks,
  isNew: boolean,
): Promise<Look | undefined> => {
  const { contract, db } = deps
  const offer = offerOf(mark)
  const isHeld = async (at: bigint) => {
    if (mark.wanted === 'REGU') return false
    for (const print of offer.fingerprints) if (isLive(await contract.standing(print, at))) return true
    return false
  }
  if (await isHeld(blocks.latest)) {
    if (await isLeaving(db, mark))
      return { seen: { state: 'pending', trouble: 'the mark before it is being cancelled' } }
    const pending = 'another mark came first, and is not final yet'
    return settled(blocks, isHeld, { lost: 'financed by another', pending })
  }
  const isSpent = (at: bigint) => contract.spent(offer.consent, at)
  if (isNew && (await isSpent(blocks.latest))) {
    const lost = 'the seller’s consent has served another mark'
    return settled(blocks, isSpent, { lost, pending: lost })
  }
  return undefined
}

const isLive = (state: ContractState): boolean => state === 'PNDG' || state === 'FNCD'

/** Lost only once what stands against it is final. */
const settled = async (
  { final }: Blocks,
  holds: (at: bigint) => Promise<boolean>,
  words: { readonly lost: string; readonly pending: string },
): Promise<Look> => {
  const isFinal =
    final !== undefined &&
    (await holds(final).catch(fault => {
      // The contract was not there yet, or the endpoint no longer keeps that state: then nobody knows, and it waits.
      if (fault instanceof ChainFault && fault.code === 'REFUSED') return false
      throw fault
    }))
  return isFinal
    ? { seen: { state: 'lost', trouble: words.lost } }
    : { seen: { state: 'pending', trouble: words.pending } }
}

/** It is there: final when its block is, or, sent by somebody else under this key, when it was there at the final block. */
const standing = async (deps: LookDeps, mark: RegistryMark, { final }: Blocks): Promise<Seen> => {
  const block = await blockOf(deps, mark)
  const isFinal =
    final !== undefined &&
    (block === undefined
      ? stands((await deps.contract.mark(mark.id, final)).state, mark.wanted)
      : block.number <= final)
  return { state: isFinal ? 'final' : 'mined', ...(block && { block }) }
}

/** Where the newest of its transactions stands that did something. */
const blockOf = async ({ db, chain }: LookDeps, mark: RegistryMark): Promise<Seen['block']> => {
  for (const { hash, act } of await readTransactionsOf(db, mark)) {
    if (act === 'commit') continue
    const receipt = await chain.receipt(hash)
    if (receipt?.succeeded !== true) continue
    const { blockNumber: number, blockHash } = receipt
    return { transaction: hash, number, hash: blockHash, at: (await chain.block(number))?.at ?? null }
  }
  return undefined
}
