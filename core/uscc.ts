import { z } from 'zod'

declare const brand: unique symbol

/** 统一社会信用代码: 18 characters whose last one checks the others (GB 32100-2015). */
export type Uscc = string & { readonly [brand]: 'Uscc' }

/** Digits and capitals without I, O, S, V and Z, in the order that gives each its value 0 to 30. */
const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY'

/** Powers of 3 modulo 31, one for each of the first 17 characters. */
const weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28] as const

/** Authority and class, 6 digits of the administrative division (GB/T 2260), 9 of the organization, 1 check. */
const shape = /^[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}$/

export const isUscc = (text: string): text is Uscc => shape.test(text) && checkCharacter(text) === text[17]

/** Throws SyntaxError. Lower case, white space and look-alike letters are errors here: an edge that is lenient folds them first. */
export const parseUscc = (text: string): Uscc => {
  if (isUscc(text)) return text
  throw new SyntaxError(
    shape.test(text) ? 'the check character of the USCC does not match' : 'a USCC has 18 characters: 2, 6 digits, 10',
  )
}

/** The first 17 characters with their check character. */
export const makeUscc = (first17: string): Uscc => {
  if (first17.length !== 17) throw new SyntaxError('the check character of a USCC is made from 17 characters')
  return parseUscc(first17 + (shape.test(`${first17}0`) ? checkCharacter(first17) : '0'))
}

/** For schemas: a string that is a USCC. The check character is beyond a regular expression, so JSON Schema shows the shape. */
export const usccSchema = z
  .string()
  .regex(shape, 'a USCC has 18 characters: 2, 6 digits, 10')
  .refine(isUscc, 'the check character of the USCC does not match') as unknown as z.ZodType<Uscc, string>

const checkCharacter = (text: string): string | undefined => {
  let sum = 0
  for (const [i, weight] of weights.entries()) sum += alphabet.indexOf(text[i] ?? '') * weight
  return alphabet[(31 - (sum % 31)) % 31]
}
