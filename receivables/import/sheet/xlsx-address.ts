export type Address = { readonly row: number; readonly column: number }

/** `AB12` → row 12, column 28. Undefined for what no sheet has. */
export const addressOf = (text: string): Address | undefined => {
  const [, letters, digits] = /^([A-Z]{1,3})([1-9][0-9]{0,6})$/.exec(text) ?? []
  if (letters === undefined || digits === undefined) return undefined
  let column = 0
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64
  const row = Number(digits)
  return column <= 16_384 && row <= 1_048_576 ? { row, column } : undefined
}

export type Merge = Address & { readonly text: string; readonly lastRow: number }

/** `A1:C2`. */
export const mergeOf = (text: string): Merge | undefined => {
  const [from = '', to = from, ...more] = text.split(':')
  const [first, last] = [addressOf(from), addressOf(to)]
  return first === undefined || last === undefined || more.length > 0
    ? undefined
    : { ...first, text, lastRow: last.row }
}
