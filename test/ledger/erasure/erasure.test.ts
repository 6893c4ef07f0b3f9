import { expect } from 'chai'
import { sql } from 'kysely'
import pg from 'pg'
import { tables } from '../../../api/tables.ts'
import { erasedEvent, erasedIds } from '../../../capture/erasable.ts'
import { queryRoutes } from '../../../capture/query/routes.ts'
import { telemetryRoutes } from '../../../capture/telemetry/routes.ts'
import type { Role } from '../../../core/access.ts'
import { equal, fromUtf8, hex, utf8 } from '../../../core/bytes.ts'
import { leafOf } from '../../../core/entry.ts'
import type { Tombstone } from '../../../core/erasure.ts'
import { Refusal } from '../../../core/errors.ts'
import type { RecordType } from '../../../core/record.ts'
import { verifyTlogProof } from '../../../core/tlog-proof.ts'
import { typ } from '../../../core/typ.ts'
import { asNode, asOrganization } from '../../../db/database.ts'
import { type ErasureDeps, erase } from '../../../ledger/erasure/erase.ts'
import { erasureRoutes } from '../../../ledger/erasure/routes.ts'
import { readErasures } from '../../../ledger/erasure/store.ts'
import { checkLog } from '../../../ledger/fsck/check.ts'
import { heldByMark } from '../../../receivables/financings/store.ts'
import {
  expectRefusal,
  freshNonce,
  type Party,
  signAs,
  signDocument,
  submitted,
  tradeOf,
} from '../../receivables/market.ts'
import { openWorld, type World } from '../../receivables/reports/world.ts'
import { tablesOf } from '../../support/copied-database.ts'
import { logKeys, origin } from '../open-ledger.ts'

describe('the lawful erasure of a record', function () {
  this.timeout(60_000)
  let world: World
  let deps: ErasureDeps
  const all = tables({ fingerprints: [], node: [] })
  // Devices of this world are enrolled with a few words of SQL less than a node's.
  const compared = { ...all, projections: all.projections.filter(it => it.table !== 'keys'), derived: [] }

  beforeEach(async () => {
    world = await openWorld()
    const { db, signerOf, now } = world.deps
    deps = {
      db,
      now,
      signerOf,
      ledger: world.ledger,
      projections: [...all.projections, ...all.erasable],
      heldBy: heldByMark,
    }
  })
  afterEach(() => world.stop())

  type Row = { index: bigint; digest: Buffer; body: Buffer | null; salt: Buffer | null }
  const records = async (type: RecordType): Promise<readonly Row[]> =>
    (
      await asNode(deps.db, tx =>
        sql<Row>`select index, digest, body, salt from records where type = ${type} order by index`.execute(tx),
      )
    ).rows
  const first = async (type: RecordType): Promise<Row> => (await records(type))[0]!
  const invoice = async (): Promise<Row> => (await records('document')).at(-1)!
  const tombstoneOf = ({ index, digest }: Row, by: Party, changed: Partial<Tombstone> = {}): Tombstone => ({
    ...{ version: 1, log: origin, index: `${index}`, commitment: hex(digest), basis: 'consent-withdrawn' },
    ...{ reason: 'request 17 of 2026-03-15', by: by.uscc, nonce: freshNonce(), iat: '2026-03-15T08:00:00Z' },
    ...changed,
  })
  const sign = async (by: Party, tombstone: Tombstone) => signAs(by, typ.tombstone, tombstone)
  const caller = (by: Party, ...roles: Role[]) => ({ uscc: by.uscc, roles: [...by.caller.roles, ...roles] })
  const refusal = async (attempt: Promise<unknown>): Promise<string> => {
    try {
      await attempt
    } catch (error) {
      return error instanceof Refusal ? error.code : String(error)
    }
    return 'nothing was refused'
  }
  const findings = async () => (await checkLog(deps.db, origin, logKeys, { tables: compared })).findings
  /** Tables and columns in which the text, or its bytes, can still be found. */
  const residue = async (...texts: readonly string[]): Promise<string[]> => {
    const client = new pg.Client({ connectionString: world.database.superuser })
    await client.connect()
    const found: string[] = []
    for (const { name } of await tablesOf(client)) {
      for (const text of texts) {
        const { rowCount } = await client.query(
          `select from ${name} t where position($1 in to_jsonb(t)::text) > 0 or position($2 in to_jsonb(t)::text) > 0`,
          [text, Buffer.from(text).toString('hex')],
        )
        if (rowCount) found.push(name)
      }
    }
    await client.end()
    return found
  }

  it('destroys body and salt in every table, leaves its place provable, and passes as erased', async () => {
    const trade = tradeOf(world)
    await submitted(world, { ...trade.order, synthetic: 'Ms Zhang, 13800138000' })
    const row = await first('document')
    const [salt, body] = [row.salt!, fromUtf8(row.body!)]
    expect(await residue('13800138000', salt.toString('hex'), body)).to.include.members(['records', 'documents'])

    const jws = await sign(world.seller, tombstoneOf(row, world.seller))
    const { row: left, repeated } = await erase(deps, caller(world.seller), jws)
    expect(repeated).to.equal(false)
    expect(left).to.deep.include({
      index: row.index,
      type: 'document',
      by: world.seller.uscc,
      basis: 'consent-withdrawn',
    })
    expect(await residue('13800138000', salt.toString('hex'), body)).to.deep.equal([])

    await world.ledger.sign()
    const proof = await world.ledger.tlogProof(row.index)
    expect(await verifyTlogProof(proof, leafOf(row.digest), origin, logKeys)).to.deep.include({ ok: true })
    const check = await checkLog(deps.db, origin, logKeys, { tables: compared })
    expect(check).to.deep.include({ findings: [], erased: 1n })

    const again = await erase(deps, caller(world.seller), jws)
    expect(again).to.deep.include({ repeated: true, row: left })
    expect((await records('tombstone')).length).to.equal(1)
  })

  it('answers ERASED, and never that there was nothing, to whoever asks for it', async () => {
    const { invoice: claims, commitment } = await world.deliver()
    const row = await invoice()
    expect(hex(row.digest)).to.equal(commitment)
    await erase(deps, caller(world.seller), await sign(world.seller, tombstoneOf(row, world.seller)))
    const path = `/api/v1/documents/${encodeURIComponent(claims.code)}`
    expectRefusal(await world.get(world.seller, path), 410, 'ERASED')
    expectRefusal(await world.get(world.hospital, `${path}?version=1`), 410, 'ERASED')
    const listed = await world.get(world.seller, '/api/v1/documents?kind=invoice')
    expect(listed.body.items).to.deep.equal([])
    const question = await first('question')
    await erase(deps, caller(world.seller), await sign(world.seller, tombstoneOf(question, world.seller)))
    expectRefusal(await world.get(world.hospital, `/api/v1/questions/${commitment}`), 410, 'ERASED')
    expect((await world.get(world.hospital, '/api/v1/questions')).body.items).to.deep.equal([])
    // The same document again is neither a new one nor a fault.
    const again = await world.post(
      world.seller,
      '/api/v1/documents',
      await signDocument(world.seller, claims),
      'application/dc+sd-jwt',
    )
    expectRefusal(again, 410, 'ERASED')
    expect(await findings()).to.deep.equal([])
  })

  it('empties the bundles that hold a copy, and refuses new ones', async () => {
    const { application } = await world.offer()
    const made = await world.report(world.bank, { application: application.id })
    expect(made.status).to.equal(201)
    const row = await invoice()
    await erase(deps, caller(world.seller), await sign(world.seller, tombstoneOf(row, world.seller)))
    expect(await residue(fromUtf8(row.body!).slice(-60))).to.deep.equal([])
    expectRefusal(await world.get(world.bank, `/api/v1/reports/${made.body.id}/bundle`), 410, 'ERASED')
    expectRefusal(await world.report(world.bank, { application: application.id }), 410, 'ERASED')
    expect(await findings()).to.deep.equal([])
  })

  it('takes the rows of events, answers and denials with it', async () => {
    await world.deliver()
    for (const type of ['event', 'confirmation'] as const) {
      const row = await first(type)
      const by = type === 'event' ? world.seller : world.hospital
      await erase(deps, caller(by), await sign(by, tombstoneOf(row, by)))
      expect(await residue(fromUtf8(row.body!)), type).to.deep.equal([])
    }
    const { rows } = await asNode(deps.db, tx =>
      sql<{ n: bigint }>`select (select count(*) from events) + (select count(*) from confirmations) as n`.execute(tx),
    )
    expect(rows[0]?.n).to.equal(2n)
    expect(await findings()).to.deep.equal([])
  })

  it('takes salts, subjects and readings of a telemetry pack with it, and says ERASED of each reading after', async () => {
    const { db, now } = deps
    const served = { db, now, deviceKey: async () => undefined, tradesOf: async () => new Map() }
    const { append, tlogProof } = world.ledger
    await world.serve([...telemetryRoutes({ ...served, append, tlogProof }), ...erasureRoutes(deps)])
    const senml = JSON.stringify([
      { bn: 'urn:dev:ow:10e2073a01080063:', n: 'temp', u: 'Cel', t: 1772352000, v: 4.1375 },
    ])
    const send = () =>
      world.post(world.seller, '/telemetry', senml, 'application/senml+json', { 'Idempotency-Key': 'pack-1' })
    const { status, body } = await send()
    expect(status).to.equal(201)
    await world.ledger.sign()
    const proof = `/api/v1/telemetry/${body.index}/readings/0/proof`
    expect((await world.get(world.seller, proof)).status).to.equal(200)
    const [row] = await records('telemetry')
    const seed = await asNode(db, tx => sql<{ seed: Buffer }>`select seed from telemetry_seeds`.execute(tx))
    const secrets = [seed.rows[0]!.seed.toString('hex'), row!.salt!.toString('hex'), '4.1375', '10e2073a01080063']
    expect(await residue(...secrets)).to.include.members(['readings', 'telemetry_seeds', 'records'])

    await erase(deps, caller(world.seller), await sign(world.seller, tombstoneOf(row!, world.seller)))
    expect(await residue(...secrets)).to.deep.equal([])
    expectRefusal(await world.get(world.seller, proof), 410, 'ERASED')
    expectRefusal(await world.get(world.seller, `/api/v1/telemetry?pack=${body.index}`), 410, 'ERASED')
    expectRefusal(await world.get(world.hospital, proof), 404, 'NOT_FOUND')
    expectRefusal(await send(), 410, 'ERASED')
    expect(
      (await checkLog(db, origin, logKeys, { tables: { ...all, projections: compared.projections } })).findings,
    ).to.deep.equal([])
  })

  it('leaves of an event that there was one of its id, for its parties to be told', async () => {
    await world.deliver()
    const row = await first('event')
    const { rows } = await asNode(deps.db, tx =>
      sql<{ id: string }>`select event_id as id from events where index = ${row.index}`.execute(tx),
    )
    const path = `/epcis/events/${encodeURIComponent(rows[0]!.id)}`
    await world.serve(queryRoutes({ db: deps.db, now: deps.now }))
    expect((await world.get(world.seller, path)).status).to.equal(200)
    await erase(deps, caller(world.seller), await sign(world.seller, tombstoneOf(row, world.seller)))
    expectRefusal(await world.get(world.seller, path), 410, 'ERASED')
    const seenBy = (by: Party) => asOrganization(deps.db, by.uscc, tx => erasedEvent(tx, rows[0]!.id))
    expect([await seenBy(world.seller), await seenBy(world.otherBank)]).to.deep.equal([row.index, undefined])
    expectRefusal(await world.get(world.seller, '/epcis/events/ni:%2F%2F%2Fnone'), 404, 'NOT_FOUND')
    expect(await residue(rows[0]!.id)).to.deep.equal([])
    expect(
      (await checkLog(deps.db, origin, logKeys, { tables: { ...compared, derived: [erasedIds] } })).findings,
    ).to.deep.equal([])
  })

  it('is refused to everybody but owner and operator, and for what must be kept', async () => {
    const { application } = await world.offer()
    const row = await invoice()
    const attempt = async (by: Party, changed: Partial<Tombstone> = {}, of = row, ...roles: Role[]) =>
      refusal(erase(deps, caller(by, ...roles), await sign(by, tombstoneOf(of, by, changed))))
    expect(await attempt(world.hospital)).to.equal('NOT_YOURS')
    expect(await attempt(world.otherBank)).to.equal('RECORD_UNKNOWN')
    expect(await attempt(world.seller, { commitment: 'ab'.repeat(32) })).to.equal('RECORD_UNKNOWN')
    expect(await attempt(world.seller, { index: '999999' })).to.equal('RECORD_UNKNOWN')
    expect(await attempt(world.seller, { index: '9223372036854775808' })).to.equal('INVALID_REQUEST')
    expect(await attempt(world.seller, { log: 'another.example/log' })).to.equal('INVALID_REQUEST')
    expect(await attempt(world.seller, { by: world.hospital.uscc })).to.equal('SIGNER_MISMATCH')
    expect(await attempt(world.seller, { iat: '2027-01-01T00:00:00Z' })).to.equal('DATE_IN_FUTURE')
    for (const type of ['authorization', 'authorization-state', 'application'] as const) {
      expect(await attempt(world.seller, {}, await first(type)), type).to.equal('ERASURE_FORBIDDEN')
    }
    const other = await signAs(world.seller, typ.financingRelease, tombstoneOf(row, world.seller))
    expect(await refusal(erase(deps, caller(world.seller), other))).to.equal('SIGNATURE_WRONG_ACT')
    const kept = { ...deps, heldBy: async () => `held for ${application.id}` }
    const jws = await sign(world.seller, tombstoneOf(row, world.seller))
    expect(await refusal(erase(kept, caller(world.seller), jws))).to.equal('ERASURE_FORBIDDEN')
    // Nothing half-written by any of these.
    expect((await records('tombstone')).length).to.equal(0)
    expect(equal((await invoice()).body!, row.body!)).to.equal(true)

    expect(await attempt(world.bank, {}, row, 'operator')).to.equal('nothing was refused')
    expect(await attempt(world.seller)).to.equal('ERASED')
    const [tombstone] = await records('tombstone')
    expect(await attempt(world.bank, {}, tombstone, 'operator')).to.equal('ERASURE_FORBIDDEN')
    const seen = (by: Party) => asOrganization(deps.db, by.uscc, tx => readErasures(tx, undefined, 10))
    expect((await seen(world.otherBank)).length).to.equal(0)
    expect(await findings()).to.deep.equal([])
  })

  it('is asked for and shown over the API, to the parties of the record alone', async () => {
    await submitted(world, tradeOf(world).order)
    const row = await first('document')
    await world.serve(erasureRoutes(deps))
    const jws = await sign(world.seller, tombstoneOf(row, world.seller))
    const made = await world.post(world.seller, '/api/v1/erasures', jws)
    expect([made.status, made.body.index, made.body.commitment]).to.deep.equal([201, `${row.index}`, hex(row.digest)])
    const again = await world.post(world.seller, '/api/v1/erasures', jws)
    expect([again.status, again.body]).to.deep.equal([200, made.body])
    const one = `/api/v1/erasures/${row.index}`
    expect((await world.get(world.hospital, one)).body).to.deep.equal(made.body)
    expect((await world.get(world.hospital, '/api/v1/erasures')).body).to.deep.equal({ items: [made.body], next: null })
    expect((await world.get(world.otherBank, '/api/v1/erasures')).body).to.deep.equal({ items: [], next: null })
    expectRefusal(await world.get(world.otherBank, one), 404, 'NOT_FOUND')
    expectRefusal(await world.get(world.seller, '/api/v1/erasures/9223372036854775808'), 400, 'INVALID_REQUEST')
    expectRefusal(await world.post(world.seller, '/api/v1/erasures', 'a.b.c'), 422, 'SIGNATURE_INVALID')
  })

  it('is found where somebody erased without a tombstone, or left something over', async () => {
    await world.deliver()
    const row = await invoice()
    const event = await first('event')
    await asNode(deps.db, tx => sql`update records set salt = null, body = null where index = ${row.index}`.execute(tx))
    const unlogged = (await findings()).map(it => `${it.code} ${it.at}`)
    expect(unlogged).to.include.members([`ERASURE_UNLOGGED ${row.index}`, `PROJECTION_WRONG documents ${row.index}`])

    await erase(deps, caller(world.seller), await sign(world.seller, tombstoneOf(event, world.seller)))
    const client = new pg.Client({ connectionString: world.database.superuser })
    await client.connect()
    await client.query('set session_replication_role = replica')
    await client.query('insert into event_codes values ($1, $2)', ['left over', String(event.index)])
    await client.query('update records set salt = $1, body = $2 where index = $3', [
      event.salt,
      utf8('x'),
      String(event.index),
    ])
    await client.end()
    const undone = (await findings()).map(it => `${it.code} ${it.at}`)
    expect(undone).to.include.members([`ERASURE_UNDONE ${event.index}`, `RECORD_DIGEST ${event.index}`])
  })
})
