import { strToU8, zipSync } from 'fflate'
import { columnName } from './error.ts'
import { type Cell, MAX_TEXT } from './grid.ts'

/** How a cell looks: `bold` for headers, `wrong` for what has an error. */
export type Look = 'plain' | 'bold' | 'wrong'

/** Looks by format, in the order of the styles below: text, number, day. */
const looks: readonly Look[] = ['plain', 'bold', 'wrong']
const formats = ['text', 'number', 'day'] as const

export type WrittenCell = { readonly cell: Cell; readonly look: Look }

/**
 * An .xlsx workbook of one sheet. Text is a string by its type and by its format, `@`: no spreadsheet takes it for a formula,
 * also not when somebody goes into the cell and presses Enter. The same cells make the same bytes.
 */
export const writeXlsx = (
  sheet: string,
  rows: ReadonlyMap<number, ReadonlyMap<number, WrittenCell>>,
  { frozen, columns }: { readonly frozen: number; readonly columns: number },
): Uint8Array => {
  const body = [...rows]
    .toSorted(([a], [b]) => a - b)
    .map(([row, cells]) => {
      const written = [...cells]
        .toSorted(([a], [b]) => a - b)
        .map(([column, it]) => cellOf(`${columnName(column)}${row}`, it))
      return `<row r="${row}">${written.join('')}</row>`
    })
  const pane = `<sheetViews><sheetView workbookViewId="0"><pane ySplit="${frozen}" topLeftCell="A${frozen + 1}" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`
  const widths = `<cols><col min="1" max="${columns}" width="18" customWidth="1"/></cols>`
  const parts = {
    '[Content_Types].xml': `<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${types}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${types}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="${types}.styles+xml"/></Types>`,
    '_rels/.rels': relations([['officeDocument', 'xl/workbook.xml']]),
    'xl/workbook.xml': `<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="${escaped(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations([
      ['worksheet', 'worksheets/sheet1.xml'],
      ['styles', 'styles.xml'],
    ]),
    'xl/styles.xml': styles,
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="${main}">${pane}${widths}<sheetData>${body.join('')}</sheetData></worksheet>`,
  }
  const files = Object.entries(parts).map(([name, xml]) => [name, strToU8(`${declaration}${xml}`)])
  return zipSync(Object.fromEntries(files), { mtime: EPOCH })
}

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const packages = 'http://schemas.openxmlformats.org/package/2006'
const types = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
/** The first day that ZIP knows, in every zone. */
const EPOCH = '1980-01-02'

const relations = (targets: readonly (readonly [type: string, target: string])[]): string =>
  `<Relationships xmlns="${packages}/relationships">${targets
    .map(([type, target], i) => `<Relationship Id="rId${i + 1}" Type="${office}/${type}" Target="${target}"/>`)
    .join('')}</Relationships>`

/** Built-in formats: 49 is `@`, 0 what fits, 14 a day as the reader's country writes it. */
const numberFormats: Readonly<Record<(typeof formats)[number], number>> = { text: 49, number: 0, day: 14 }

const styles = `<styleSheet xmlns="${main}"><fonts count="3"><font><sz val="11"/></font><font><b/><sz val="11"/></font><font><sz val="11"/><color rgb="FF9C0006"/></font></fonts><fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFFFC7CE"/></patternFill></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="9">${formats
  .flatMap(format =>
    looks.map(
      (look, i) =>
        `<xf numFmtId="${numberFormats[format]}" fontId="${i}" fillId="${look === 'wrong' ? 2 : 0}" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1"/>`,
    ),
  )
  .join('')}</cellXfs></styleSheet>`

const styleOf = (format: (typeof formats)[number], look: Look): number =>
  formats.indexOf(format) * looks.length + looks.indexOf(look)

const cellOf = (at: string, { cell, look }: WrittenCell): string => {
  switch (cell.kind) {
    case 'number':
      // More digits than a number keeps are only safe as text; so are zeros ahead.
      return cell.lost || cell.digits > 0
        ? textOf(at, cell.text.padStart(cell.digits, '0'), look)
        : `<c r="${at}" s="${styleOf('number', look)}"><v>${cell.text}</v></c>`
    case 'date':
      return `<c r="${at}" s="${styleOf('day', look)}"><v>${serialOf(cell.day)}</v></c>`
    case 'flag':
      return `<c r="${at}" s="${styleOf('number', look)}" t="b"><v>${cell.value ? 1 : 0}</v></c>`
    case 'text':
    case 'fault':
      return textOf(at, cell.text, look)
    default:
      return cell satisfies never
  }
}

const textOf = (at: string, text: string, look: Look): string =>
  `<c r="${at}" s="${styleOf('text', look)}" t="inlineStr"><is><t xml:space="preserve">${escaped(text.slice(0, MAX_TEXT))}</t></is></c>`

const serialOf = (day: string): number => (Date.parse(`${day}T00:00:00Z`) - Date.UTC(1899, 11, 30)) / 86_400_000

/** What XML can't hold is written as Excel does it, `_x0000_`, and so is what only looks so (ECMA-376 §22.9.2.19). */
const escaped = (text: string): string =>
  text
    .replaceAll(/_x(?=[0-9A-Fa-f]{4}_)/g, '_x005F_x')
    .replaceAll(/[^\t\n\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, it =>
      Array.from(
        { length: it.length },
        (_, i) => `_x${it.charCodeAt(i).toString(16).toUpperCase().padStart(4, '0')}_`,
      ).join(''),
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

/** The other way round. */
export const unescaped = (text: string): string =>
  text.replaceAll(/_x([0-9A-Fa-f]{4})_/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
