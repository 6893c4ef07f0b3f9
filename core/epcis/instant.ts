import { parseDateTime } from './formats.ts'

/**
 * An RFC 3339 date-time as UTC with milliseconds and Z; further digits are rounded half up (CBV 2.0, 8.9.2, rule 9), and
 * a leap second is the second after it, as it is for Date. Undefined for what is no instant of the years 0000 to 9999.
 */
export const utcInstant = (text: string): string | undefined => {
  const parsed = parseDateTime(text.trim())
  if (!parsed) return undefined
  const { year, month, day, hour, minute, second, fraction, offset } = parsed
  const digits = fraction.padEnd(4, '0')
  const milliseconds = Number(digits.slice(0, 3)) + (digits.charAt(3) >= '5' ? 1 : 0)
  const date = new Date(0)
  // Date.UTC reads years below 100 as 19xx.
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute - offset, second, milliseconds)
  const instant = date.toISOString()
  return /^\d{4}-/.test(instant) ? instant : undefined
}
