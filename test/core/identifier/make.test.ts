import { expect } from 'chai'
import fc from 'fast-check'
import { checkDigit, checkPair } from '../../../core/identifier/check-digit.ts'
import { gs1 } from '../../../core/identifier/code.ts'
import { linters } from '../../../core/identifier/linters.ts'
import { makeGdti, makeGln, makeGtin, makeSscc } from '../../../core/identifier/make.ts'
import { missingCompanions } from '../../../core/identifier/pairing.ts'

describe('making GS1 keys', () => {
  it('gives the check digit of the General Specifications', () => {
    expect(checkDigit('629104150021')).to.equal('3')
    expect(checkPair('1987654Ad4X4bL5ttr2310c')).to.equal('2K')
    expect(() => checkDigit('')).to.throw(RangeError)
    expect(() => checkPair(' ')).to.throw(RangeError)
  })

  it('fills references with zeros, and never cuts one', () => {
    expect(makeGtin('6901234', 56789)).to.equal('06901234567892')
    expect(makeGtin('6901234', 56789, '1')).to.equal('16901234567899')
    expect(makeSscc('6901234', 1n, '3')).to.equal('369012340000000017')
    expect(makeGln('6901234', '00001')).to.equal('6901234000016')
    expect(makeGdti('6901234', 1, 'INV-7')).to.equal('6901234000016INV-7')
    expect(() => makeGln('6901234', 100000)).to.throw(RangeError)
    expect(() => makeGtin('690', 1)).to.throw(RangeError)
    expect(() => makeGdti('6901234', 1, '')).to.throw(RangeError)
    expect(() => makeGdti('6901234', 1, 'x'.repeat(18))).to.throw(RangeError)
    expect(() => makeSscc('6901234', -1)).to.throw(RangeError)
  })

  it('makes keys that are codes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{7}$/), fc.nat(99999), (prefix, reference) => {
        expect(() => gs1('01', makeGtin(prefix, reference))).not.to.throw()
        expect(() => gs1('00', makeSscc(prefix, reference))).not.to.throw()
        expect(() => gs1('414', makeGln(prefix, reference))).not.to.throw()
        expect(() => gs1('253', makeGdti(prefix, reference, 'A'))).not.to.throw()
      }),
    )
  })

  it('makes a check digit that finds any single wrong digit', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{13}$/), fc.nat(12), fc.integer({ min: 1, max: 9 }), (digits, at, by) => {
        const key = digits + checkDigit(digits)
        const wrong = key.slice(0, at) + ((Number(key[at]) + by) % 10) + key.slice(at + 1)
        expect(linters.csum(wrong)?.code).to.equal('INCORRECT_CHECK_DIGIT')
      }),
    )
  })

  it('finds companions that all carriers of an item together lack', () => {
    expect(missingCompanions([{ ai: '10', value: 'A' }])).to.deep.equal([
      { code: 'REQUIRED_AI_MISSING', ai: '10', other: '01,02,03,8006,8026' },
    ])
    expect(
      missingCompanions([
        { ai: '01', value: '' },
        { ai: '3922', value: '' },
      ]),
    ).to.have.length(1)
    expect(
      missingCompanions([
        { ai: '01', value: '' },
        { ai: '3922', value: '' },
        { ai: '3103', value: '' },
      ]),
    ).to.deep.equal([])
  })
})
