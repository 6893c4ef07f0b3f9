import { findAi } from '../core/identifier/ai.ts'
import { type Code, type CodeText, parseCode } from '../core/identifier/code.ts'
import { identityOf } from '../core/identifier/identity.ts'

/** Of a code as somebody has written it; undefined of what is none. */
export const identityIn = (text: unknown): CodeText | undefined => {
  const parsed = typeof text === 'string' ? parseCode(text) : undefined
  return parsed?.ok ? identityOf(parsed.code) : undefined
}

/** Two ways to write one instance contradict each other where both name a lot or variant, and not the same. */
export const agree = (one: Code, other: Code): boolean =>
  one.scheme === 'handle' ||
  other.scheme === 'handle' ||
  one.path.every(({ ai, value }) => other.path.every(it => it.ai !== ai || it.value === value))

/** Prefixes under which the code may have been registered, longest first. */
export const prefixesOf = (code: Code): readonly string[] => {
  if (code.scheme === 'handle') {
    const numbers = code.prefix.split('.')
    return numbers.map((_, i) => numbers.slice(0, numbers.length - i).join('.')).filter(prefix => prefix.includes('.'))
  }
  const { ai, value } = code.path[0]
  const digits = value.slice(companyPrefixAt(ai))
  return Array.from({ length: 9 }, (_, i) => digits.slice(0, 12 - i)).filter((prefix, i) => prefix.length === 12 - i)
}

/** The dictionary says which part of a key begins with the company prefix: at its first character, or at its second. */
const companyPrefixAt = (ai: string): number => {
  let at = 0
  for (const { length, checks } of findAi(ai)?.components ?? []) {
    if (checks.includes('gcppos1')) return at
    if (checks.includes('gcppos2')) return at + 1
    at += length
  }
  return 0
}
