import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { sql } from 'kysely'
import { fromHex } from '../../../core/bytes.ts'
import { parseVerifierKey } from '../../../core/note.ts'
import { asNode } from '../../../db/database.ts'
import { readRefused, readWitnessed } from '../../../ledger/witness/witness-store.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { rejection } from '../open-ledger.ts'
import { type ForeignLog, foreignLog, readLine } from './foreign-log.ts'
import { startWitnessServer, type WitnessServer } from './witness-server.ts'

type Vectors = {
  sigsum: {
    origin: string
    publicKey: string
    requests: { what: string; body: string; status: number; size?: string }[]
  }
  sumdb: { origin: string; key: string; body: string; size: string }
}
const vectors = JSON.parse(readFileSync(new URL('../../vectors/tlog_witness.json', import.meta.url), 'utf8')) as Vectors

describe('a witness of other logs', () => {
  let database: TestDatabase
  let log: ForeignLog
  let witness: WitnessServer
  let clock: number

  beforeEach(async () => {
    database = await testDatabase()
    log = foreignLog('log.example/behind-the-sofa')
    clock = 1_790_000_000_900
    witness = await startWitnessServer(
      database.db,
      [
        { origin: log.origin, keys: [parseVerifierKey(log.vkey)] },
        { origin: vectors.sumdb.origin, keys: [parseVerifierKey(vectors.sumdb.key)] },
        {
          origin: vectors.sigsum.origin,
          keys: [{ name: vectors.sigsum.origin, publicKey: fromHex(vectors.sigsum.publicKey) }],
        },
      ],
      { now: () => new Date(clock) },
    )
  })
  afterEach(async () => {
    expect(witness.faults).to.deep.equal([])
    await witness.stop()
    await database.drop()
  })

  const held = async (origin = log.origin) =>
    (await readWitnessed(database.db)).find(head => head.origin === origin)?.size ?? 0n

  const expectCosigned = async (body: string, text: string) => {
    const response = await witness.post(body)
    const answer = await response.text()
    expect(response.status, answer).to.equal(200)
    expect(readLine(witness.vkey, text, answer)).to.equal(Math.floor(clock / 1000))
  }
  const expectStale = async (body: string, size: number) => {
    const response = await witness.post(body)
    expect(response.status).to.equal(409)
    // Clients compare the whole header.
    expect(response.headers.get('content-type')).to.equal('text/x.tlog.size')
    expect(await response.text()).to.equal(`${size}\n`)
  }
  const expectRefused = async (body: string | Uint8Array, status: number, code: string) => {
    const before = await held()
    const response = await witness.post(body)
    expect(response.status, await response.clone().text()).to.equal(status)
    expect(response.headers.get('content-type')).to.match(/^application\/problem\+json/)
    expect(await response.json()).to.have.property('code', code)
    expect(await held()).to.equal(before)
  }

  it('answers the requests of litewitness’s tests as they expect', async () => {
    for (const { what, body, status, size } of vectors.sigsum.requests) {
      const response = await witness.post(body)
      const answer = await response.text()
      expect(response.status, `${what}: ${answer}`).to.equal(status)
      if (size !== undefined) expect(answer, what).to.equal(size)
      if (status === 200) {
        const text = body.slice(body.indexOf('\n\n') + 2, body.lastIndexOf('\n\n') + 1)
        expect(readLine(witness.vkey, text, answer), what).to.equal(Math.floor(clock / 1000))
      }
    }
    expect(await held(vectors.sigsum.origin)).to.equal(5n)
  })

  it('cosigns a published head of the Go checksum database, whose origin has spaces', async () => {
    const { origin, body, size } = vectors.sumdb
    await expectCosigned(body, body.slice('old 0\n\n'.length, body.lastIndexOf('\n\n') + 1))
    expect(await held(origin)).to.equal(BigInt(size))
    await expectStale(body, Number(size))
  })

  it('follows a log of any shape, each head from the last', async () => {
    let old = 0
    for (const size of [1, 2, 3, 7, 8, 9, 255, 256, 257, 1000]) {
      await expectCosigned(log.body(old, size), log.text(size))
      expect(await held()).to.equal(BigInt(size))
      old = size
    }
  })

  it('cosigns the same head again, later, and keeps it', async () => {
    await expectCosigned(log.body(0, 5), log.text(5))
    clock += 60_000
    await expectCosigned(log.body(5, 5), log.text(5))
    expect(await held()).to.equal(5n)
  })

  it('takes the empty tree, by its one root alone', async () => {
    await expectCosigned(log.body(0, 0), log.text(0))
    await expectRefused(
      `old 0\n\n${log.signed(log.text(0).replace(log.root(0), log.root(1)))}`,
      409,
      'CHECKPOINT_FORKED',
    )
    await expectCosigned(log.body(0, 3), log.text(3))
  })

  it('names the size it cosigned last to whoever starts from another', async () => {
    await expectStale(log.body(3, 5), 0)
    await expectCosigned(log.body(0, 5), log.text(5))
    for (const [old, size] of [
      [0, 5],
      [0, 9],
      [4, 9],
      [6, 9],
      [3, 4],
      [0, 0],
    ] as const) {
      await expectStale(log.body(old, size), 5)
    }
    expect(await held()).to.equal(5n)
  })

  it('refuses an old size above the new one, before it looks into its record', async () => {
    await expectCosigned(log.body(0, 5), log.text(5))
    await expectRefused(`old 9\n\n${log.note(5)}`, 400, 'INVALID_REQUEST')
    await expectRefused(`old 9223372036854775807\n\n${log.note(5)}`, 400, 'INVALID_REQUEST')
  })

  it('does not know other logs, nor other keys of this one', async () => {
    const stranger = foreignLog('stranger.example')
    await expectRefused(stranger.body(0, 1), 404, 'LOG_UNKNOWN')
    const thief = foreignLog(log.origin)
    await expectRefused(thief.body(0, 1), 403, 'CHECKPOINT_UNTRUSTED')
    // A known key's line that fails spoils the note, even beside a good one (signed-note).
    const [, bad = ''] = log.note(2).split('\n\n')
    await expectRefused(log.body(0, 1) + bad, 403, 'CHECKPOINT_UNTRUSTED')
    // The key of another log that is witnessed here is no key of this one.
    const sumdb = vectors.sumdb.body.replace(vectors.sumdb.origin, log.origin)
    await expectRefused(sumdb, 403, 'CHECKPOINT_UNTRUSTED')
  })

  it('passes over lines of keys it does not know, of any algorithm', async () => {
    const other = foreignLog('other.example').note(1).split('\n\n')[1]
    const large = `— pq.example ${Buffer.alloc(2424, 7).toString('base64')}\n`
    await expectCosigned(log.body(0, 1) + other + large, log.text(1))
    // The log's own line twice is one signature.
    const [, own = ''] = log.note(2).split('\n\n')
    await expectCosigned(log.body(1, 2) + own, log.text(2))
  })

  it('cosigns extension lines, and says nothing about them', async () => {
    const text = `${log.text(3)}extension one\n2\n`
    await expectCosigned(`old 0\n\n${log.signed(text)}`, text)
    await expectCosigned(log.body(3, 4), log.text(4))
  })

  it('refuses a head whose proof does not verify, and keeps it for whoever asks why', async () => {
    await expectCosigned(log.body(0, 5), log.text(5))
    const [first = '', ...rest] = log.proof(5, 9)
    const proofs: Record<string, readonly string[]> = {
      none: [],
      'one hash too few': rest,
      'one hash too many': [first, ...rest, first],
      'in another order': [...rest, first],
      'of another tree': log.proof(5, 9, i => `other ${i}`),
    }
    for (const [what, proof] of Object.entries(proofs)) {
      const lines = proof.map(line => `${line}\n`).join('')
      await expectRefused(`old 5\n${lines}\n${log.note(9)}`, 422, 'CONSISTENCY_INVALID').catch(error => {
        throw new Error(`${what}: ${error}`)
      })
    }
    // A proof from nothing, and one between two equal trees, is empty.
    await expectRefused(`old 5\n${first}\n\n${log.note(5)}`, 422, 'CONSISTENCY_INVALID')
    const kept = await readRefused(database.db)
    expect(kept.map(({ kind, size, heldSize }) => [kind, size, heldSize])).to.have.deep.members([
      ['unproven', 9n, 5n],
      ['unproven', 5n, 5n],
    ])
    await expectCosigned(log.body(5, 9), log.text(9))
  })

  it('refuses a proof that comes with the first head', async () => {
    await expectRefused(`old 0\n${log.root(1)}\n\n${log.note(3)}`, 422, 'CONSISTENCY_INVALID')
  })

  it('refuses another history of a log, and keeps what proves it', async () => {
    const forked = (i: number) => (i === 2 ? 'rewritten' : `entry ${i}`)
    await expectCosigned(log.body(0, 5), log.text(5))
    await expectRefused(log.body(5, 5, forked), 409, 'CHECKPOINT_FORKED')
    await expectRefused(log.body(5, 8, forked), 422, 'CONSISTENCY_INVALID')
    const [fork] = await readRefused(database.db)
    expect(fork).to.deep.include({ kind: 'fork', size: 5n, note: log.note(5, forked) })
    // Said once, however often it is tried.
    await expectRefused(log.body(5, 5, forked), 409, 'CHECKPOINT_FORKED')
    expect((await readRefused(database.db)).filter(({ kind }) => kind === 'fork')).to.have.length(1)
  })

  it('keeps a hundred refused heads of a log and no more', async () => {
    await expectCosigned(log.body(0, 1), log.text(1))
    await asNode(database.db, tx =>
      sql`insert into refused_heads select ${log.origin}, n, decode(repeat('00', 32), 'hex'), 'unproven', 'note', 1, now()
        from generate_series(100, 199) n`.execute(tx),
    )
    await expectRefused(`old 1\n\n${log.note(3)}`, 422, 'CONSISTENCY_INVALID')
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from refused_heads`.execute(database.db)
    expect(rows[0]?.n).to.equal(100n)
  })

  it('lets one of many concurrent heads win, and never goes back', async () => {
    await expectCosigned(log.body(0, 2), log.text(2))
    const sizes = Array.from({ length: 24 }, (_, i) => i + 3)
    const answers = await Promise.all(
      sizes.map(async size => {
        const response = await witness.post(log.body(2, size))
        return { size, status: response.status, text: await response.text() }
      }),
    )
    const won = answers.filter(({ status }) => status === 200)
    expect(won).to.have.length(1)
    const size = won[0]?.size ?? 0
    expect(await held()).to.equal(BigInt(size))
    for (const it of answers.filter(({ status }) => status !== 200)) {
      expect(it).to.include({ status: 409, text: `${size}\n` })
    }
  })

  it('lets one of two first heads win', async () => {
    const forked = (i: number) => `other ${i}`
    const answers = await Promise.all([witness.post(log.body(0, 3)), witness.post(log.body(0, 3, forked))])
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409])
  })

  it('is in order of time even when its clock steps back', async () => {
    await expectCosigned(log.body(0, 2), log.text(2))
    clock -= 3_600_000
    const answer = await (await witness.post(log.body(2, 3))).text()
    expect(readLine(witness.vkey, log.text(3), answer)).to.equal(Math.floor((clock + 3_600_000) / 1000))
  })

  it('can not be made to forget by its own node', async () => {
    await expectCosigned(log.body(0, 5), log.text(5))
    const attempts = [
      sql`update witnessed_heads set size = 4`,
      sql`update witnessed_heads set root = decode(repeat('00', 32), 'hex')`,
      sql`update witnessed_heads set cosigned_at = cosigned_at - interval '1 s', size = 6`,
      sql`delete from witnessed_heads`,
      sql`truncate witnessed_heads`,
      sql`delete from refused_heads`,
    ]
    for (const attempt of attempts) {
      expect(await rejection(asNode(database.db, tx => attempt.execute(tx)))).to.have.property('code', '23001')
    }
  })

  describe('refuses as malformed', () => {
    const hash = Buffer.alloc(32, 1).toString('base64')
    const change: Record<string, (good: string) => string | Uint8Array> = {
      nothing: () => '',
      'no old size': good => good.slice(good.indexOf('\n') + 1),
      'an old size with a leading zero': good => good.replace('old 0', 'old 00'),
      'an old size with a sign': good => good.replace('old 0', 'old +0'),
      'a negative old size': good => good.replace('old 0', 'old -1'),
      'an old size of 2^63': good => good.replace('old 0', 'old 9223372036854775808'),
      'an old size in hex': good => good.replace('old 0', 'old 0x0'),
      'two spaces after old': good => good.replace('old 0', 'old  0'),
      'a space after the old size': good => good.replace('old 0', 'old 0 '),
      'carriage returns': good => good.replaceAll('\n', '\r\n'),
      'a byte order mark': good => `\ufeff${good}`,
      'no empty line before the note': good => good.replace('\n\n', '\n'),
      'two empty lines before the note': good => good.replace('\n\n', '\n\n\n'),
      'a proof line without padding': good => good.replace('\n\n', `\n${hash.replace('=', '')}\n\n`),
      'a proof line with other trailing bits': good => good.replace('\n\n', `\n${hash.replace('E=', 'F=')}\n\n`),
      'a proof line in base64url': good =>
        good.replace('\n\n', `\n${Buffer.alloc(32, 0xfb).toString('base64').replaceAll('+', '-')}\n\n`),
      'a proof line of 31 bytes': good => good.replace('\n\n', `\n${Buffer.alloc(31).toString('base64')}\n\n`),
      'a proof line with a space': good => good.replace('\n\n', `\n${hash} \n\n`),
      'sixty-four proof lines': good => good.replace('\n\n', `\n${`${hash}\n`.repeat(64)}\n`),
      'thousands of proof lines': good => good.replace('\n\n', `\n${`${hash}\n`.repeat(5000)}\n`),
      'a size of 2^63': good => good.replace('\n3\n', '\n9223372036854775808\n'),
      'a size with a leading zero': good => good.replace('\n3\n', '\n03\n'),
      'a root without padding': good => good.replace(/=\n\n—/, '\n\n—'),
      'no last newline': good => good.slice(0, -1),
      'no signature': good => good.slice(0, good.indexOf('—')),
      'something after the signatures': good => `${good}more\n`,
      'a hundred and one signatures': good => good + good.slice(good.indexOf('—')).repeat(100),
      'a signature that is no base64': good => `${good.slice(0, -3)}!=\n`,
      'a control character': good => good.replace('log.example', 'log\u0000example'),
      'bytes that are not UTF-8': good => Uint8Array.from([...Buffer.from(good), 0xff, 0x0a]),
      JSON: () => '{"old":0}',
    }
    for (const [what, of] of Object.entries(change)) {
      it(what, async () => {
        const good = log.body(0, 3)
        const bad = of(good)
        expect(bad).not.to.equal(good)
        await expectRefused(bad, 400, 'INVALID_REQUEST')
      })
    }

    it('nothing of a good one, whatever media type it comes with', async () => {
      for (const type of [
        'text/plain',
        'application/octet-stream',
        'application/json',
        'application/x-www-form-urlencoded',
      ]) {
        expect((await witness.post(log.body(0, 3), { 'Content-Type': type })).status).to.equal(
          type === 'text/plain' ? 200 : 409,
        )
      }
      const bare = await fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body: Buffer.from(log.body(3, 4)) })
      expect(bare.status).to.equal(200)
    })
  })

  it('refuses a body without end', async () => {
    const large = `${log.body(0, 3)}— x.example ${'A'.repeat(600_000)}\n`
    await expectRefused(large, 413, 'BODY_TOO_LARGE')
  })

  it('is at its one path, for POST alone', async () => {
    const status = async (path: string, method: string) =>
      (await fetch(witness.url + path, { method, ...(method === 'GET' ? {} : { body: log.body(0, 1) }) })).status
    expect(await status('/add-checkpoint', 'GET')).to.equal(404)
    expect(await status('/add-checkpoint', 'PUT')).to.equal(404)
    expect(await status('/add-checkpoint/', 'POST')).to.equal(404)
    expect(await status('/Add-Checkpoint', 'POST')).to.equal(404)
    expect(await held()).to.equal(0n)
  })
})
