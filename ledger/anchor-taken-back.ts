import type { Db } from '../db/database.ts'
import { type ChainIdentity, markTakenBack, readNewestFinal } from './anchor-store.ts'
import { AnchorTrouble } from './anchor-trouble.ts'
import type { Chain } from './chain/adapter.ts'

/**
 * A chain can be set back further than its rule of finality allows for, and an endpoint can be behind the others. Looks
 * whether the newest final anchors still stand where they stood: one whose block was replaced is lost, and the head is
 * anchored again. An endpoint that does not know the block yet is not believed in anything else either.
 */
export const noteTakenBack = async (db: Db, at: ChainIdentity, chain: Chain): Promise<void> => {
  for (;;) {
    const newest = await readNewestFinal(db, at)
    if (newest?.blockNumber == null) return
    if ((await chain.blockHash(newest.blockNumber)) === newest.blockHash) return
    const latest = await chain.latestBlock()
    if (latest < newest.blockNumber) {
      throw new AnchorTrouble(
        `the endpoint knows ${latest} blocks, and block ${newest.blockNumber} was final: it is behind, or its chain was set back`,
      )
    }
    await markTakenBack(db, newest)
  }
}
