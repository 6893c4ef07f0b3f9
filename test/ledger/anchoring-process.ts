import { Wallet } from 'ethers'
import { connect } from '../../db/database.ts'
import { anchorTarget } from '../../ledger/anchor-target.ts'
import { startAnchorer } from '../../ledger/anchorer.ts'
import { devKey } from '../../ledger/chain/embedded.ts'
import { openLedger } from './open-ledger.ts'

/** A process that anchors until there is nothing left to do, or until it is killed. */
const [database = '', url = '', chainId = '', contract = ''] = process.argv.slice(2)
const { db } = connect(database, () => undefined)
const ledger = await openLedger(db)
const anchorer = startAnchorer({
  ...{ db, ledger, now: () => new Date(), onTrouble: () => undefined, every: 3_600_000 },
  target: anchorTarget({
    ...{ url, chainId: BigInt(chainId), contract, finality: 'instant', signer: new Wallet(devKey('market')) },
  }),
})
while ((await anchorer.round()) !== 'idle') {
  // The next look.
}
process.exit(0)
