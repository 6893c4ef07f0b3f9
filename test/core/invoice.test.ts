import { expect } from 'chai'
import { checkArithmetic, type InvoiceTotals, numberForm, yearInNumber } from '../../core/invoice.ts'
import { parseCurrency, parseMinor } from '../../core/money.ts'
import { parseDecimal } from '../../core/quantity.ts'

const line = (over: object = {}) => ({
  id: '1',
  quantity: parseDecimal('3'),
  unitPrice: parseDecimal('33.335'),
  net: parseMinor('10001'),
  ...over,
})
const invoice = (over: object = {}): InvoiceTotals => ({
  currency: parseCurrency('CNY'),
  net: parseMinor('10001'),
  tax: parseMinor('1300'),
  gross: parseMinor('11301'),
  lines: [line()],
  ...over,
})
const codes = (over: object = {}) => checkArithmetic(invoice(over)).map(({ code }) => code)

describe('an invoice number', () => {
  it('has twenty digits with year and region when it is full-digital, and code with number when it is older', () => {
    expect(numberForm('26322000000000000017')).to.equal('full-digital')
    expect(yearInNumber('26322000000000000017')).to.equal('26')
    expect(numberForm('3200231130 12345678')).to.equal('paper')
    expect(numberForm('032002311304-12345678')).to.equal('paper')
  })

  it('is the seller’s own otherwise', () => {
    for (const number of [
      'A00095678',
      '12345678',
      '26992000000000000017',
      '2632200000000000001',
      '263220000000000000170',
    ]) {
      expect(numberForm(number), number).to.equal('seller')
    }
  })
})

describe('the arithmetic of an invoice', () => {
  it('holds within one minor unit', () => {
    expect(codes()).to.deep.equal([])
    for (const gross of ['11300', '11302']) expect(codes({ gross: parseMinor(gross) })).to.deep.equal([])
    for (const gross of ['11299', '11303']) expect(codes({ gross: parseMinor(gross) })).to.deep.equal(['TOTALS'])
  })

  it('adds the lines up exactly, less what was allowed on the whole', () => {
    expect(codes({ lines: [line(), line({ id: '2' })] })).to.deep.equal(['LINES_TOTAL'])
    expect(codes({ lines: [line(), line({ id: '2' })], allowance: parseMinor('10001') })).to.deep.equal([])
  })

  it('makes each line of quantity and price', () => {
    // 3 × 33.335 is 100.005, which rounds to 100.01.
    expect(
      codes({ lines: [line({ net: parseMinor('10000') })], net: parseMinor('10000'), gross: parseMinor('11300') }),
    ).to.deep.equal([])
    expect(codes({ lines: [line({ quantity: parseDecimal('4') })] })).to.deep.equal(['LINE_AMOUNT'])
  })

  it('has a serial for each piece', () => {
    expect(codes({ lines: [line({ serials: ['a', 'b', 'c'] })] })).to.deep.equal([])
    expect(checkArithmetic(invoice({ lines: [line({ serials: ['a', 'b'] })] }))).to.deep.equal([
      { code: 'SERIAL_COUNT', line: '1', expected: '3', found: '2' },
    ])
  })
})
