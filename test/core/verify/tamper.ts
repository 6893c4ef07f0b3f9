import { expect } from 'chai'
import type { Bundle } from '../../../core/bundle.ts'
import type { Verification } from '../../../core/verify/bundle.ts'
import type { StepName } from '../../../core/verify/step.ts'

/** Ways to change one thing in a bundle, and to say what must notice. */

export function* leavesOf(value: unknown, path: readonly string[]): Generator<readonly string[]> {
  if (typeof value !== 'object' || value === null) yield path
  else for (const [name, member] of Object.entries(value)) yield* leavesOf(member, [...path, name])
}

const valueAt = (of: unknown, path: readonly string[]): unknown =>
  path.reduce((at, name) => (at as Record<string, unknown>)[name], of)

export const replaceAt = (bundle: Bundle, path: readonly string[], value: unknown): Bundle => {
  const copy = structuredClone(bundle)
  const parent = valueAt(copy, path.slice(0, -1)) as Record<string, unknown>
  parent[path.at(-1)!] = value
  return copy
}

/** Where to change a text: its ends and its middle; of what has parts, such as a signed text, places in each. */
export const positionsOf = (bundle: Bundle, path: readonly string[]): readonly number[] => {
  const value = valueAt(bundle, path)
  if (typeof value !== 'string') return [0]
  const places = /[.\n{]/.test(value) ? [0.25, 0.5, 0.75] : [0.5]
  const inner = places.map(place => Math.floor(place * value.length))
  return [...new Set([0, ...inner, value.length - 1])]
}

/** The same bundle with one character of one text, or one number, changed to another of its kind. */
export const mutate = (bundle: Bundle, path: readonly string[], at: number): Bundle => {
  const value = valueAt(bundle, path)
  if (typeof value === 'number') return replaceAt(bundle, path, value + 1)
  if (typeof value !== 'string') throw new TypeError(`nothing to change at ${path.join('.')}`)
  const character = value[at] ?? ''
  const other = /[0-9]/.test(character) ? (character === '7' ? '3' : '7') : character === 'a' ? 'b' : 'a'
  return replaceAt(bundle, path, value.slice(0, at) + other + value.slice(at + 1))
}

/** By one of these steps; or, for a field that can't even be read any more, by the format step, which must name it. */
export const expectFalse = ({ verdict, steps }: Verification, by: readonly StepName[], what: string): void => {
  expect(verdict, what).to.equal('false')
  const found = steps.filter(({ outcome }) => outcome === 'false')
  const named = found.some(({ step, detail }) => step === 'format' && what.startsWith(detail.split(':')[0]!))
  expect(
    named || found.some(({ step }) => by.includes(step)),
    `${what}: found by ${found.map(({ step, detail }) => `${step} (${detail})`).join()}, expected ${by.join()}`,
  ).to.equal(true)
}
