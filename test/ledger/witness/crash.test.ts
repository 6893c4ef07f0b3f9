import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { readWitnessed } from '../../../ledger/witness/witness-store.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { foreignLog, readLine } from './foreign-log.ts'

type Running = { readonly child: ChildProcess; readonly url: string; readonly vkey: string }

describe('a witness that is killed', () => {
  const log = foreignLog('log.example/behind-the-sofa')
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  let database: TestDatabase
  let processes: Running[]

  beforeEach(async () => {
    database = await testDatabase()
    processes = []
  })
  afterEach(async () => {
    await Promise.all(processes.map(kill))
    await database.drop()
  })

  const start = async (): Promise<Running> => {
    const script = fileURLToPath(new URL('./witness-process.ts', import.meta.url))
    const args = [script, database.url, log.origin, log.vkey, Buffer.from(pem).toString('base64')]
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const [url = '', vkey = ''] = line.toString().trim().split(' ')
    const running = { child, url, vkey }
    processes.push(running)
    return running
  }
  const kill = async ({ child }: Running) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  const post = (url: string, body: string) => fetch(`${url}/add-checkpoint`, { method: 'POST', body })
  const held = async () => (await readWitnessed(database.db))[0]?.size ?? 0n

  it('has on disk whatever it cosigned, and cosigns no other history afterwards', async () => {
    let size = 0
    for (let round = 0; round < 3; round++) {
      const witness = await start()
      const acknowledged: number[] = []
      let sent = size
      setTimeout(() => void kill(witness), 60 + 40 * round)
      for (;;) {
        try {
          const response = await post(witness.url, log.body(sent, sent + 1))
          const answer = await response.text()
          expect(response.status).to.equal(200)
          expect(readLine(witness.vkey, log.text(sent + 1), answer)).to.be.a('number')
          sent += 1
          acknowledged.push(sent)
        } catch (error) {
          if (!(error instanceof TypeError)) throw error
          break
        }
      }
      await kill(witness)
      const newest = acknowledged.at(-1) ?? size
      // The request under way may have been kept before its answer was lost, never the other way round.
      expect(Number(await held())).to.be.oneOf([newest, newest + 1])
      size = Number(await held())
    }
    expect(size).to.be.greaterThan(3)
    const again = await start()
    const forked = (i: number) => (i === 0 ? 'rewritten' : `entry ${i}`)
    expect((await post(again.url, log.body(size, size, forked))).status).to.equal(409)
    expect((await post(again.url, log.body(size, size + 5, forked))).status).to.equal(422)
    const stale = await post(again.url, log.body(size - 1, size))
    expect([stale.status, await stale.text()]).to.deep.equal([409, `${size}\n`])
    const next = await post(again.url, log.body(size, size + 1))
    expect(readLine(again.vkey, log.text(size + 1), await next.text())).to.be.a('number')
  }).timeout(60_000)

  it('shares its memory with every other process on its database: one of two concurrent heads wins', async () => {
    const [one, other] = await Promise.all([start(), start()])
    const both = async (first: string, second: string) => {
      const answers = await Promise.all([post(one.url, first), post(other.url, second)])
      expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409])
    }
    for (let round = 0; round < 12; round++) {
      const old = Number(await held())
      await both(log.body(old, old + 1), log.body(old, old + 2))
      expect(Number(await held())).to.be.oneOf([old + 1, old + 2])
    }
    const size = Number(await held())
    const forked = (i: number) => (i < size ? `entry ${i}` : `other ${i}`)
    await both(log.body(size, size + 3), log.body(size, size + 3, forked))
  }).timeout(60_000)
})
