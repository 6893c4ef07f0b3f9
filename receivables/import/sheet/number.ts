import type { Cell } from './grid.ts'

/** Digits that Excel keeps of a number. */
const DIGITS = 15
const MAX_SPELLED = 40

/**
 * A number as a workbook stores it: the shortest spelling of a double, which is not what was typed. Undefined where it is no
 * number, or one that no trade has.
 */
export const numberCell = (stored: string, digits = 0): Extract<Cell, { kind: 'number' }> | undefined => {
  if (stored.length > MAX_SPELLED || !/^-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$/.test(stored)) {
    return undefined
  }
  const value = Number(stored)
  if (!Number.isFinite(value) || Math.abs(value) >= 1e21) return undefined
  return { kind: 'number', text: plain(value), digits, lost: Math.abs(value) >= 10 ** DIGITS }
}

/** Fifteen significant digits without an exponent or idle zeros. */
const plain = (value: number): string => {
  const [, sign = '', first = '0', rest = '', power = '0'] =
    /^(-?)([0-9])(?:\.([0-9]+))?e([+-][0-9]+)$/.exec(value.toExponential(DIGITS - 1)) ?? []
  const digits = (first + rest).replace(/0+$/, '')
  if (digits === '') return '0'
  const point = Number(power) + 1
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  const fraction = point > 0 ? digits.slice(point) : '0'.repeat(-point) + digits
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** Day 60 is the 29 February 1900 that never was; what lies before it is off by one, and no trade's. */
const FIRST_DAY = 61
const LAST_DAY = 2_958_465
/** Between the epochs of 1900 and 1904. */
const SHIFT = 1462

/** The day of a serial number of Excel, whatever time of the day it adds. */
export const dateCell = (stored: string, from1904: boolean): Extract<Cell, { kind: 'date' }> | undefined => {
  const cell = numberCell(stored)
  if (cell === undefined) return undefined
  const serial = Math.floor(Number(cell.text)) + (from1904 ? SHIFT : 0)
  if (serial < FIRST_DAY || serial > LAST_DAY) return undefined
  return { kind: 'date', day: new Date(Date.UTC(1899, 11, 30) + serial * 86_400_000).toISOString().slice(0, 10) }
}

/** Those of ECMA-376 §18.8.30 that show a day, with those of Chinese, Japanese and Korean editions. */
const builtIn = (id: number): boolean =>
  (id >= 14 && id <= 17) || id === 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58)

/** What a number format makes of a number: a day, or so many digits. */
export const formatOf = (id: number, code: string | undefined): { readonly day: boolean; readonly digits: number } => {
  if (code === undefined) return { day: builtIn(id), digits: 0 }
  const bare = code
    .replaceAll(/"[^"]*"|\\.|\[[^\]]*\]|_./g, '')
    .split(';')[0]
    ?.toLowerCase()
  if (bare === undefined) return { day: false, digits: 0 }
  return { day: /[yd]/.test(bare) && !/[0#?]/.test(bare), digits: /^0{2,20}$/.test(bare) ? bare.length : 0 }
}
