import { actDetailsZh } from './details-acts-zh.ts'
import { logDetailsZh } from './details-log-zh.ts'
import type { Language } from './words.ts'

type Template = { readonly pattern: RegExp; readonly zh: string; readonly length: number }

const compile = ([en, zh]: readonly [string, string]): Template => {
  const literals = en.split('{}')
  const escaped = literals.map(text => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return { pattern: new RegExp(`^${escaped.join('([\\s\\S]+?)')}$`), zh, length: literals.join('').length }
}

/** What says most comes first, so that `{}: {}` takes only what nothing else does. */
const templates = [...logDetailsZh, ...actDetailsZh].map(compile).toSorted((a, b) => b.length - a.length)

/**
 * What a step says, or what it is about, in the reader's language. Steps say it in English, in the file, on the command
 * line and to machines alike; a sentence that varies is known by what does not. What is
 * not in the tables, as the words of a foreign server, stays as it is.
 */
export const detailIn = (language: Language, said: string): string =>
  language === 'en' ? said : (chineseOf(said) ?? said)

const LONGEST = 400

/** Undefined where the tables don't know the sentence. */
export const chineseOf = (said: string): string | undefined => {
  // Names in a bundle are a stranger's: what is longer than any sentence here is not tried against all of them.
  if (said.length > LONGEST) return undefined
  for (const { pattern, zh } of templates) {
    const found = pattern.exec(said)
    if (found === null) continue
    return zh.replaceAll(/\{(\d)\}|<(\d)>/g, (_, place?: string, sentence?: string) => {
      const value = found[Number(place ?? sentence)] ?? ''
      // A name that reads like a sentence stays a name.
      return sentence === undefined ? value : (chineseOf(value) ?? value)
    })
  }
  return undefined
}
