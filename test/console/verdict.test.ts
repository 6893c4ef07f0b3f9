import { expect } from 'chai'
import { type Bench, identityText, judge, type Standing } from '../../console/src/scan/verdict.ts'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGtin, makeSscc } from '../../core/identifier/make.ts'

const gtin = makeGtin('6901234', 2)
const serial = (text: string, lot?: string) =>
  gs1('01', gtin, { ...(lot === undefined ? {} : { '10': lot }), '21': text }).text
const lot = gs1('01', makeGtin('6901234', 3), { '10': 'LOT7' }).text
const shipment = gs1('00', makeSscc('6901234', 5)).text
const standing = (code: string, is: Standing['standing'], of: string | null = code): [string, Standing] => [
  code,
  { code, standing: is, of, reason: is === 'withdrawn' ? '召回' : null, successor: null },
]
const bench = (more: Partial<Bench> = {}): Bench => {
  const expected = [shipment, serial('S1'), serial('S2', 'L1'), serial('S3'), lot]
  return {
    expected: new Map(expected.map(code => [identityText(code)!, code])),
    elsewhere: new Map([[identityText(serial('S9'))!, 'DN-2']]),
    standings: new Map(),
    scanned: new Set(),
    ...more,
  }
}

describe('the verdict on a scan', () => {
  it('takes what the despatch advice has, in its spelling, however the label writes it', () => {
    const taken = (code: string) => ({ kind: 'taken', code, unregistered: false })
    for (const [text, code] of [
      [`(01)${gtin}(21)S1`, serial('S1')],
      [`(01)${gtin}(17)301231(10)L5(21)S1`, serial('S1')],
      [`(01)${gtin}(21)S2`, serial('S2', 'L1')],
      [`https://any.example/01/${gtin}/10/L1/21/S2`, serial('S2', 'L1')],
      [`]d2${`01${makeGtin('6901234', 3)}`}10LOT7\u001d21X9`, lot],
      [`（０１）${gtin}（２１）Ｓ１`, serial('S1')],
      [shipment, shipment],
    ] as const)
      expect(judge(text, bench()), text).to.deep.equal(taken(code))
  })

  it('finds the one that is expected among the readings of a label without separators', () => {
    expect(judge(`01${gtin}10L121S2`, bench())).to.deep.include({ kind: 'taken', code: serial('S2', 'L1') })
    const unclear = judge(`01${gtin}10L121S77`, bench())
    expect(unclear).to.deep.equal({
      kind: 'unclear',
      choices: [gs1('01', gtin, { '10': 'L121S77' }).text, serial('S77', 'L1')],
    })
    expect(judge(`01${gtin}10L121S9`, bench())).to.deep.equal({
      ...{ kind: 'elsewhere', code: serial('S9', 'L1'), where: 'DN-2' },
    })
  })

  it('tells what was scanned before, in whatever spelling', () => {
    const scanned = new Set([serial('S2', 'L1')])
    expect(judge(`(01)${gtin}(21)S2`, bench({ scanned }))).to.deep.equal({
      kind: 'duplicate',
      code: serial('S2', 'L1'),
    })
    const strange = serial('S50')
    const taken = bench({ scanned: new Set([strange, serial('S9')]) })
    for (const text of [strange, `(01)${gtin}(10)L5(21)S50`]) {
      expect(judge(text, taken), text).to.deep.equal({ kind: 'duplicate', code: strange })
    }
    // Taken all the same, although it belongs to another shipment: once.
    expect(judge(serial('S9'), taken)).to.deep.equal({ kind: 'duplicate', code: serial('S9') })
  })

  it('tells goods of another shipment, and names it', () => {
    expect(judge(serial('S9'), bench())).to.deep.equal({ kind: 'elsewhere', code: serial('S9'), where: 'DN-2' })
  })

  it('blocks what was withdrawn or replaced, expected or not, before all else', () => {
    for (const is of ['withdrawn', 'superseded'] as const) {
      for (const code of [serial('S1'), serial('S9'), serial('S50')]) {
        const standings = new Map([standing(code, is)])
        const verdict = judge(code, bench({ standings, scanned: new Set([code]) }))
        expect(verdict, code).to.deep.equal({ kind: 'blocked', code, standing: standings.get(code) })
      }
    }
  })

  it('takes an expected serial that nobody registered, and says so; any other is unknown', () => {
    const standings = new Map([
      standing(serial('S1'), 'unregistered', null),
      standing(serial('S50'), 'unregistered', null),
    ])
    expect(judge(serial('S1'), bench({ standings }))).to.deep.include({ kind: 'taken', unregistered: true })
    expect(judge(serial('S50'), bench({ standings }))).to.deep.include({ kind: 'unknown', unregistered: true })
    expect(judge(serial('S51'), bench())).to.deep.include({ kind: 'unknown', unregistered: false })
  })

  it('says of what is no code that it is none', () => {
    expect(judge(' WIFI:S:guest;; ', bench())).to.deep.equal({ kind: 'unreadable', text: 'WIFI:S:guest;;' })
  })
})
