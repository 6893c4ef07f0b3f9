import { expect } from 'chai'
import { sql } from 'kysely'
import { sha256 } from '#sha256'
import { type Authority, createAuthority, issueFromCsr } from '../../certs/authority.ts'
import { makeCsr, makeKeys } from '../../certs/keys.ts'
import {
  countExpiring,
  ensureOperator,
  insertCertificate,
  listOrganizations,
  organizationNamed,
} from '../../certs/store.ts'
import { base64url, hex } from '../../core/bytes.ts'
import { makeUscc, type Uscc } from '../../core/uscc.ts'
import { parseCertificate } from '../../core/x509/certificate.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

describe('the operator of a node', () => {
  let database: TestDatabase
  before(async () => {
    database = await testDatabase()
  })
  after(() => database.drop())

  const uscc = makeUscc('91440101MA5TALLY0')

  it('is there after each start, once, under the name it first had', async () => {
    await ensureOperator(database.db, { uscc, name: '运营中心', roles: [] })
    await ensureOperator(database.db, { uscc, name: 'renamed', roles: [] })
    const { createdAt: _, ...operator } = (await organizationNamed(database.db, uscc)) ?? {}
    expect(operator).to.deep.equal({
      ...{ uscc, name: '运营中心', roles: ['operator'], hosted: true, node: null, gln: null, suspendedAt: null },
    })
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from organizations`.execute(database.db)
    expect(rows[0]?.n).to.equal(1n)
  })

  it('keeps the other roles it has been given, and gets its own back', async () => {
    await sql`update organizations set roles = array['hospital'] where uscc = ${uscc}`.execute(database.db)
    await ensureOperator(database.db, { uscc, name: '运营中心', roles: [] })
    expect((await organizationNamed(database.db, uscc))?.roles).to.have.members(['hospital', 'operator'])
  })
})

describe('what has been decided about identity', () => {
  let database: TestDatabase
  before(async () => {
    database = await testDatabase()
    const uscc = makeUscc('91440101MA5TALLY0')
    await ensureOperator(database.db, { uscc, name: '运营中心', roles: [] })
    await sql`insert into revocations (serial, reason, revoked_at, revoked_by) values ('01', 'superseded', now(), ${uscc})`.execute(
      database.db,
    )
  })
  after(() => database.drop())

  it('is never taken back: a revocation can be neither changed nor deleted', async () => {
    for (const change of [sql`update revocations set reason = 'keyCompromise'`, sql`delete from revocations`]) {
      const error: unknown = await change.execute(database.db).catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(Error).with.property('code', '23001')
    }
  })
})

describe('certificates that end', () => {
  let database: TestDatabase
  let authority: Authority
  const now = new Date('2026-11-23T12:00:00Z')
  const days = (count: number) => new Date(now.getTime() + count * 86_400_000)
  const early = makeUscc('91440300708461136')
  const late = makeUscc('91440101MA5DTRBU0')

  before(async () => {
    database = await testDatabase()
    authority = await createAuthority({ name: 'Ending', now: days(-400) })
    for (const uscc of [early, late]) await ensureOperator(database.db, { uscc, name: uscc, roles: [] })
  })
  after(() => database.drop())

  const use = async (uscc: Uscc, notAfter: Date) => {
    const csr = await makeCsr(await makeKeys(), uscc)
    const { chain } = await issueFromCsr(authority, csr, { uscc, name: uscc, notBefore: days(-300), notAfter })
    await insertCertificate(database.db, { thumbprint: base64url(sha256(chain[0]!)), uscc, chain })
    return hex(parseCertificate(chain[0]!).serial)
  }
  const ends = async () =>
    new Map((await listOrganizations(database.db, '', 10)).map(it => [it.uscc, it.certificateUntil?.toISOString()]))
  const expiring = () => countExpiring(database.db, now, days(30))

  it('are told by the last one that an organization has used, and counted for thirty days before', async () => {
    expect(await ends()).to.deep.equal(new Map([early, late].toSorted().map(it => [it, undefined])))
    expect(await expiring()).to.equal(0)
    await use(early, days(29))
    await use(late, days(31))
    expect((await ends()).get(early)).to.equal(days(29).toISOString())
    expect(await expiring()).to.equal(1)
  })

  it('are no matter any more once a later one is used, and again when that one is revoked', async () => {
    const serial = await use(early, days(300))
    expect((await ends()).get(early)).to.equal(days(300).toISOString())
    expect(await expiring()).to.equal(0)
    await sql`insert into revocations (serial, reason, revoked_at, revoked_by)
      values (${serial}, 'keyCompromise', now(), ${late})`.execute(database.db)
    expect((await ends()).get(early)).to.equal(days(29).toISOString())
    expect(await expiring()).to.equal(1)
  })

  it('are not counted of an organization that is suspended, nor once they have ended', async () => {
    expect(await countExpiring(database.db, days(29), days(59))).to.equal(1)
    await sql`update organizations set suspended_at = now() where uscc = ${early}`.execute(database.db)
    expect(await expiring()).to.equal(0)
  })
})
