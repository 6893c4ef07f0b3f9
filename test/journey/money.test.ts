import { expect } from 'chai'
import { parseBundle } from '../../core/bundle.ts'
import { fromBase64url, hex, utf8 } from '../../core/bytes.ts'
import { commitment } from '../../core/entry.ts'
import type { RegistryContract } from '../../core/financing.ts'
import { type Report, reportSchema } from '../../core/report/report.ts'
import { connect } from '../../ledger/chain/adapter.ts'
import { FINANCING_REGISTRY_CODE_HASH, financingRegistryAt } from '../../ledger/chain/financing-registry.ts'
import type { ApplicationItem } from '../../receivables/applications/contract.ts'
import type { DocumentItem } from '../../receivables/documents/contract.ts'
import type { FinancingItem } from '../../receivables/financings/contract.ts'
import { clean, oasis, short, silent } from '../../scripts/sample/live.ts'
import { type Applied, apply, decide, markFinanced, type ReportView, report } from '../../scripts/sample/money.ts'
import { refusalOf, useWorld } from './world.ts'

const wanted = [
  'IDENTITY',
  'AUTHZ',
  'INV_AUTH',
  'MATCH3',
  'SCAN_COVER',
  'SCAN_TIME',
  'HOSP_CONFIRM',
  'DUPLICATE',
  'ANCHOR',
] as const

type Made = Omit<ReportView, 'report'> & { readonly application: string; readonly report: Report }

describe('the journey from an application to a decision', function () {
  this.timeout(60_000)
  const world = useWorld()

  /** Reports over an invoice of this number, oldest first. */
  const reportsOn = async (number: string): Promise<Made[]> => {
    const rows = await world().all<{ id: string }>('bank', '/api/v1/reports')
    const made = await Promise.all(rows.map(({ id }) => world().read<Made>('bank', `/api/v1/reports/${id}`)))
    return made
      .map(it => ({ ...it, report: reportSchema.parse(it.report) }))
      .filter(it => it.report.receivables.some(receivable => receivable.number === number))
  }
  const bundleOf = async (id: string) => {
    const { client } = await world().actor('bank')
    const response = await client.request('GET', `/api/v1/reports/${id}/bundle`)
    return parseBundle(await response.text())
  }
  const checkOf = ({ report: { receivables } }: { report: Report }, code: string) =>
    receivables[0]?.checks.find(it => it.code === code)
  const invoices = () => world().all<DocumentItem>('distributor', '/api/v1/documents?kind=invoice')
  const agreement = async (): Promise<string> => {
    const { authorizations } = await world().read<{ authorizations: { id: string }[] }>(
      'bank',
      '/api/v1/authorizations?state=active',
    )
    return authorizations[0]?.id ?? ''
  }

  it('6. reports on each application by all checks, each with outcome, measure, strength and evidence', async () => {
    for (const { invoiceNumber } of [clean, oasis, short, silent]) {
      const [made] = await reportsOn(invoiceNumber)
      if (!made) throw new Error(`no report on ${invoiceNumber}`)
      const { records } = await bundleOf(made.id)
      const digests = new Map(
        records.map(it => [it.index, hex(commitment(it.type, fromBase64url(it.salt), utf8(it.body)))]),
      )
      for (const code of wanted) {
        const check = checkOf(made, code)
        if (!check) throw new Error(`${code} is missing on ${invoiceNumber}`)
        const title = `${code} on ${invoiceNumber}`
        // Silence has neither measure nor strength; the question itself is the evidence.
        if (code === 'HOSP_CONFIRM' && invoiceNumber === silent.invoiceNumber) {
          expect(check.outcome, title).to.equal('not_evaluable')
          expect(check.reasons, title).to.deep.equal([{ code: 'NO_ANSWER' }])
        } else {
          expect(check.outcome, title).to.be.oneOf(['pass', 'fail', 'warn'])
          expect(Object.keys(check.measure), title).not.to.deep.equal([])
          expect(check.strength, title).to.be.oneOf(['self', 'mutual', 'third'])
        }
        expect(check.evidence, title).not.to.deep.equal([])
        for (const { index, digest } of check.evidence) expect(digests.get(index), title).to.equal(digest)
      }
    }
  })

  it('verifies the clean case, on the hospital’s word where it counts', async () => {
    const [made] = await reportsOn(clean.invoiceNumber)
    expect(made?.report.verdict).to.equal('VERIFIED')
    for (const code of wanted) expect(checkOf(made!, code)?.outcome, code).to.equal('pass')
    expect(checkOf(made!, 'HOSP_CONFIRM')?.strength).to.equal('third')
    const { uscc } = await world().actor('hospital')
    expect(checkOf(made!, 'HOSP_CONFIRM')?.evidence.map(it => it.signer)).to.include(uscc)
    expect(made?.report.receivables[0]).to.include({ financeable: String(clean.net + clean.tax) })
  })

  it('finds the disputed, the short and the unanswered one wanting, each for its reason', async () => {
    const [disputed] = await reportsOn(short.invoiceNumber)
    expect(disputed?.report.verdict).to.equal('REJECT')
    expect(checkOf(disputed!, 'HOSP_CONFIRM')?.outcome).to.equal('fail')
    expect(disputed?.report.receivables[0]?.match[0]).to.include({ invoiced: '20', accepted: '18', quantity: '18' })
    const [unanswered] = await reportsOn(silent.invoiceNumber)
    expect(unanswered?.report.verdict).to.equal('REFER')
    expect(checkOf(unanswered!, 'HOSP_CONFIRM')?.outcome).not.to.equal('pass')
  })

  it('finances 90 of the OASIS example’s 100, and none once it is credited', async () => {
    const made = await reportsOn(oasis.invoiceNumber)
    const lines = made.map(it => it.report.receivables[0]?.match[0])
    expect(lines.map(it => it?.quantity)).to.deep.equal(['90', '0'])
    expect(lines[0]).to.include({ ordered: '100', accepted: '90', invoiced: '100', credited: '0', amount: '10575' })
    expect(lines[1]).to.include({ credited: '100', amount: '0' })
    expect(made.map(it => it.report.receivables[0]?.financeable)).to.deep.equal(['10575', '0'])
  })

  it('has the receivable marked as financed, once', async () => {
    const financings = await world().all<{ invoice: string; state: string; amount: string }>(
      'bank',
      '/api/v1/financings',
    )
    const [invoice] = (await invoices()).filter(it => it.number === clean.invoiceNumber)
    expect(financings).to.have.lengthOf(1)
    expect(financings[0]).to.include({
      invoice: invoice?.code,
      state: 'FNCD',
      amount: String(clean.net + clean.tax),
    })
  })

  it('has the mark in the contract, which knows neither bank nor amount', async () => {
    const [financing] = await world().all<FinancingItem>('bank', '/api/v1/financings')
    const { financingRegistry } = await world().read<{ financingRegistry: RegistryContract }>('bank', '/api/v1/node')
    expect(financing?.chain).to.include({ state: 'final', ...financingRegistry, reason: null })
    const chain = await connect({ url: world().chain, chainId: BigInt(financingRegistry.chainId) })
    const contract = financingRegistryAt(chain, financingRegistry.contract)
    expect(await contract.codeHash()).to.equal(FINANCING_REGISTRY_CODE_HASH)
    const { state, bank } = await contract.mark(Buffer.from(financing!.chain!.mark.slice(2), 'hex'))
    expect([state, bank.length]).to.deep.equal(['FNCD', 66])
    // As the seller sees it, too, and nobody else.
    const [seen] = await world().all<FinancingItem>('distributor', '/api/v1/financings')
    expect(seen?.chain).to.deep.equal(financing?.chain)
  })

  it('catches the same invoice in a second application, and the same goods under a new number', async () => {
    const again = (await reportsOn(clean.invoiceNumber)).at(-1)
    const disguised = (await reportsOn(`${clean.invoiceNumber.slice(0, -2)}92`)).at(-1)
    for (const made of [again, disguised]) {
      expect(made?.report.verdict).to.equal('REJECT')
      expect(checkOf(made!, 'DUPLICATE')).to.include({ outcome: 'fail', gating: true })
      expect(made?.report.receivables[0]).to.include({ financeable: '0' })
    }
    expect(again?.application).not.to.equal((await reportsOn(clean.invoiceNumber))[0]?.application)
  })

  for (const [what, number] of [
    ['the same invoice', clean.invoiceNumber],
    ['the same goods under a new number', `${clean.invoiceNumber.slice(0, -2)}92`],
  ] as const) {
    it(`refuses to mark ${what} again, though the bank approves`, async () => {
      const [distributor, bank] = [await world().actor('distributor'), await world().actor('bank')]
      const made = (await reportsOn(number)).at(-1)
      if (!made) throw new Error('no report')
      const application = await world().read<ApplicationItem>('bank', `/api/v1/applications/${made.application}`)
      const invoice = (await invoices()).find(it => it.number === number)
      if (invoice?.claims.kind !== 'invoice') throw new Error('no invoice')
      const applied: Applied = {
        id: application.id,
        mode: application.mode,
        invoice,
        facts: invoice.claims,
        index: application.index,
      }
      if (application.state !== 'approved') await decide(bank, applied, made, 'approved', '不看报告 / regardless')
      const [line] = invoice.claims.lines
      const quantity = line?.quantity ?? ''
      const goods = { order: invoice.claims.order, line: line?.orderLine ?? '', quantity, accepted: quantity }
      const marked = markFinanced(distributor, bank, applied, { ...goods, serials: line?.serials ?? [] })
      expect(await refusalOf(marked)).to.equal('RECEIVABLE_ALREADY_FINANCED')
      expect(await world().all('bank', '/api/v1/financings')).to.have.lengthOf(1)
    })
  }

  it('warns of imported scans in the report on an invoice of the history', async () => {
    const [distributor, bank] = [await world().actor('distributor'), await world().actor('bank')]
    const imported = (await invoices()).find(it => it.claims.kind === 'invoice' && it.claims.currency === 'USD')
    if (imported?.claims.kind !== 'invoice') throw new Error('the history has invoices in dollars')
    const applied = await apply(distributor, bank, await agreement(), imported, imported.claims, '暗保理')
    const made = { report: reportSchema.parse((await report(bank, applied)).report) }
    const time = checkOf(made, 'SCAN_TIME')
    expect(time).to.include({ outcome: 'warn', strength: 'self' })
    expect(time?.reasons.map(it => it.code)).to.include('BACKFILLED')
    expect(time?.evidence).not.to.deep.equal([])
  })
})
