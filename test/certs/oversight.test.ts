import { expect } from 'chai'
import { getEvidenceHealth, listOperatorActs, listRevocations } from '../../certs/oversight/contract.ts'
import { oversightRoutes } from '../../certs/oversight/routes.ts'
import { roles } from '../../core/access.ts'
import { Refusal } from '../../core/errors.ts'
import { makeUscc } from '../../core/uscc.ts'
import type { Party } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const DAY = 86_400_000

describe('the oversight of an operator', () => {
  let server: TestServer
  let operator: Party
  let ahead = 0
  before(async () => {
    const now = () => new Date(Date.now() + ahead)
    server = await startTestServer({
      now,
      routes: ({ db }) => oversightRoutes({ db, now, tsa: { url: 'https://tsa.example/stamp', anchors: [] } }),
    })
    operator = await server.party('operator')
  })
  after(() => server.stop())
  afterEach(() => expect(server.faults).to.deep.equal([]))

  const ask = (path: string, by = operator) => server.client(by).json('GET', path)
  const uscc = makeUscc('91440300708461136')

  it('shows every decision about an organization where the log has it, newest first and page by page', async () => {
    const by = server.client(operator)
    const path = '/api/v1/organizations'
    await by.json('POST', path, { uscc, name: '深圳示例医疗', roles: ['distributor'], hosted: true })
    await by.json('PUT', `${path}/${uscc}/roles`, { roles: ['distributor', 'carrier'] })
    await by.json('POST', `${path}/${uscc}/suspension`, { suspended: true })
    await by.json('POST', `${path}/${uscc}/suspension`, { suspended: false })
    const all = listOperatorActs.reply.schema.parse(await ask('/api/v1/operations/acts'))
    expect(all.items.map(({ act, by, uscc }) => [act, by, uscc])).to.deep.equal(
      ['resume', 'suspend', 'roles', 'register'].map(act => [act, operator.uscc, uscc]),
    )
    expect(all.items[2]?.roles).to.deep.equal(['distributor', 'carrier'])
    expect(all.next).to.equal(null)
    const first = listOperatorActs.reply.schema.parse(await ask('/api/v1/operations/acts?limit=3'))
    const second = listOperatorActs.reply.schema.parse(await ask(`/api/v1/operations/acts?before=${first.next}`))
    expect([...first.items, ...second.items]).to.deep.equal(all.items)
  })

  it('shows who revoked which certificate, and why', async () => {
    const bank = await server.party('bank', '被吊销的银行')
    await server.client(bank).json('GET', `/api/v1/organizations/${bank.uscc}`)
    const { certificates } = (await ask(`/api/v1/organizations/${bank.uscc}`)) as { certificates: [{ serial: string }] }
    const [{ serial }] = certificates
    await server.client(operator).json('POST', '/api/v1/certificates/revocations', { serial, reason: 'keyCompromise' })
    const { items } = listRevocations.reply.schema.parse(await ask('/api/v1/operations/revocations'))
    expect(items.map(({ revokedAt: _, ...it }) => it)).to.deep.equal([
      { serial, uscc: bank.uscc, reason: 'keyCompromise', by: operator.uscc },
    ])
  })

  it('tells how old revocation lists are, and when one is out of date', async () => {
    const read = async () => getEvidenceHealth.reply.schema.parse(await ask('/api/v1/operations/evidence'))
    const fresh = await read()
    expect(fresh.lists.length).to.be.greaterThan(0)
    expect(fresh.lists.map(it => it.stale)).to.not.include(true)
    expect(fresh.timestamps).to.deep.equal({ authority: 'tsa.example', lastAt: null })
    expect(fresh.waiting).to.deep.equal({ count: 0, oldest: null, troubles: [] })
    const ends = fresh.lists.map(it => it.nextUpdate)
    expect(ends).to.deep.equal(ends.toSorted())
    const [first] = fresh.lists
    // Asked by the one function: nobody signs in when the lists are out of date.
    ahead = Date.parse(first?.nextUpdate ?? '') - Date.now() + DAY
    const health = oversightRoutes({ db: server.db, now: () => new Date(Date.now() + ahead), tsa: undefined })[0]
    const answer = (await health?.handle({} as never)) as { body: { lists: { stale: boolean }[]; timestamps: object } }
    ahead = 0
    expect(answer.body.lists[0]?.stale).to.equal(true)
    expect(answer.body.timestamps).to.deep.equal({ authority: null, lastAt: null })
  })

  for (const role of roles.filter(it => it !== 'operator' && it !== 'registry')) {
    it(`is nothing for the role ${role}`, async () => {
      const other = await server.party(role as Parameters<TestServer['party']>[0])
      for (const path of ['evidence', 'acts', 'revocations']) {
        const refused: unknown = await ask(`/api/v1/operations/${path}`, other).catch((error: unknown) => error)
        expect(refused instanceof Refusal && refused.code, path).to.equal('ROLE_FORBIDDEN')
      }
    })
  }
})
