import { charactersIn, finding, type Linter } from './linter.ts'

/** GS1 AI encodable character sets 82, 39 and 64 (General Specifications, figures 7.11-1 to 7.11-3). */
export const cset82 = charactersIn(/[^!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]/, 'INVALID_CSET82_CHARACTER')
export const cset39 = charactersIn(/[^#\-/0-9A-Z]/, 'INVALID_CSET39_CHARACTER')

const cset64Characters = charactersIn(/[^A-Za-z0-9\-_]/, 'INVALID_CSET64_CHARACTER')

/** Padding is optional, and when given fills up to a multiple of 3 characters: the dictionary's rule, not base64's 4. */
export const cset64: Linter = value => {
  const body = value.replace(/=+$/, '')
  const padding = value.length - body.length
  if (padding > 2 || (padding > 0 && value.length % 3 !== 0)) return finding('INVALID_CSET64_PADDING', body.length)
  return cset64Characters(body)
}

export const pcenc: Linter = value => {
  const at = value.search(/%(?![0-9A-Fa-f]{2})/)
  return at < 0 ? undefined : finding('INVALID_PERCENT_SEQUENCE', at)
}

export const hyphen: Linter = value => {
  const at = value.search(/[^-]|^$/)
  return at < 0 ? undefined : finding('NOT_HYPHEN', at)
}

export const hasnondigit: Linter = value => (/[^0-9]/.test(value) ? undefined : finding('REQUIRES_NON_DIGIT_CHARACTER'))

/** Importer index of EU 2018/574: one URL-safe base64 character. */
export const importeridx: Linter = value =>
  value.length === 1
    ? charactersIn(/[^\-0-9A-Z_a-z]/, 'INVALID_IMPORT_IDX_CHARACTER')(value)
    : finding('IMPORTER_IDX_MUST_BE_ONE_CHARACTER')
