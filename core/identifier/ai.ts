import { aiTable } from './ai-table.ts'
import { isLinterName, type LinterName, linters } from './linters.ts'

/** One part of a value: 1 to `length` characters when last and variable, else exactly `length`. */
export type Component = {
  readonly length: number
  readonly variable: boolean
  readonly optional: boolean
  readonly checks: readonly LinterName[]
}

/** A GS1 application identifier. */
export type Ai = {
  readonly code: string
  readonly title: string
  /** Its length is predefined, so no separator follows it in an element string. */
  readonly predefined: boolean
  /** May be a data attribute in the query of a Digital Link URI. */
  readonly attribute: boolean
  readonly components: readonly Component[]
  readonly minLength: number
  readonly maxLength: number
  /** A Digital Link primary key has the sequences of qualifiers that may follow it, each in its order. */
  readonly qualifiers: readonly (readonly string[])[] | undefined
  /** Each alternative is the AIs that must all be there; all of `requires` must hold one. */
  readonly requires: readonly (readonly (readonly string[])[])[]
  /** AIs or patterns (n is any digit) that must not be there. */
  readonly excludes: readonly string[]
}

export type Element = { readonly ai: string; readonly value: string }

export const findAi = (code: string): Ai | undefined => byCode.get(code)

/** The AI that starts at `position`. No AI is the beginning of another, so the first one found is the one. */
export const aiAt = (text: string, position: number): Ai | undefined =>
  byCode.get(text.slice(position, position + 2)) ??
  byCode.get(text.slice(position, position + 3)) ??
  byCode.get(text.slice(position, position + 4))

/** What is wrong with a value of this AI; undefined when nothing is. `position` counts from the start of the value. */
export const checkValue = (ai: Ai, value: string): { rule: string; code: string; position: number } | undefined => {
  if (value.length < ai.minLength) return { rule: `(${ai.code})`, code: 'VALUE_TOO_SHORT', position: value.length }
  if (value.length > ai.maxLength) return { rule: `(${ai.code})`, code: 'VALUE_TOO_LONG', position: ai.maxLength }
  let at = 0
  for (const { length, variable, optional, checks } of ai.components) {
    if (optional && at === value.length) break
    const part = value.slice(at, at + length)
    if (!variable && part.length < length)
      return { rule: `(${ai.code})`, code: 'VALUE_TOO_SHORT', position: value.length }
    for (const check of checks) {
      const found = linters[check](part)
      if (found) return { rule: check, code: found.code, position: at + found.position }
    }
    at += part.length
  }
  return at < value.length ? { rule: `(${ai.code})`, code: 'VALUE_TOO_LONG', position: at } : undefined
}

const characterSets = { N: 'csetnumeric', X: 'cset82', Y: 'cset39', Z: 'cset64' } as const

const component = (notation: string): Component => {
  const [, open, set, dots, digits, rest] = /^(\[)?([NXYZ])(\.\.)?(\d+)\]?((?:,\w+)*)$/.exec(notation) ?? []
  if (set === undefined || digits === undefined) throw new TypeError(`no component of an AI: ${notation}`)
  const named = (rest ?? '').split(',').filter(name => name !== '')
  return {
    length: Number(digits),
    variable: dots !== undefined,
    optional: open !== undefined,
    checks: [characterSets[set as keyof typeof characterSets], ...named].map(name => {
      if (!isLinterName(name)) throw new TypeError(`no such value check: ${name}`)
      return name
    }),
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const expandRange = (ais: string): string[] => {
  const [first = '', last = first] = ais.split('-')
  const codes = []
  for (let n = Number(first); n <= Number(last); n++) codes.push(String(n).padStart(first.length, '0'))
  return codes
}

const byCode: ReadonlyMap<string, Ai> = new Map(
  aiTable.flatMap(([ais, flags, specification, attributes, title]) => {
    const components = specification.split(' ').map(component)
    const words = attributes.split(' ').map(word => word.split(/=(.*)/s))
    const valuesOf = (name: string): string[] =>
      words.flatMap(([key, value]) => (key === name && value !== undefined ? [value] : []))
    const isKey = words.some(([key]) => key === 'dlpkey')
    const shared = {
      title,
      predefined: flags.includes('*'),
      attribute: flags.includes('?'),
      components,
      minLength: sum(components.map(part => (part.optional ? 0 : part.variable ? 1 : part.length))),
      maxLength: sum(components.map(part => part.length)),
      qualifiers: isKey
        ? (valuesOf('dlpkey')[0]?.split('|') ?? ['']).map(list => list.split(',').filter(code => code !== ''))
        : undefined,
      requires: valuesOf('req').map(value => value.split(',').map(group => group.split('+'))),
      excludes: valuesOf('ex').flatMap(value => value.split(',')),
    }
    return expandRange(ais).map(code => [code, { code, ...shared }] as const)
  }),
)
