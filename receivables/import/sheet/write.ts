import writeExcelFile, { type CellObject } from 'write-excel-file/universal'
import { errorHeaders } from './column-map.ts'
import { fieldsOf, type SheetKind } from './fields.ts'
import { type Cell, MAX_TEXT } from './grid.ts'
import type { SheetImport } from './import.ts'
import { problemText } from './problem.ts'

export type Language = 'zh' | 'en'

/**
 * Text that a spreadsheet must never take for a formula: a string by its type, in a cell of text by its format, so that it
 * stays one when somebody goes in and presses Enter.
 */
const textOf = (text: string, style: Partial<CellObject> = {}): CellObject => ({
  value: text.slice(0, MAX_TEXT),
  type: String,
  format: '@',
  ...style,
})

const RED = '#ffc7ce'
const wrong = { backgroundColor: RED, textColor: '#9c0006' }

/** The sheet as it came, with the cells marked that are wrong and a column that says why. Formulas are their values. */
export const markedSheet = async (
  { grid, headerRow, problems }: Pick<SheetImport, 'grid' | 'headerRow' | 'problems'>,
  language: Language,
): Promise<Uint8Array> => {
  const byRow = Map.groupBy(problems, ({ row }) => row)
  const width = Math.max(1, ...grid.rows.map(({ cells }) => Math.max(0, ...cells.keys())))
  const isErrors = (text: string) => Object.values<string>(errorHeaders).includes(text)
  const before = [...(grid.rows.find(it => it.number === headerRow)?.cells ?? [])].find(
    ([, cell]) => cell.kind === 'text' && isErrors(cell.text),
  )
  const last = before?.[0] ?? width + 1
  const rows = new Map(grid.rows.map(row => [row.number, row.cells]))
  const height = Math.max(headerRow, ...rows.keys())
  const data = Array.from({ length: height }, (_, i) => {
    const row = i + 1
    const found = byRow.get(row) ?? []
    const bad = new Set(found.map(({ column }) => column))
    const cells = Array.from({ length: Math.max(width, last) }, (_unused, j) => {
      const column = j + 1
      if (column !== last) return written(rows.get(row)?.get(column), bad.has(column))
      if (row === headerRow) return textOf(errorHeaders[language], { fontWeight: 'bold' })
      return found.length === 0 ? null : textOf(found.map(it => problemText(it, language)).join('\n'), wrong)
    })
    return cells
  })
  return bytesOf(data, grid.sheet ?? 'Sheet1', headerRow)
}

const written = (cell: Cell | undefined, bad: boolean): CellObject | null => {
  const style = bad ? wrong : {}
  if (cell === undefined) return bad ? textOf('', style) : null
  switch (cell.kind) {
    case 'number':
      // More digits than a number keeps are only safe as text; so are zeros ahead.
      return cell.lost || cell.digits > 0
        ? textOf(cell.text.padStart(cell.digits, '0'), style)
        : { value: Number(cell.text), type: Number, ...style }
    case 'date':
      return { value: new Date(`${cell.day}T00:00:00Z`), type: Date, format: 'yyyy-mm-dd', ...style }
    case 'flag':
      return { value: cell.value, type: Boolean, ...style }
    default:
      return textOf(cell.text, style)
  }
}

/** An empty sheet with the headers of a kind: those that must be filled in are bold and have an asterisk. */
export const templateOf = (kind: SheetKind, language: Language): Promise<Uint8Array> => {
  const headers = [...fieldsOf(kind).values()].map(({ headers: [zh, en], required }) =>
    textOf(`${language === 'zh' ? zh : en}${required ? '*' : ''}`, required ? { fontWeight: 'bold' } : {}),
  )
  return bytesOf([headers], sheetNames[kind][language], 1)
}

const sheetNames: Readonly<Record<SheetKind, Readonly<Record<Language, string>>>> = {
  order: { zh: '采购订单', en: 'Orders' },
  despatch: { zh: '随货同行单', en: 'Despatch advices' },
  receipt: { zh: '验收入库单', en: 'Receipt advices' },
  invoice: { zh: '发票', en: 'Invoices' },
  'credit-note': { zh: '红字发票', en: 'Credit notes' },
}

const bytesOf = async (
  data: readonly (readonly (CellObject | null)[])[],
  sheet: string,
  headerRow: number,
): Promise<Uint8Array> => {
  const columns = Array.from({ length: data[0]?.length ?? 0 }, () => ({ width: 18 }))
  const rows = data.map(row => [...row])
  const file = writeExcelFile(rows, { sheet, columns, stickyRowsCount: headerRow })
  return new Uint8Array(await (await file.toBlob()).arrayBuffer())
}
