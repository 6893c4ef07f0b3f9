/**
 * An xsd:dateTime with zone as UTC with milliseconds and Z; further digits are rounded half up (CBV 2.0, 8.9.2, rule 9).
 * Undefined for what is no instant: no zone, no such day, or a year Date can't hold.
 */
export const utcInstant = (text: string): string | undefined => {
  const match = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})$/.exec(text.trim())
  if (!match) return undefined
  const [, date = '', time = '', fraction = '', zone = ''] = match
  // Date carries 30 February over into March, and that is another day than the one that was written.
  const midnight = new Date(`${date}T00:00:00Z`)
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== date) return undefined
  const whole = Date.parse(`${date}T${time}${zone.toUpperCase()}`)
  if (Number.isNaN(whole)) return undefined
  const digits = fraction.padEnd(4, '0')
  const rounded = Number(digits.slice(0, 3)) + (digits.charAt(3) >= '5' ? 1 : 0)
  const instant = new Date(whole + rounded)
  return Number.isNaN(instant.getTime()) ? undefined : instant.toISOString()
}
