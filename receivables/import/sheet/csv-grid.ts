import { type CsvRecord, CsvTooLarge, readCsv } from '../csv.ts'
import { SheetError } from './error.ts'
import { type Cell, type Grid, MAX_BYTES, MAX_COLUMNS, MAX_ROWS, MAX_TEXT, type Row, textCell } from './grid.ts'

/**
 * CSV in UTF-8, or in GB18030 as Chinese spreadsheet programs save it, all cells text. Throws SheetError: ENCODING,
 * TOO_LARGE, TOO_MANY_ROWS, TOO_MANY_COLUMNS, CELL_TOO_LONG, CSV.
 */
export const readCsvGrid = (bytes: Uint8Array): Grid => {
  if (bytes.length > MAX_BYTES) throw new SheetError('TOO_LARGE', `more than ${MAX_BYTES >> 20} MiB`)
  const rows: Row[] = []
  for (const { line, fields } of records(decode(bytes))) {
    if (rows.length === MAX_ROWS) throw new SheetError('TOO_MANY_ROWS', `at most ${MAX_ROWS}`, { row: line })
    const cells = new Map<number, Cell>()
    for (const [i, field] of fields.entries()) {
      const cell = textCell(field, line, i + 1)
      if (cell !== undefined) cells.set(i + 1, cell)
    }
    if (cells.size > 0) rows.push({ number: line, cells })
  }
  return { sheet: undefined, rows }
}

function* records(text: string): Generator<CsvRecord> {
  try {
    yield* readCsv(text, { fields: MAX_COLUMNS, characters: MAX_TEXT })
  } catch (cause) {
    if (cause instanceof CsvTooLarge) {
      const { what, line: row, column } = cause
      if (what === 'fields') throw new SheetError('TOO_MANY_COLUMNS', `at most ${MAX_COLUMNS}`, { row, column })
      throw new SheetError('CELL_TOO_LONG', `more than ${MAX_TEXT} characters`, { row, column })
    }
    if (!(cause instanceof SyntaxError)) throw cause
    throw new SheetError('CSV', '', { row: Number(/^line ([0-9]+)/.exec(cause.message)?.[1] ?? 1) })
  }
}

/** Text of any other encoding would be read as Chinese that nobody wrote; control characters and holes give it away. */
const decode = (bytes: Uint8Array): string => {
  for (const encoding of ['utf-8', 'gb18030']) {
    let text: string
    try {
      text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
    } catch {
      continue
    }
    const [stray] = /[\p{Cc}\p{Co}\p{Cn}\uFFFD]/u.exec(text.replaceAll(/[\t\r\n]/g, ' ')) ?? []
    if (stray === undefined) return text
    const before = text.slice(0, text.indexOf(stray))
    throw new SheetError('ENCODING', `U+${stray.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`, {
      row: before.split(/\r\n|\r|\n/).length,
    })
  }
  throw new SheetError('ENCODING')
}
