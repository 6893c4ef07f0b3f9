import { expect } from 'chai'
import fc from 'fast-check'
import {
  add,
  type Currency,
  floored,
  formatAmount,
  isCurrency,
  isMore,
  lesser,
  money,
  parseAmount,
  parseCurrency,
  parseMinor,
  placesOf,
  portion,
  rounded,
  subtract,
  sum,
} from '../../core/money.ts'
import { decimal, parseDecimal, times } from '../../core/quantity.ts'

const [CNY, JPY, KWD] = ['CNY', 'JPY', 'KWD'].map(parseCurrency) as [Currency, Currency, Currency]

describe('money', () => {
  it('has the places of ISO 4217', () => {
    expect(['CNY', 'USD', 'GBP', 'EUR', 'JPY', 'KRW', 'KWD'].map(code => placesOf(parseCurrency(code)))).to.deep.equal([
      2, 2, 2, 2, 0, 0, 3,
    ])
    for (const code of ['XXX', 'RMB', 'cny', '', 'toString', '__proto__'])
      expect(isCurrency(code), code).to.equal(false)
  })

  it('reads minor units strictly, up to 17 digits', () => {
    expect(parseMinor('99999999999999999')).to.equal(99999999999999999n)
    expect(() => parseMinor('100000000000000000')).to.throw(RangeError)
    for (const text of ['-1', '1.0', '01', '', ' 1', '1e2', '+1'])
      expect(() => parseMinor(text), text).to.throw(SyntaxError)
  })

  it('reads and writes major units by the currency’s exponent', () => {
    expect(parseAmount('107.5', CNY).minor).to.equal(10750n)
    expect(parseAmount('1.250', KWD).minor).to.equal(1250n)
    expect(formatAmount(money(CNY, -5n))).to.equal('-0.05')
    expect(formatAmount(money(JPY, 1999n))).to.equal('1999')
    expect(() => parseAmount('1.5', JPY)).to.throw(RangeError)
    expect(() => parseAmount('1.001', CNY)).to.throw(RangeError)
  })

  it('rounds half up, and once', () => {
    const round = (text: string, currency = CNY) => rounded(parseDecimal(text), currency).minor
    expect(round('1.004')).to.equal(100n)
    expect(round('1.005')).to.equal(101n)
    expect(round('-1.005')).to.equal(-101n)
    expect(round('1.5', JPY)).to.equal(2n)
    expect(round('0.49999999', JPY)).to.equal(0n)
    // 3 × 0.335 is 1.005: rounding the price first would give 1.02.
    expect(rounded(times(parseDecimal('3'), parseDecimal('0.335')), CNY).minor).to.equal(101n)
  })

  it('cuts a portion: a bank never advances the fraction', () => {
    expect(portion(money(CNY, 999n), parseDecimal('0.8')).minor).to.equal(799n)
  })

  it('never mixes currencies', () => {
    const [yuan, yen] = [money(CNY, 1n), money(JPY, 1n)]
    for (const mixed of [add, subtract, lesser, isMore]) expect(() => mixed(yuan, yen)).to.throw(TypeError)
    expect(() => sum(CNY, [yen])).to.throw(TypeError)
  })

  it('adds up and never goes below nothing where it must not', () => {
    expect(sum(CNY, []).minor).to.equal(0n)
    expect(floored(subtract(money(CNY, 1n), money(CNY, 2n))).minor).to.equal(0n)
    expect(lesser(money(CNY, 1n), money(CNY, 2n)).minor).to.equal(1n)
  })

  it('is never more than half a minor unit from the exact value', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.nat(8), (unscaled, scale) => {
        const { minor } = rounded(decimal(unscaled, scale), CNY)
        const error = minor * 10n ** BigInt(scale) - unscaled * 100n
        expect(2n * (error < 0n ? -error : error) <= 10n ** BigInt(scale)).to.equal(true)
      }),
    )
  })

  it('comes back from its text as it was', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n - 1n }), fc.constantFrom(CNY, JPY, KWD), (minor, currency) => {
        expect(parseAmount(formatAmount(money(currency, minor)), currency)).to.deep.equal(money(currency, minor))
      }),
    )
  })
})
