import { expect } from 'chai'
import fc from 'fast-check'
import { readAct } from '../../core/act.ts'
import { canonical } from '../../core/canonical.ts'
import { fingerprintInput, type Mark, markSchema, markStates } from '../../core/financing.ts'
import { makeUscc } from '../../core/uscc.ts'

const seller = makeUscc('91320100MA1ABCDE0')
const other = makeUscc('91320100MA1ABCDE1')

describe('what of an invoice number counts', () => {
  it('is the same however the number is spelled', () => {
    const one = fingerprintInput('26322000000000000017', seller)
    for (const spelling of [
      ' 2632 2000 0000 0000 0017 ',
      '２６３２２０００００００００００００１７',
      '26-32-2-000000000000017',
      '26322000000000000017\u200b',
    ]) {
      expect(fingerprintInput(spelling, seller)).to.equal(one)
    }
    expect(fingerprintInput('inv–001', seller)).to.equal(fingerprintInput('INV 001', seller))
  })

  it('is the same under any seller’s name where the state numbers invoices', () => {
    expect(fingerprintInput('26322000000000000017', seller)).to.equal(fingerprintInput('26322000000000000017', other))
    expect(fingerprintInput('011001900111 12345678', seller)).to.equal('tax:01100190011112345678')
    expect(fingerprintInput('3200191130 12345678', seller)).to.equal('tax:320019113012345678')
  })

  it('belongs to the seller where the seller numbers invoices', () => {
    expect(fingerprintInput('1', seller)).not.to.equal(fingerprintInput('1', other))
  })

  it('is refused for look-alike letters, for nothing, and for 8 digits without their code', () => {
    for (const number of ['АВС1' /* Cyrillic */, 'É1', '١٢٣', '--', '12345678']) {
      expect(() => fingerprintInput(number, seller)).to.throw(SyntaxError)
    }
  })

  it('changes with every digit', () => {
    const digits = fc.stringMatching(/^[0-9]{20}$/)
    fc.assert(
      fc.property(
        digits,
        digits,
        (a, b) => (fingerprintInput(a, seller) === fingerprintInput(b, seller)) === (a === b),
      ),
    )
  })
})

describe('a mark', () => {
  const line = { order: '88.1.2/PO-1', line: '1', quantity: '90', accepted: '90', units: [] }
  const mark: Mark = {
    id: '0195a5b0-0000-7000-8000-000000000001',
    act: 'finance',
    application: '0195a5b0-0000-7000-8000-000000000002',
    bank: makeUscc('91310000MA1BANK00'.replace('BANK', 'BAAK')),
    seller,
    invoice: {
      code: '88.1.2/INV-17',
      commitment: 'ab'.repeat(32),
      number: '26322000000000000017',
      issueDate: '2026-03-02',
      gross: '1130000',
      currency: 'CNY',
    },
    goods: { serials: [], lines: [line] },
    amount: '800000',
    mode: '明保理',
    recourse: true,
    zhongdeng: '1234567890123456789',
    consent: 'cd'.repeat(32),
    nonce: 'n'.repeat(22),
    iat: '2026-03-06T02:00:00Z',
  }
  const read = (value: unknown) => readAct(markSchema, canonical(value))

  it('finances under the number of the other registration wherever the mode needs one', () => {
    expect(read(mark)).to.deep.equal(mark)
    const { zhongdeng: _, ...without } = mark
    expect(() => read(without)).to.throw(SyntaxError, /中登网/)
    expect(read({ ...without, act: 'hold' }).act).to.equal('hold')
    expect(read({ ...without, mode: '信用贷' }).mode).to.equal('信用贷')
  })

  it('names goods, and each of them once', () => {
    const goods = mark.goods
    for (const wrong of [
      { ...goods, lines: [] },
      { ...goods, lines: [line, line] },
      { ...goods, serials: ['s', 's'] },
      { ...goods, lines: [{ ...line, quantity: '0' }] },
      { ...goods, lines: [{ ...line, quantity: '-1' }] },
      { ...goods, lines: [{ ...line, quantity: '1e3' }] },
      { ...goods, lines: [{ ...line, quantity: '1.0' }] },
    ]) {
      expect(() => read({ ...mark, goods: wrong }), JSON.stringify(wrong)).to.throw(SyntaxError)
    }
  })

  it('moves only to states there are, and nowhere once it is cancelled', () => {
    for (const { moves } of Object.values(markStates)) expect(markStates).to.include.all.keys(...moves, 'CANC')
    expect(markStates.CANC.moves).to.deep.equal([])
  })
})
