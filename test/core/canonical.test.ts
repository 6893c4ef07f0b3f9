import canonicalize from 'canonicalize'
import { expect } from 'chai'
import fc from 'fast-check'
import { fromUtf8, hex } from '../../core/bytes.ts'
import { canonical, canonicalText } from '../../core/canonical.ts'
import { parseJson } from '../../core/strict-json.ts'

describe('canonical JSON', () => {
  it('writes the example of RFC 8785 §3.2.2 as §3.2.4 shows it in bytes', () => {
    const input = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`
    expect(hex(canonical(parseJson(input)))).to.equal(
      [
        '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a',
        '5b3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d3237',
        '5d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d',
      ].join(''),
    )
  })

  it('sorts names by UTF-16 code units (RFC 8785 §3.2.3)', () => {
    const input = String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
      "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`
    expect(Object.values(JSON.parse(canonicalText(parseJson(input))))).to.have.length(7)
    expect([...canonicalText(parseJson(input)).matchAll(/:"([^"]*)"/g)].map(match => match[1])).to.deep.equal([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
  })

  describe('writes the numbers of RFC 8785 appendix B', () => {
    for (const [bits, text] of [
      ['0000000000000000', '0'],
      ['8000000000000000', '0'],
      ['0000000000000001', '5e-324'],
      ['8000000000000001', '-5e-324'],
      ['7fefffffffffffff', '1.7976931348623157e+308'],
      ['ffefffffffffffff', '-1.7976931348623157e+308'],
      ['4340000000000000', '9007199254740992'],
      ['c340000000000000', '-9007199254740992'],
      ['4430000000000000', '295147905179352830000'],
      ['44b52d02c7e14af5', '9.999999999999997e+22'],
      ['44b52d02c7e14af6', '1e+23'],
      ['44b52d02c7e14af7', '1.0000000000000001e+23'],
      ['444b1ae4d6e2ef4e', '999999999999999700000'],
      ['444b1ae4d6e2ef4f', '999999999999999900000'],
      ['444b1ae4d6e2ef50', '1e+21'],
      ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
      ['3eb0c6f7a0b5ed8d', '0.000001'],
      ['41b3de4355555553', '333333333.3333332'],
      ['41b3de4355555557', '333333333.33333343'],
      ['becbf647612f3696', '-0.0000033333333333333333'],
      ['43143ff3c1cb0959', '1424953923781206.2'],
    ] as const) {
      it(`${bits} as ${text}`, () => {
        const number = new DataView(BigUint64Array.of(BigInt(`0x${bits}`)).buffer).getFloat64(0, true)
        expect(canonicalText(number)).to.equal(text)
      })
    }
  })

  for (const [what, value] of Object.entries({
    NaN: Number.NaN,
    infinity: [Number.POSITIVE_INFINITY],
    'a lone surrogate in a value': ['\ud800'],
    'a lone surrogate in a name': { '\udfff': 1 },
    bigint: { a: 1n },
    undefined: undefined,
  })) {
    it(`refuses ${what}`, () => {
      expect(() => canonical(value)).to.throw()
    })
  }

  it('gives one text for one value, however it was written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const text = fromUtf8(canonical(value))
        expect(canonicalText(parseJson(text))).to.equal(text)
        expect(canonicalText(JSON.parse(JSON.stringify(value, undefined, 3)))).to.equal(text)
      }),
    )
  })

  it('is what canonicalize makes of any JSON, odd names and all', () => {
    const name = fc.oneof(
      fc.constantFrom(
        '__proto__',
        'toJSON',
        '1',
        '10',
        '9',
        '01',
        '-1',
        '4294967295',
        '',
        'constructor',
        '\u20ac',
        '\ud83d\ude00',
      ),
      fc.string({ unit: 'binary' }),
    )
    const { value } = fc.letrec(tie => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.integer(), fc.boolean(), fc.constant(null)),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.array(fc.tuple(name, tie('value')), { maxLength: 6 }).map(members => Object.fromEntries(members)),
      ),
    }))
    const outcome = (write: () => unknown) => {
      try {
        return write()
      } catch {
        return 'refused'
      }
    }
    fc.assert(
      fc.property(value, json => {
        const expected = outcome(() => canonicalize(json))
        expect(outcome(() => canonicalText(json))).to.equal(expected)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is what canonicalize makes of values that no JSON text gives', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    const values: unknown[] = [
      ...[
        cycle,
        [undefined],
        { a: undefined },
        new Date(0),
        { toJSON: () => 'x' },
        Object.create({ inherited: 1 }),
        1n,
      ],
      ...[
        Number.NaN,
        Number.POSITIVE_INFINITY,
        -0,
        '\ud800',
        { '\ud800': 1 },
        new Array(2),
        new Map(),
        () => 1,
        Symbol('x'),
      ],
      Array.from({ length: 200 }).reduce<unknown>(inner => [inner], 1),
    ]
    for (const value of values) {
      let expected: unknown
      try {
        expected = canonicalize(value)
      } catch {
        expect(() => canonicalText(value)).to.throw()
        continue
      }
      if (expected === undefined) expect(() => canonicalText(value)).to.throw(TypeError)
      else expect(canonicalText(value)).to.equal(expected)
    }
  })
})
