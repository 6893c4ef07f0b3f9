import { expect } from 'chai'
import fc from 'fast-check'
import { concat, utf8 } from '../../../../core/bytes.ts'
import { readCsvGrid } from '../../../../receivables/import/sheet/csv-grid.ts'
import { columnName, SheetError } from '../../../../receivables/import/sheet/error.ts'
import { shown } from '../../../../receivables/import/sheet/grid.ts'
import { readGrid } from '../../../../receivables/import/sheet/import.ts'
import { formatOf, numberCell } from '../../../../receivables/import/sheet/number.ts'
import { addressOf } from '../../../../receivables/import/sheet/xlsx-address.ts'
import { readXlsxGrid } from '../../../../receivables/import/sheet/xlsx-grid.ts'
import { textRows, workbook } from './workbook.ts'

const cells = (bytes: Uint8Array, sheet?: string, header = 1) =>
  readXlsxGrid(bytes, sheet, header).rows.map(({ number, cells: of }) => [
    number,
    Object.fromEntries([...of].map(([column, cell]) => [columnName(column), shown(cell)])),
  ])

const fault = (read: () => unknown): string => {
  try {
    read()
    return 'read'
  } catch (error) {
    if (!(error instanceof SheetError)) throw error
    const { sheet, row, column } = error.place
    return [error.fault, ...(sheet === undefined ? [] : [sheet]), ...[row, column].filter(it => it !== undefined)].join(
      ' ',
    )
  }
}
const ofSheet = (sheet: string) => () => readGrid(workbook({ sheet }), {})

describe('a workbook', () => {
  it('gives text from shared strings, runs and inline strings, without how it is pronounced', () => {
    const strings =
      '<si><t xml:space="preserve"> 采购订单号 </t></si><si><r><t>冠脉</t></r><r><rPr><b/></rPr><t>支架</t></r><rPh sb="0" eb="1"><t>カンミャク</t></rPh></si>'
    const sheet = `<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>
      <row r="4"><c r="B4" t="inlineStr"><is><r><t>a&amp;</t></r><r><t>b</t></r></is></c><c r="D4" t="str"><f>A1&amp;"x"</f><v>x1</v></c></row></sheetData>`
    expect(cells(workbook({ sheet, strings }))).to.deep.equal([
      [1, { A: '采购订单号', C: '冠脉支架' }],
      [4, { B: 'a&b', D: 'x1' }],
    ])
  })

  it('gives numbers as the 15 digits that a spreadsheet shows, and says where there were more', () => {
    const said = (stored: string) => numberCell(stored)?.text
    expect(said('19.989999999999998')).to.equal('19.99')
    expect(said('0.30000000000000004')).to.equal('0.3')
    expect(said('1.1000000000000001')).to.equal('1.1')
    expect(said('1E-3')).to.equal('0.001')
    expect(said('-1.5E+3')).to.equal('-1500')
    expect(said('100')).to.equal('100')
    expect(said('0')).to.equal('0')
    expect(said('-0')).to.equal('0')
    expect(numberCell('999999999999999')).to.include({ text: '999999999999999', lost: false })
    expect(numberCell('123456789012345678')).to.include({ lost: true })
    for (const none of ['', 'NaN', 'Infinity', '1e999', '1e400', '0x10', '1,5', ' 1', '--1', '1'.repeat(50)]) {
      expect(said(none), none).to.equal(undefined)
    }
  })

  it('reads any decimal of up to 15 digits back as it was', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 15n) + 1n, max: 10n ** 15n - 1n }), fc.nat(8), (unscaled, scale) => {
        const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
        const text = `${unscaled < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${scale ? `.${digits.slice(-scale)}` : ''}`
        const plain = text.includes('.') ? text.replace(/\.?0+$/, '') : text
        expect(numberCell(String(Number(text)))?.text).to.equal(plain === '-0' ? '0' : plain)
      }),
    )
  })

  it('gives days by the format of the cell, in both epochs, and zeros that a format shows', () => {
    const styles = `<numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/><numFmt numFmtId="165" formatCode="00000000000000"/><numFmt numFmtId="166" formatCode="[Red]#,##0.00&quot;d&quot;"/></numFmts>
      <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="57"/></cellXfs>`
    const row = (...of: readonly (readonly [style: number, value: string])[]) =>
      `<sheetData><row r="1">${of.map(([s, v]) => `<c s="${s}"><v>${v}</v></c>`).join('')}</row></sheetData>`
    const sheet = row(
      [1, '46082'],
      [2, '46082.75'],
      [3, '6901234567892'],
      [4, '46082'],
      [5, '46082'],
      [1, '60'],
      [1, '-5'],
    )
    const [[, of]] = cells(workbook({ sheet, styles })) as [[number, Record<string, string>]]
    expect(of).to.deep.equal({
      ...{ A: '2026-03-01', B: '2026-03-01', C: '06901234567892', D: '46082', E: '2026-03-01', F: '60', G: '-5' },
    })
    const in1904 = workbook({ sheet: row([1, '44620']), styles, properties: '<workbookPr date1904="1"/>' })
    expect(cells(in1904)).to.deep.equal([[1, { A: '2026-03-01' }]])
    expect(formatOf(166, '0.00" days"')).to.deep.equal({ day: false, digits: 0 })
    expect(formatOf(166, 'General')).to.deep.equal({ day: false, digits: 0 })
  })

  it('reads the first sheet that shows, or the one that is named', () => {
    const sheets =
      '<sheet name="藏" sheetId="1" state="hidden" r:id="rId2"/><sheet name="订单" sheetId="2" r:id="rId1"/>'
    const of = workbook({ sheet: textRows([['a']]), sheets })
    expect(readXlsxGrid(of, undefined, 1).sheet).to.equal('订单')
    expect(readXlsxGrid(of, '订单', 1).rows).to.have.length(1)
    expect(fault(() => readXlsxGrid(of, '无', 1))).to.equal('NO_SHEET')
  })

  it('refuses merged cells from the headers on, and lets a title above them be', () => {
    const sheet = `${textRows([['title'], ['a', 'b'], ['1', '2']])}<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>`
    expect(fault(() => readGrid(workbook({ sheet }), {}))).to.equal('MERGED 单据 1 1')
    expect(readGrid(workbook({ sheet }), { headerRow: 2 }).rows).to.have.length(3)
    const down = sheet.replace('A1:B1', 'A1:A2')
    expect(fault(() => readGrid(workbook({ sheet: down }), { headerRow: 2 }))).to.equal('MERGED 单据 1 1')
    expect(fault(() => readGrid(workbook({ sheet: sheet.replace('A1:B1', 'B2:B3') }), { headerRow: 2 }))).to.equal(
      'MERGED 单据 2 2',
    )
  })

  it('tells errors and formulas without a value from values', () => {
    const sheet =
      '<sheetData><row><c t="e"><f>1/0</f><v>#DIV/0!</v></c><c><f>A1</f></c><c><f>1+1</f><v>2</v></c><c t="b"><v>1</v></c></row></sheetData>'
    const [row] = readGrid(workbook({ sheet }), {}).rows
    expect([...(row?.cells.values() ?? [])].map(it => it.kind)).to.deep.equal(['fault', 'fault', 'number', 'flag'])
  })

  it('costs what it holds: a cell at the last address makes no rows and columns on the way there', () => {
    const far =
      '<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="IV1048576"><v>2</v></c></row></sheetData>'
    expect(readGrid(workbook({ sheet: far }), {}).rows.map(it => it.number)).to.deep.equal([1, 1_048_576])
    expect(fault(ofSheet(far.replace('IV1048576', 'XFD1048576')))).to.equal('TOO_MANY_COLUMNS 单据 1048576 16384')
    // A program that formats a sheet to its end leaves a million rows without a value.
    const empty = `<sheetData>${'<row/>'.repeat(30_000)}<row><c><v>1</v></c></row></sheetData>`
    expect(readGrid(workbook({ sheet: empty }), {}).rows.map(it => it.number)).to.deep.equal([30_001])
  })

  it('stops at the row that is too many, and is not unpacked where it is too tightly packed', () => {
    const row = '<row><c><v>1</v></c></row>'
    expect(fault(ofSheet(`<sheetData>${row.repeat(20_000)}</sheetData>`))).to.equal('read')
    expect(fault(ofSheet(`<sheetData>${row.repeat(20_001)}</sheetData>`))).to.equal('TOO_MANY_ROWS 单据 20001')
    expect(fault(ofSheet(`<sheetData>${row.repeat(1_000_000)}</sheetData>`))).to.equal('ARCHIVE')
    expect(fault(ofSheet(textRows([['x'.repeat(32_768)]])))).to.equal('CELL_TOO_LONG 1 1')
  })

  it('refuses entities, depth, other encodings, broken order and what is no part of it', () => {
    const bomb = '<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    const part = (text: string) => () =>
      readGrid(workbook({ sheet: '', files: { 'xl/worksheets/sheet1.xml': text } }), {})
    expect(fault(part(bomb))).to.equal('XML')
    expect(fault(part('<a>'.repeat(100_000)))).to.equal('TOO_LARGE')
    expect(fault(part('<?xml version="1.0" encoding="GBK"?><worksheet/>'))).to.equal('XML')
    expect(fault(part(''))).to.equal('XML')
    expect(fault(ofSheet('<sheetData><row r="2"/><row r="2"/></sheetData>'))).to.equal('XML 单据 2')
    expect(fault(ofSheet('<sheetData><row r="1"><c r="B1"/><c r="A1"/></row></sheetData>'))).to.equal('XML 单据 1')
    expect(fault(ofSheet('<sheetData><row r="1"><c t="s"><v>9</v></c></row></sheetData>'))).to.equal('XML 单据 1')
    expect(fault(() => readGrid(Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0), {}))).to.equal('OLD_FORMAT')
    expect(fault(() => readGrid(Uint8Array.of(0x50, 0x4b, 3, 4), {}))).to.equal('ARCHIVE')
    const none = workbook({ sheet: '', files: { '_rels/.rels': '<Relationships/>' } })
    expect(fault(() => readGrid(none, {}))).to.equal('FORMAT')
  })

  it('throws nothing but its own errors, whatever byte is changed', () => {
    const good = workbook({
      sheet: '<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>46082</v></c></row></sheetData>',
      strings: '<si><t>a</t></si>',
      styles: '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>',
    })
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        fault(() => readGrid(good.with(at, byte), {}))
      }),
    )
    // Inside a part, past what the archive's checksum catches.
    const text = '<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>46082</v></c></row></sheetData>'
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 4, unit: 'binary-ascii' }), (at, put) => {
        fault(ofSheet(text.slice(0, at) + put + text.slice(at + 1)))
      }),
    )
  })

  it('knows addresses as far as sheets go', () => {
    expect(addressOf('XFD1048576')).to.deep.equal({ row: 1_048_576, column: 16_384 })
    expect(['A0', 'XFE1', 'A1048577', '1A', 'a1', '$A$1', ''].map(addressOf)).to.deep.equal(Array(7).fill(undefined))
    expect([1, 26, 27, 702, 703, 16_384].map(columnName)).to.deep.equal(['A', 'Z', 'AA', 'ZZ', 'AAA', 'XFD'])
  })
})

describe('CSV', () => {
  /** 采购订单号,数量 / 甲,1 in GB18030. */
  const gb = Uint8Array.from([
    ...[0xb2, 0xc9, 0xb9, 0xba, 0xb6, 0xa9, 0xb5, 0xa5, 0xba, 0xc5, 0x2c, 0xca, 0xfd, 0xc1, 0xbf, 0x0d, 0x0a],
    ...[0xbc, 0xd7, 0x2c, 0x31],
  ])
  const texts = (bytes: Uint8Array) =>
    readCsvGrid(bytes).rows.map(({ number, cells: of }) => [number, [...of.values()].map(shown).join('|')])

  it('is read in UTF-8 with and without its mark, and in GB18030, with any line end', () => {
    const expected = [
      [1, '采购订单号|数量'],
      [2, '甲|1'],
    ]
    const text = '采购订单号,数量\n甲,1'
    expect(texts(utf8(text))).to.deep.equal(expected)
    expect(texts(concat(Uint8Array.of(0xef, 0xbb, 0xbf), utf8(text.replace('\n', '\r'))))).to.deep.equal(expected)
    expect(texts(gb)).to.deep.equal(expected)
    // A character that GBK does not have: four bytes.
    expect(texts(Uint8Array.of(0x95, 0x32, 0x82, 0x36))).to.deep.equal([[1, '\u{20000}']])
    expect(texts(utf8('a,b\n\n,\n"x\ny",0012\nlast'))).to.deep.equal([
      ...[
        [1, 'a|b'],
        [4, 'x\ny|0012'],
        [6, 'last'],
      ],
    ])
  })

  it('is refused with its place in other encodings, with an open quote, and where it is too much', () => {
    const utf16 = Uint8Array.from([0xff, 0xfe, ...[...'a,b'].flatMap(it => [it.charCodeAt(0), 0])])
    expect(fault(() => readCsvGrid(utf16))).to.match(/^ENCODING/)
    expect(fault(() => readCsvGrid(utf8('a\nb\u0000c')))).to.equal('ENCODING 2')
    // Decodes, as a character that nobody ever gave a meaning.
    expect(fault(() => readCsvGrid(Uint8Array.of(0x61, 0x0a, 0xaa, 0xa1)))).to.equal('ENCODING 2')
    expect(fault(() => readCsvGrid(utf8('a\n"b')))).to.equal('CSV 2')
    expect(fault(() => readCsvGrid(new Uint8Array((16 << 20) + 1).fill(0x61)))).to.equal('TOO_LARGE')
    expect(fault(() => readCsvGrid(new Uint8Array(1 << 20).fill(0x61)))).to.equal('CELL_TOO_LONG 1 1')
    expect(fault(() => readCsvGrid(utf8(`a,"${'""'.repeat(32_768)}"`)))).to.equal('CELL_TOO_LONG 1 2')
    expect(fault(() => readCsvGrid(utf8(','.repeat(256))))).to.equal('TOO_MANY_COLUMNS 1 257')
    expect(fault(() => readCsvGrid(utf8('1\n'.repeat(20_001))))).to.equal('TOO_MANY_ROWS 20001')
  })

  it('throws nothing but its own errors for any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => void fault(() => readGrid(bytes, {}))))
  })
})
