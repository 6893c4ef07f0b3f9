import { Refusal } from '../../core/errors.ts'
import { connect } from '../../db/database.ts'
import type { Logged } from '../../ledger/ledger.ts'
import type { Submission } from '../../ledger/submission.ts'
import { openLedger, record } from './open-ledger.ts'

/** A process that appends without end and says what was acknowledged, until it is killed. Refused, it asks again. */
const [url = '', name = ''] = process.argv.slice(2)
const { db } = connect(url, () => undefined)
const ledger = await openLedger(db, {
  lease: 500,
  onCheckpoint: ({ size, root }) => void process.stdout.write(`head ${size} ${Buffer.from(root).toString('hex')}\n`),
})

const keepAppending = async (lane: number) => {
  for (let i = 0; ; i++) {
    const { index, digest } = await accepted(record(`${name} ${lane} ${i}`, { clientKey: `${name}-${lane}-${i}` }))
    process.stdout.write(`entry ${index} ${Buffer.from(digest).toString('hex')}\n`)
  }
}
const accepted = async (submission: Submission): Promise<Logged> => {
  try {
    return await ledger.append(submission)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    await new Promise(done => setTimeout(done, 50))
    return accepted(submission)
  }
}
await Promise.all(Array.from({ length: 8 }, (_, lane) => keepAppending(lane)))
