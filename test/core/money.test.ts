import { expect } from 'chai'
import fc from 'fast-check'
import { atLeastZero, divideHalfUp, formatDecimal, multiply, parseDecimal, ratio } from '../../core/decimal.ts'
import { formatMinor, grossLineAmount, lineAmount, parseMajor, parseMinor, share } from '../../core/money.ts'

const d = parseDecimal

describe('exact decimals', () => {
  it('are read and written without loss', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 10n ** 21n - 1n }), value => d(formatDecimal(value)) === value))
  })

  it('have one spelling of what they take', () => {
    for (const text of ['', '-1', '+1', '01', '1.', '.5', '1e3', '1,000', '1.0000000001', '1234567890123', ' 1', '١']) {
      expect(() => d(text), text).to.throw(SyntaxError)
    }
    expect(formatDecimal(d('12.500'))).to.equal('12.5')
    expect(formatDecimal(-d('0.5'))).to.equal('-0.5')
  })

  it('multiply, divide and floor as on paper', () => {
    expect(multiply(d('100'), d('1.05'))).to.equal(d('105'))
    expect(formatDecimal(ratio(d('98'), d('100')))).to.equal('0.98')
    expect(formatDecimal(ratio(d('2'), d('3')))).to.equal('0.666666666')
    expect(ratio(0n, 0n)).to.equal(d('1'))
    expect(atLeastZero(-1n)).to.equal(0n)
    expect([divideHalfUp(5n, 2n), divideHalfUp(-5n, 2n), divideHalfUp(4n, 3n), divideHalfUp(1n, 2n)]).to.deep.equal([
      3n,
      -3n,
      1n,
      1n,
    ])
  })
})

describe('money', () => {
  it('rounds half up, once for a line, to the digits of its currency', () => {
    expect(lineAmount(d('3'), d('0.335'), 'CNY')).to.equal(101n)
    expect(lineAmount(d('1'), d('0.005'), 'CNY')).to.equal(1n)
    expect(lineAmount(d('1'), d('0.004999999'), 'CNY')).to.equal(0n)
    expect(lineAmount(d('1'), d('10.5'), 'JPY')).to.equal(11n)
    expect(lineAmount(d('1'), d('1.2345'), 'KWD')).to.equal(1235n)
    expect(grossLineAmount(d('90'), d('10'), d('0.175'), 'GBP')).to.equal(105750n)
  })

  it('is read and shown in major units', () => {
    expect(parseMajor('1234.5', 'CNY')).to.equal(123450n)
    expect(parseMajor('-0.01', 'CNY')).to.equal(-1n)
    expect(parseMajor('100', 'JPY')).to.equal(100n)
    expect(parseMajor('100.00', 'JPY')).to.equal(100n)
    expect(formatMinor(5n, 'CNY')).to.equal('0.05')
    expect(formatMinor(-123450n, 'CNY')).to.equal('-1234.50')
    expect(formatMinor(7n, 'JPY')).to.equal('7')
    for (const text of ['1.001', '1,00', '', 'abc', '1e2'])
      expect(() => parseMajor(text, 'CNY'), text).to.throw(SyntaxError)
    for (const text of ['-1', '01', '1.5', '123456789012345678'])
      expect(() => parseMinor(text), text).to.throw(SyntaxError)
  })

  it('comes back from its own text', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }),
        fc.constantFrom('CNY', 'JPY', 'KWD'),
        (amount, currency) => parseMajor(formatMinor(amount, currency), currency) === amount,
      ),
    )
  })

  it('lends never more than the share', () => {
    expect(share(parseMinor('99'), d('0.8'))).to.equal(79n)
  })
})
