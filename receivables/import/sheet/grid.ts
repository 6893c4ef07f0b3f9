import { SheetError } from './error.ts'

/** What stands in a cell. An empty one is no cell. */
export type Cell =
  | { readonly kind: 'text'; readonly text: string }
  /**
   * `text` is the plain decimal of the 15 digits that a spreadsheet reckons with and shows: 19.99 is stored as
   * 19.989999999999998. `digits` is to how many a format like 000000 fills it up. Beyond 15 digits the rest is lost.
   */
  | { readonly kind: 'number'; readonly text: string; readonly digits: number; readonly lost: boolean }
  | { readonly kind: 'date'; readonly day: string }
  | { readonly kind: 'flag'; readonly value: boolean }
  /** `#N/A` and its like, or a formula that was never calculated. */
  | { readonly kind: 'fault'; readonly text: string }

export type Row = {
  /** As a spreadsheet counts them, from 1; of CSV the line on which it begins. */
  readonly number: number
  /** By column, from 1. */
  readonly cells: ReadonlyMap<number, Cell>
}

/** One sheet: its rows that hold anything, in order. */
export type Grid = { readonly sheet: string | undefined; readonly rows: readonly Row[] }

export const MAX_BYTES = 16 << 20
export const MAX_ROWS = 20_000
export const MAX_COLUMNS = 256
/** As many characters as Excel takes. */
export const MAX_TEXT = 32_767

export const textCell = (text: string, row: number, column: number): Cell | undefined => {
  if (text.length > MAX_TEXT) throw new SheetError('CELL_TOO_LONG', `${text.length} characters`, { row, column })
  const said = text.trim()
  return said === '' ? undefined : { kind: 'text', text: said }
}

/** What a person sees in the cell. */
export const shown = (cell: Cell | undefined): string => {
  if (cell === undefined) return ''
  switch (cell.kind) {
    case 'number':
      return padded(cell)
    case 'date':
      return cell.day
    case 'flag':
      return cell.value ? 'TRUE' : 'FALSE'
    default:
      return cell.text
  }
}

/** With the zeros ahead that its format shows. */
export const padded = ({ text, digits }: Extract<Cell, { kind: 'number' }>): string =>
  /^[0-9]+$/.test(text) ? text.padStart(digits, '0') : text
