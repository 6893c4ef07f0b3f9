import { gcppos1 } from './lint-numbers.ts'
import { yymmdd } from './lint-time.ts'
import { digitsOnly, type Finding, finding, type Linter, type PrefixRegistry } from './linter.ts'

/**
 * North American coupon codes: fields in a fixed order, most of them a length digit and that many digits (plus 6 for
 * company prefixes and serials). A field reads from the cursor, and reports or moves on.
 */
type Cursor = { readonly text: string; at: number }
type Field = (cursor: Cursor, registry: PrefixRegistry | undefined) => Finding | undefined

/** One digit out of a set. */
const digit =
  (
    name: string,
    allowed = '0123456789',
    missing = `COUPON_MISSING_${name}`,
    invalid = `COUPON_INVALID_${name}`,
  ): Field =>
  cursor => {
    if (cursor.at === cursor.text.length) return finding(missing)
    if (!allowed.includes(cursor.text.charAt(cursor.at))) return finding(invalid, cursor.at)
    cursor.at++
    return undefined
  }

const digits =
  (name: string, length: number, short = `COUPON_TRUNCATED_${name}`): Field =>
  cursor => {
    if (cursor.text.length - cursor.at < length) return finding(short, cursor.at === cursor.text.length ? 0 : cursor.at)
    cursor.at += length
    return undefined
  }

/** A length digit out of a set, then that many digits plus `more`; 9 means none, where it is allowed for a prefix. */
const counted =
  (name: string, allowed: string, more: number, isPrefix: boolean): Field =>
  (cursor, registry) => {
    const indicator = Number(cursor.text[cursor.at])
    const bad = digit(name, allowed, `COUPON_MISSING_${name}_VLI`, `COUPON_INVALID_${name}_LENGTH`)(cursor, registry)
    if (bad) return bad
    const start = cursor.at
    const length = isPrefix && indicator === 9 ? 0 : indicator + more
    const short = digits(name, length)(cursor, registry)
    if (short || !isPrefix || length === 0) return short
    const prefix = gcppos1(cursor.text.slice(start, cursor.at), registry)
    return prefix && finding(prefix.code, start)
  }

const date =
  (name: string, invalid: string): Field =>
  cursor => {
    const start = cursor.at
    const short = digits(name, 6, `COUPON_TOO_SHORT_FOR_${name}`)(cursor, undefined)
    if (short) return short
    return yymmdd(cursor.text.slice(start, cursor.at)) && finding(invalid, start)
  }

const purchase = (ordinal: string): Field[] => [
  counted(`${ordinal}_PURCHASE_REQUIREMENT`, '12345', 0, false),
  digit(`${ordinal}_PURCHASE_REQUIREMENT_CODE`, '012349'),
  digits(`${ordinal}_PURCHASE_FAMILY_CODE`, 3),
]

const required: Field[] = [
  counted('GCP', '0123456', 6, true),
  digits('OFFER_CODE', 6),
  counted('SAVE_VALUE', '12345', 0, false),
  ...purchase('1ST'),
]

/** Each starts with its number, and they come in ascending order. */
const optional: readonly (readonly [marker: string, fields: Field[]])[] = [
  [
    '1',
    [
      digit('ADDITIONAL_PURCHASE_RULES_CODE', '0123'),
      ...purchase('2ND'),
      counted('2ND_PURCHASE_GCP', '01234569', 6, true),
    ],
  ],
  ['2', [...purchase('3RD'), counted('3RD_PURCHASE_GCP', '01234569', 6, true)]],
  // The misspelling is the dictionary's.
  ['3', [date('EXPIRATION_DATE', 'COUPON_INVALID_EXIPIRATION_DATE')]],
  ['4', [date('START_DATE', 'COUPON_INVALID_START_DATE')]],
  ['5', [counted('SERIAL_NUMBER', '0123456789', 6, false)]],
  ['6', [counted('RETAILER_GCP_OR_GLN', '1234567', 6, true)]],
  [
    '9',
    [
      digit('SAVE_VALUE_CODE', '01256'),
      digit('SAVE_VALUE_APPLIES_TO_ITEM', '012'),
      digit('STORE_COUPON_FLAG'),
      digit('DONT_MULTIPLY_FLAG', '01'),
    ],
  ],
]

const read = (fields: readonly Field[], cursor: Cursor, registry?: PrefixRegistry): Finding | undefined => {
  for (const field of fields) {
    const found = field(cursor, registry)
    if (found) return found
  }
  return undefined
}

const excess = ({ text, at }: Cursor): Finding | undefined =>
  at === text.length ? undefined : finding('COUPON_EXCESS_DATA', at)

/** AI (8110). */
export const couponcode: Linter = (value, registry) => {
  const cursor: Cursor = { text: value, at: 0 }
  const bad = digitsOnly(value) ?? read(required, cursor, registry)
  if (bad) return bad
  const dates: Record<string, string> = {}
  for (const [marker, fields] of optional) {
    if (value[cursor.at] !== marker) continue
    const start = ++cursor.at
    const found = read(fields, cursor, registry)
    if (found) return found
    dates[marker] = value.slice(start, cursor.at)
    const { 3: expires, 4: starts } = dates
    if (marker === '4' && expires !== undefined && starts !== undefined && starts > expires)
      return finding('COUPON_EXPIRATION_BEFORE_START', start - 8)
  }
  return excess(cursor)
}

const positiveOffer: Field[] = [
  digit('FORMAT_CODE', '01'),
  counted('FUNDER', '0123456', 6, false),
  digits('OFFER_CODE', 6),
  counted('SERIAL_NUMBER', '0123456789', 6, false),
]

/** AI (8112). */
export const couponposoffer: Linter = value => {
  const cursor: Cursor = { text: value, at: 0 }
  return digitsOnly(value) ?? read(positiveOffer, cursor) ?? excess(cursor)
}
