import { checkDigit, checkPair } from './check-digit.ts'
import { cset82 } from './lint-characters.ts'
import { charactersIn, digitsOnly, finding, firstNonDigit, type Linter, memberOf } from './linter.ts'

export const csum: Linter = value => {
  if (value === '') return finding('TOO_SHORT_FOR_CHECK_DIGIT')
  const malformed = digitsOnly(value)
  if (malformed) return malformed
  const last = value.length - 1
  // A single digit is its own check digit over nothing, which is 0.
  const expected = last === 0 ? '0' : checkDigit(value.slice(0, last))
  return value[last] === expected ? undefined : finding('INCORRECT_CHECK_DIGIT', last)
}

const cset32 = charactersIn(/[^2-9A-HJ-NP-Z]/, 'INVALID_CSET32_CHARACTER')

export const csumalpha: Linter = value => {
  const length = value.length - 2
  if (length < 0) return finding('TOO_SHORT_FOR_CHECK_PAIR')
  if (length > 97) return finding('TOO_LONG_FOR_CHECK_PAIR_IMPLEMENTATION')
  const [body, pair] = [value.slice(0, length), value.slice(length)]
  const malformed = cset82(body)
  if (malformed) return malformed
  const badPair = cset32(pair)
  if (badPair) return finding(badPair.code, badPair.position + length)
  return checkPair(body) === pair ? undefined : finding('INCORRECT_CHECK_PAIR', length)
}

/** A company prefix has at least four digits; whether it is allocated only a registry knows. */
const companyPrefixAt =
  (offset: number): Linter =>
  (value, registry) => {
    const key = value.slice(offset)
    if (key.length < 4) return finding('TOO_SHORT_FOR_GCP')
    const at = firstNonDigit(key.slice(0, 4))
    if (at >= 0) return finding('INVALID_GCP_PREFIX', offset + at)
    const answer = registry?.(key)
    if (answer === 'offline') return finding('GCP_DATASOURCE_OFFLINE')
    return answer === 'unallocated' ? finding('INVALID_GCP_PREFIX') : undefined
  }

export const gcppos1 = companyPrefixAt(0)
export const gcppos2 = companyPrefixAt(1)

export const zero = charactersIn(/[^0]/, 'NOT_ZERO')

export const nonzero: Linter = value =>
  digitsOnly(value) ?? (/[1-9]/.test(value) ? undefined : finding('ILLEGAL_ZERO_VALUE'))

export const nozeroprefix: Linter = value =>
  digitsOnly(value) ?? (/^0./.test(value) ? finding('ILLEGAL_ZERO_PREFIX') : undefined)

export const yesno = memberOf(new Set(['0', '1']), 'NOT_ZERO_OR_ONE')
export const winding = memberOf(new Set(['0', '1', '9']), 'INVALID_WINDING_DIRECTION')
export const iso5218 = memberOf(new Set(['0', '1', '2', '9']), 'INVALID_BIOLOGICAL_SEX_CODE')

export const pieceoftotal: Linter = value => {
  const malformed = digitsOnly(value)
  if (malformed) return malformed
  const half = value.length / 2
  if (half === 0 || !Number.isInteger(half)) return finding('INVALID_LENGTH_FOR_PIECE_OF_TOTAL')
  const [piece, total] = [value.slice(0, half), value.slice(half)]
  if (!/[1-9]/.test(piece)) return finding('ZERO_PIECE_NUMBER')
  if (!/[1-9]/.test(total)) return finding('ZERO_TOTAL_PIECES', half)
  return piece > total ? finding('PIECE_NUMBER_EXCEEDS_TOTAL') : undefined
}

export const posinseqslash: Linter = value => {
  const [, position, end] = /^([0-9]+)\/([0-9]+)$/.exec(value) ?? []
  if (position === undefined || end === undefined) return finding('POSITION_IN_SEQUENCE_MALFORMED')
  if (position.startsWith('0')) return finding('ILLEGAL_ZERO_PREFIX')
  if (end.startsWith('0')) return finding('ILLEGAL_ZERO_PREFIX', position.length + 1)
  return BigInt(position) > BigInt(end) ? finding('POSITION_EXCEEDS_END') : undefined
}

/** Ten digits, degrees times 10^7, shifted to be positive. */
const coordinate =
  (limit: string, name: string): Linter =>
  value => {
    if (value.length !== 10) return finding(`${name}_INVALID_LENGTH`)
    return digitsOnly(value) ?? (value > limit ? finding(`INVALID_${name}`) : undefined)
  }

export const latitude = coordinate('1800000000', 'LATITUDE')
export const longitude = coordinate('3600000000', 'LONGITUDE')
