import { expect } from 'chai'
import { evaluate } from '../../../core/report/evaluate.ts'
import type { DocumentEvidence, PaymentEvidence } from '../../../core/report/evidence.ts'
import {
  answered,
  asOf,
  check,
  clean,
  creditNote,
  documentCode,
  documentOf,
  hospital,
  idAt,
  invoice,
  policy,
  said,
} from './scene.ts'

/** One past invoice of 1,130.00 under an order of its own. */
const past = (n: number, over: object = {}): DocumentEvidence =>
  documentOf(100 + n, 'invoice', {
    ...invoice().claims,
    code: documentCode(4, `OLD-${n}`),
    number: `OLD-${n}`,
    order: documentCode(1, `OLD-${n}`),
    issueDate: '2025-10-01',
    dueDate: '2025-11-01',
    ...over,
  })

const paid = (n: number, paidOn: string, amount = '113000'): PaymentEvidence => ({
  index: String(200 + n),
  id: idAt(200 + n),
  signer: hospital,
  claimedAt: `${paidOn}T08:00:00Z`,
  loggedAt: `${paidOn}T08:00:00Z`,
  invoice: documentCode(4, `OLD-${n}`),
  amount,
  currency: 'CNY',
  paidOn,
  payer: hospital,
})

const six = [1, 2, 3, 4, 5, 6].map(n => past(n))
const with6 = (...more: DocumentEvidence[]) => ({ documents: [...clean.documents, ...six, ...more] })

describe('HISTORY', () => {
  it('begins at six invoices beside those put to the bank', () => {
    expect(said('HISTORY')).to.deep.equal(['not_evaluable', 'FEW_INVOICES'])
    expect(said('HISTORY', { documents: [...clean.documents, ...six.slice(1)] })).to.deep.equal([
      'not_evaluable',
      'FEW_INVOICES',
    ])
    expect(said('HISTORY', with6())).to.deep.equal(['pass'])
  })

  it('looks back twelve months, to the day', () => {
    const edge = (issueDate: string) => ({ documents: [...clean.documents, ...six.slice(1), past(1, { issueDate })] })
    expect(said('HISTORY', edge('2025-03-20'))).to.deep.equal(['pass'])
    expect(said('HISTORY', edge('2025-03-19'))).to.deep.equal(['not_evaluable', 'FEW_INVOICES'])
  })

  it('weighs days to pay by amount, and counts late ones', () => {
    const payments = [paid(1, '2025-10-11', '100000'), paid(1, '2025-12-10', '13000'), paid(2, '2025-10-31')]
    // (100000·10 + 13000·70 + 113000·30) / 226000
    expect(check('HISTORY', { ...with6(), payments }).measure).to.deep.equal({
      invoices: '6',
      gross: '678000',
      currency: 'CNY',
      dilution: '0',
      returns: '0',
      payments: '3',
      daysToPay: '23.4',
      late: '0.3333',
    })
  })

  it('takes the hospital’s word that it has paid', () => {
    const answers = [
      ...clean.answers,
      answered({ commitment: idAt(101), status: 'PD', asOf: '2025-10-21T00:00:00Z' }, 160),
    ]
    expect(check('HISTORY', { ...with6(), answers }).measure).to.include({ payments: '1', daysToPay: '20', late: '0' })
  })

  it('lowers the advance rate by dilution above five in a hundred', () => {
    const credit = (gross: string) =>
      documentOf(150, 'credit-note', {
        ...creditNote('1', gross).claims,
        invoice: documentCode(4, 'OLD-1'),
        order: documentCode(1, 'OLD-1'),
      })
    const rate = (gross: string) => {
      const { dilution, advanceRate, availability } = evaluate({ ...clean, ...with6(credit(gross)) }, policy, asOf)
        .eligible!
      return [dilution, advanceRate, availability]
    }
    expect(rate('33900')).to.deep.equal(['0.05', '0.8', '90400'])
    expect(rate('67800')).to.deep.equal(['0.1', '0.75', '84750'])
  })

  it('puts a buyer out as a whole who is overdue beyond the bank’s limit', () => {
    const all = (k: string, kept: { payments?: PaymentEvidence[] } = { payments: [] }) => {
      const by = { ...policy, eligibility: { ...policy.eligibility, crossAgeing: k } }
      return evaluate({ ...clean, ...with6(), ...kept }, by, asOf).eligible?.invoices[0]
    }
    // 6 of 7 invoices, all of one amount, are overdue: 0.8571.
    expect(all('0.86')).to.include({ eligible: '113000' })
    expect(all('0.8571')).to.include({ eligible: '0', excluded: 'CROSS_AGED' })
    // Where nobody keeps payments nobody knows what is overdue.
    expect(all('0.8571', {})).to.include({ eligible: '113000' })
  })
})
