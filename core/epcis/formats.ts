/** The formats `uri` and `date-time` as JSON Schema validators judge them: RFC 3986 absolute, RFC 3339 with zone. */

const unreserved = "a-z0-9\\-._~!$&'()*+,;="
const escaped = '%[0-9a-f]{2}'
const segment = `(?:[${unreserved}:@]|${escaped})`
const h16 = '[0-9a-f]{1,4}'
const ipv4 = '(?:(?:25[0-5]|2[0-4]\\d|[01]?\\d\\d?)\\.){3}(?:25[0-5]|2[0-4]\\d|[01]?\\d\\d?)'
const ls32 = `(?:${h16}:${h16}|${ipv4})`

/** RFC 3986 appendix A: `::` stands for the groups that are not written. */
const ipv6 = [
  `(?:${h16}:){6}${ls32}`,
  `::(?:${h16}:){5}${ls32}`,
  ...[4, 3, 2, 1, 0].map((after, i) => `(?:(?:${h16}:){0,${i}}${h16})?::(?:${h16}:){${after}}${ls32}`),
  `(?:(?:${h16}:){0,5}${h16})?::${h16}`,
  `(?:(?:${h16}:){0,6}${h16})?::`,
].join('|')

const host = `(?:\\[(?:${ipv6}|v[0-9a-f]+\\.[${unreserved}:]+)\\]|(?:[${unreserved}]|${escaped})*)`
const authority = `//(?:(?:[${unreserved}:]|${escaped})*@)?${host}(?::\\d*)?`
const segments = `(?:/${segment}*)*`
const rest = `(?:[${unreserved}:@/?]|${escaped})*`

/** An empty path needs an authority: `urn:` alone is refused, though RFC 3986 would let it pass. */
const uri = new RegExp(
  `^[a-z][a-z0-9+\\-.]*:(?:/?${authority.slice(1)}${segments}|/(?:${segment}+${segments})?|${segment}+${segments})(?:\\?${rest})?(?:#${rest})?$`,
  'i',
)

export const isUri = (text: string): boolean => uri.test(text)

export const isDateTime = (text: string): boolean => parseDateTime(text) !== undefined

export type DateTime = {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** Digits after the point. */
  readonly fraction: string
  /** Minutes ahead of UTC. */
  readonly offset: number
}

/** Between date and time a `T` or one white-space character; a leap second only where it is 23:59:60 in UTC. */
export const parseDateTime = (text: string): DateTime | undefined => {
  const match = /^(\d{4})-(\d\d)-(\d\d)[Tt\s](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)$/.exec(
    text,
  )
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const [, , , , , , , fraction = '', sign, zoneHour = '0', zoneMinute = '0'] = match
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (Number(zoneHour) > 23 || Number(zoneMinute) > 59) return undefined
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -1 : 1)
  if (hour > 23 || minute > 59 || second > 59) {
    const inUtc = (((hour * 60 + minute - offset) % 1440) + 1440) % 1440
    if (second !== 60 || inUtc !== 1439) return undefined
  }
  return { year, month, day, hour, minute, second, fraction, offset }
}

const daysIn = (year: number, month: number): number => {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}
