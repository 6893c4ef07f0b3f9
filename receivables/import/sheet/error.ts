/** Why a file is not taken as a whole: nothing in it could be told row by row. */
export const sheetFaults = {
  FORMAT: 'the file is neither an .xlsx workbook nor CSV text',
  OLD_FORMAT: 'the file is an .xls workbook or has a password: save it as .xlsx without one',
  ARCHIVE: 'the workbook is damaged, or packed as no spreadsheet program does',
  XML: 'a part of the workbook is not well-formed, or is not what a workbook has there',
  ENCODING: 'the text is neither UTF-8 nor GB18030',
  CSV: 'a quoted field does not end',
  TOO_LARGE: 'the file is larger than an import takes',
  TOO_MANY_ROWS: 'the sheet has more rows than an import takes',
  TOO_MANY_COLUMNS: 'the sheet has more columns than an import takes',
  CELL_TOO_LONG: 'a cell holds more text than a spreadsheet does',
  NO_SHEET: 'the workbook has no such sheet',
  MERGED: 'cells are merged: which row or column their value is of can not be told',
  HEADER_MISSING: 'columns that the documents can not do without are missing',
  HEADER_TWICE: 'two columns have the same meaning',
  MAP: 'the column map can not be used',
} as const
export type SheetFault = keyof typeof sheetFaults

/** Where in the file: row and column count from 1, as spreadsheets show them. */
export type SheetPlace = {
  readonly sheet?: string | undefined
  readonly row?: number | undefined
  readonly column?: number | undefined
}

export class SheetError extends Error {
  readonly fault: SheetFault
  readonly place: SheetPlace

  constructor(fault: SheetFault, detail = '', place: SheetPlace = {}) {
    const at = placeText(place)
    super([sheetFaults[fault], detail.slice(0, 300), at].filter(part => part !== '').join(': '))
    this.name = 'SheetError'
    this.fault = fault
    this.place = place
  }
}

const placeText = ({ sheet, row, column }: SheetPlace): string => {
  const cell = row === undefined ? '' : column === undefined ? `row ${row}` : `${columnName(column)}${row}`
  return [sheet === undefined ? '' : `sheet ${sheet}`, cell].filter(part => part !== '').join(', ')
}

/** 1 → A, 27 → AA. */
export const columnName = (column: number): string => {
  let name = ''
  for (let rest = column; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    name = String.fromCharCode(65 + ((rest - 1) % 26)) + name
  }
  return name
}
