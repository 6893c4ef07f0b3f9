/** One record of a CSV file, and the line it begins on, counted from 1. */
export type CsvRecord = { readonly line: number; readonly fields: readonly string[] }

/**
 * RFC 4180, taking any line end (LF, CRLF, and the lone CR of old exports) and a byte order mark. A quote in the middle
 * of an unquoted field is kept as text, since that is what spreadsheets write. Throws SyntaxError on an open quote.
 */
export function* readCsv(text: string): Generator<CsvRecord> {
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let line = 1
  while (at < text.length) {
    const begin = line
    const fields: string[] = []
    for (;;) {
      const field = text[at] === '"' ? quoted(text, at, line) : plain(text, at)
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

const quoted = (text: string, from: number, line: number): Field => {
  let value = ''
  for (let at = from + 1; ; ) {
    const close = text.indexOf('"', at)
    if (close < 0) throw new SyntaxError(`line ${line}: a quoted field does not end`)
    value += text.slice(at, close)
    if (text[close + 1] !== '"') {
      const rest = plain(text, close + 1)
      return { value: value + rest.value, end: rest.end, lines: value.split(/\r\n|\r|\n/).length - 1 }
    }
    value += '"'
    at = close + 2
  }
}
