import { checkArithmetic } from '../../../core/invoice.ts'
import { parseMinor } from '../../../core/money.ts'
import { parseDecimal } from '../../../core/quantity.ts'
import type { Unsigned } from '../scms-trade.ts'
import { type ColumnMap, columnMapSchema } from './column-map.ts'
import { readCsvGrid } from './csv-grid.ts'
import { documentOf, type Settings, type SheetDocument } from './documents.ts'
import { SheetError } from './error.ts'
import type { SheetKind } from './fields.ts'
import type { Grid } from './grid.ts'
import type { SheetProblem } from './problem.ts'
import { readRows } from './rows.ts'
import { readXlsxGrid } from './xlsx-grid.ts'

export type SheetSettings = Settings & {
  readonly kind: SheetKind
  /** Beside the headers that are known anyway; of the same kind. */
  readonly map?: ColumnMap | undefined
}

/** What an invoice says that does not add up. It is taken all the same: what was billed is what was billed. */
export type SheetFinding = {
  readonly row: number
  readonly code: string
  readonly expected: string
  readonly found: string
}

export type SheetImport = {
  /** What was read, for a copy with the errors marked (mark.ts). */
  readonly grid: Grid
  readonly headerRow: number
  /** Ready to be signed by their origin. None where there is any problem: nothing is half imported. */
  readonly documents: readonly Unsigned<SheetKind>[]
  readonly problems: readonly SheetProblem[]
  readonly findings: readonly SheetFinding[]
  /** Headers that say nothing to us. */
  readonly ignored: readonly string[]
}

/**
 * Documents of one kind out of a spreadsheet: .xlsx, or CSV in UTF-8 or GB18030, a row for each line. For a browser as well
 * as for a command. Pure: the same bytes and settings give the same documents. Problems come row by row; a file that can't
 * be read as a sheet at all throws SheetError, with its fault and place.
 */
export const importSheet = (file: Uint8Array, settings: SheetSettings): SheetImport => {
  const map = settings.map ?? columnMapSchema.parse({ name: settings.kind, kind: settings.kind })
  if (map.kind !== settings.kind) throw new SheetError('MAP', `${map.name} is for a ${map.kind}, not ${settings.kind}`)
  const grid = readGrid(file, map)
  const headerRow = map.headerRow ?? grid.rows[0]?.number ?? 1
  const rows = readRows(grid, map)
  const groups = Map.groupBy(
    rows.rows.filter(({ values }) => values.has('number')),
    ({ values }) => values.get('number') ?? '',
  )
  const built = [...groups].flatMap(([number, of]) => documentOf(settings.kind, number, of, rows, settings) ?? [])
  const problems = rows.problems.toSorted((a, b) => a.row - b.row || (a.column ?? 0) - (b.column ?? 0))
  const good = problems.length === 0
  return {
    grid,
    headerRow,
    documents: good ? built.map(({ claims: { iss: _, iat: __, ...document } }) => document) : [],
    problems,
    findings: good ? built.flatMap(findingsOf) : [],
    ignored: rows.columns.ignored,
  }
}

const OLE = [0xd0, 0xcf, 0x11, 0xe0]
const ZIP = [0x50, 0x4b, 0x03, 0x04]

/** By its first bytes, whatever it is called. Throws SheetError. */
export const readGrid = (file: Uint8Array, { sheet, headerRow }: Pick<ColumnMap, 'sheet' | 'headerRow'>): Grid => {
  const starts = (bytes: readonly number[]): boolean => bytes.every((byte, i) => file[i] === byte)
  if (starts(OLE)) throw new SheetError('OLD_FORMAT')
  if (starts(ZIP)) return readXlsxGrid(file, sheet, headerRow ?? 1)
  return readCsvGrid(file)
}

const findingsOf = ({ claims, rows }: SheetDocument): readonly SheetFinding[] => {
  if (claims.kind !== 'invoice' && claims.kind !== 'credit-note') return []
  const { currency, net, tax, gross, lines } = claims
  const found = checkArithmetic({
    currency,
    ...{ net: parseMinor(net), tax: parseMinor(tax), gross: parseMinor(gross) },
    lines: lines.map(({ id, quantity, unitPrice, net: of, serials }) => ({
      id,
      quantity: parseDecimal(quantity),
      unitPrice: parseDecimal(unitPrice),
      net: parseMinor(of),
      ...(serials === undefined ? {} : { serials }),
    })),
  })
  return found.map(({ code, line, expected, found: actual }) => ({
    row: rows[line === undefined ? 0 : lines.findIndex(it => it.id === line)] ?? 0,
    ...{ code, expected, found: actual },
  }))
}
