import { expect } from 'chai'
import fc from 'fast-check'
import { isUscc, makeUscc, parseUscc, usccSchema } from '../../core/uscc.ts'

const alphabet = [...'0123456789ABCDEFGHJKLMNPQRTUWXY']
const first17 = fc
  .tuple(
    fc.array(fc.constantFrom(...alphabet), { minLength: 2, maxLength: 2 }),
    fc.array(fc.constantFrom(...'0123456789'), { minLength: 6, maxLength: 6 }),
    fc.array(fc.constantFrom(...alphabet), { minLength: 9, maxLength: 9 }),
  )
  .map(parts => parts.flat().join(''))

describe('USCC', () => {
  const published = {
    'the example of GB 32100-2015': '91350100M000100Y43',
    'an energy company in Beijing': '91110000600037341L',
    'an internet company in Shenzhen': '9144030071526726XG',
    'a network vendor in Shenzhen': '914403001922038216',
    'a software company in Hangzhou': '91330100799655058B',
  }
  for (const [whose, code] of Object.entries(published)) {
    it(`accepts ${whose}`, () => {
      expect(isUscc(code)).to.equal(true)
      expect(parseUscc(code)).to.equal(code)
      expect(makeUscc(code.slice(0, 17))).to.equal(code)
      expect(usccSchema.parse(code)).to.equal(code)
    })
  }

  for (const [what, text] of Object.entries({
    'a wrong check character': '91350100M000100Y44',
    'lower case': '91350100m000100y43',
    'the letter O for zero': '9135O100M000100Y43',
    'white space around it': ' 91350100M000100Y43',
    'a line break after it': '91350100M000100Y43\n',
    'full-width digits': '９1350100M000100Y43',
    '17 characters': '91350100M000100Y4',
    '19 characters': '91350100M000100Y433',
    nothing: '',
  })) {
    it(`refuses ${what}`, () => {
      expect(isUscc(text)).to.equal(false)
      expect(() => parseUscc(text)).to.throw(SyntaxError)
      expect(usccSchema.safeParse(text).success).to.equal(false)
    })
  }

  it('makes a code from 17 characters only', () => {
    for (const text of ['91350100M000100Y', '91350100M000100Y43', '9135010OM000100Y4']) {
      expect(() => makeUscc(text)).to.throw(SyntaxError)
    }
  })

  it('has exactly one check character for any 17', () => {
    fc.assert(
      fc.property(
        first17,
        start => alphabet.filter(check => isUscc(start + check)).length === 1 && isUscc(makeUscc(start)),
      ),
    )
  })

  it('notices any single wrong character', () => {
    fc.assert(
      fc.property(first17, fc.nat(17), fc.constantFrom(...alphabet), (start, at, other) => {
        const code: string = makeUscc(start)
        fc.pre(code[at] !== other)
        return !isUscc(code.slice(0, at) + other + code.slice(at + 1))
      }),
    )
  })

  it('notices two neighbours changing places', () => {
    fc.assert(
      fc.property(first17, fc.nat(16), (start, at) => {
        const code: string = makeUscc(start)
        fc.pre(code[at] !== code[at + 1])
        return !isUscc(code.slice(0, at) + code[at + 1] + code[at] + code.slice(at + 2))
      }),
    )
  })
})
