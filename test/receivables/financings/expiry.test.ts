import { expect } from 'chai'
import { sql } from 'kysely'
import pg from 'pg'
import { fromUtf8 } from '../../../core/bytes.ts'
import { markExpirySchema } from '../../../core/financing.ts'
import { parseCompact, verifyWithKey } from '../../../core/jws.ts'
import { typ } from '../../../core/typ.ts'
import { asNode } from '../../../db/database.ts'
import { checkLog } from '../../../ledger/fsck/check.ts'
import { expireMarks } from '../../../receivables/financings/expire.ts'
import { financingProjections, financingTimes } from '../../../receivables/financings/projection.ts'
import { logKeys, nodeKey, nodePublicKey, origin } from '../../ledger/open-ledger.ts'
import { marking, post } from '../case.ts'
import { expectRefusal, freshNonce, type Market, signAs } from '../market.ts'
import { openRegistry, type Registry } from './registry.ts'

describe('a mark that is not financed in time', () => {
  let registry: Registry
  let market: Market
  before(async function () {
    this.timeout(60_000)
    registry = await openRegistry()
    market = registry.market
  })
  beforeEach(() => {
    market.now = new Date('2026-03-15T08:00:00Z')
  })
  after(() => market.stop())

  const expire = () => expireMarks({ ...market.deps, fingerprintKeys: registry.fingerprintKeys, nodeKey })
  const hold = { mark: { act: 'hold' as const } }
  const findings = async () => {
    const tables = { projections: financingProjections(registry.fingerprintKeys), derived: [financingTimes] }
    return (await checkLog(market.deps.db, origin, logKeys, { tables: { ...tables, cited: [], erasable: [] } }))
      .findings
  }

  it('ends when the seller’s consent does, in the registry’s own signed words, and another bank may have it', async () => {
    const [of, rival] = await registry.bothBanks()
    const { body, mark } = await marking(market, of, hold)
    const held = await post(market, market.bank, body)
    expect(held.body).to.include({ state: 'PNDG', expiresAt: '2026-03-20T00:00:00.000Z' })
    await registry.expectRefused(rival, hold, 409, 'RECEIVABLE_ALREADY_FINANCED', market.otherBank)
    market.now = new Date('2026-03-19T23:59:59Z')
    expect(await expire()).to.equal(0)
    expect(await registry.stateOf(mark.id)).to.equal('PNDG')

    market.now = new Date('2026-03-20T00:00:00Z')
    expect(await expire()).to.equal(1)
    expect(await expire()).to.equal(0)
    const after = await market.get(market.bank, `/api/v1/financings/${mark.id}`)
    expect(after.body).to.include({ state: 'CANC', expiresAt: null })
    const { rows } = await asNode(market.database.db, tx =>
      sql<{ body: Buffer }>`select body from records where type = 'financing' order by index desc limit 1`.execute(tx),
    )
    const jws = parseCompact(fromUtf8(rows[0]!.body))
    if (!jws.ok) throw new Error(jws.detail)
    const key = await crypto.subtle.exportKey('jwk', nodePublicKey)
    expect((await verifyWithKey(jws, key, typ.financingExpiry)).ok).to.equal(true)
    expect(markExpirySchema.parse(JSON.parse(fromUtf8(jws.payload)))).to.deep.equal({
      ...{ financing: mark.id, bank: market.bank.uscc, expired: '2026-03-20T00:00:00.000Z' },
    })
    expectRefusal(await registry.release(market.bank, mark.id), 409, 'FINANCING_STATE')

    market.now = new Date('2026-03-15T08:00:00Z')
    const { body: theirs } = await marking(market, rival, {}, market.otherBank)
    expect((await post(market, market.otherBank, theirs)).body).to.include({ state: 'FNCD', expiresAt: null })
    expect(await findings()).to.deep.equal([])
  })

  it('is none that was financed, however long ago, and none that was released before', async () => {
    const financed = await registry.approvedBy(market.bank)
    const { body, mark } = await marking(market, financed)
    await post(market, market.bank, body)
    const released = await registry.approvedBy(market.bank)
    const other = await marking(market, released, hold)
    await post(market, market.bank, other.body)
    await registry.release(market.bank, other.mark.id)
    market.now = new Date('2027-03-20T00:00:00Z')
    expect(await expire()).to.equal(0)
    expect(await registry.stateOf(mark.id)).to.equal('FNCD')
    expect(await findings()).to.deep.equal([])
  })

  it('ends after 29 days at the latest, whatever the consent allows, counted from its first act', async () => {
    const of = await registry.approvedBy(market.bank)
    const consent = { deadline: '2026-12-31T00:00:00Z' }
    const registered = await marking(market, of, { mark: { act: 'register' }, consent })
    const first = (await post(market, market.bank, registered.body)).body
    const expiresAt = new Date(Date.parse(String(first.createdAt)) + 29 * 86_400_000).toISOString()
    expect(first).to.include({ state: 'REGU', expiresAt })
    market.now = new Date('2026-04-10T08:00:00Z')
    const mark = { ...registered.mark, act: 'hold', nonce: freshNonce() }
    const held = { mark: await signAs(market.bank, typ.financingMark, mark), consent: registered.body.consent }
    expect((await post(market, market.bank, held)).body).to.include({ state: 'PNDG', expiresAt })
    expect(await findings()).to.deep.equal([])
    market.now = new Date(expiresAt)
    expect(await expire()).to.equal(1)
    expect(await registry.stateOf(mark.id)).to.equal('CANC')
    expect(await findings()).to.deep.equal([])
  })

  it('can be taken no further once it has ended, also before the registry has said so', async () => {
    const of = await registry.approvedBy(market.bank)
    const consent = { deadline: '2026-12-31T00:00:00Z' }
    const { body, mark } = await marking(market, of, { mark: { act: 'hold' }, consent })
    const held = (await post(market, market.bank, body)).body
    market.now = new Date(String(held.expiresAt))
    const finance = { ...mark, act: 'finance', nonce: freshNonce() }
    const late = { mark: await signAs(market.bank, typ.financingMark, finance), consent: body.consent }
    expectRefusal(await post(market, market.bank, late), 409, 'FINANCING_STATE')
    expect(await registry.stateOf(mark.id)).to.equal('PNDG')
    expect(await expire()).to.equal(1)
  })

  it('is left alone when its bank finances it in the same moment', async () => {
    const of = await registry.approvedBy(market.bank)
    const { body, mark } = await marking(market, of, hold)
    await post(market, market.bank, body)
    const finance = { ...mark, act: 'finance', nonce: freshNonce() }
    const done = { mark: await signAs(market.bank, typ.financingMark, finance), consent: body.consent }
    let raced = false
    const deps = {
      ...market.deps,
      appendAll: async (submissions: Parameters<typeof market.deps.appendAll>[0]) => {
        if (!raced) {
          raced = true
          market.now = new Date('2026-03-15T08:00:00Z')
          expect((await post(market, market.bank, done)).body).to.include({ state: 'FNCD' })
        }
        return market.deps.appendAll(submissions)
      },
    }
    market.now = new Date('2026-03-20T00:00:00Z')
    await expireMarks({ ...deps, fingerprintKeys: registry.fingerprintKeys, nodeKey })
    expect(raced).to.equal(true)
    expect(await registry.stateOf(mark.id)).to.equal('FNCD')
    expect(await findings()).to.deep.equal([])
  })

  it('is found out by the check when somebody moves its end, or revives it', async () => {
    const client = new pg.Client({ connectionString: market.database.superuser })
    await client.connect()
    try {
      await client.query("set session_replication_role = 'replica'")
      for (const [change, back] of [
        [`expires_at = expires_at + interval '1 day'`, `expires_at = expires_at - interval '1 day'`],
        [`state = 'PNDG'`, `state = 'CANC'`],
      ]) {
        const where = `where id in (select financing from financing_acts where kind = 'expiry')`
        await client.query(`update financings set ${change} ${where}`)
        expect(await findings()).not.to.deep.equal([])
        await client.query(`update financings set ${back} ${where}`)
        expect(await findings()).to.deep.equal([])
      }
    } finally {
      await client.end()
    }
  })
})
