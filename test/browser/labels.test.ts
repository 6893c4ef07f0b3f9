import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { expect } from 'chai'
import { prepareZXingModule, type ReadResult, readBarcodes } from 'zxing-wasm/reader'
import { parseCode } from '../../core/identifier/code.ts'
import { sheetDocument } from '../../resolver/labels/sheet.ts'
import { symbolOf } from '../../resolver/labels/symbol.ts'
import { type Demonstration, demonstration } from './support.ts'

const udi = '(01)06901234900026(11)251130(17)301231(10)A/7-b(21)SN%2B"\\(1)'
const codes = [
  '(00)069012341234567894',
  udi,
  '(253)6901234000030123',
  '(414)6901234567892(254)DOCK+1',
  '(01)06901234900026',
]

describe('printed labels', function () {
  this.timeout(180_000)
  let at: Demonstration
  before(async () => {
    at = await demonstration()
    const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm')
    await prepareZXingModule({ overrides: { wasmBinary: (await readFile(wasm)).buffer }, fireImmediately: true })
  })

  /** What a camera would see of it. */
  const seen = async (html: string): Promise<ReadResult[]> => {
    const page = await at.browser.newPage({ deviceScaleFactor: 3 })
    try {
      await page.setContent(html)
      return await readBarcodes(await page.screenshot({ fullPage: true }), { tryHarder: true, maxNumberOfSymbols: 255 })
    } finally {
      await page.close()
    }
  }
  const svgOf = async (code: string, symbology: string) => {
    const url = `${at.market}/api/v1/labels?${new URLSearchParams({ code, symbology })}`
    const answer = await fetch(url)
    expect(answer.status, code).to.equal(200)
    expect(answer.headers.get('Content-Type')).to.include('image/svg+xml')
    return answer.text()
  }

  for (const code of codes) {
    it(`reads ${code} back from GS1 DataMatrix, with its symbology identifier`, async () => {
      const [read, ...others] = await seen(await svgOf(code, 'gs1-datamatrix'))
      expect(others).to.deep.equal([])
      expect(read?.symbologyIdentifier).to.equal(']d2')
      const carried = parseCode(`]d2${new TextDecoder().decode(read?.bytes)}`)
      expect(carried).to.deep.include(withoutOrder(code))
    })

    it(`reads ${code} back from QR, as an address of this node`, async () => {
      const [read] = await seen(await svgOf(code, 'qr'))
      expect(read?.symbologyIdentifier).to.equal(']Q1')
      expect(read?.text).to.match(new RegExp(`^${at.market}/`))
      expect(parseCode(read?.text ?? '')).to.deep.include(withoutOrder(code))
    })
  }

  it('reads a handle back from QR', async () => {
    const [read] = await seen(await svgOf('hdl:88.100.1/设备-7', 'qr'))
    expect(parseCode(read?.text ?? '')).to.deep.include(withoutOrder('hdl:88.100.1/设备-7'))
  })

  it('reads every label of a sheet, each once', async () => {
    const sent = Array.from({ length: 30 }, (_, i) => `(01)06901234900026(10)L1(21)S${1000 + i}`)
    const symbols = sent.map(code => symbolOf(mustParse(code), 'gs1-datamatrix', ''))
    const read = await seen(sheetDocument(symbols, 'a4-3x8', 0.5))
    const texts = read.map(it => parseCode(`]d2${new TextDecoder().decode(it.bytes)}`))
    expect(texts.map(it => (it.ok ? it.code.text : '')).sort()).to.deep.equal(
      sent.map(code => mustParse(code).code.text).sort(),
    )
  })
})

const mustParse = (code: string) => {
  const parsed = parseCode(code)
  if (!parsed.ok) throw new Error(parsed.error.message)
  return parsed
}

/** Attributes may come in any order. */
const withoutOrder = (code: string) => ({ ok: true, code: mustParse(code).code })
