import { walkXml, type XmlTag } from '../../../core/xml.ts'
import { SheetError } from './error.ts'
import { type Cell, type Grid, MAX_COLUMNS, MAX_ROWS, type Row, textCell } from './grid.ts'
import { dateCell, numberCell } from './number.ts'
import { addressOf, type Merge, mergeOf } from './xlsx-address.ts'
import { openWorkbook, partLimits, readPart, type Workbook } from './xlsx-workbook.ts'
import { unescaped } from './xlsx-write.ts'

/**
 * One sheet of an .xlsx workbook (ECMA-376), the first that shows unless one is named. Only cells that are there are kept,
 * so what a file may cost follows from its size, and not from how far off an address it names. Of a formula the value is
 * read that was calculated when the file was saved. Throws SheetError.
 * @param header row of the headers: no merged cells from there on
 */
export const readXlsxGrid = (bytes: Uint8Array, wanted: string | undefined, header: number): Grid => {
  const workbook = openWorkbook(bytes, wanted)
  const { sheet, path } = workbook
  const reading = new SheetReading(workbook)
  readPart(path, () => walkXml(workbook.parts.get(path) ?? new Uint8Array(), reading, partLimits))
  const merged = reading.merges.find(it => it.lastRow >= header)
  if (merged !== undefined)
    throw new SheetError('MERGED', merged.text, { sheet, row: merged.row, column: merged.column })
  return { sheet, rows: reading.rows }
}

class SheetReading {
  readonly rows: Row[] = []
  readonly merges: Merge[] = []
  readonly #workbook: Workbook
  readonly #path: string[] = []
  #row = 0
  #column = 0
  #cells = new Map<number, Cell>()
  #tag: XmlTag | undefined
  #value: string | undefined
  #formula = false
  #inline = ''

  constructor(workbook: Workbook) {
    this.#workbook = workbook
  }

  readonly open = (tag: XmlTag): void => {
    this.#path.push(tag.name)
    const { attributes } = tag
    if (this.#at('row')) {
      const row = attributes.r === undefined ? this.#row + 1 : Number(attributes.r)
      if (!Number.isSafeInteger(row) || row <= this.#row) throw this.#wrong(`row ${attributes.r ?? ''}`)
      this.#row = row
      this.#column = 0
      this.#cells = new Map()
    } else if (this.#at('row', 'c')) {
      const at = attributes.r === undefined ? { row: this.#row, column: this.#column + 1 } : addressOf(attributes.r)
      if (at === undefined || at.row !== this.#row || at.column <= this.#column) {
        throw this.#wrong(`cell ${attributes.r ?? ''}`)
      }
      this.#column = at.column
      this.#tag = tag
      this.#value = undefined
      this.#formula = false
      this.#inline = ''
    } else if (this.#at('row', 'c', 'v')) this.#value = ''
    else if (this.#at('row', 'c', 'f')) this.#formula = true
    else if (this.#path.length === 3 && this.#path[1] === 'mergeCells' && tag.name === 'mergeCell') {
      const merge = mergeOf(attributes.ref ?? '')
      if (merge === undefined) throw this.#wrong(`mergeCell ${attributes.ref ?? ''}`)
      this.merges.push(merge)
    }
  }

  readonly text = (piece: string): void => {
    if (this.#at('row', 'c', 'v')) this.#value += piece
    // Rich text comes in runs; what is only how to pronounce it is left out.
    else if (this.#at('row', 'c', 'is', 't') || this.#at('row', 'c', 'is', 'r', 't')) this.#inline += piece
  }

  readonly close = (): void => {
    if (this.#at('row', 'c')) this.#keep()
    else if (this.#at('row') && this.#cells.size > 0) {
      // What is formatted down to the last row, and empty, is no row.
      const place = { sheet: this.#workbook.sheet, row: this.#row }
      if (this.rows.length === MAX_ROWS) throw new SheetError('TOO_MANY_ROWS', `at most ${MAX_ROWS}`, place)
      this.rows.push({ number: this.#row, cells: this.#cells })
    }
    this.#path.pop()
  }

  #keep(): void {
    const cell = this.#cell()
    if (cell === undefined) return
    if (this.#column > MAX_COLUMNS) {
      const place = { sheet: this.#workbook.sheet, row: this.#row, column: this.#column }
      throw new SheetError('TOO_MANY_COLUMNS', `at most ${MAX_COLUMNS}`, place)
    }
    this.#cells.set(this.#column, cell)
  }

  #cell(): Cell | undefined {
    const { t: type = 'n', s: style = '0' } = this.#tag?.attributes ?? {}
    const value = this.#value
    if (type === 'inlineStr') return textCell(unescaped(this.#inline), this.#row, this.#column)
    if (value === undefined || (value === '' && type !== 'str')) {
      return this.#formula ? { kind: 'fault', text: 'a formula without its value' } : undefined
    }
    switch (type) {
      case 's': {
        const text = this.#workbook.strings[/^[0-9]{1,8}$/.test(value) ? Number(value) : -1]
        if (text === undefined) throw this.#wrong(`string ${value}`)
        return textCell(unescaped(text), this.#row, this.#column)
      }
      case 'str':
        return textCell(unescaped(value), this.#row, this.#column)
      case 'b':
        return { kind: 'flag', value: value === '1' }
      case 'e':
        return { kind: 'fault', text: value.slice(0, 20) }
      case 'd': {
        const day = /^[0-9]{4}-[0-9]{2}-[0-9]{2}/.exec(value)?.[0]
        return day === undefined ? { kind: 'fault', text: value.slice(0, 40) } : { kind: 'date', day }
      }
      case 'n': {
        const format = this.#workbook.formats[/^[0-9]{1,6}$/.test(style) ? Number(style) : -1]
        const cell = format?.day ? dateCell(value, this.#workbook.from1904) : numberCell(value, format?.digits)
        return cell ?? { kind: 'fault', text: value.slice(0, 40) }
      }
      default:
        throw this.#wrong(`a cell of type ${type}`)
    }
  }

  /** Whether the parser stands on exactly this below `sheetData`. */
  #at(...path: readonly string[]): boolean {
    const at = this.#path
    return at.length === path.length + 2 && at[1] === 'sheetData' && path.every((name, i) => at[i + 2] === name)
  }

  #wrong(detail: string): SheetError {
    return new SheetError('XML', detail, { sheet: this.#workbook.sheet, ...(this.#row > 0 && { row: this.#row }) })
  }
}
