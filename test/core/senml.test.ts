import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { addDecimals } from '../../core/senml/decimal.ts'
import { resolveSenml, type SenmlRule } from '../../core/senml.ts'
import { parseJson } from '../../core/strict-json.ts'

const at = new Date('2026-03-01T08:00:00.000Z')
const now = '1772352000.000'

const resolve = (pack: unknown, limit = 1_000) => {
  const text = typeof pack === 'string' ? pack : JSON.stringify(pack)
  parseJson(text)
  return resolveSenml(text, at, limit)
}
const texts = (pack: unknown): string[] => {
  const resolved = resolve(pack)
  if (!resolved.ok) throw new Error(`${resolved.rule} ${resolved.record} ${resolved.field}`)
  return resolved.readings.map(({ text }) => text)
}
const refused = (pack: unknown, limit?: number): [SenmlRule, number, string | undefined] | 'taken' => {
  const resolved = resolve(pack, limit)
  return resolved.ok ? 'taken' : [resolved.rule, resolved.record, resolved.field]
}

type Vector = { what: string; pack: string; resolved: string[]; published?: object[] }
const vectors = JSON.parse(
  readFileSync(new URL('../vectors/senml.json', import.meta.url), 'utf8').toString(),
) as Vector[]

describe('SenML', () => {
  for (const { what, pack, resolved, published } of vectors) {
    it(`resolves ${what}`, () => {
      const found = texts(pack)
      expect(found).to.deep.equal(resolved.map(text => text.replace('NOW', now)))
      if (published) expect(found.map(text => JSON.parse(text))).to.deep.equal(published)
    })
  }

  it('keeps the digits that were received, and adds bases exactly', () => {
    expect(
      texts('[{"n":"a","t":1320067464,"v":1.10},{"n":"b","v":1E+2,"t":1320067464},{"n":"c","v":-0,"t":3e8}]'),
    ).to.deep.equal([
      '{"n":"a","t":1320067464,"v":1.10}',
      '{"n":"b","t":1320067464,"v":1E+2}',
      '{"n":"c","t":3e8,"v":-0}',
    ])
    expect(texts('[{"bv":0.1,"bs":9007199254740993,"bt":1e9,"n":"a","v":0.2,"s":1,"t":0.001}]')).to.deep.equal([
      '{"n":"a","s":9007199254740994,"t":1000000000.001,"v":0.3}',
    ])
  })

  it('counts times below 2^28 from now, and no other', () => {
    const times = texts([
      { n: 'a', v: 1 },
      { n: 'a', v: 1, t: -5 },
      { n: 'a', v: 1, t: 268435456 },
    ])
    expect(times.map(text => (JSON.parse(text) as { t: number }).t)).to.deep.equal([1772352000, 1772351995, 268435456])
    expect(texts([{ n: 'a', v: 1, t: 268435455 - 1772352000 }])[0]).to.contain('"t":268435455.000')
    expect(texts([{ bt: 268435455, n: 'a', v: 1, t: 1 }])[0]).to.contain('"t":268435456,')
  })

  it('carries bases on until they are replaced', () => {
    const pack = [
      { bn: 'a:', bu: 'Cel', bt: 1e9, n: 'x', v: 1 },
      { n: 'y', v: 2, u: '%RH' },
      { bn: 'b:', n: 'x', vb: true },
      { bu: 'V', bt: 1.5e9, n: 'z', vs: 'é"\u2028' },
    ]
    expect(texts(pack).map(text => JSON.parse(text) as object)).to.deep.equal([
      { n: 'a:x', t: 1e9, u: 'Cel', v: 1 },
      { n: 'a:y', t: 1e9, u: '%RH', v: 2 },
      { n: 'b:x', t: 1e9, u: 'Cel', vb: true },
      { n: 'b:z', t: 1.5e9, u: 'V', vs: 'é"\u2028' },
    ])
  })

  it('takes bases from records that have nothing else, and says which record each reading is', () => {
    const resolved = resolve([
      { bn: 'a:', bt: 1e9 },
      { n: 'x', v: 1 },
      { bn: 'b:', bv: 2 },
      { bu: 'V' },
      { n: 'y', v: 1 },
    ])
    expect(resolved.ok && resolved.readings.map(({ text, record }) => [record, JSON.parse(text)])).to.deep.equal([
      [1, { n: 'a:x', t: 1e9, v: 1 }],
      [4, { n: 'b:y', t: 1e9, u: 'V', v: 3 }],
    ])
  })

  it('leaves unknown fields out, nested or hidden behind escapes', () => {
    expect(texts('[ {"x":{"v":[1,{"n":"}]"}]},"\\u006e":"a" , "v" : 1,"y":"\\\\","t":3e8} ]')).to.deep.equal([
      '{"n":"a","t":3e8,"v":1}',
    ])
  })

  const good = { n: 'a', v: 1 }
  const bad: [string, unknown, SenmlRule, number, string?][] = [
    ['an object', {}, 'pack', -1],
    ['nothing', [], 'pack', -1],
    ['a record that is no object', [good, 5], 'record', 1],
    ['a nested pack', [[good]], 'record', 0],
    ['a field that must be understood', [good, { ...good, foo_: 1 }], 'must-understand', 1, 'foo_'],
    ['a number as a name', [{ n: 5, v: 1 }], 'type', 0, 'n'],
    ['null as a value', [{ n: 'a', v: null }], 'type', 0, 'v'],
    ['text as a number', [{ n: 'a', v: 'NaN' }], 'type', 0, 'v'],
    ['an object as text', [{ n: 'a', vs: {} }], 'type', 0, 'vs'],
    ['a number as boolean', [{ n: 'a', vb: 1 }], 'type', 0, 'vb'],
    ['a version to come', [{ bver: 11, ...good }], 'version', 0, 'bver'],
    ['version 0', [{ bver: 0, ...good }], 'version', 0, 'bver'],
    ['a version that changes', [good, { bver: 5, ...good }], 'version', 1, 'bver'],
    ['a record without a name', [{ v: 1 }], 'name', 0, 'bn'],
    ['an empty name', [{ n: '', v: 1 }], 'name', 0, 'n'],
    ['a name that begins with a dash', [{ n: '-a', v: 1 }], 'name', 0, 'n'],
    ['a name with a control character', [{ n: 'a\n', v: 1 }], 'name', 0, 'n'],
    ['a name with a homoglyph', [{ n: 'tеmp', v: 1 }], 'name', 0, 'n'],
    ['an endless name', [{ bn: 'a'.repeat(500), n: 'b', v: 1 }], 'name', 0, 'n'],
    ['a unit that nobody registered', [{ ...good, u: 'C°' }], 'unit', 0, 'u'],
    ['a base unit that nobody registered', [{ ...good, bu: 'parsec' }], 'unit', 0, 'bu'],
    ['two values', [{ n: 'a', v: 1, vs: 'x' }], 'value', 0],
    ['no value', [{ n: 'a' }], 'value', 0],
    ['only bases', [{ bn: 'a', bs: 1 }], 'pack', -1],
    ['only bases, which one may not have', [{ bver: 11 }, good], 'version', 0, 'bver'],
    ['a name behind bases that has no value', [{ bn: 'a:', bu: 'Cel' }, { n: 'b' }], 'value', 1],
    ['an empty record', [good, {}], 'name', 1, 'bn'],
    ['an empty record behind bases', [{ bn: 'a' }, {}], 'value', 1],
    ['padded base64', [{ n: 'a', vd: 'YQ==' }], 'base64url', 0, 'vd'],
    ['base64 with spare bits', [{ n: 'a', vd: 'YR' }], 'base64url', 0, 'vd'],
    ['a time after 9999', [{ ...good, t: 253402300800 }], 'time-range', 0, 't'],
    ['a time before 1970', [{ ...good, t: -2e9 }], 'time-range', 0, 't'],
    ['an update time that is negative', [{ ...good, ut: -1 }], 'update-time', 0, 'ut'],
    ['an endless number', `[{"n":"a","v":0.${'1'.repeat(40)}}]`, 'number', 0, 'v'],
    ['an exponent that would make an endless sum', '[{"n":"a","v":1e-401}]', 'number', 0, 'v'],
    ['a sum beyond a double', '[{"n":"a","bv":1.7e308,"v":1.7e308}]', 'number', 0, 'v'],
    ['a sum of hundreds of digits', '[{"n":"a","bs":1e300,"v":1,"s":1e-300}]', 'number', 0, 's'],
    ['a time of hundreds of digits', '[{"n":"a","t":-5e-324,"v":1}]', 'number', 0, 't'],
  ]
  for (const [what, pack, ...want] of bad) {
    it(`refuses ${what}, with rule and place`, () => {
      expect(refused(pack)).to.deep.equal([want[0], want[1], want[2]])
    })
  }

  it('takes as many records as it is told, and not one more', () => {
    expect(refused(Array(10).fill(good), 10)).to.equal('taken')
    expect(refused(Array(11).fill(good), 10)).to.deep.equal(['pack-size', -1, undefined])
  })

  it('is idempotent: what it resolved resolves to itself', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 })
    const record = fc.record(
      {
        bn: fc.constantFrom('a:', 'urn:dev:ow:1:'),
        bu: fc.constantFrom('Cel', '%RH'),
        bv: number,
        bt: fc.integer({ min: -1000, max: 1e9 }),
        t: fc.double({ min: -1000, max: 1000, noNaN: true }),
        s: number,
        ut: fc.nat(),
      },
      { requiredKeys: [] },
    )
    const value = fc.oneof(fc.record({ v: number }), fc.record({ vs: fc.string({ unit: 'grapheme' }) }))
    fc.assert(
      fc.property(fc.array(fc.tuple(record, value), { minLength: 1, maxLength: 8 }), records => {
        const pack = JSON.stringify(records.map(([some, one]) => ({ n: 'x', ...some, ...one }))).replaceAll(
          '\\u0000',
          '',
        )
        const resolved = resolveSenml(pack, at, 100)
        if (!resolved.ok) return void expect(resolved.rule).to.be.oneOf(['number', 'time-range'])
        const once = resolved.readings.map(({ text }) => text)
        const again = resolveSenml(`[${once.join(',')}]`, new Date(0), 100)
        expect(again.ok && again.readings.map(({ text }) => text)).to.deep.equal(once)
      }),
    )
  })

  it('never throws on JSON of any form', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        resolveSenml(text, at, 10)
      }),
    )
  })

  it('adds like integers do', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.bigInt({ min: -99n, max: 99n }), (a, b) => {
        expect(addDecimals(`${a}`, `${b}`)).to.equal(`${a + b}`)
        expect(
          addDecimals(`${a}e-2`, `${b}E-2`)
            .replace('.', '')
            .replace(/^(-?)0+(?=\d)/, '$1'),
        ).to.equal(`${a + b}`)
      }),
    )
  })
})
