import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { sql } from 'kysely'
import { base64url } from '../../../core/bytes.ts'
import { canonical } from '../../../core/canonical.ts'
import { toPublicJwk } from '../../../core/jwk.ts'
import { signCompact } from '../../../core/jws.ts'
import { formatVerifierKey } from '../../../core/note.ts'
import { typ } from '../../../core/typ.ts'
import { asNode } from '../../../db/database.ts'
import { checkLog, type Passed } from '../../../ledger/fsck/check.ts'
import { formatPassed, parsePassed } from '../../../ledger/fsck/resume.ts'
import { run } from '../../../scripts/commands/program.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { logKey, logKeys, nodeKey, nodePublicKey, type OpenLedger, openLedger, origin, record } from '../open-ledger.ts'

describe('npx tallystick fsck', () => {
  let database: TestDatabase
  let ledger: OpenLedger
  let folder: string
  beforeEach(async () => {
    database = await testDatabase()
    ledger = await openLedger(database.db)
    folder = await mkdtemp(join(tmpdir(), 'fsck-'))
    const jwk = toPublicJwk(await crypto.subtle.exportKey('jwk', nodePublicKey))
    const node = { origin, logKey: formatVerifierKey(logKey), nodeKey: jwk, notBefore: '2020-01-01T00:00:00Z' }
    const trust = { version: 1, anchors: [], chains: [], witnesses: { quorum: 0, keys: [] }, nodes: [node] }
    await writeFile(join(folder, 'trust.json'), JSON.stringify(trust))
  })
  afterEach(async () => {
    await ledger.stop()
    await database.drop()
    await rm(folder, { recursive: true })
  })

  const fsck = async (...args: string[]) => {
    const out: string[] = []
    const terminal = { out: (line: string) => void out.push(line), error: (line: string) => void out.push(line) }
    const env = { DATABASE_URL: database.url, LOG_ORIGIN: origin, DATA_DIR: folder }
    const code = await run(['fsck', '--trust', join(folder, 'trust.json'), ...args], terminal, env)
    return { code, out }
  }
  const grow = async (count: number) => {
    const logged = await ledger.appendAll(Array.from({ length: count }, () => record(crypto.randomUUID())))
    await ledger.sign()
    return logged
  }
  const tamper = (change: ReturnType<typeof sql>) =>
    asNode(database.db, async tx => {
      await sql`alter table records disable trigger user`.execute(tx)
      await change.execute(tx)
      await sql`alter table records enable trigger user`.execute(tx)
    })

  it('goes on from where it ended, and keeps what it found before', async () => {
    const state = join(folder, 'state.json')
    await grow(700)
    await tamper(sql`update records set body = 'other' where index = 5`)
    const first = await fsck('--json', '--state', state)
    expect(first.code).to.equal(1)
    await grow(40)
    const { code, out } = await fsck('--json', '--state', state)
    const check = JSON.parse(out[0]!) as { from: string; size: string; findings: { code: string; at: string }[] }
    expect([code, check.from, check.size]).to.deep.equal([1, '700', '740'])
    expect(check.findings.map(it => `${it.code} ${it.at}`)).to.deep.include('RECORD_DIGEST 5')
    expect((await fsck('--state', state)).out.at(-1)).to.match(/^740 entries \(read from 740\)/)
  })

  it('goes on in the middle of a run that was broken off', async () => {
    await grow(300)
    await grow(2000)
    const states: Passed[] = []
    const whole = await checkLog(database.db, origin, logKeys, { onPassed: async passed => void states.push(passed) })
    expect(states.length).to.be.greaterThan(1)
    const resume = await parsePassed(formatPassed(states[0]!, new Date()), origin, logKeys)
    const rest = await checkLog(database.db, origin, logKeys, { resume })
    expect(rest).to.deep.equal({ ...whole, from: resume.frontier.size })
  })

  it('takes no state that a signed head does not bear out', async () => {
    const state = join(folder, 'state.json')
    await grow(9)
    await fsck('--state', state)
    const text = await readFile(state, 'utf8')
    const head = (JSON.parse(text) as { head: string }).head
    const peak = /[0-9a-f]{64}/.exec(head)![0]
    for (const bad of [text.replace(peak, 'ab'.repeat(32)), text.replace('\\"9\\"', '\\"8\\"'), '{}']) {
      await writeFile(state, bad)
      const { code, out } = await fsck('--state', state)
      expect([code, out[0]], out.join()).to.deep.equal([2, out[0]])
      expect(out[0]).to.match(/state\.json: not taken/)
    }
  })

  it('names what it could not check', async () => {
    await grow(1)
    const { out } = await fsck()
    const unchecked = out.filter(line => line.startsWith('not checked'))
    expect(unchecked.slice(0, 2)).to.deep.equal([
      'not checked: financing_keys: no registry.key in DATA_DIR',
      'not checked: anchors on their chains: no --rpc',
    ])
    expect(unchecked[2]).to.match(/tables .* deliveries, .*used_once/)
    for (const table of ['documents', 'events', 'authorizations', 'confirmations', 'financings', 'keys', 'records']) {
      expect(unchecked[2]).not.to.match(new RegExp(`\\b${table}\\b`))
    }
  })

  describe('--receipts', () => {
    const file = async (...receipts: string[]) => {
      const path = join(folder, 'receipts.txt')
      await writeFile(path, `${receipts.join('\n')}\n`)
      return path
    }
    const forged = (payload: object, key = nodeKey.key) =>
      signCompact({ typ: typ.logReceipt, payload: canonical(payload), key, kid: nodeKey.kid })
    const promise = {
      version: 1,
      origin,
      index: '3',
      leaf: base64url(new Uint8Array(32)),
      loggedAt: '2026-01-01T00:00:00.000Z',
    }

    it('finds every promise kept', async () => {
      const logged = await grow(300)
      const { code, out } = await fsck('--receipts', await file(...logged.map(({ receipt }) => receipt)))
      expect([code, out]).to.deep.equal([0, ['300 receipts, 300 kept, 0 pending, 0 broken']])
    })

    const broken: Record<string, [code: number, make: (honest: string) => Promise<string>]> = {
      RECEIPT_LEAF: [1, () => forged(promise)],
      RECEIPT_UNKEPT: [1, () => forged({ ...promise, index: '5000' })],
      pending: [3, () => forged({ ...promise, index: '5000', loggedAt: new Date().toISOString() })],
      RECEIPT_ORIGIN: [1, () => forged({ ...promise, origin: 'another.example' })],
      RECEIPT_MALFORMED: [1, async () => 'a.b.c'],
      RECEIPT_SIGNATURE: [
        1,
        async () => {
          const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
            'sign',
            'verify',
          ])
          return forged(promise, pair.privateKey)
        },
      ],
    }
    for (const [outcome, [expected, make]] of Object.entries(broken)) {
      it(`says ${outcome} of one that is`, async () => {
        const [logged] = await grow(10)
        const path = await file(logged!.receipt, await make(logged!.receipt))
        const { code, out } = await fsck('--json', '--receipts', path)
        const { receipts } = JSON.parse(out[0]!) as { receipts: { outcome: string; line: number }[] }
        expect(receipts.map(it => it.outcome)).to.deep.equal(['kept', outcome])
        expect(code).to.equal(expected)
      })
    }

    it('finds a promise that a restored backup has broken', async () => {
      const [first] = await grow(2)
      const other = await testDatabase()
      const ahead = await openLedger(other.db)
      const logged = await ahead.appendAll(Array.from({ length: 5 }, (_, i) => record(`${i}`)))
      await ahead.stop()
      await other.drop()
      const path = await file(first!.receipt, logged[4]!.receipt)
      // Young enough to be still on its way.
      expect((await fsck('--receipts', path)).code).to.equal(3)
      expect((await fsck('--receipts', await file(logged[0]!.receipt))).out[0]).to.match(/^RECEIPT_LEAF/)
    })
  })
})
