import { expect } from 'chai'
import { readAct } from '../../../core/act.ts'
import { type RegistryStatement, registryStatementSchema } from '../../../core/financing.ts'
import { parseCompact, verifyWithKey } from '../../../core/jws.ts'
import { typ } from '../../../core/typ.ts'
import { asNode } from '../../../db/database.ts'
import { applicationRoutes } from '../../../receivables/applications/routes.ts'
import { documentRoutes } from '../../../receivables/documents/routes.ts'
import { invoiceAsLogged } from '../../../receivables/documents/store.ts'
import { financingRoutes } from '../../../receivables/financings/routes.ts'
import { registryStatement } from '../../../receivables/financings/statement.ts'
import { nodeKey, nodePublicKey } from '../../ledger/open-ledger.ts'
import { approved, type Case, invoiced, marking, post } from '../case.ts'
import { freshNonce, type Market, openMarket, tradeOf } from '../market.ts'

const fingerprintKeys = [{ version: 1, key: new Uint8Array(32).fill(1) }]

describe('the registry’s statement', () => {
  let market: Market
  let grantee: string
  before(async function () {
    this.timeout(60_000)
    market = await openMarket()
    await market.serve([
      ...documentRoutes(market.deps),
      ...applicationRoutes({
        ...market.deps,
        authorizationOf: async () => ({ subject: market.seller.uscc, grantee }),
      }),
      ...financingRoutes({ ...market.deps, fingerprintKeys }),
    ])
  })
  after(() => market.stop())

  const approvedBy = (by: typeof market.bank, given?: Awaited<ReturnType<typeof invoiced>>) => {
    grantee = by.uscc
    return approved(market, by, given)
  }
  const ask = async ({ invoice, commitment, application }: Case): Promise<RegistryStatement['invoices'][number]> => {
    const jws = await asNode(market.database.db, async tx => {
      const logged = await invoiceAsLogged(tx, { code: invoice.code, commitment, seller: invoice.iss })
      const deps = { now: () => market.now, fingerprintKeys, registry: 'log.example/test', nodeKey }
      return registryStatement(deps, tx, [logged], application.id)
    })
    const parsed = parseCompact(jws)
    if (!parsed.ok) throw new Error(parsed.detail)
    const verified = await verifyWithKey(parsed, nodePublicKey, typ.registryStatement)
    expect(verified).to.include({ ok: true })
    const statement = readAct(registryStatementSchema, parsed.payload)
    expect(statement).to.deep.include({
      registry: 'log.example/test',
      application: application.id,
      asOf: '2026-03-15T08:00:00Z',
    })
    for (const bank of [market.bank, market.otherBank]) expect(JSON.stringify(statement)).not.to.include(bank.uscc)
    expect(statement.invoices).to.have.length(1)
    return statement.invoices[0]!
  }

  it('says of a fresh invoice that nothing is held against it', async () => {
    const of = await approvedBy(market.bank)
    expect(await ask(of)).to.deep.equal({
      ...{ invoice: of.invoice.code, commitment: of.commitment },
      ...{ financed: false, registered: 0, differs: [], serials: [], lines: [] },
    })
  })

  it('leaves out the application that is asked about, and counts all others', async () => {
    const given = await invoiced(market)
    const [mine, theirs] = [await approvedBy(market.bank, given), await approvedBy(market.otherBank, given)]
    await post(market, market.otherBank, (await marking(market, theirs, { mark: { act: 'register' } })).body)
    expect(await ask(mine)).to.include({ financed: false, registered: 1 })
    expect(await ask(theirs)).to.include({ financed: false, registered: 0 })
    await post(market, market.bank, (await marking(market, mine)).body)
    const line = { order: given.invoice.order, line: '1', quantity: '100', units: [] }
    expect(await ask(theirs)).to.deep.include({ financed: true, registered: 0, lines: [line] })
    expect(await ask(mine)).to.deep.include({ financed: false, registered: 1, lines: [] })
  })

  it('names the serials and quantities that are held, and what another mark says differently', async () => {
    const serials = [1, 2, 3].map(n => `https://id.gs1.org/01/06901234567892/21/T${freshNonce().slice(-4)}${n}`)
    const first = tradeOf(market, { quantity: '2' })
    const line = first.invoice.lines[0]!
    const mine = await approvedBy(
      market.bank,
      await invoiced(market, {
        ...first,
        invoice: { ...first.invoice, lines: [{ ...line, serials: serials.slice(0, 2) }] },
      }),
    )
    const goods = {
      serials: serials.slice(0, 1),
      lines: [
        {
          ...{ order: first.invoice.order, line: '1', quantity: '1', accepted: '1.5' },
          units: [{ code: 'lot', quantity: '1', accepted: '1' }],
        },
      ],
    }
    const marked = await post(market, market.bank, (await marking(market, mine, { mark: { goods, amount: '1' } })).body)
    expect(marked.status, JSON.stringify(marked.body)).to.equal(201)
    const again = tradeOf(market, { quantity: '2' })
    const theirs = await approvedBy(
      market.otherBank,
      await invoiced(market, {
        ...again,
        invoice: {
          ...again.invoice,
          order: first.order.code,
          issueDate: '2026-03-06',
          number: `${first.invoice.number.slice(0, 4)} ${first.invoice.number.slice(4)}`,
          lines: [{ ...line, serials: serials.slice(0, 2).reverse() }],
        },
      }),
    )
    expect(await ask(theirs)).to.deep.include({
      ...{ financed: true, registered: 0, differs: ['issueDate'], serials: serials.slice(0, 1) },
      lines: [{ order: first.order.code, line: '1', quantity: '1', units: [{ code: 'lot', quantity: '1' }] }],
    })
  })
})
