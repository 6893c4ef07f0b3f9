import { z } from 'zod'
import { parseJsonBytes } from '../../../core/strict-json.ts'
import { SheetError } from './error.ts'
import { type Field, fieldsOf, sheetKinds } from './fields.ts'
import { type Grid, shown } from './grid.ts'

const header = z.string().min(1).max(200)

/** How the sheets of one program are to be read: a JSON file that its user keeps and names. */
export const columnMapSchema = z.strictObject({
  name: z.string().min(1).max(100),
  kind: z.enum(sheetKinds),
  /** Name of the sheet; else the first that shows. */
  sheet: z.string().min(1).max(31).optional(),
  /** Row of the headers, from 1: what stands above is passed over. */
  headerRow: z.int().min(1).max(100).optional(),
  /** Groups thousands in cells of text, `,` in 1,234.50. Without it such cells are refused: 1,234 is two numbers. */
  grouping: z.enum([',', "'", ' ']).optional(),
  /** Field → its header or headers, beside those that are known anyway. */
  columns: z.record(z.string(), z.union([header, z.array(header).min(1).max(20)])).default({}),
  /** Field → what it is in every row where no column says it. */
  constants: z.record(z.string(), header).default({}),
})
export type ColumnMap = z.output<typeof columnMapSchema>

/** Throws SheetError MAP. */
export const readColumnMap = (bytes: Uint8Array): ColumnMap => {
  let value: unknown
  try {
    value = parseJsonBytes(bytes)
  } catch (cause) {
    throw new SheetError('MAP', cause instanceof Error ? cause.message : 'no JSON')
  }
  const map = columnMapSchema.safeParse(value)
  if (!map.success) {
    const [issue] = map.error.issues
    throw new SheetError('MAP', `/${issue?.path.join('/')}: ${issue?.message}`)
  }
  const known = fieldsOf(map.data.kind)
  const stray = [...Object.keys(map.data.columns), ...Object.keys(map.data.constants)].find(name => !known.has(name))
  if (stray !== undefined) {
    throw new SheetError('MAP', `${map.data.kind} has no field ${stray}, only ${[...known.keys()].join(', ')}`)
  }
  return map.data
}

/** Column that an earlier import wrote its errors into, by its header in either language. */
export const errorHeaders = { zh: '导入错误', en: 'Import errors' } as const

export type Columns = {
  /** Field → column, from 1. */
  readonly of: ReadonlyMap<string, number>
  readonly titles: ReadonlyMap<string, string>
  /** Headers of columns that say nothing to us. */
  readonly ignored: readonly string[]
}

/** Throws SheetError HEADER_MISSING, HEADER_TWICE. */
export const findColumns = ({ sheet, rows }: Grid, known: ReadonlyMap<string, Field>, map: ColumnMap): Columns => {
  const row = map.headerRow ?? rows[0]?.number ?? 1
  const cells = rows.find(it => it.number === row)?.cells ?? new Map()
  const byHeader = new Map<string, string>()
  for (const [name, field] of known) for (const title of field.headers) byHeader.set(plain(title), name)
  // What the map says of a header outweighs what it usually means.
  for (const [name, titles] of Object.entries(map.columns)) {
    for (const title of [titles].flat()) byHeader.set(plain(title), name)
  }
  const [of, titles, ignored] = [new Map<string, number>(), new Map<string, string>(), [] as string[]]
  for (const [column, cell] of cells) {
    const title = shown(cell)
    const name = byHeader.get(plain(title))
    if (name === undefined) {
      if (!Object.values<string>(errorHeaders).includes(title)) ignored.push(title.slice(0, 100))
    } else if (of.has(name)) {
      throw new SheetError('HEADER_TWICE', `${titles.get(name)} and ${title}`, { sheet, row, column })
    } else {
      of.set(name, column)
      titles.set(name, title)
    }
  }
  const missing = [...known].filter(
    ([name, field]) => field.required && !of.has(name) && map.constants[name] === undefined,
  )
  if (missing.length > 0) {
    const named = missing.map(([, { headers }]) => `${headers[0]} / ${headers[1]}`)
    throw new SheetError('HEADER_MISSING', named.join(', '), { sheet, row })
  }
  return { of, titles, ignored }
}

/** As people vary it: width of brackets, blanks and line breaks, case, and the asterisk of what must be filled in. */
const plain = (title: string): string => title.normalize('NFKC').replaceAll(/[\s*]/g, '').toLowerCase()
