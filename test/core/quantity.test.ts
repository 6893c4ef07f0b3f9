import { expect } from 'chai'
import fc from 'fast-check'
import {
  canonicalDecimal,
  compare,
  decimal,
  formatDecimal,
  greatest,
  isPositive,
  least,
  less,
  minus,
  ONE,
  parseDecimal,
  plus,
  share,
  times,
  total,
  ZERO,
} from '../../core/quantity.ts'

const anyDecimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.nat(8))
  .map(([unscaled, scale]) => decimal(unscaled, scale))

const d = parseDecimal

describe('an exact decimal', () => {
  it('reads plain text and forgets idle zeros', () => {
    expect(formatDecimal(d('100.00'))).to.equal('100')
    expect(formatDecimal(d('0.10'))).to.equal('0.1')
    expect(formatDecimal(d('-2.50'))).to.equal('-2.5')
    expect(formatDecimal(d('-0'))).to.equal('0')
    expect(d('5.0')).to.deep.equal(d('5'))
  })

  it('refuses every other way of writing a number', () => {
    for (const text of [
      '',
      '.',
      '1.',
      '.5',
      '+1',
      '1e3',
      '1,000',
      ' 1',
      '1 ',
      '01',
      '--1',
      '0x1',
      'NaN',
      '１',
      '1_0',
    ]) {
      expect(() => d(text), text).to.throw(SyntaxError)
    }
  })

  it('takes 12 digits before the point and 8 after, and not one more', () => {
    expect(formatDecimal(d('999999999999.99999999'))).to.equal('999999999999.99999999')
    expect(() => d('1000000000000')).to.throw(RangeError)
    expect(() => d('0.000000001')).to.throw(RangeError)
    expect(formatDecimal(d('0.000000010000'))).to.equal('0.00000001')
  })

  it('knows its one spelling', () => {
    for (const text of ['0', '7', '0.5', '12.05', '999999999999.99999999']) expect(text).to.match(canonicalDecimal)
    for (const text of ['-1', '0.0', '1.50', '00', '0.000000001', '1000000000000']) {
      expect(text).not.to.match(canonicalDecimal)
    }
  })

  it('is exact where floating point is not', () => {
    expect(formatDecimal(plus(d('0.1'), d('0.2')))).to.equal('0.3')
    expect(formatDecimal(times(d('1.1'), d('1.1')))).to.equal('1.21')
    expect(formatDecimal(times(d('33.33'), d('3')))).to.equal('99.99')
  })

  it('cuts a share, so that nothing below a threshold reads as if it reached it', () => {
    expect(formatDecimal(share(d('97999'), d('100000')) ?? ZERO)).to.equal('0.9799')
    expect(formatDecimal(share(d('2'), d('3'), 2) ?? ZERO)).to.equal('0.66')
    expect(share(d('1'), ZERO)).to.equal(undefined)
  })

  it('never owes goods', () => {
    expect(less(d('1'), d('3'))).to.deep.equal(ZERO)
    expect(less(d('3'), d('1'))).to.deep.equal(d('2'))
  })

  it('comes back from its text as it was', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n - 1n }), fc.nat(99999999), (whole, fraction) => {
        const value = plus(decimal(whole), decimal(BigInt(fraction), 8))
        const text = formatDecimal(value)
        expect(text).to.match(canonicalDecimal)
        expect(d(text)).to.deep.equal(value)
      }),
    )
  })

  it('adds and multiplies as rational numbers do', () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, anyDecimal, (a, b, c) => {
        expect(plus(a, b)).to.deep.equal(plus(b, a))
        expect(times(a, plus(b, c))).to.deep.equal(plus(times(a, b), times(a, c)))
        expect(minus(plus(a, b), b)).to.deep.equal(a)
        expect(times(a, ONE)).to.deep.equal(a)
        expect(total([a, b, c])).to.deep.equal(plus(a, plus(b, c)))
      }),
    )
  })

  it('is ordered by value, whatever the scale', () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, (a, b) => {
        expect(compare(a, b)).to.equal(-compare(b, a) || 0)
        expect(compare(a, b) > 0).to.equal(isPositive(minus(a, b)))
        expect(compare(least(a, b), greatest(a, b))).to.be.at.most(0)
      }),
    )
  })
})
