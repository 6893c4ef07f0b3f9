import { fromHex } from '../../core/bytes.ts'
import { joinConsistency } from '../../core/merkle/join.ts'
import { asHash, type Hash } from '../../core/merkle.ts'
import type { Chain } from './adapter.ts'
import { ChainFault } from './fault.ts'
import type { AnchoredEvent, AnchoredHead, LogAnchor, LogHead } from './log-anchor.ts'
import { logAnchorInterface as abi } from './revert.ts'

/**
 * The heads that lead to the one held, newest first, each an extension of the next. What was given up by a re-founding
 * is not among them.
 */
export const lineage = async (
  contract: LogAnchor,
  logId: Uint8Array,
  held: AnchoredHead,
): Promise<readonly AnchoredEvent[]> => {
  const heads: AnchoredEvent[] = []
  let [wanted, until] = [held.size, Number.POSITIVE_INFINITY]
  const events = await contract.anchoredEvents(logId, 0n)
  while (wanted > 0n) {
    const at = events.findLastIndex(({ size }, i) => i < until && size === wanted)
    const event = events[at]
    if (event === undefined) break
    heads.push(event)
    ;[wanted, until] = [event.previousSize, at]
  }
  return heads
}

/**
 * The consistency proof from one head to the one held, out of what the senders between gave to the contract. `calls`: of
 * transactions that reached the contract through another, the call's own bytes, as a tracing node tells them.
 */
export const proofAlong = async (
  chain: Chain,
  contract: string,
  heads: readonly AnchoredEvent[],
  from: LogHead,
  calls: readonly string[] = [],
): Promise<Hash[]> => {
  const ascending = heads.toReversed().filter(({ size }) => size > from.size)
  let [old, oldRoot] = [from.size, from.root]
  const steps = []
  for (const { size, root, transactionHash, previousSize } of ascending) {
    // Re-founded where it stood: nothing was added.
    if (size === old) continue
    const proof = await proofIn(chain, contract, { size, root }, transactionHash, calls)
    if (previousSize !== old) throw new ChainFault('REFUSED', `the head over ${size} entries extends another one`)
    steps.push({ old, size, oldRoot, proof })
    ;[old, oldRoot] = [size, root]
  }
  return joinConsistency(steps)
}

const proofIn = async (
  chain: Chain,
  contract: string,
  { size, root }: LogHead,
  hash: string,
  calls: readonly string[],
): Promise<readonly Hash[]> => {
  const found = (await chain.rpc('eth_getTransactionByHash', [hash])) as { to?: string; input?: string } | null
  const own = found?.to?.toLowerCase() === contract.toLowerCase() ? [found.input ?? ''] : []
  for (const data of [...own, ...calls]) {
    const call = decoded(data)
    if (call?.size === size && call.root === `0x${Buffer.from(root).toString('hex')}`) return call.proof
  }
  throw new ChainFault(
    'REFUSED',
    `the transaction ${hash} made another contract anchor ${size} entries: trace it, and give that call's data`,
  )
}

const decoded = (data: string) => {
  try {
    const call = abi.parseTransaction({ data })
    if (call?.name !== 'anchor' && call?.name !== 'refound') return undefined
    const { size, root, proof } = call.args
    const hashes = (proof as string[]).map(it => asHash(fromHex(it.slice(2))))
    return { size: size as bigint, root: (root as string).toLowerCase(), proof: hashes }
  } catch {
    return undefined
  }
}
