import { type Element, findAi } from './ai.ts'

/** Two elements that no item can carry together, or an element without the one it belongs to. */
export type PairingFinding = {
  readonly code: 'EXCLUSIVE_AIS' | 'REPEATED_AI' | 'REQUIRED_AI_MISSING'
  readonly ai: string
  readonly other: string
}

/** An AI never excludes itself, even where its own pattern matches it (3100 and 310n). */
export const contradictions = (elements: readonly Element[]): PairingFinding[] =>
  elements.flatMap(({ ai, value }, index) => {
    const found: PairingFinding[] = []
    for (const [i, other] of elements.entries()) {
      if (other.ai === ai) {
        if (i < index && other.value !== value) found.push({ code: 'REPEATED_AI', ai, other: ai })
      } else if (findAi(ai)?.excludes.some(pattern => matches(pattern, other.ai)))
        found.push({ code: 'EXCLUSIVE_AIS', ai, other: other.ai })
    }
    return found
  })

/**
 * Elements whose mandatory companion is absent. Only for the data of all carriers of an item together (the dictionary's
 * note on attributes): one label alone may leave the key to another, so parsing does not ask for this.
 */
export const missingCompanions = (elements: readonly Element[]): PairingFinding[] =>
  elements.flatMap(({ ai }) =>
    (findAi(ai)?.requires ?? [])
      .filter(alternatives => !alternatives.some(group => group.every(pattern => present(pattern, elements))))
      .map(alternatives => ({
        code: 'REQUIRED_AI_MISSING' as const,
        ai,
        other: alternatives.map(group => group.join('+')).join(','),
      })),
  )

const present = (pattern: string, elements: readonly Element[]): boolean =>
  elements.some(element => matches(pattern, element.ai))

const matches = (pattern: string, ai: string): boolean =>
  pattern.length === ai.length && [...pattern].every((character, i) => character === 'n' || character === ai[i])
