import { expect } from 'chai'
import { sql } from 'kysely'
import { makeCsr, makeKeys } from '../../certs/keys.ts'
import { Refusal } from '../../core/errors.ts'
import { makeUscc } from '../../core/uscc.ts'
import { parsePem } from '../../core/x509/pem.ts'
import { asNode } from '../../db/database.ts'
import type { Party } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

type Invited = { invitation: { id: string; expiresAt: string }; code: string; link: string }

describe('invitations', () => {
  let server: TestServer
  let operator: Party
  let clock = Date.now()
  before(async () => {
    server = await startTestServer({ now: () => new Date(clock) })
    operator = await server.party('operator')
  })
  after(() => server.stop())
  afterEach(() => expect(server.faults).to.deep.equal([]))

  let number = 0
  const someone = () => ({
    ...{ uscc: makeUscc(`914403007084612${String(++number).padStart(2, '0')}`), name: '深圳示例医疗' },
    ...{ roles: ['distributor'], hosted: true },
  })
  const ask = (method: string, to: string, sent?: unknown, by = operator) => server.client(by).json(method, to, sent)
  const invite = (of: object) => ask('POST', '/api/v1/invitations', of) as Promise<Invited>
  const open = async (to: string, sent: unknown) => {
    const answer = await fetch(`${server.url}/api/v1/invitations/${to}`, {
      ...{ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(sent) },
    })
    const body = (await answer.json()) as Record<string, unknown>
    return answer.ok ? { status: answer.status, body } : { status: answer.status, code: body.code }
  }
  const gone = { status: 404, code: 'INVITATION_UNKNOWN' }
  const codeOf = async (asking: Promise<unknown>) => {
    const error: unknown = await asking.catch((reason: unknown) => reason)
    return error instanceof Refusal ? error.code : error
  }
  const newRequest = async () => {
    const keys = await makeKeys()
    return { keys, csr: await makeCsr(keys, 'whatever it says') }
  }
  const acts = async (uscc: string) => {
    const { rows } = await asNode(server.db, tx =>
      sql<{ body: Buffer }>`select body from records where org = ${uscc} order by index`.execute(tx),
    )
    return rows.map(({ body }) => JSON.parse(String(body)) as Record<string, unknown>)
  }

  it('let an organization in that makes its key itself, and the log tells who asked it and that it came', async () => {
    const body = { ...someone(), gln: '6901234000009' }
    const { invitation, code, link } = await invite(body)
    expect(link).to.equal(`${server.url}/console/join#${code}`)
    const { uscc, name, roles } = body
    expect((await open('reading', { code })).body).to.deep.equal({
      ...{ uscc, name, roles, expiresAt: invitation.expiresAt, invitedBy: operator.uscc },
    })
    const { keys, csr } = await newRequest()
    const came = await open('redemption', { code, csr })
    expect(came.status).to.equal(201)
    expect(came.body?.organization).to.deep.include({ ...body, node: null, suspendedAt: null })
    const chain = parsePem('CERTIFICATE', String(came.body?.certificate))
    const party: Party = { ...operator, uscc, name, key: keys.privateKey, chain }
    expect(await ask('GET', `/api/v1/organizations/${uscc}`, undefined, party), 'signs in').to.deep.include({ name })
    const [invited, registered, ...more] = await acts(uscc)
    expect(more).to.deep.equal([])
    expect(invited).to.deep.include({ act: 'invite', uscc, by: operator.uscc, id: invitation.id })
    expect(registered).to.deep.include({ act: 'register', uscc, by: operator.uscc, invitation: invitation.id })
    expect(JSON.stringify([invited, registered])).to.not.include(code)
    const { rows } = await asNode(server.db, tx =>
      sql<{ text: string }>`select invitations::text as text from invitations`.execute(tx),
    )
    expect(rows.map(row => row.text).join()).to.not.include(code)
  })

  it('work once: an answer that was lost is given again to the same key, and to nobody else', async () => {
    const { code } = await invite(someone())
    const { csr } = await newRequest()
    expect((await open('redemption', { code, csr })).status).to.equal(201)
    expect((await open('redemption', { code, csr })).status).to.equal(201)
    expect(await open('redemption', { code, csr: (await newRequest()).csr })).to.deep.equal(gone)
    expect(await open('reading', { code })).to.deep.equal(gone)
  })

  it('raced by twenty keys let one in', async () => {
    const body = someone()
    const { code } = await invite(body)
    const requests = await Promise.all(Array.from({ length: 20 }, newRequest))
    const answers = await Promise.all(requests.map(({ csr }) => open('redemption', { code, csr })))
    expect(answers.filter(it => it.status === 201)).to.have.lengthOf(1)
    const others = answers.filter(it => it.status !== 201).map(it => it.code)
    expect(others.every(it => it === 'INVITATION_UNKNOWN' || it === 'ORGANIZATION_EXISTS')).to.equal(true)
    expect((await acts(body.uscc)).map(it => it.act)).to.deep.equal(['invite', 'register'])
  })

  it('end: by time, when taken back, and when a newer one is sent', async () => {
    const body = someone()
    const first = await invite({ ...body, hours: 2 })
    const second = await invite({ ...body, hours: 2 })
    const { csr } = await newRequest()
    expect(await open('redemption', { code: first.code, csr })).to.deep.equal(gone)
    await ask('DELETE', `/api/v1/invitations/${second.invitation.id}`)
    expect(await open('redemption', { code: second.code, csr })).to.deep.equal(gone)
    expect(await codeOf(ask('DELETE', `/api/v1/invitations/${second.invitation.id}`))).to.equal('INVITATION_UNKNOWN')
    const third = await invite({ ...body, hours: 2 })
    clock += 2 * 3600 * 1000
    expect(await open('redemption', { code: third.code, csr })).to.deep.equal(gone)
    const { items } = (await ask('GET', '/api/v1/invitations')) as {
      items: { id: string; withdrawnAt: string | null }[]
    }
    const fate = (id: string) => items.find(it => it.id === id)?.withdrawnAt !== null
    expect([first, second, third].map(it => fate(it.invitation.id))).to.deep.equal([true, true, false])
  })

  it('are the operator’s alone to make, for organizations that are not here yet, and for sound requests', async () => {
    const distributor = await server.party('distributor')
    expect(await codeOf(ask('POST', '/api/v1/invitations', someone(), distributor))).to.equal('ROLE_FORBIDDEN')
    expect(await codeOf(ask('GET', '/api/v1/invitations', undefined, distributor))).to.equal('ROLE_FORBIDDEN')
    const { uscc } = distributor
    expect(await codeOf(invite({ ...someone(), uscc }))).to.equal('ORGANIZATION_EXISTS')
    expect(await codeOf(invite({ ...someone(), hours: 0 }))).to.equal('INVALID_REQUEST')
    expect(await codeOf(invite({ ...someone(), node: 'https://a.example' })), 'here and there').to.equal(
      'INVALID_REQUEST',
    )
    const { code } = await invite(someone())
    expect(await open('redemption', { code, csr: 'no request' })).to.deep.equal({
      status: 400,
      code: 'INVALID_REQUEST',
    })
    expect(await open('redemption', { code: 'short', csr: 'x' })).to.deep.equal({
      status: 400,
      code: 'INVALID_REQUEST',
    })
    expect(await open('reading', { code: 'A'.repeat(32) })).to.deep.equal(gone)
    expect((await open('reading', { code })).status, 'a bad request spends nothing').to.equal(200)
  })
})
