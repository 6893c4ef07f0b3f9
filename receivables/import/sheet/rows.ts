import { type ColumnMap, type Columns, findColumns } from './column-map.ts'
import { type Field, fieldsOf } from './fields.ts'
import { type Cell, type Grid, shown } from './grid.ts'
import { CellProblem, type ProblemCode, type SheetProblem } from './problem.ts'

/** One row of a sheet as its fields, each in its one spelling. */
export type FieldRow = { readonly row: number; readonly values: ReadonlyMap<string, string> }

export type FieldRows = {
  readonly rows: readonly FieldRow[]
  readonly problems: SheetProblem[]
  readonly columns: Columns
  /** A problem of a field in a row, wherever its column is. */
  readonly problem: (row: number, field: string, code: ProblemCode, detail?: string) => SheetProblem
}

/** Throws SheetError where the headers can't be read; what is wrong below them is a problem each. */
export const readRows = (grid: Grid, map: ColumnMap): FieldRows => {
  const known = fieldsOf(map.kind)
  const columns = findColumns(grid, known, map)
  const cells = new Map(grid.rows.map(row => [row.number, row.cells]))
  const problem = (row: number, field: string, code: ProblemCode, detail?: string): SheetProblem => {
    const column = columns.of.get(field)
    return {
      row,
      column,
      field,
      header: columns.titles.get(field) ?? known.get(field)?.headers[0] ?? field,
      code,
      value: shown(column === undefined ? undefined : cells.get(row)?.get(column)).slice(0, 100),
      ...(detail === undefined ? {} : { detail }),
    }
  }
  const problems: SheetProblem[] = []
  const first = (map.headerRow ?? grid.rows[0]?.number ?? 1) + 1
  const rows = grid.rows
    .filter(row => row.number >= first && [...columns.of.values()].some(column => row.cells.has(column)))
    .map(({ number: row, cells: found }): FieldRow => {
      const values = new Map<string, string>()
      for (const [name, field] of known) {
        const cell = cellOf(name, columns, found, map)
        if (cell === undefined) {
          if (field.required && !field.head) problems.push(problem(row, name, 'REQUIRED'))
          continue
        }
        const read = readCell(field, cell, map)
        if (typeof read === 'string') values.set(name, read)
        else problems.push(problem(row, name, read.code))
      }
      // A row without it belongs to nobody: the row above is no answer.
      if (!values.has('number') && cellOf('number', columns, found, map) === undefined) {
        problems.push(problem(row, 'number', 'REQUIRED'))
      }
      return { row, values }
    })
  return { rows, problems, columns, problem }
}

const cellOf = (
  name: string,
  { of }: Columns,
  cells: ReadonlyMap<number, Cell>,
  { constants }: ColumnMap,
): Cell | undefined => {
  const found = cells.get(of.get(name) ?? 0)
  if (found !== undefined) return found
  const constant = Object.hasOwn(constants, name) ? constants[name]?.trim() : undefined
  return constant ? { kind: 'text', text: constant } : undefined
}

const readCell = (field: Field, cell: Cell, { grouping }: ColumnMap): string | CellProblem => {
  try {
    return field.read(cell, { grouping })
  } catch (error) {
    if (error instanceof CellProblem) return error
    throw error
  }
}
