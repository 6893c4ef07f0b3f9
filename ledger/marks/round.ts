import type { Db } from '../../db/database.ts'
import type { ChainIdentity } from '../anchor-store.ts'
import { AnchorTrouble } from '../anchor-trouble.ts'
import type { Chain, FinalityRule } from '../chain/adapter.ts'
import { ChainFault, chainFaults } from '../chain/fault.ts'
import { FINANCING_REGISTRY_CODE_HASH, type FinancingRegistry } from '../chain/financing-registry.ts'
import type { Block } from '../chain/parse.ts'
import type { Signer } from '../chain/transaction.ts'
import { type LookDeps, lookAt } from './look.ts'
import { type Outbox, type OutboxDeps, send, sendAgain } from './outbox.ts'
import { forgetOthers, putSeen, type RegistryMark, readNewestFinal, readToLookAt, takeBack } from './store.ts'

export type RegistryTarget = {
  readonly chain: Chain
  readonly contract: FinancingRegistry
  readonly signer: Signer
  readonly finality: FinalityRule
}

export type RegistryRoundDeps = {
  readonly db: Db
  readonly now: () => Date
  /** Milliseconds after which a transaction that no block has taken is offered more. */
  readonly patience: number
  /** Milliseconds after which a final mark is looked at again: somebody may have this registry's key. */
  readonly again: number
}

/**
 * One look at the chain: what was sent and not mined goes out again, then each mark that is not as its bank wants it is
 * taken a step further. What the contract holds alone says which step: a round may end anywhere and begin anew, also in
 * another process. Throws ChainFault and AnchorTrouble.
 */
export const registryRound = async (deps: RegistryRoundDeps, target: RegistryTarget): Promise<'idle' | 'waiting'> => {
  const { db, now, patience, again } = deps
  const { chain, contract, signer, finality } = target
  const at: ChainIdentity = { chainId: chain.chainId, genesis: chain.genesis, contract: contract.address }
  await expectContract(contract)
  await forgetOthers(db, at, now())
  await expectKeptBlocks(deps, at, chain)
  const sender = (await signer.getAddress()).toLowerCase()
  const outbox: OutboxDeps = { db, at, chain, signer, sender, now, patience, fees: await chain.suggestFees() }
  const looks: LookDeps = { db, chain, contract, finality, sender }

  let sent = await sendAgain(outbox)
  const { number: latest, at: time } = await newestBlock(chain)
  const blocks = {
    latest,
    time: BigInt(Math.floor(time.getTime() / 1000)),
    final: await chain.finalizedBlock(finality),
  }
  const may = await contract.isRegistrar(sender)
  let trouble: unknown
  let open = sent.waiting.size > 0
  for (const mark of await readToLookAt(db, at, new Date(now().getTime() - again))) {
    // One step of one mark at a time: what is under way decides the next one.
    if (sent.waiting.has(mark.financing)) continue
    try {
      const look = await lookAt(looks, mark, blocks)
      if ('seen' in look) {
        await putSeen(db, mark, look.seen, now())
        open ||= look.seen.state === 'mined' || look.seen.state === 'pending'
        continue
      }
      await putOpen(deps, mark)
      sent = await advanced(outbox, mark, look, sent)
      open = true
    } catch (fault) {
      if (fault instanceof ChainFault && chainFaults[fault.code] === 'passes') throw fault
      // One mark that the chain does not like keeps no other from it.
      // Its own words would be the contract's for it.
      trouble ??= may ? fault : new AnchorTrouble(`${sender} may not make marks at ${at.contract}`)
      const words = fault instanceof Error ? fault.message : 'unknown'
      await putSeen(db, { ...mark, state: 'pending' }, { state: 'pending', trouble: words }, now())
    }
  }
  if (trouble !== undefined) throw trouble
  return open ? 'waiting' : 'idle'
}

const newestBlock = async (chain: Chain): Promise<Block> => {
  const number = await chain.latestBlock()
  const block = await chain.block(number)
  if (block === undefined)
    throw new ChainFault('UNREACHABLE', `the endpoint names block ${number} and does not tell it`)
  return block
}

/** It was there and is not as wanted any more: shown before anything is done about it. */
const putOpen = async ({ db, now }: RegistryRoundDeps, mark: RegistryMark): Promise<void> => {
  if (mark.state !== 'pending' || mark.trouble !== null) await putSeen(db, mark, { state: 'pending' }, now())
}

const advanced = async (
  outbox: OutboxDeps,
  mark: RegistryMark,
  step: Parameters<typeof send>[2],
  { waiting, free, variants }: Outbox,
): Promise<Outbox> => {
  await send(outbox, mark, step, { nonce: free, variant: variants })
  return { waiting: new Set([...waiting, mark.financing]), free: free + 1, variants: 0 }
}

const expectContract = async (contract: FinancingRegistry): Promise<void> => {
  const code = await contract.codeHash()
  if (code === undefined) throw new AnchorTrouble(`there is no contract at ${contract.address}`)
  if (code !== FINANCING_REGISTRY_CODE_HASH) {
    throw new AnchorTrouble(`the code at ${contract.address} is not that of FinancingRegistry`)
  }
}

/** A chain can be set back further than its rule of finality allows for, and an endpoint can be behind the others. */
const expectKeptBlocks = async ({ db, now }: RegistryRoundDeps, at: ChainIdentity, chain: Chain): Promise<void> => {
  for (;;) {
    const newest = await readNewestFinal(db, at)
    if (newest?.blockNumber == null || newest.blockHash === null) return
    if ((await chain.blockHash(newest.blockNumber)) === newest.blockHash) return
    const latest = await chain.latestBlock()
    if (latest < newest.blockNumber) {
      throw new AnchorTrouble(
        `the endpoint knows ${latest} blocks, and block ${newest.blockNumber} was final: it is behind, or its chain was set back`,
      )
    }
    await takeBack(db, at, newest.blockHash, now())
  }
}
