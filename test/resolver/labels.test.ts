import { expect } from 'chai'
import { Refusal } from '../../core/errors.ts'
import { parseCode } from '../../core/identifier/code.ts'
import { labelDocument } from '../../resolver/labels/label.ts'
import { sheetDocument } from '../../resolver/labels/sheet.ts'
import { symbolOf } from '../../resolver/labels/symbol.ts'

const parsed = (code: string) => {
  const it = parseCode(code)
  if (!it.ok) throw new Error(it.error.message)
  return it
}
const codeOf = (attempt: () => unknown): string => {
  try {
    attempt()
    return 'nothing was refused'
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

describe('labels', () => {
  it('say in text all that the symbol says, values of predefined length first', () => {
    const { lines } = symbolOf(parsed('(01)06901234900026(10)L1(21)S1(17)301231'), 'gs1-datamatrix', '')
    expect(lines).to.deep.equal(['(01)06901234900026', '(17)301231', '(10)L1', '(21)S1'])
  })

  it('can show nothing but the code: its text never becomes markup', () => {
    const label = labelDocument(symbolOf(parsed('hdl:88.1/<script>&"'), 'qr', 'https://x.example'), 0.5, '<&"')
    expect(label).not.to.include('<script')
    expect(label).to.include('&lt;script>&amp;&quot;')
    expect(label).to.include('<title>&lt;&amp;&quot;</title>')
  })

  it('are refused as GS1 DataMatrix for a handle', () => {
    expect(codeOf(() => symbolOf(parsed('hdl:88.1/a'), 'gs1-datamatrix', ''))).to.equal('LABEL_IMPOSSIBLE')
  })

  it('are refused where the modules would be too small to scan', () => {
    const long = symbolOf(parsed(`hdl:88.1/${'长'.repeat(150)}`), 'qr', 'https://x.example')
    expect(codeOf(() => sheetDocument([long], 'a4-5x13', 0.5))).to.equal('LABEL_IMPOSSIBLE')
    expect(codeOf(() => sheetDocument([long], 'roll-100x60', 0.5))).to.equal('nothing was refused')
  })

  it('fill as many sheets as they need, none of them empty', () => {
    const symbol = symbolOf(parsed('(01)06901234900026'), 'gs1-datamatrix', '')
    const pages = (count: number) =>
      sheetDocument(Array(count).fill(symbol), 'a4-3x8', 0.5).split('width="210mm"').length - 1
    expect([1, 24, 25, 48, 49].map(pages)).to.deep.equal([1, 1, 2, 2, 3])
  })
})
