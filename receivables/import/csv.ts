/** One record of a CSV file, and the line it begins on, counted from 1. */
export type CsvRecord = { readonly line: number; readonly fields: readonly string[] }

/** What one record may hold, so that a line without end costs no more than its limit. */
export type CsvLimits = { readonly fields: number; readonly characters: number }

const unlimited: CsvLimits = { fields: Number.POSITIVE_INFINITY, characters: Number.POSITIVE_INFINITY }

/** The place of the field that is one too many, or too long. */
export class CsvTooLarge extends RangeError {
  readonly what: keyof CsvLimits
  readonly line: number
  /** From 1. */
  readonly column: number

  constructor(what: keyof CsvLimits, line: number, column: number) {
    super(`line ${line}, field ${column}: too many ${what}`)
    this.what = what
    this.line = line
    this.column = column
  }
}

/**
 * RFC 4180, taking any line end (LF, CRLF, and the lone CR of old exports) and a byte order mark. A quote in the middle
 * of an unquoted field is kept as text, since that is what spreadsheets write. Throws SyntaxError on an open quote,
 * and CsvTooLarge.
 */
export function* readCsv(text: string, limits: CsvLimits = unlimited): Generator<CsvRecord> {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let line = 1
  while (at < text.length) {
    const begin = line
    const fields: string[] = []
    for (;;) {
      const column = fields.length + 1
      if (column > limits.fields) throw new CsvTooLarge('fields', line, column)
      const field = text[at] === '"' ? quoted(text, at, line, limits.characters) : plain(text, at)
      if (field === undefined || field.value.length > limits.characters) {
        throw new CsvTooLarge('characters', line, column)
      }
      fields.push(field.value)
      line += field.lines
      at = field.end
      if (text[at] !== ',') break
      at++
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++
    at++
    line++
    if (fields.length > 1 || fields[0] !== '') yield { line: begin, fields }
  }
}

type Field = { readonly value: string; readonly end: number; readonly lines: number }

const plain = (text: string, from: number): Field => {
  let end = from
  while (end < text.length && text[end] !== ',' && text[end] !== '\r' && text[end] !== '\n') end++
  return { value: text.slice(from, end), end, lines: 0 }
}

/** Undefined where it is longer than that. */
const quoted = (text: string, from: number, line: number, most: number): Field | undefined => {
  let value = ''
  for (let at = from + 1; ; ) {
    const close = text.indexOf('"', at)
    if (close < 0) throw new SyntaxError(`line ${line}: a quoted field does not end`)
    value += text.slice(at, close)
    if (value.length > most) return undefined
    if (text[close + 1] !== '"') {
      const rest = plain(text, close + 1)
      return { value: value + rest.value, end: rest.end, lines: value.split(/\r\n|\r|\n/).length - 1 }
    }
    value += '"'
    at = close + 2
  }
}
