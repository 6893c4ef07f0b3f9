import fc from 'fast-check'
import { type Ai, findAi } from '../../../core/identifier/ai.ts'
import { checkDigit } from '../../../core/identifier/check-digit.ts'

export type Parts = { key: string; value: string; qualifiers: Record<string, string> }

const digits = (minLength: number, maxLength = minLength): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9]{${minLength},${maxLength}}$`))

/** Any text of character set 82. */
export const set82 = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[!"%&'()*+,\\-./0-9:;<=>?A-Z_a-z]{${minLength},${maxLength}}$`))

const checked = (length: number): fc.Arbitrary<string> => digits(length - 1).map(text => text + checkDigit(text))

const keys: Record<string, fc.Arbitrary<string>> = {
  '00': checked(18),
  '01': checked(14),
  '253': fc.tuple(checked(13), set82(0, 17)).map(parts => parts.join('')),
  '255': fc.tuple(checked(13), digits(0, 12)).map(parts => parts.join('')),
  '401': fc.tuple(digits(6), set82(1, 24)).map(parts => parts.join('')),
  '402': checked(17),
  '414': checked(13),
  '415': checked(13),
  '417': checked(13),
  '8003': fc.tuple(checked(13), set82(0, 16)).map(([number, serial]) => `0${number}${serial}`),
  '8004': fc.tuple(digits(6), set82(1, 24)).map(parts => parts.join('')),
  '8006': checked(14).map(gtin => `${gtin}0102`),
  '8010': fc.tuple(digits(6), fc.stringMatching(/^[#\-/0-9A-Z]{1,24}$/)).map(parts => parts.join('')),
  '8017': checked(18),
  '8018': checked(18),
}

const qualifier = (ai: Ai): fc.Arbitrary<string> => {
  if (ai.code === '7040') return fc.constant('1ABC')
  if (ai.code === '8011') return fc.stringMatching(/^[1-9][0-9]{0,11}$/)
  if (ai.code === '8019') return digits(1, 10)
  return set82(1, ai.maxLength)
}

/** A GS1 key with some of its qualifiers, as the dictionary has them. */
export const arbitraryCode: fc.Arbitrary<Parts> = fc.constantFrom(...Object.keys(keys)).chain(key =>
  fc.constantFrom(...(findAi(key)?.qualifiers ?? [[]])).chain(sequence =>
    fc.subarray([...sequence]).chain(chosen =>
      fc.record({
        key: fc.constant(key),
        value: keys[key] ?? fc.constant(''),
        qualifiers: fc.record(Object.fromEntries(chosen.map(ai => [ai, qualifier(findAi(ai)!)]))),
      }),
    ),
  ),
)
