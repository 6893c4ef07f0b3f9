import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { sql } from 'kysely'
import { telemetryPacks, telemetryReadings } from '../../../capture/telemetry/projection.ts'
import { base64url } from '../../../core/bytes.ts'
import type { RefusalCode } from '../../../core/errors.ts'
import { gs1 } from '../../../core/identifier/code.ts'
import { makeGln } from '../../../core/identifier/make.ts'
import { formatVerifierKey } from '../../../core/note.ts'
import { type ReadingProof, verifyReading } from '../../../core/reading-proof.ts'
import { resolveSenml } from '../../../core/senml.ts'
import { readingLeaves, signPack } from '../../../core/telemetry.ts'
import type { Uscc } from '../../../core/uscc.ts'
import { asNode } from '../../../db/database.ts'
import { run } from '../../../scripts/commands/program.ts'
import { buyer, logKeys, origin, seller, stranger } from '../../ledger/open-ledger.ts'
import { type CaptureNode, makeScanner, type Scanner, sscc, startCaptureNode, store } from '../node.ts'

type Taken = { index: string; receipt: string; repeated: boolean; count: number; entitled: number }
type Listed = {
  pack: string
  position: number
  subject: string | null
  entitled: boolean
  reason: string | null
  reading: string
  seq: string
}
type Problem = { code: string; rule?: string; pointer?: string; position?: number }

const now = new Date('2026-03-01T08:00:00.000Z')
const pack = (...records: object[]) =>
  JSON.stringify(
    records.length > 0
      ? records
      : [
          { bn: `${store}:`, bt: 1772352000, n: 'temp', bu: 'Cel', v: 4.1 },
          { n: 'temp', t: -60, v: 4.2 },
        ],
  )

describe('telemetry', () => {
  let node: CaptureNode
  let device: Scanner
  beforeEach(async () => {
    node = await startCaptureNode(() => now)
    device = await makeScanner(buyer)
    node.enrol(device)
  })
  afterEach(async () => {
    await node.stop()
    expect(node.faults).to.deep.equal([])
  })

  const signed = async (text: string, seq = 1, by: Scanner = device, at = now): Promise<Record<string, string>> => {
    const seed = crypto.getRandomValues(new Uint8Array(32))
    const resolved = resolveSenml(text, at, 10_000)
    if (!resolved.ok) throw new Error(resolved.rule)
    const leaves = readingLeaves(
      seed,
      resolved.readings.map(reading => reading.text),
    )
    const jws = await signPack({ key: by.key, device: by.kid, seq, at }, leaves)
    return { 'Capture-Salt': base64url(seed), 'Capture-Signature': jws }
  }
  const send = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}, as: Uscc = buyer) =>
    fetch(`${node.url}/telemetry`, {
      method: 'POST',
      headers: { 'X-As': as, 'Content-Type': 'application/senml+json', ...headers },
      body,
    })
  const taken = async (answer: Response): Promise<Taken> => {
    const body = (await answer.json()) as Taken
    expect(answer.status, JSON.stringify(body)).to.equal(201)
    return body
  }
  const get = async <Body>(path: string, as: Uscc = buyer): Promise<Body> => {
    const answer = await node.ask(as, 'GET', path)
    expect(answer.status, path).to.equal(200)
    return (await answer.json()) as Body
  }
  const list = async (query = '', as: Uscc = buyer) =>
    (await get<{ readings: Listed[]; next: string | null }>(`/api/v1/telemetry${query}`, as)).readings
  const counts = async () =>
    asNode(node.database.db, async tx => {
      const { rows } = await sql<{ counts: string }>`select (select count(*) from records) || ' ' ||
        (select count(*) from telemetry_packs) || ' ' || (select count(*) from telemetry_seeds) || ' ' ||
        (select count(*) from telemetry_subjects) || ' ' || (select count(*) from readings) as counts`.execute(tx)
      return rows[0]?.counts
    })
  const expectRefused = async (answer: Response, code: RefusalCode, more: Partial<Problem> = {}) => {
    expect((await answer.json()) as Problem).to.include({ code, ...more })
    expect(answer.headers.get('Content-Type')).to.contain('problem+json')
    expect(await counts(), 'nothing is left of it').to.equal('0 0 0 0 0')
  }

  it('that a device signed at its place is one entry of the log, and counts', async () => {
    const body = await taken(await send(pack(), await signed(pack())))
    expect(body).to.include({ index: '0', repeated: false, count: 2, entitled: 2 })
    expect(await counts()).to.equal('1 1 1 1 2')
    const readings = await list()
    expect(readings.map(({ reading }) => reading)).to.deep.equal([
      `{"n":"${store}:temp","t":1772352000,"u":"Cel","v":4.1}`,
      `{"n":"${store}:temp","t":1772351940,"u":"Cel","v":4.2}`,
    ])
    expect(readings[0]).to.include({ pack: '0', position: 0, subject: store, entitled: true, reason: null, seq: '1' })
  })

  it('can be proved one reading at a time, offline, without its neighbours', async () => {
    const many = pack(...Array.from({ length: 11 }, (_, i) => ({ n: 'temp', u: 'Cel', v: i, t: 1772351000 + i })))
    await taken(await send(many, await signed(many)))
    await node.ledger.sign()
    for (const position of [0, 7, 10]) {
      const proof = await get<ReadingProof>(`/api/v1/telemetry/0/readings/${position}/proof`)
      const trusted = { origin, keys: logKeys, device: device.jwk }
      const verified = await verifyReading(proof, trusted)
      expect(verified).to.include({ ok: true, index: 0n, signature: 'valid' })
      expect(verified).to.have.property(
        'reading',
        `{"n":"temp","t":${1772351000 + position},"u":"Cel","v":${position}}`,
      )
      expect(await verifyReading(proof, { origin, keys: logKeys })).to.include({ ok: true, signature: 'unchecked' })
      const other = await makeScanner(buyer)
      const forged: [string, unknown, typeof trusted][] = [
        ['reading', { ...proof, reading: proof.reading.replace('Cel', 'K') }, trusted],
        ['reading', { ...proof, position: position === 0 ? 1 : 0 }, trusted],
        ['reading', { ...proof, salt: base64url(new Uint8Array(32)) }, trusted],
        ['reading', { ...proof, path: proof.path.slice(1) }, trusted],
        ['log', { ...proof, recordSalt: base64url(new Uint8Array(32)) }, trusted],
        ['log', proof, { ...trusted, origin: 'log.example/other' }],
        ['signature', proof, { ...trusted, device: other.jwk }],
        ['form', { ...proof, version: 2 }, trusted],
        ['form', { ...proof, salt: '*' }, trusted],
        ['form', null, trusted],
      ]
      for (const [step, wrong, trust] of forged)
        expect(await verifyReading(wrong, trust)).to.include({ ok: false, step })
      const shown = JSON.stringify(proof)
      for (let i = 0; i < 11; i++) if (i !== position) expect(shown).not.to.contain(`"v\\":${i}}`)
    }
  })

  it('is checked by a command from files alone', async () => {
    await taken(await send(pack(), await signed(pack())))
    await node.ledger.sign()
    const proof = await get<ReadingProof>('/api/v1/telemetry/0/readings/1/proof')
    const folder = await mkdtemp(join(tmpdir(), 'reading-'))
    const file = async (name: string, content: unknown) => {
      await writeFile(join(folder, name), JSON.stringify(content))
      return join(folder, name)
    }
    const log = {
      origin,
      logKey: formatVerifierKey(logKeys[0]!),
      nodeKey: device.jwk,
      notBefore: '2026-03-01T08:00:00Z',
    }
    const trust = (nodes: object[]) =>
      file('trust.json', { version: 1, anchors: [], nodes, chains: [], witnesses: { quorum: 0, keys: [] } })
    const check = async (args: readonly string[]) => {
      const lines: string[] = []
      const note = (line: string) => void lines.push(line)
      return { code: await run(['verify-reading', ...args], { out: note, error: note }, {}), said: lines.join(' ') }
    }
    try {
      const args = [await file('proof.json', proof), '--trust', await trust([log])]
      const key = await file('device.json', device.jwk)
      const unknown = await check(args)
      expect(unknown.code, unknown.said).to.equal(3)
      const known = await check([...args, '--device', key])
      expect(known).to.include({ code: 0 })
      expect(known.said).to.contain(proof.reading).and.contain('signature valid')
      const changed = await file('changed.json', { ...proof, reading: proof.reading.replace('4.2', '4.3') })
      expect(await check([changed, ...args.slice(1)])).to.include({ code: 1 })
      expect(await check([key, ...args.slice(1)])).to.include({ code: 1 })
      expect(await check([args[0]!, '--trust', await trust([])])).to.include({ code: 2 })
      expect(await check([join(folder, 'none'), ...args.slice(1)])).to.include({ code: 2 })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('shows the check of the log when a bit of a reading, its row or its salt is another', async () => {
    await taken(await send(pack(), await signed(pack())))
    await taken(await send(pack()))
    const check = () =>
      asNode(node.database.db, async tx =>
        (await Promise.all([telemetryPacks, telemetryReadings].map(it => it.contradictions(tx)))).flat(),
      )
    expect(await check()).to.deep.equal([])
    const changes = [
      "readings set reading = replace(reading, '4.1', '4.2') where pack = 0",
      "readings set name = name || 'x' where pack = 1",
      "readings set time = time + interval '1 second' where pack = 1",
      'readings set position = position + 1 where pack = 0 and position = 1',
      'telemetry_subjects set code = null where pack = 0',
      "telemetry_subjects set reason = 'BECAUSE' where pack = 1",
      'telemetry_seeds set seed = sha256(seed) where pack = 0',
      'telemetry_packs set seq = 2 where index = 0',
      'telemetry_packs set count = 3 where index = 1',
      "telemetry_packs set iat = iat + interval '1 second' where index = 1",
      'telemetry_packs set parties = parties || org::text where index = 1',
    ]
    for (const change of changes) {
      const undone = new Error('undone')
      const failed = await asNode(node.database.db, async tx => {
        const table = sql.table(change.split(' ')[0] ?? '')
        await sql`alter table ${table} disable trigger user`.execute(tx)
        await sql.raw(`update ${change}`).execute(tx)
        const found = (await telemetryPacks.contradictions(tx)).concat(await telemetryReadings.contradictions(tx))
        expect(found, change).to.have.lengthOf(1)
        throw undone
      }).catch((error: unknown) => error)
      expect(failed).to.equal(undone)
    }
  })

  it('without a signature is self evidence, and so is what a device says of another place or of unknown goods', async () => {
    expect(await taken(await send(pack()))).to.include({ entitled: 0 })
    const mixed = pack(
      { n: `${store}:temp`, v: 1 },
      { n: `${gs1('414', makeGln('6901234', 2)).text}:temp`, v: 2 },
      { n: `${sscc(150)}:temp`, v: 3 },
      { n: `${sscc(500)}/temp`, v: 4 },
      { n: 'urn:dev:ow:10e2073a01080063:voltage', v: 5 },
    )
    expect(await taken(await send(mixed, await signed(mixed)))).to.include({ count: 5, entitled: 3 })
    expect((await list('?pack=1')).map(({ reason }) => reason)).to.deep.equal([
      null,
      'DEVICE_PLACE',
      null,
      'SHIPMENT_UNKNOWN',
      null,
    ])
    expect((await list('?pack=0')).map(({ reason }) => reason)).to.deep.equal(['UNSIGNED', 'UNSIGNED'])
  })

  it('is seen by the parties of the goods it is about, and by nobody else', async () => {
    const mixed = pack({ n: `${store}:temp`, v: 1 }, { n: `${sscc(150)}:temp`, v: 3 })
    await taken(await send(mixed, await signed(mixed)))
    await node.ledger.sign()
    expect((await list('', buyer)).map(({ position }) => position)).to.deep.equal([0, 1])
    expect((await list('', seller)).map(({ position }) => position)).to.deep.equal([1])
    expect(await list('', stranger)).to.deep.equal([])
    expect((await node.ask(seller, 'GET', '/api/v1/telemetry/0/readings/0/proof')).status).to.equal(404)
    expect((await node.ask(stranger, 'GET', '/api/v1/telemetry/0/readings/1/proof')).status).to.equal(404)
    const proof = await get<ReadingProof>('/api/v1/telemetry/0/readings/1/proof', seller)
    expect(await verifyReading(proof, { origin, keys: logKeys })).to.include({ ok: true })
  })

  it('shows gaps, repetitions and late packs of a device to its owner', async () => {
    for (const seq of [2, 5, 5, 3]) {
      const text = pack({ n: 'temp', v: seq })
      await taken(await send(text, await signed(text, seq)))
    }
    const path = `/api/v1/devices/${device.kid}/findings`
    expect(await get(path)).to.deep.equal({
      ...{ device: device.kid, last: '5', more: false },
      findings: [
        { kind: 'gap', from: '1', to: '1' },
        { kind: 'gap', from: '4', to: '4' },
        { kind: 'repeat', seq: '5', index: '2' },
        { kind: 'late', seq: '3', index: '3' },
      ],
    })
    expect(await get(path, seller)).to.deep.include({ last: '0', findings: [] })
  })

  it('sent again is the same entry, signed or under an idempotency key', async () => {
    const headers = await signed(pack())
    await taken(await send(pack(), headers))
    expect(await taken(await send(pack(), headers))).to.include({ index: '0', repeated: true })
    const relative = pack({ n: 'a', v: 1, t: -1 })
    const key = { 'Idempotency-Key': 'one' }
    const both = await Promise.all([send(relative, key), send(relative, key)])
    const indexes = await Promise.all(both.map(async answer => (await taken(answer)).index))
    expect(indexes).to.deep.equal(['1', '1'])
    const other = await send(pack({ n: 'a', v: 2, t: -1 }), key)
    expect((await other.json()) as Problem).to.include({ code: 'IDEMPOTENCY_CONFLICT' })
    expect(await counts()).to.equal('2 2 2 2 3')
  })

  it('is found by device, name and time, page by page', async () => {
    const text = pack(...Array.from({ length: 7 }, (_, i) => ({ n: i % 2 ? 'odd' : 'even', v: i, t: 1772351000 + i })))
    await taken(await send(text, await signed(text)))
    await taken(await send(pack({ n: 'odd', v: 9, t: 1772351003 })))
    expect(await list(`?device=${device.kid}&name=odd`)).to.have.lengthOf(3)
    expect(await list('?name=odd&from=2026-03-01T07:43:23Z&to=2026-03-01T07:43:25Z')).to.have.lengthOf(2)
    const first = await get<{ readings: Listed[]; next: string }>('/api/v1/telemetry?limit=5')
    const rest = await get<{ readings: Listed[]; next: null }>(`/api/v1/telemetry?limit=5&cursor=${first.next}`)
    expect([...first.readings, ...rest.readings]).to.deep.equal(await list())
    expect(rest.next).to.equal(null)
    for (const query of ['cursor=x', 'from=0000-01-01T00:00:00Z', 'to=yesterday', 'limit=0', 'pack=-1', 'foo=1']) {
      expect((await node.ask(buyer, 'GET', `/api/v1/telemetry?${query}`)).status, query).to.equal(400)
    }
  })

  it('is refused when the signature is not by an enrolled device of the sender over exactly these readings', async () => {
    const headers = await signed(pack())
    const invalid = 'CAPTURE_SIGNATURE_INVALID'
    await expectRefused(await send(pack({ n: 'a', v: 1 }), headers), invalid)
    await expectRefused(await send(pack(), { ...headers, 'Capture-Salt': base64url(new Uint8Array(32)) }), invalid)
    await expectRefused(await send(pack(), { ...headers, 'Capture-Salt': 'x' }), invalid)
    await expectRefused(await send(pack(), { 'Capture-Salt': headers['Capture-Salt'] ?? '' }), invalid)
    await expectRefused(await send(pack(), { ...headers, 'Capture-Signature': 'a.b.c' }), invalid)
    await expectRefused(await send(pack(), { ...headers, 'Capture-Signature': '{}' }), invalid)
    await expectRefused(await send(pack(), headers, seller), 'NOT_YOURS')
    const unknown = await makeScanner(buyer)
    await expectRefused(await send(pack(), await signed(pack(), 1, unknown)), 'KEY_UNKNOWN')
    const early = await signed(pack(), 1, device, new Date(now.getTime() + 600_000))
    await expectRefused(await send(pack(), early), 'DATE_IN_FUTURE')
  })

  it('is refused with rule and place when it is not SenML, and nothing of it is kept', async () => {
    await expectRefused(await send(pack({ n: 'a', v: 1 }, { n: 'b', v: 1, u: 'parsec' })), 'TELEMETRY_INVALID', {
      ...{ rule: 'unit', pointer: '/1/u', position: 1 },
    })
    await expectRefused(
      await send(pack({ n: 'https://id.gs1.org/414/6901234999999:temp', v: 1 })),
      'TELEMETRY_INVALID',
      {
        ...{ rule: 'code', pointer: '/0/n' },
      },
    )
    const misspelt = { n: 'https://id.gs1.org/414/6901234999999:temp', v: 1 }
    await expectRefused(await send(pack({ bu: 'Cel' }, misspelt)), 'TELEMETRY_INVALID', {
      rule: 'code',
      pointer: '/1/n',
    })
    await expectRefused(await send('{}'), 'TELEMETRY_INVALID', { rule: 'pack', pointer: '' })
    await expectRefused(await send(pack({ n: 'a', v: 1, t: 1772352301 })), 'DATE_IN_FUTURE', { pointer: '/0/t' })
    const ahead = pack({ bn: 'a', bt: 1772352301 }, { v: 1 })
    await expectRefused(await send(ahead), 'DATE_IN_FUTURE', { pointer: '/1/t', position: 1 })
    await expectRefused(await send(pack(...Array(10_001).fill({ n: 'a', v: 1 }))), 'TELEMETRY_INVALID', {
      rule: 'pack-size',
    })
    for (const text of [
      '[{"n":"a","v":NaN}]',
      '[{"n":"a","v":1e400}]',
      '[{"n":"a","v":1,"v":2}]',
      '',
      '[',
      '\ufeff[]',
    ]) {
      await expectRefused(await send(text), 'MALFORMED_JSON')
    }
    const deep = `[{"n":"a","v":1,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}]`
    await expectRefused(await send(deep), 'MALFORMED_JSON')
    await expectRefused(await send(new Uint8Array([0x5b, 0xff, 0x5d])), 'MALFORMED_JSON')
    await expectRefused(await send('[{"n":"a","vs":"\\u0000"}]'), 'MALFORMED_JSON')
    await expectRefused(await send('[{"n":"a","vs":"\\ud800"}]'), 'MALFORMED_JSON')
    await expectRefused(await send(' '.repeat(10 << 20)), 'BODY_TOO_LARGE')
    await expectRefused(await send(pack(), { 'Content-Type': 'application/json' }), 'UNSUPPORTED_MEDIA_TYPE')
    await expectRefused(await send(pack(), { 'Idempotency-Key': 'a b' }), 'INVALID_REQUEST')
  })
})
