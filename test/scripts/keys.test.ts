import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { makeLogKeyFile, makeNodeKeyFile, readLogKey, readNodeKey } from '../../api/key-files.ts'
import { parseCompact, verifyWithKey } from '../../core/jws.ts'
import { readNextLogKey } from '../../core/key-rotation.ts'
import { formatVerifierKey } from '../../core/note.ts'
import { parseTrust, type Trust } from '../../core/trust.ts'
import { typ } from '../../core/typ.ts'
import { checkCheckpoint, trustedNodes } from '../../core/verify/log.ts'
import { checkLog } from '../../ledger/fsck/check.ts'
import { run } from '../../scripts/commands/program.ts'
import { openLedger, origin, record } from '../ledger/open-ledger.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

describe('the keys of a node', () => {
  let database: TestDatabase
  let folder: string
  let env: Record<string, string>
  beforeEach(async () => {
    database = await testDatabase()
    folder = await mkdtemp(join(tmpdir(), 'tallystick-keys-'))
    env = {
      LOG_ORIGIN: origin,
      LOG_KEY_FILE: join(folder, 'log.key'),
      NODE_KEY_FILE: join(folder, 'node.key'),
      TRUST_FILE: join(folder, 'trust.json'),
    }
    await makeLogKeyFile(env.LOG_KEY_FILE!)
    await makeNodeKeyFile(env.NODE_KEY_FILE!)
    const node = {
      origin,
      logKey: formatVerifierKey(await logKey()),
      nodeKey: (await nodeKey()).jwk,
      notBefore: '2026-01-01T00:00:00Z',
    }
    const trust = { version: 1, anchors: [], nodes: [node], chains: [], witnesses: { quorum: 0, keys: [] } }
    await writeFile(env.TRUST_FILE!, JSON.stringify(trust))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true })
    await database.drop()
  })
  const logKey = () => readLogKey(env.LOG_KEY_FILE!, origin)
  const nodeKey = () => readNodeKey(env.NODE_KEY_FILE!)
  const trust = async (): Promise<Trust> => parseTrust(await readFile(env.TRUST_FILE!, 'utf8'))
  const keys = async (...args: string[]) => {
    const errors: string[] = []
    const code = await run(['keys', ...args], { out: () => undefined, error: line => void errors.push(line) }, env)
    return { code, errors }
  }
  /** One entry more, signed by the keys in the files, as a node does that is started again. */
  const grow = async () => {
    const ledger = await openLedger(database.db, { logKey: await logKey(), nodeKey: await nodeKey() })
    const { receipt } = await ledger.append(record(`${Math.random()}`))
    const { note } = await ledger.sign()
    await ledger.stop()
    return { receipt, note }
  }
  const judged = async (checkpoint: string, createdAt: string) =>
    (await checkCheckpoint({ log: origin, checkpoint, createdAt }, await trust())).step.outcome
  const findings = async () =>
    (
      await checkLog(
        database.db,
        origin,
        (await trust()).nodes.map(node => node.logKey),
      )
    ).findings

  it('that sign the log are rotated: old heads verify, new ones do, and the old key vouches for the next', async () => {
    const [former, before] = [await logKey(), await grow()]
    const then = new Date().toISOString()
    expect(await keys('rotate', '--log')).to.deep.equal({ code: 0, errors: [] })
    const [next, after] = [await logKey(), await grow()]
    expect(formatVerifierKey(next)).to.not.equal(formatVerifierKey(former))
    expect(await judged(before.note, then)).to.equal('true')
    expect(await judged(after.note, inHours(0.1))).to.equal('true')
    // Beyond the overlap the old key makes no new evidence.
    expect(await judged(before.note, inHours(2))).to.equal('false')
    expect(await judged(after.note, inHours(2))).to.equal('true')
    expect(await findings()).to.deep.equal([])
    const file = (await readdir(folder)).find(name => name.includes('rotation'))!
    const statement = await readFile(join(folder, file), 'utf8')
    expect(await readNextLogKey(statement, former, next)).to.have.property('at')
    expect(await readNextLogKey(statement, next, former)).to.equal(undefined)
    expect(await readNextLogKey(statement.replace('rotation 1', 'rotation 2'), former, next)).to.equal(undefined)
  })

  it('that sign the log may be lost: the next one stands on the operator’s word, and says so', async () => {
    const before = await grow()
    const then = new Date().toISOString()
    await rm(env.LOG_KEY_FILE!)
    expect(await keys('rotate', '--log')).to.have.property('code', 2)
    expect(await keys('rotate', '--log', '--lost')).to.deep.equal({ code: 0, errors: [] })
    const after = await grow()
    expect((await trust()).nodes.map(it => it.rotation)).to.deep.equal([undefined, 'lost'])
    expect((await readdir(folder)).filter(name => name.includes('rotation'))).to.deep.equal([])
    expect(await judged(before.note, then)).to.equal('true')
    expect(await judged(before.note, inHours(0.1))).to.equal('false')
    expect(await judged(after.note, inHours(0.1))).to.equal('true')
    expect(await findings()).to.deep.equal([])
  })

  for (const lost of [false, true]) {
    it(`that sign receipts and seals are rotated${lost ? ', also when lost' : ''}: what was signed before verifies`, async () => {
      const before = await grow()
      const then = new Date()
      if (lost) await rm(env.NODE_KEY_FILE!)
      expect(await keys('rotate', '--node', ...(lost ? ['--lost'] : []))).to.deep.equal({ code: 0, errors: [] })
      const after = await grow()
      const verifies = async (receipt: string, at: Date) => {
        const jws = parseCompact(receipt)
        if (!jws.ok) throw new Error(jws.detail)
        const trusted = trustedNodes(await trust(), origin, at)
        const outcomes = await Promise.all(trusted.map(it => verifyWithKey(jws, it.nodeKey, typ.logReceipt)))
        return outcomes.some(it => it.ok)
      }
      expect(await verifies(before.receipt, then)).to.equal(true)
      expect(await verifies(after.receipt, new Date(inHours(2)))).to.equal(true)
      expect(await verifies(before.receipt, new Date(inHours(2)))).to.equal(false)
      expect(await judged(after.note, inHours(0.1))).to.equal('true')
    })
  }

  it('are left alone when nothing says which, or the trust file does not name the log', async () => {
    const was = await readFile(env.TRUST_FILE!, 'utf8')
    expect((await keys('rotate')).errors).to.deep.equal(['give --log or --node, one of them'])
    env.LOG_ORIGIN = 'log.example/other'
    expect((await keys('rotate', '--log')).errors[0]).to.match(/names no log/)
    expect(await readFile(env.TRUST_FILE!, 'utf8')).to.equal(was)
  })
})
