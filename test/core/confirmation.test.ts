import { expect } from 'chai'
import { readAct } from '../../core/act.ts'
import { utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { type Answer, answerSchema, answerStatuses, laterStatuses, questionSchema } from '../../core/confirmation.ts'
import { makeUscc } from '../../core/uscc.ts'

const opened = {
  seller: makeUscc('91320100MA1ABCDE0'),
  buyer: makeUscc('12320000466000001'),
  number: '26322000000000000017',
  issueDate: '2026-03-02',
  gross: '1130000',
  currency: 'CNY',
}

const answer: Answer = {
  invoice: '88.1.2/INV-17',
  commitment: 'ab'.repeat(32),
  opened,
  status: 'AP',
  match: { number: true, grossAmount: true, acceptedQtyCoversInvoiced: true },
  dueConfirmed: true,
  payeeAccountMatch: true,
  disputeOpen: false,
  asOf: '2026-03-05T02:00:00Z',
  expires: '2026-04-04T02:00:00Z',
  nonce: 'n'.repeat(22),
}

const read = (value: unknown) => readAct(answerSchema, canonical(value))

describe('the hospital’s answer', () => {
  it('is read from its canonical payload alone', () => {
    expect(read(answer)).to.deep.equal(answer)
    expect(() => readAct(answerSchema, utf8(JSON.stringify(answer, undefined, 1)))).to.throw(SyntaxError, /RFC 8785/)
  })

  it('carries nothing that the schema does not name', () => {
    expect(() => read({ ...answer, balance: '1' })).to.throw(SyntaxError)
    expect(() => read({ ...answer, match: { ...answer.match, quantity: '90' } })).to.throw(SyntaxError)
  })

  for (const status of ['RE', 'UQ', 'CA'] as const) {
    it(`says why it is ${status}`, () => {
      expect(() => read({ ...answer, status })).to.throw(SyntaxError, /reason/)
      expect(read({ ...answer, status, reason: 'QTY' }).reason).to.equal('QTY')
    })
  }

  it('says what an open dispute is about, and gives no reason without one', () => {
    expect(() => read({ ...answer, disputeOpen: true })).to.throw(SyntaxError, /reason/)
    expect(read({ ...answer, disputeOpen: true, reason: 'PRI' }).disputeOpen).to.equal(true)
    expect(() => read({ ...answer, reason: 'PRI' })).to.throw(SyntaxError, /reason/)
  })

  it('is valid for some time', () => {
    expect(() => read({ ...answer, expires: answer.asOf })).to.throw(SyntaxError, /expires/)
  })

  it('is never followed once it is rejected or paid', () => {
    expect(laterStatuses).to.have.all.keys(...Object.keys(answerStatuses))
    expect([...laterStatuses.RE, ...laterStatuses.PD]).to.deep.equal([])
  })
})

describe('the seller’s question', () => {
  const question = {
    invoice: answer.invoice,
    version: 1,
    commitment: answer.commitment,
    opened,
    nonce: answer.nonce,
    iat: '2026-03-05T01:00:00Z',
  }

  it('names the logged version by its commitment', () => {
    expect(readAct(questionSchema, canonical(question))).to.deep.equal(question)
    for (const wrong of [{ commitment: 'AB'.repeat(32) }, { version: 0 }, { iat: '2026-03-05T01:00:00+08:00' }]) {
      expect(() => readAct(questionSchema, canonical({ ...question, ...wrong }))).to.throw(SyntaxError)
    }
  })

  it('opens an amount in minor units, neither negative nor beyond 17 digits', () => {
    for (const gross of ['-1', '1.5', '01', '1'.repeat(18), 1130000]) {
      const payload = canonical({ ...question, opened: { ...opened, gross } })
      expect(() => readAct(questionSchema, payload)).to.throw(SyntaxError)
    }
  })
})
