import { connect } from '../../db/database.ts'
import { openLedger, record } from './open-ledger.ts'

/** A process that appends without end and says what was acknowledged, until it is killed. */
const [url = '', name = ''] = process.argv.slice(2)
const { db } = connect(url, () => undefined)
const ledger = await openLedger(db)

const keepAppending = async (lane: number) => {
  for (let i = 0; ; i++) {
    const { index, digest } = await ledger.append(record(`${name} ${lane} ${i}`, { clientKey: `${name}-${lane}-${i}` }))
    process.stdout.write(`${index} ${Buffer.from(digest).toString('hex')}\n`)
  }
}
await Promise.all(Array.from({ length: 8 }, (_, lane) => keepAppending(lane)))
