import { type Ai, aiAt, checkValue, type Element, findAi } from './ai.ts'
import { type Failure, failure } from './error.ts'

export type Elements = { readonly ok: true; readonly elements: readonly Element[] }

/** More than any symbol holds; what comes after is compared with what came before. */
const maxElements = 64

/**
 * An element string as a barcode carries it, with `^` for FNC1: one at the start, and one after each value whose length
 * is not predefined (General Specifications 7.8). A trailing one is taken.
 */
export const parseElementString = (text: string): Elements | Failure => {
  if (!text.startsWith('^')) return broken('MISSING_FNC1', 0, 'an element string starts with FNC1 (^)')
  const elements: Element[] = []
  let at = 1
  while (at < text.length) {
    if (elements.length === maxElements) return tooMany(at)
    const ai = aiAt(text, at)
    if (!ai) return broken('UNKNOWN_AI', at, `no application identifier starts with ${text.slice(at, at + 4)}`)
    const start = at + ai.code.length
    const separator = text.indexOf('^', start)
    const end = ai.predefined ? start + ai.maxLength : separator < 0 ? text.length : separator
    const value = text.slice(start, Math.min(end, separator < 0 ? text.length : separator))
    const bad = badValue(ai, value, offset => start + offset)
    if (bad) return bad
    elements.push({ ai: ai.code, value })
    at = text[end] === '^' ? end + 1 : end
  }
  return elements.length > 0 ? { ok: true, elements } : broken('NO_ELEMENTS', at, 'nothing follows FNC1')
}

/** Human-readable form `(01)09520123456788(10)AB`; a parenthesis before an AI inside a value is written `\(`. */
export const parseBracketed = (text: string): Elements | Failure => {
  const elements: Element[] = []
  let at = 0
  while (at < text.length) {
    if (elements.length === maxElements) return tooMany(at)
    const [opening, code = ''] = /^\((\d{2,4})\)/.exec(text.slice(at, at + 6)) ?? []
    if (opening === undefined) return broken('EXPECTED_AI', at, 'an application identifier in brackets, as in (01)')
    const ai = findAi(code)
    if (!ai) return broken('UNKNOWN_AI', at + 1, `(${code}) is no application identifier`)
    const start = at + opening.length
    const { value, offsets, end } = readValue(text, start)
    const bad = badValue(ai, value, offset => offsets[offset] ?? end)
    if (bad) return bad
    elements.push({ ai: code, value })
    at = end
  }
  return elements.length > 0 ? { ok: true, elements } : broken('NO_ELEMENTS', 0, 'the text is empty')
}

export const formatElementString = (elements: readonly Element[]): string => {
  let text = ''
  let separate = true
  for (const { ai, value } of elements) {
    text += `${separate ? '^' : ''}${ai}${value}`
    separate = findAi(ai)?.predefined !== true
  }
  return text
}

export const formatBracketed = (elements: readonly Element[]): string =>
  elements.map(({ ai, value }) => `(${ai})${value.replaceAll('(', '\\(')}`).join('')

/** The failure of one value, at its place in the whole text. */
export const badValue = (ai: Ai, value: string, place: (offset: number) => number): Failure | undefined => {
  const bad = checkValue(ai, value)
  if (!bad) return undefined
  const what = bad.code.toLowerCase().replaceAll('_', ' ')
  return failure(bad.rule, bad.code, place(bad.position), `(${ai.code}) ${ai.title}: ${what}`)
}

/** The value up to the next bare bracket, and where each of its characters stood. */
const readValue = (text: string, start: number): { value: string; offsets: number[]; end: number } => {
  const offsets: number[] = []
  let value = ''
  let at = start
  while (at < text.length && text[at] !== '(') {
    if (text.startsWith('\\(', at)) at++
    offsets.push(at)
    value += text[at++]
  }
  return { value, offsets, end: at }
}

const tooMany = (at: number): Failure => broken('TOO_MANY_ELEMENTS', at, `there are more than ${maxElements} elements`)

const broken = (code: string, position: number, message: string): Failure =>
  failure('element-string', code, position, message)
