import { errorHeaders } from './column-map.ts'
import { fieldsOf, type SheetKind } from './fields.ts'
import type { Cell } from './grid.ts'
import type { SheetImport } from './import.ts'
import { problemText } from './problem.ts'
import { type Look, type WrittenCell, writeXlsx } from './xlsx-write.ts'

export type Language = 'zh' | 'en'

/** The sheet as it came, with the cells marked that are wrong and a column that says why. Formulas are their values. */
export const markedSheet = (
  { grid, headerRow, problems }: Pick<SheetImport, 'grid' | 'headerRow' | 'problems'>,
  language: Language,
): Uint8Array => {
  const byRow = Map.groupBy(problems, ({ row }) => row)
  const width = grid.rows.reduce((most, { cells }) => Math.max(most, ...cells.keys()), 1)
  const header = grid.rows.find(it => it.number === headerRow)?.cells ?? new Map<number, Cell>()
  // Marked before: the same column again.
  const [last = width + 1] = [...header].find(([, cell]) => isErrors(cell)) ?? []
  const rows = new Map(grid.rows.map(({ number, cells }) => [number, cells]))
  const written = new Map(
    [...new Set([headerRow, ...rows.keys()])].map(row => {
      const found = byRow.get(row) ?? []
      const cells = new Map<number, WrittenCell>()
      for (const [column, cell] of rows.get(row) ?? []) if (column !== last) cells.set(column, { cell, look: 'plain' })
      for (const { column } of found) {
        if (column !== undefined) cells.set(column, { cell: cells.get(column)?.cell ?? text(''), look: 'wrong' })
      }
      if (row === headerRow) cells.set(last, { cell: text(errorHeaders[language]), look: 'bold' })
      else if (found.length > 0) {
        cells.set(last, { cell: text(found.map(it => problemText(it, language)).join('\n')), look: 'wrong' })
      }
      return [row, cells]
    }),
  )
  return writeXlsx(grid.sheet ?? 'Sheet1', written, { frozen: headerRow, columns: Math.max(width, last) })
}

const text = (said: string): Cell => ({ kind: 'text', text: said })

const isErrors = (cell: Cell): boolean =>
  cell.kind === 'text' && Object.values<string>(errorHeaders).includes(cell.text)

/** An empty sheet with the headers of a kind: those that must be filled in are bold and have an asterisk. */
export const templateOf = (kind: SheetKind, language: Language): Uint8Array => {
  const headers = [...fieldsOf(kind).values()].map(({ headers: [zh, en], required }): WrittenCell => {
    const look: Look = required ? 'bold' : 'plain'
    return { cell: text(`${language === 'zh' ? zh : en}${required ? '*' : ''}`), look }
  })
  const row = new Map(headers.map((cell, i) => [i + 1, cell]))
  return writeXlsx(sheetNames[kind][language], new Map([[1, row]]), { frozen: 1, columns: headers.length })
}

const sheetNames: Readonly<Record<SheetKind, Readonly<Record<Language, string>>>> = {
  order: { zh: '采购订单', en: 'Orders' },
  despatch: { zh: '随货同行单', en: 'Despatch advices' },
  receipt: { zh: '验收入库单', en: 'Receipt advices' },
  invoice: { zh: '发票', en: 'Invoices' },
  'credit-note': { zh: '红字发票', en: 'Credit notes' },
}
