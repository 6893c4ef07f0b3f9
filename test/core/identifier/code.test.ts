import { expect } from 'chai'
import fc from 'fast-check'
import {
  type Code,
  elementStringOf,
  formatCode,
  gs1,
  labelOf,
  parents,
  parseCode,
  parsePath,
  pathOf,
} from '../../../core/identifier/code.ts'
import { formatEpcUrn } from '../../../core/identifier/epc-urn.ts'
import { levelOf } from '../../../core/identifier/level.ts'
import { arbitraryCode } from './arbitrary-code.ts'

const codeOf = (text: string): Code => {
  const parsed = parseCode(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`)
  return parsed.code
}

const errorOf = (text: string): [string, number] | undefined => {
  const parsed = parseCode(text)
  return parsed.ok ? undefined : [parsed.error.code, parsed.error.position]
}

describe('parsing a code', () => {
  const serial = 'https://id.gs1.org/01/09520123456788/10/AB-1/21/x%2F1'

  it('gives every form of one code one text', () => {
    for (const form of [
      serial,
      'https://example.com/some/stem/01/09520123456788/10/AB-1/21/x%2f1?17=301231&linkType=gs1:pip',
      '(01)09520123456788(10)AB-1(21)x/1',
      '(21)x/1(17)301231(01)09520123456788(10)AB-1',
      '^010952012345678810AB-1^21x/1',
      ']d2010952012345678817301231' + '10AB-1\u001d21x/1',
    ])
      expect(codeOf(form).text, form).to.equal(serial)
    for (const form of [
      'hdl:88.118.8/med/7Ä',
      '88.118.8/med/7Ä',
      'http://resolver.example/88.118.8/med/7%C3%84?type=URL',
    ])
      expect(codeOf(form).text, form).to.equal('hdl:88.118.8/med/7Ä')
    expect(codeOf('urn:epc:id:sgtin:4012345.011111.98%22').text).to.equal(
      'https://id.gs1.org/01/04012345111118/21/98%22',
    )
  })

  it('keeps what the carrier says beside the code', () => {
    const parsed = parseCode(']d2010952012345678817301231' + '10AB-1')
    expect(parsed.ok && parsed.attributes).to.deep.equal([{ ai: '17', value: '301231' }])
  })

  it('takes the qualifiers that the key allows together', () => {
    expect(codeOf('(01)09520123456788(235)XYZ(22)V').text).to.equal('https://id.gs1.org/01/09520123456788/22/V')
    expect(codeOf('(01)09520123456788(235)XYZ').text).to.equal('https://id.gs1.org/01/09520123456788/235/XYZ')
  })

  it('says what is wrong and where', () => {
    expect(errorOf('https://a.example/01/09520123456789')).to.deep.equal(['INCORRECT_CHECK_DIGIT', 34])
    expect(errorOf('(01)09520123456788(10)A B')).to.deep.equal(['INVALID_CSET82_CHARACTER', 23])
    expect(errorOf('(01)09520123456788(10)\\(A B')).to.deep.equal(['INVALID_CSET82_CHARACTER', 25])
    expect(errorOf('^0109520123456788171313')).to.deep.equal(['VALUE_TOO_SHORT', 23])
    expect(errorOf('^010952012345678817301331')).to.deep.equal(['ILLEGAL_MONTH', 21])
    expect(errorOf('^10AB')).to.deep.equal(['NO_PRIMARY_KEY', 0])
    expect(errorOf('(01)09520123456788(02)09520123456788')).to.deep.equal(['EXCLUSIVE_AIS', 0])
    expect(errorOf('(01)09520123456788(10)A(10)B')).to.deep.equal(['REPEATED_AI', 0])
    expect(errorOf('https://a/01/09520123456788/21/A/10/B')).to.deep.equal(['INVALID_QUALIFIER_SEQUENCE', 9])
    expect(errorOf('https://a/01/09520123456788?10=B')).to.deep.equal(['QUALIFIER_IN_QUERY', 28])
    expect(errorOf('https://a/01/09520123456788/10/A%2')).to.deep.equal(['BAD_PERCENT_ENCODING', 31])
    expect(errorOf(`(01)09520123456788${'(99)A'.repeat(64)}`)).to.deep.equal(['TOO_MANY_ELEMENTS', 333])
    expect(errorOf(`(01)09520123456788${'(99)A'.repeat(63)}`)).to.equal(undefined)
    expect(errorOf(`^0109520123456788${'99A^'.repeat(64)}`)).to.deep.equal(['TOO_MANY_ELEMENTS', 269])
    expect(errorOf('88.1.2/')).to.deep.equal(['EMPTY_HANDLE_SUFFIX', 7])
    expect(errorOf('88.1.2/a b')).to.deep.equal(['BAD_HANDLE_CHARACTER', 8])
    expect(errorOf('88.1.2/a/../b')).to.deep.equal(['BAD_HANDLE_SUFFIX', 7])
    expect(errorOf('hdl:88/x')).to.deep.equal(['BAD_HANDLE_PREFIX', 4])
    expect(errorOf('urn:uuid:f81d4fae')).to.deep.equal(['NOT_AN_EPC_URN', 0])
    expect(errorOf('urn:epc:id:sgtin:4012345.01111.1')).to.deep.equal(['MALFORMED_EPC_URN', 17])
    expect(errorOf('what is this')).to.deep.equal(['NO_KNOWN_FORM', 0])
  })

  it('takes old spellings only when asked to be lenient', () => {
    const old = 'https://id.gs1.org/gtin/9780345418913/ser/765tz'
    expect(errorOf(old)).to.deep.equal(['NO_PRIMARY_KEY', 18])
    const lenient = parseCode(old, { lenient: true })
    expect(lenient.ok && lenient.code.text).to.equal('https://id.gs1.org/01/09780345418913/21/765tz')
  })

  it('never throws', () => {
    const start = fc.constantFrom(
      '',
      'https://a/',
      'https://a/01/09520123456788',
      'https://a/88.1.2/',
      '(01)',
      '^01',
      '(01)09520123456788(',
      ']d2',
      'urn:epc:id:sgtin:4012345.011111.',
      'urn:epc:',
      'hdl:',
      '88.1/',
    )
    const tail = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[0-9/?=&%()^.]{0,40}$/),
      // Lone surrogates are no text, but they are strings.
      fc.constant('\ud800'),
    )
    fc.assert(
      fc.property(start, tail, (a, b) => {
        parseCode(a + b)
        parseCode(a + b, { lenient: true })
        parsePath(a + b)
        parsePath(`/${a}${b}`)
      }),
    )
  })
})

describe('formatting a code', () => {
  it('is undone by parsing, in every form', () => {
    fc.assert(
      fc.property(arbitraryCode, ({ key, value, qualifiers }) => {
        const code = gs1(key, value, qualifiers)
        expect(codeOf(formatCode(code))).to.deep.equal(code)
        expect(codeOf(labelOf(code))).to.deep.equal(code)
        expect(codeOf(elementStringOf(code) ?? '')).to.deep.equal(code)
        expect(parsePath(pathOf(code))).to.deep.include({ ok: true, code, attributes: [] })
        expect(parsePath(`${pathOf(code)}/?linkType=all`)).to.deep.include({ ok: true, code })
      }),
    )
  })

  it('is undone by parsing the EPC URN, whatever the length of the company prefix', () => {
    fc.assert(
      fc.property(arbitraryCode, fc.integer({ min: 6, max: 12 }), ({ key, value, qualifiers }, prefixLength) => {
        const code = gs1(key, value, qualifiers)
        const urn = formatEpcUrn(code.path, prefixLength)
        // An extension 0 means none, and a text reference needs a digit prefix and a rest.
        fc.pre(urn !== undefined && qualifiers['254'] !== '0' && !/^(401|8004|8010)$/.test(key))
        expect(codeOf(urn ?? '').text, urn).to.equal(code.text)
      }),
    )
  })

  it('is undone by parsing a handle', () => {
    const suffix = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter(text => !/[\p{C}\p{Z}]/u.test(text) && !text.split('/').some(part => part === '.' || part === '..'))
    fc.assert(
      fc.property(fc.stringMatching(/^88\.[0-9]{1,4}(\.[0-9]{1,4})?$/), suffix, (prefix, rest) => {
        const code = codeOf(`${prefix}/${rest}`)
        expect(codeOf(formatCode(code))).to.deep.equal(code)
        expect(parsePath(pathOf(code))).to.deep.include({ ok: true, code })
      }),
    )
  })

  it('makes no code out of parts that are none', () => {
    expect(() => gs1('01', '09520123456789')).to.throw(TypeError)
    expect(() => gs1('10', 'A')).to.throw(TypeError)
    expect(() => gs1('01', '09520123456788', { 254: 'A' })).to.throw(TypeError)
  })
})

describe('the levels of a code', () => {
  it('go up to the primary key, nearest first', () => {
    const code = gs1('01', '09520123456788', { 22: 'V', 10: 'L', 21: 'S' })
    expect(parents(code).map(formatCode)).to.deep.equal([
      'https://id.gs1.org/01/09520123456788/22/V/10/L',
      'https://id.gs1.org/01/09520123456788/22/V',
      'https://id.gs1.org/01/09520123456788',
    ])
    expect([code, ...parents(code)].map(levelOf)).to.deep.equal(['instance', 'lot', 'variant', 'item'])
    expect(parents(codeOf('88.1.2/x'))).to.deep.equal([])
    expect(levelOf(codeOf('88.1.2/x'))).to.equal('handle')
  })

  it('exist for every code', () => {
    fc.assert(
      fc.property(arbitraryCode, ({ key, value, qualifiers }) => {
        const code = gs1(key, value, qualifiers)
        expect(levelOf(code)).to.be.a('string')
        for (const parent of parents(code)) expect(codeOf(parent.text)).to.deep.equal(parent)
      }),
    )
  })
})
