import { aiAt, checkValue, type Element } from './ai.ts'
import { checkDigit } from './check-digit.ts'
import { type CodeText, type ParsedCode, parseCode } from './code.ts'
import { formatBracketed } from './element-string.ts'

/**
 * Every code that a scanner can have meant by what it sent. One where the text says it all; several where it swallowed the
 * separators (FNC1 within the symbol, which many keyboard scanners can't type), so that nobody can tell from the text
 * where a value of variable length ends; none for what is no code. GTINs of plain retail symbols are padded to 14 digits.
 */
export const readingsOf = (scanned: string): readonly ParsedCode[] => {
  const text = scanned.trim()
  const carried = (/^\](?:C1|e0|d2|Q3|J1)/.test(text) ? text.slice(3) : text).replaceAll(GROUP_SEPARATOR, '^')
  if (!/^\^?\d/.test(carried)) return parsed(text)
  const elements = carried.replace(/^\^/, '')
  // Where one separator came through, none was swallowed.
  if (elements.includes('^')) return parsed(`^${elements}`)
  const readings = new Map<CodeText, ParsedCode>()
  for (const reading of [...parsed(carried), ...elementsIn(elements).flatMap(it => parsed(formatBracketed(it)))]) {
    if (!readings.has(reading.code.text)) readings.set(reading.code.text, reading)
  }
  return readings.size > 0 ? [...readings.values()] : retail(elements)
}

/** What scanners send for FNC1. */
const GROUP_SEPARATOR = '\u001d'

const parsed = (text: string): readonly ParsedCode[] => {
  const result = parseCode(text)
  return result.ok ? [result] : []
}

/** EAN-8, UPC-A, EAN-13 and ITF-14 carry a GTIN and no application identifier. */
const retail = (digits: string): readonly ParsedCode[] =>
  /^(?:\d{8}|\d{12,14})$/.test(digits) && checkDigit(digits.slice(0, -1)) === digits.at(-1)
    ? parsed(`(01)${digits.padStart(14, '0')}`)
    : []

/** So many ways to split a text are looked at; whoever swallows separators of more than that is asked to stop. */
const MOST = 200

/** All ways to read the text as elements without a separator. Values of predefined length can only end in one place. */
const elementsIn = (text: string): readonly (readonly Element[])[] => {
  const found: (readonly Element[])[] = []
  let looked = 0
  const read = (at: number, before: readonly Element[]): void => {
    if (at === text.length) {
      found.push(before)
      return
    }
    const ai = aiAt(text, at)
    // The same identifier twice is no symbol that anybody prints, and a value that looks like one.
    if (ai === undefined || before.some(it => it.ai === ai.code)) return
    const start = at + ai.code.length
    const longest = Math.min(ai.maxLength, text.length - start)
    // The longest first: that is what the text says as it stands.
    for (let length = longest; length >= (ai.predefined ? ai.maxLength : ai.minLength); length--) {
      if (found.length >= MOST || looked++ >= MOST * 20) return
      const value = text.slice(start, start + length)
      if (checkValue(ai, value) === undefined) read(start + length, [...before, { ai: ai.code, value }])
    }
  }
  read(0, [])
  return found
}
