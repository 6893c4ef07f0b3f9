import { expect } from 'chai'
import { resolveSelector } from '../../api/material.ts'
import { parseGeneral } from '../../core/jws-general.ts'
import { routes } from '../../exchange/authorizations/routes.ts'
import type { Party } from '../support/parties.ts'
import { toSecond } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { keepingNumbers } from '../support/statements.ts'
import { deskOf, expectCouldNotRun, fileOf, tallystick } from './running.ts'

describe('tallystick authorize', () => {
  let server: TestServer
  let seller: Party
  let bank: Party
  let desks: { seller: string; bank: string }
  const DAY = 86_400_000

  before(async () => {
    server = await startTestServer({
      routes: ({ db, ledger, identity: { signerOf, standing }, now }) => {
        const numbers = keepingNumbers({ db, now, ledger, signerOf })
        const { appendAll } = numbers
        return [
          ...routes({ db, now, signerOf, isRevoked: standing.isRevoked, appendAll, resolveSelector }),
          ...numbers.routes,
        ]
      },
    })
    ;[seller, bank] = [await server.party('distributor'), await server.party('bank')]
    desks = { seller: await deskOf(seller), bank: await deskOf(bank) }
  })
  after(async () => {
    await server.stop()
    expect(server.faults).to.deep.equal([])
  })

  const terms = (more: object = {}) => ({
    id: crypto.randomUUID(),
    version: 1,
    type: 'trade-data-authorization',
    agreement: { mediaType: 'text/plain;charset=utf-8', language: 'zh-CN', template: 'data-authorization/1' },
    subject: { uscc: seller.uscc, name: seller.name, certificate: seller.thumbprint },
    grantee: { uscc: bank.uscc, name: bank.name, certificate: bank.thumbprint },
    holders: [{ uscc: seller.uscc, role: 'distributor', node: server.url }],
    purpose: { code: 'receivable-financing' },
    resources: [
      {
        type: 'invoice',
        selector: { from: '2026-03-01', to: '2026-03-31', hospital: seller.uscc, open: true },
        fields: ['*'],
        maxRecords: 10,
      },
    ],
    actions: ['read'],
    notBefore: toSecond(Date.now() - 60_000),
    notAfter: toSecond(Date.now() + 30 * DAY),
    maxUses: 10,
    maxReleasesPerDay: 10,
    onwardSharing: false,
    retentionUntil: toSecond(Date.now() + 300 * DAY),
    revocation: `${server.url}/api/v1/authorizations`,
    nonce: crypto.randomUUID().replaceAll('-', ''),
    createdAt: toSecond(Date.now()),
    ...more,
  })
  const at = (desk: string) => ['--as', desk, '--node', server.url]
  const authorize = (what: string, desk: string, ...more: string[]) =>
    tallystick(['authorize', what, ...at(desk), ...more])

  it('shows the words and signs nothing, until it is told to; then both sides sign the same', async () => {
    const agreed = terms()
    const file = await fileOf('terms.json', JSON.stringify(agreed))
    const shown = await authorize(file, desks.seller)
    expect([shown.code, shown.error]).to.deep.equal([0, []])
    expect(shown.out[0]).to.contain(bank.name).and.contain(seller.uscc)
    expect(shown.out.at(-1)).to.contain('Not signed')
    expectCouldNotRun(await authorize(agreed.id, desks.bank), /^AUTHORIZATION_UNKNOWN: /)

    const signed = await authorize(file, desks.seller, '--sign', '--json')
    expect(signed.error).to.deep.equal([])
    expect(JSON.parse(signed.out.join(''))).to.deep.include({ id: agreed.id })
    const asked = await authorize(agreed.id, desks.bank)
    expect(asked.out[0], 'the bank reads what the seller read').to.equal(shown.out[0])
    const countersigned = await authorize(agreed.id, desks.bank, '--sign', '--json')
    expect(JSON.parse(countersigned.out.join(''))).to.deep.equal({ id: agreed.id, state: 'active' })

    const view = (await server.client(bank).json('GET', `/api/v1/authorizations/${agreed.id}`)) as { signed: string }
    const both = parseGeneral(view.signed)
    expect(both.ok && both.signatures.length).to.equal(2)
  })

  it('is for the party that must sign, and for terms that are whole', async () => {
    const file = await fileOf('terms.json', JSON.stringify(terms()))
    expectCouldNotRun(await authorize(file, desks.bank), 'it is distributor .* that must sign this')
    const sharing = await fileOf('sharing.json', JSON.stringify(terms({ onwardSharing: true })))
    expectCouldNotRun(await authorize(sharing, desks.seller, '--sign'), /sharing\.json: \/onwardSharing /)
    const none = await fileOf('none.json', '[]')
    expectCouldNotRun(await authorize(none, desks.seller), /none\.json: \//)
  })
})
