import { expect } from 'chai'
import { sql } from 'kysely'
import { mandateProjection } from '../../certs/mandates/projection.ts'
import { canonical } from '../../core/canonical.ts'
import { Refusal } from '../../core/errors.ts'
import { parseCompact, signCompact } from '../../core/jws.ts'
import { parseMandate } from '../../core/mandate.ts'
import { typ } from '../../core/typ.ts'
import { asNode } from '../../db/database.ts'
import { agreementOf, foundParties } from '../exchange/parties.ts'
import { type Clerk, giveMandate, makeClerk, mandateOf, revocationOf, signedBy } from '../support/mandates.ts'
import type { Party } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('mandates at a node', () => {
  let server: TestServer
  let seller: Party
  let other: Party
  let wang: Clerk

  before(async () => {
    server = await startTestServer()
    ;[seller, other] = [await server.party('distributor'), await server.party('bank')]
    wang = await makeClerk('王敏')
  })
  after(() => server.stop())

  const type = 'application/jose'
  const post = async (by: Party, path: string, body: string) => {
    const response = await server.client(by).request('POST', path, { body, type })
    const { code, revokedAt, mandate } = (await response.json()) as Record<string, unknown>
    return { status: response.status, code, revokedAt, mandate }
  }
  const idIn = (text: string) => {
    const jws = parseCompact(text)
    if (!jws.ok) throw new Error(jws.detail)
    return parseMandate(jws.payload).id
  }
  const act = async (clerk: Clerk, mandate: string) => {
    const payload = canonical(agreementOf(await foundParties()))
    const text = await signCompact({ typ: typ.authorization, key: clerk.key, mandate, payload })
    try {
      return (await server.identity.signerOf(text, typ.authorization)).uscc
    } catch (error) {
      if (error instanceof Refusal) return error.code
      throw error
    }
  }
  const logged = async () => {
    const { rows } = await asNode(server.db, tx =>
      sql<{ n: number }>`select count(*)::int as n from records where type = 'mandate'`.execute(tx),
    )
    return rows[0]!.n
  }

  it('are logged with the first act under them, once, and listed to their organization alone', async () => {
    const mandate = await giveMandate(seller, wang)
    const before = await logged()
    expect(await Promise.all([act(wang, mandate), act(wang, mandate)])).to.deep.equal([seller.uscc, seller.uscc])
    expect(await logged()).to.equal(before + 1)
    const list = async (by: Party) =>
      ((await server.client(by).json('GET', '/api/v1/mandates')) as { items: { jws: string }[] }).items.map(
        it => it.jws,
      )
    expect(await list(seller)).to.include(mandate)
    expect(await list(other)).to.deep.equal([])
    const again = await signedBy(seller, typ.mandate, mandateOf(seller, wang, { id: idIn(mandate) }))
    expect(await act(wang, again)).to.equal('MANDATE_INVALID')
  })

  it('are given by the organization’s certificate, for itself', async () => {
    const mandate = await giveMandate(seller, wang)
    expect(await post(seller, '/api/v1/mandates', mandate)).to.include({ status: 201, revokedAt: null })
    expect(await post(seller, '/api/v1/mandates', mandate)).to.include({ status: 201 })
    expect(await post(other, '/api/v1/mandates', mandate)).to.include({ status: 403, code: 'NOT_YOURS' })
    const forOther = await signedBy(seller, typ.mandate, mandateOf(other, wang))
    expect(await post(seller, '/api/v1/mandates', forOther)).to.include({ status: 422, code: 'SIGNER_MISMATCH' })
    const unread = await signedBy(seller, typ.mandate, { ...mandateOf(seller, wang), acts: [] })
    expect(await post(seller, '/api/v1/mandates', unread)).to.include({ status: 422, code: 'MANDATE_INVALID' })
    const byClerk = await signCompact({
      typ: typ.mandate,
      key: wang.key,
      mandate,
      payload: canonical(mandateOf(seller, await makeClerk('李强'))),
    })
    expect(await post(seller, '/api/v1/mandates', byClerk)).to.include({ status: 422, code: 'MANDATE_INVALID' })
  })

  it('end when their organization takes them back, at once and for good, and nobody else can', async () => {
    const mandate = await giveMandate(seller, wang)
    const id = idIn(mandate)
    const path = `/api/v1/mandates/${id}/revocation`
    const revoke = await signedBy(seller, typ.mandateRevocation, revocationOf(seller, id))
    expect(await post(seller, path, revoke)).to.include({ status: 404, code: 'MANDATE_UNKNOWN' })
    expect(await act(wang, mandate)).to.equal(seller.uscc)
    const byOther = await signedBy(other, typ.mandateRevocation, revocationOf(other, id))
    expect(await post(other, path, byOther)).to.include({ status: 404, code: 'MANDATE_UNKNOWN' })
    const another = await signedBy(seller, typ.mandateRevocation, revocationOf(seller, crypto.randomUUID()))
    expect(await post(seller, path, another)).to.include({ status: 422, code: 'SIGNATURE_WRONG_ACT' })
    expect(await post(seller, path, mandate)).to.include({ status: 422, code: 'SIGNATURE_WRONG_ACT' })
    expect(await act(wang, mandate)).to.equal(seller.uscc)

    const earlier = new Date()
    const { status, revokedAt } = await post(seller, path, revoke)
    expect([status, typeof revokedAt]).to.deep.equal([200, 'string'])
    expect(await act(wang, mandate)).to.equal('MANDATE_REVOKED')
    expect(await post(seller, path, revoke)).to.include({ status: 200, revokedAt })
    expect(await post(seller, '/api/v1/mandates', mandate)).to.include({ status: 201, revokedAt })
    expect(await act(wang, mandate)).to.equal('MANDATE_REVOKED')
    const text = await signCompact({
      ...{ typ: typ.authorization, key: wang.key, mandate },
      payload: canonical(agreementOf(await foundParties())),
    })
    expect((await server.identity.signerOf(text, typ.authorization, earlier)).uscc).to.equal(seller.uscc)
  })

  it('say within their limits who may sign, in the words of a refusal', async () => {
    const confirmationsOnly = await giveMandate(seller, wang, { acts: ['confirmation'] })
    expect(await act(wang, confirmationsOnly)).to.equal('MANDATE_INVALID')
  })

  it('leave rows that follow from the log to the letter', async () => {
    await asNode(server.db, async tx => {
      const { rows } = await sql<{
        index: bigint
        org: string
        parties: string[]
        digest: Buffer
        salt: Buffer
        body: Buffer
        key: string
        at: string
      }>`
        select index, org, parties, digest, salt, body, client_key as key, to_json(logged_at) #>> '{}' as at
        from records where type = 'mandate' order by index`.execute(tx)
      const records = rows.map(({ key, at, ...row }) => ({
        ...row,
        type: 'mandate' as const,
        clientKey: key,
        loggedAt: at,
      }))
      const made = (await mandateProjection.rows(records, tx)).flatMap(it => {
        if (it instanceof Error) throw it
        return it
      })
      const held = await sql<{ row: object }>`select to_jsonb(m) as row from mandates m order by log_index`.execute(tx)
      const same = (row: object) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [
            name,
            /_at$|^not_/.test(name) && value ? new Date(String(value)).toISOString() : String(value),
          ]),
        )
      expect(made.map(same)).to.deep.equal(held.rows.map(({ row }) => same(row)))
      expect(made.length).to.be.greaterThan(2)
    })
  })
})
