import { digitsOnly, finding, type Linter } from './linter.ts'

const lengthIs =
  (length: number, name: string): Linter =>
  value =>
    value.length === length ? undefined : finding(`${name}_TOO_${value.length < length ? 'SHORT' : 'LONG'}`)

const range =
  (length: number, limit: number, name: string): Linter =>
  value =>
    lengthIs(length, name)(value) ??
    digitsOnly(value) ??
    (Number(value) < limit ? undefined : finding(`ILLEGAL_${name}`))

export const hh = range(2, 24, 'HOUR')
export const mi = range(2, 60, 'MINUTE')
export const ss = range(2, 60, 'SECOND')

export const hhmi: Linter = value =>
  lengthIs(4, 'HOUR_WITH_MINUTE')(value) ?? hh(value.slice(0, 2)) ?? shifted(mi(value.slice(2)), 2)

/** YYYYMMDD, day 00 for a month as a whole. */
export const yyyymmd0: Linter = value => {
  const malformed = lengthIs(8, 'DATE')(value) ?? digitsOnly(value)
  if (malformed) return malformed
  const [year, month, day] = [Number(value.slice(0, 4)), Number(value.slice(4, 6)), Number(value.slice(6))]
  if (month < 1 || month > 12) return finding('ILLEGAL_MONTH', 4)
  return day > daysIn(year, month) ? finding('ILLEGAL_DAY', 6) : undefined
}

/** The century of a two-digit year never matters here: 1952 to 2051 has a leap year every fourth, 2000 included. */
export const yymmd0: Linter = value =>
  lengthIs(6, 'DATE')(value) ?? digitsOnly(value) ?? shifted(yyyymmd0(`20${value}`), -2)

export const yyyymmdd: Linter = value =>
  yyyymmd0(value) ?? (value.endsWith('00') ? finding('ILLEGAL_DAY', 6) : undefined)

export const yymmdd: Linter = value => yymmd0(value) ?? (value.endsWith('00') ? finding('ILLEGAL_DAY', 4) : undefined)

const daysIn = (year: number, month: number): number => {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}

const shifted = (found: ReturnType<Linter>, by: number): ReturnType<Linter> =>
  found && finding(found.code, found.position + by)
