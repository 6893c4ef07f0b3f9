import { expect } from 'chai'
import fc from 'fast-check'
import { parseJson, parseJsonBytes } from '../../core/strict-json.ts'

describe('strict JSON', () => {
  for (const [what, text, reason] of [
    ['a member twice', '{"a":1,"a":1}', 'duplicate member "a"'],
    ['a member twice under two spellings', '{"a":1,"\\u0061":2}', 'duplicate member "a"'],
    ['a member twice in an inner object', '[{"x":{"b":1,"c":2,"b":3}}]', 'duplicate member "b"'],
    ['a member twice with an object between', '{"a":{"b":1},"c":[{"b":2}],"a":0}', 'duplicate member "a"'],
    ['the empty name twice', '{"":1,"":2}', 'duplicate member ""'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}', 'duplicate member "__proto__"'],
    ['integer-like names twice', '{"1":1,"1":2}', 'duplicate member "1"'],
    ['an escaped lone surrogate in a value', '["\\ud800"]', 'lone surrogate'],
    ['an escaped lone surrogate in a name', '{"\\udc00":1}', 'lone surrogate'],
    ['a raw lone surrogate', '["\ud800"]', 'lone surrogate'],
    ['surrogates in the wrong order', '"\\udc00\\ud800"', 'lone surrogate'],
    ['U+0000 in a value', '["a\\u0000b"]', 'U+0000'],
    ['U+0000 in a name', '{"\\u0000":1}', 'U+0000'],
    ['a number that is no double', '[1e400]', 'out of range'],
    ['65 levels', '['.repeat(65) + ']'.repeat(65), 'deeper than 64'],
    ['100,000 levels', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'deeper than 64'],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => parseJson(text)).to.throw(SyntaxError, reason)
    })
  }

  for (const text of ['', ' ', '{', '{"a":1,}', "{'a':1}", '01', '[1]x', 'NaN', '\ufeff{}', '"\n"']) {
    it(`refuses ${JSON.stringify(text)}, which is not JSON`, () => {
      expect(() => parseJson(text)).to.throw(SyntaxError)
    })
  }

  for (const text of [
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a:b":"c:\\"d\\":e","\\\\":":\\\\"}',
    '{"a" \n\t:1, "b" : ":"}',
    '"\\ud83d\\ude00"',
    '['.repeat(64) + ']'.repeat(64),
    '1e308',
    '{"__proto__":{"a":1}}',
  ]) {
    it(`reads ${text.length > 60 ? '64 levels' : text} as JSON.parse does`, () => {
      expect(parseJson(text)).to.deep.equal(JSON.parse(text))
    })
  }

  it('refuses bytes that are not UTF-8, or begin with a mark', () => {
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
      [0xef, 0xbb, 0xbf, 0x7b, 0x7d],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
    ]) {
      expect(() => parseJsonBytes(Uint8Array.from(bytes))).to.throw(SyntaxError)
    }
    expect(parseJsonBytes(Uint8Array.from([0x7b, 0x7d]))).to.deep.equal({})
  })

  it('reads whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.nat(3), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent)
        expect(parseJson(text)).to.deep.equal(JSON.parse(text))
      }),
    )
  })

  it('finds a duplicate wherever it is put', () => {
    const members = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { minKeys: 1, maxKeys: 5 })
    fc.assert(
      fc.property(members, fc.nat(), (object, pick) => {
        const parts = Object.entries(object).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
        const twice = parts[pick % parts.length]
        expect(() => parseJson(`{"outer":{${[...parts, twice].join(' , ')}}}`)).to.throw(SyntaxError, 'duplicate')
      }),
    )
  })
})
