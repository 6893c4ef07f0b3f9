import { expect } from 'chai'
import fc from 'fast-check'
import type { DocumentEvidence } from '../../../core/report/evidence.ts'
import { settledFrom } from '../../../core/report/settled.ts'
import { makeUscc } from '../../../core/uscc.ts'
import {
  answered,
  check,
  clean,
  code,
  consumption,
  hospital,
  idAt,
  invoice,
  order,
  orderLine,
  payment,
  receiving,
  report,
  said,
  seller,
  statement,
  withPapers,
} from './scene.ts'

const fund = makeUscc('11440000MA5ABCD10')
const part = (amount: string, of: string = code.invoice) => ({ invoice: of, amount })
const paid = (amount: string, index = 22, signer: string = hospital, over = {}) =>
  payment({ amount, allocations: [part(amount)], ...over }, index, signer)
const amounts = (...papers: ReturnType<typeof payment>[]) => {
  const { open, financeable } = report(withPapers(papers))
  return { open, financeable }
}
const state = (over: Parameters<typeof check>[1]) => check('MATCH3', over).measure.state

describe('payments', () => {
  it('lessen what is open and what can be financed, by what is allocated to the invoice', () => {
    expect(amounts()).to.deep.equal({ open: '113000', financeable: '113000' })
    expect(amounts(paid('50000'))).to.deep.equal({ open: '63000', financeable: '63000' })
    expect(amounts(paid('50000'), paid('13000', 23))).to.deep.equal({ open: '50000', financeable: '50000' })
    const elsewhere = payment({ allocations: [part('20000'), part('30000', code.credit)] })
    expect(amounts(elsewhere)).to.deep.equal({ open: '93000', financeable: '93000' })
    expect(said('MATCH3', withPapers([paid('113000')]))).to.include.members(['fail', 'NOTHING_OPEN'])
  })

  it('count once where both sides keep them: by who tells of more', () => {
    expect(amounts(paid('50000'), paid('50000', 23, seller)).open).to.equal('63000')
    expect(amounts(paid('50000'), paid('60000', 23, seller)).open).to.equal('53000')
  })

  it('count in their newest version', () => {
    const first = paid('50000')
    const again = paid('10000', 23, hospital, { code: first.claims.code, number: first.claims.number, version: 2 })
    expect(amounts(first, again).open).to.equal('103000')
    expect(amounts(again, first).open).to.equal('103000')
  })

  it('are of invoices between the same two, in the same currency', () => {
    const stranger = paid('50000', 22, hospital, { parties: { seller: fund, buyer: hospital } })
    expect(amounts(stranger).open).to.equal('113000')
    expect(amounts(paid('50000', 22, hospital, { currency: 'USD' })).open).to.equal('113000')
  })

  it('of which the parts are withheld are not taken for nothing', () => {
    const { allocations: _, ...claims } = paid('50000').claims
    const hidden = { ...paid('50000'), hidden: 1, claims: claims as DocumentEvidence['claims'] }
    expect(said('MATCH3', withPapers([hidden]))).to.deep.equal(['not_evaluable', 'FIELD_WITHHELD'])
    // Also what was kept back may be among what is hidden.
    expect(said('MATCH3', withPapers([{ ...paid('50000'), hidden: 1 }]))).to.include('FIELD_WITHHELD')
  })

  it('may come from the medical insurance fund, and name it', () => {
    const direct = paid('50000', 22, seller, { payer: fund, channel: '医保直接结算' })
    const { payments } = settledFrom([...clean.documents, direct])
    expect(payments?.[0]).to.include({ payer: fund, channel: '医保直接结算', signer: seller })
    expect(amounts(direct).open).to.equal('63000')
  })

  it('that the hospital kept back are owed no more, and are dilution', () => {
    const kept = payment({ deductions: [{ ...part('3000'), reason: 'rebate' }] })
    expect(amounts(kept)).to.deep.equal({ open: '60000', financeable: '60000' })
    expect(check('MATCH3', withPapers([kept])).measure).to.include({ paid: '50000', deducted: '3000' })
  })

  it('to another account than the invoice names are told, whether the hospital answered or not', () => {
    const [own, other] = ['a'.repeat(43), 'b'.repeat(43)]
    const documents = clean.documents.map(it => (it.id === idAt(6) ? invoice({ payee: own }) : it))
    const to = (payee: string) => withPapers([paid('50000', 22, seller, { payee })], documents)
    expect(said('HOSP_CONFIRM', to(own))).to.deep.equal(['pass'])
    expect(said('HOSP_CONFIRM', to(other))).to.deep.equal(['fail', 'PAID_ELSEWHERE'])
    expect(said('HOSP_CONFIRM', { ...to(other), answers: [] })).to.deep.equal(['fail', 'PAID_ELSEWHERE', 'NO_ANSWER'])
    expect(check('HOSP_CONFIRM', to(other)).evidence.map(({ index }) => index)).to.include('22')
  })

  it('never raise what can be financed, however many there are and whatever they say', () => {
    const amount = fc.integer({ min: 1, max: 200_000 }).map(String)
    const any = fc.array(fc.tuple(amount, fc.constantFrom(hospital, seller), fc.boolean()), { maxLength: 6 })
    fc.assert(
      fc.property(any, fc.tuple(amount, fc.constantFrom(hospital, seller), fc.boolean()), (before, another) => {
        const papers = [...before, another].map(([sum, signer, keptBack], i) =>
          keptBack
            ? payment(
                { amount: '1', allocations: [part('1')], deductions: [{ ...part(sum), reason: 'fee' }] },
                60 + i,
                signer,
              )
            : paid(sum, 60 + i, signer),
        )
        const [less, more] = [papers.slice(0, -1), papers].map(of => BigInt(amounts(...of).financeable ?? '0'))
        expect(more! <= less!).to.equal(true)
        expect(amounts(...papers.toReversed())).to.deep.equal(amounts(...papers))
      }),
      { numRuns: 60 },
    )
  })
})

describe('a statement of account', () => {
  const says = (open: string, index = 23, signer: string = hospital, over = {}) =>
    statement({ balances: [{ invoice: code.invoice, gross: '113000', open, ...over }] }, index, signer)
  const unanswered = { answers: [answered({ status: 'IP' })] }

  it('of the hospital agrees with the debt, which its seller’s does not', () => {
    expect(state({ ...withPapers([statement()]), ...unanswered })).to.equal('已对账')
    expect(state({ ...withPapers([statement({}, 23, seller)]), ...unanswered })).to.equal('已收票')
    expect(check('MATCH3', withPapers([statement()])).measure).to.include({
      stated: '113000',
      statedUntil: '2026-03-17',
    })
    expect(check('MATCH3', withPapers([statement()])).evidence.map(({ index }) => index)).to.include('23')
  })

  it('warns where less is left to pay, or another amount was billed, than is known here', () => {
    expect(said('MATCH3', withPapers([says('113000')]))).to.deep.equal(['pass'])
    for (const differs of [
      says('112999'),
      says('113000', 23, hospital, { gross: '113001' }),
      statement({ currency: 'USD' }),
    ]) {
      expect(said('MATCH3', withPapers([differs]))).to.deep.equal(['warn', 'STATEMENT_DIFFERS'])
      expect(state({ ...withPapers([differs]), ...unanswered })).to.equal('已收票')
    }
    expect(said('MATCH3', withPapers([says('1', 23, seller)]))).to.deep.equal(['pass'])
  })

  it('is no difference where the payment came after its day', () => {
    expect(said('MATCH3', withPapers([says('113000'), paid('50000')]))).to.deep.equal(['pass'])
    expect(said('MATCH3', withPapers([says('63000'), paid('50000')]))).to.deep.equal(['pass'])
  })

  it('counts by its day, the newest, and never one of a day to come', () => {
    const later = statement(
      { until: '2026-03-18', balances: [{ invoice: code.invoice, gross: '113000', open: '5' }] },
      25,
    )
    for (const papers of [
      [statement(), later],
      [later, statement()],
    ]) {
      expect(said('MATCH3', withPapers(papers))).to.deep.equal(['warn', 'STATEMENT_DIFFERS'])
    }
    const ahead = statement(
      { until: '2027-01-01', balances: [{ invoice: code.invoice, gross: '113000', open: '5' }] },
      25,
    )
    expect(said('MATCH3', withPapers([statement(), ahead]))).to.deep.equal(['pass'])
  })

  it('of which something is withheld is not taken for agreement', () => {
    const { balances: _, ...claims } = statement().claims
    const hidden = { ...statement(), hidden: 1, claims: claims as DocumentEvidence['claims'] }
    expect(said('MATCH3', withPapers([hidden]))).to.deep.equal(['not_evaluable', 'FIELD_WITHHELD'])
    expect(said('MATCH3', withPapers([{ ...statement(), hidden: 2 }]))).to.include('FIELD_WITHHELD')
  })
})

describe('consigned goods', () => {
  const consigned = [order({ lines: [{ ...orderLine, consigned: true }] }), ...clean.documents.slice(1)]
  const used = (...papers: ReturnType<typeof consumption>[]) => withPapers(papers, consigned)

  it('are not sold by coming in', () => {
    expect(said('MATCH3', used())).to.include.members(['fail', 'NOTHING_FINANCEABLE'])
  })

  it('are financed as far as the hospital states that it used them', () => {
    const { financeable } = report(used(consumption()))
    expect(financeable).to.equal('45200')
    expect(check('MATCH3', used(consumption())).strength).to.equal('mutual')
    expect(check('MATCH3', used(consumption())).evidence.map(({ index }) => index)).to.include('21')
    const again = consumption({ code: code.receipt, number: 'CS-2' }, 24)
    expect(report(used(consumption(), again)).financeable).to.equal('90400')
  })

  it('and never beyond what was billed', () => {
    const all = consumption({ lines: [{ id: '1', item: code.lot, quantity: '500', unit: 'XBX', orderLine: '1' }] })
    expect(report(used(all)).financeable).to.equal('113000')
  })

  it('leave goods alone that are not consigned', () => {
    expect(report(withPapers([consumption()])).financeable).to.equal('113000')
  })
})

describe('the state of a receivable', () => {
  it('is the last that is reached', () => {
    expect(state({ answers: [], events: [] })).to.equal(undefined)
    expect(state({ answers: [], events: clean.events })).to.equal('已验收')
    expect(state({ answers: [answered({ status: 'IP' })] })).to.equal('已收票')
    expect(state({ answers: [answered({ dueConfirmed: false })] })).to.equal('已对账')
    expect(state({})).to.equal('已挂账')
    expect(state(withPapers([paid('50000')]))).to.equal('部分付款')
    expect(state(withPapers([paid('113000')]))).to.equal('已付清')
    expect(state({ answers: [answered({ status: 'PD' })] })).to.equal('已付清')
  })

  it('is not moved by an answer that has run out', () => {
    expect(state({ answers: [answered({ expires: '2026-03-19T00:00:00Z' })] })).to.equal('已收票')
    expect(state({ answers: [answered({ status: 'RE' })], events: [receiving()] })).to.equal('已验收')
  })
})
