import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { sql } from 'kysely'
import pg from 'pg'
import { endAbandonedJobs } from '../../capture/jobs.ts'
import { asNode } from '../../db/database.ts'
import { buyer } from '../ledger/open-ledger.ts'
import { expectWholeLog } from '../ledger/whole-log.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type CaptureNode, captureNodeOn, epcis, scan } from './node.ts'

type Job = {
  readonly captureID: string
  readonly running: boolean
  readonly success: boolean
  readonly errors: readonly { readonly position: number; readonly status: number; readonly type: string }[]
  readonly receipts: readonly { readonly eventID: string; readonly index: string }[]
}
const proceed = { 'GS1-Capture-Error-Behaviour': 'proceed' }
const problem = (code: string) => `urn:tallystick:problem:${code}`
/** The number of the event that an id was made of. */
const numberIn = (eventID: string): number => Number(eventID.slice(-12))

describe('a capture job', function () {
  this.timeout(60_000)
  let database: TestDatabase
  let node: CaptureNode | undefined
  beforeEach(async () => {
    database = await testDatabase()
  })
  afterEach(() => node?.stop() ?? database.drop())

  const jobs = async (at: CaptureNode): Promise<readonly Job[]> =>
    (await (await at.ask(buyer, 'GET', '/epcis/capture')).json()) as readonly Job[]
  const jobOf = async (at: CaptureNode, id: string): Promise<Job> =>
    (await (await at.ask(buyer, 'GET', `/epcis/capture/${id}`)).json()) as Job
  /** Under this lock nothing can be logged. */
  const holdLog = async () => {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query(`begin; select set_config('tallystick.reader', 'node', true); select from log_head for update`)
    return async () => {
      await client.query('commit')
      await client.end()
    }
  }
  const until = async (what: string, holds: () => boolean | Promise<boolean>) => {
    for (let waited = 0; !(await holds()); waited += 10) {
      if (waited > 20_000) throw new Error(`waited in vain for ${what}`)
      await new Promise(done => setTimeout(done, 10))
    }
  }

  it('whose node is killed in the middle ends with every event taken or named, and can be sent again', async () => {
    const SIZE = 10_000
    const bad = 7
    const events = Array.from({ length: SIZE }, (_, n) => scan(n, n === bad ? { action: 'TELEPORT' } : {}))
    const script = fileURLToPath(new URL('capturing-process.ts', import.meta.url))
    const child = spawn(process.execPath, [script, database.url], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const sent = fetch(`${line.toString().trim()}/epcis/capture`, {
      method: 'POST',
      headers: { 'X-As': buyer, 'Content-Type': 'application/ld+json', ...proceed },
      body: JSON.stringify(epcis(...events)),
    }).then(
      () => 'answered',
      () => 'broken off',
    )
    const taken = () =>
      asNode(database.db, async tx => {
        const { rows } = await sql<{ n: bigint }>`select count(*) as n from events`.execute(tx)
        return Number(rows[0]?.n)
      })
    await until('the first events', async () => (await taken()) > 0)
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    expect(await sent).to.equal('broken off')

    node = await captureNodeOn(database)
    const [open] = await jobs(node)
    expect(open).to.deep.include({ running: true, success: false })
    const kept = await taken()
    expect(kept).to.be.within(1, SIZE - 2)
    const id = open?.captureID ?? ''
    expect((await jobOf(node, id)).receipts, 'those of a job that runs').to.have.length(kept)

    await endAbandonedJobs(database.db, node.working)
    const job = await jobOf(node, id)
    expect(job).to.deep.include({ running: false, success: false })
    expect(job.receipts).to.have.length(kept)
    const places = [...job.receipts.map(it => numberIn(it.eventID)), ...job.errors.map(it => it.position)]
    expect(places.toSorted((a, b) => a - b)).to.deep.equal(events.map((_, n) => n))
    for (const { position, status, type } of job.errors) {
      const [code, expected] = position === bad ? ['EVENT_INVALID', 400] : ['CAPTURE_INTERRUPTED', 503]
      expect([type, status], String(position)).to.deep.equal([problem(String(code)), expected])
    }

    const again = (await (await node.ask(buyer, 'POST', '/epcis/capture', epcis(...events), proceed)).json()) as Job
    expect(again.receipts).to.have.length(SIZE - 1 - kept)
    expect(again.errors.map(it => it.status)).to.deep.equal([
      ...places
        .slice(0, kept)
        .concat(bad)
        .toSorted((a, b) => a - b)
        .map(n => (n === bad ? 400 : 409)),
    ])
    expect(await expectWholeLog(node.ledger, database.db)).to.equal(BigInt(SIZE - 1))
    expect(node.faults).to.deep.equal([])
  })

  it('under way is left to the process that works on it', async () => {
    const here = await captureNodeOn(database)
    node = here
    const release = await holdLog()
    const sent = here.ask(buyer, 'POST', '/epcis/capture', epcis(scan(1), scan(2)), proceed)
    await until('the job to be there', async () => (await jobs(here)).length === 1)
    await endAbandonedJobs(database.db, here.working)
    expect((await jobs(here))[0]).to.deep.include({ running: true })
    await release()
    expect((await sent).status).to.equal(202)
    expect((await jobs(here))[0]).to.deep.include({ running: false, success: true, errors: [] })
    expect(here.working.size).to.equal(0)
  })

  describe('when the log takes no more in the middle of it', () => {
    const filling = (n: number) => epcis(...Array.from({ length: n }, (_, i) => scan(100_000 + i)))
    const crowded = async (room: number) => {
      const here = await captureNodeOn(database)
      node = here
      const release = await holdLog()
      const filled = here.ask(buyer, 'POST', '/epcis/capture', filling(10_000 - room))
      await until('the queue to be full', () => here.ledger.depth() === 10_000 - room)
      const sent = here.ask(
        buyer,
        'POST',
        '/epcis/capture',
        epcis(...Array.from({ length: 300 }, (_, n) => scan(n))),
        proceed,
      )
      // Its lanes wait in the queue or are refused; nothing else moves until the database does.
      if (room > 0) await until('what fits to wait', () => here.ledger.depth() === 10_000)
      const answer = room > 0 ? undefined : await sent
      await release()
      expect((await filled).status).to.equal(202)
      return { here, answer: answer ?? (await sent) }
    }

    it('keeps what fitted, and names each event that did not as one to send again', async () => {
      const { answer } = await crowded(100)
      expect(answer.status).to.equal(202)
      const job = (await answer.json()) as Job
      expect(job).to.deep.include({ running: false, success: false })
      expect(job.receipts).to.have.length(100)
      const busy = job.errors.map(it => it.position)
      expect(new Set(job.errors.map(it => `${it.status} ${it.type}`))).to.deep.equal(
        new Set([`503 ${problem('LOG_BUSY')}`]),
      )
      const places = [...job.receipts.map(it => numberIn(it.eventID)), ...busy]
      expect(places.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 300 }, (_, n) => n))
    })

    it('is refused with 503 and leaves nothing where none of it fitted', async () => {
      const { here, answer } = await crowded(0)
      expect([answer.status, ((await answer.json()) as { code: string }).code]).to.deep.equal([503, 'LOG_BUSY'])
      expect(await jobs(here)).to.have.length(1)
      expect(await here.counts()).to.deep.include({ captures: 1, events: 10_000, records: 10_000 })
    })
  })
})
