import { evidenceOf, firstWaiting } from '../../certs/evidence/store.ts'
import { listsAsAt } from '../../certs/revocation-lists.ts'
import { asNode } from '../../db/database.ts'
import type { ReleaseDeps } from '../../exchange/releases/release.ts'
import { readRefoundings, sameChain } from '../../ledger/anchor-refoundings.ts'
import { readState } from '../../ledger/anchor-states.ts'
import { readAccepted } from '../../ledger/anchor-store.ts'
import { headsFor } from '../../ledger/statements/heads.ts'
import { readMaterial } from '../material.ts'
import type { Common, FeatureParts } from './parts.ts'

/** What goes into a bundle beside its records: proofs, anchors, status heads, revocation lists. */
export const releaseDeps = (parts: FeatureParts, common: Common): ReleaseDeps => {
  const { db, ledger, nodeKey, now } = parts
  return {
    ...{ ...common, append: ledger.append, nodeKey, readMaterial },
    // A bundle's head goes with the cosignatures of its witnesses.
    log: { ...ledger, sign: parts.witnesses.sign },
    stateOf: head => readState(db, head),
    anchoredHeads: anchoredHeads(parts),
    waiting: firstWaiting,
    signatureEvidence: indexes => asNode(db, tx => evidenceOf(tx, indexes)),
    headsFor: headsFor({ db, now, nodeKey, origin: ledger.origin }),
    crlsAsAt: async times =>
      asNode(db, async tx => [
        ...new Map(
          (await Promise.all(times.map(at => listsAsAt(tx, at))))
            .flat()
            .map(der => [Buffer.from(der).toString('hex'), der]),
        ).values(),
      ]),
  }
}

/** Heads that a chain holds, each with its block; what a chain took back again is none. */
const anchoredHeads = ({ db, chains }: FeatureParts): ReleaseDeps['anchoredHeads'] => {
  const nameOf = (genesis: string, contract: string) =>
    chains.find(chain => chain.genesis === genesis && chain.contract === contract)?.name ?? genesis.slice(0, 18)
  return async () => {
    const refoundings = await readRefoundings(db)
    return (await readAccepted(db, 0n, 10_000)).flatMap(({ transaction, blockNumber, blockHash, blockAt, ...head }) =>
      head.state !== 'lost' && transaction && blockNumber !== null && blockHash && blockAt
        ? [
            {
              ...{ ...head, transaction, blockHash, block: blockNumber, at: blockAt },
              chain: nameOf(head.genesis, head.contract),
              refoundings: refoundings.filter(it => sameChain(it, head)),
            },
          ]
        : [],
    )
  }
}
