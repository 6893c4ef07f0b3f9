/** When a subscription is looked at, in UTC, each field as in cron (EPCIS 2.0, 8.2.5.3); absent is any. */
export type Schedule = Partial<Record<ScheduleField, string | undefined>>
export type ScheduleField = keyof typeof ranges

const ranges = {
  second: [0, 59],
  minute: [0, 59],
  hour: [0, 23],
  dayOfMonth: [1, 31],
  month: [1, 12],
  /** Monday is 1, Sunday 7. */
  dayOfWeek: [1, 7],
} as const

export const scheduleFields = Object.keys(ranges) as ScheduleField[]

/** Values of one field: `5`, `0-4`, `[0-4]`, `1,3,[5-6]`, `*`; undefined where it is none. */
export const fieldValues = (field: ScheduleField, text: string): ReadonlySet<number> | undefined => {
  const [least, most] = ranges[field]
  const all = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)
  if (text === '*') return new Set(all(least, most))
  const values: number[] = []
  for (const part of text.split(',')) {
    const [, from, to] = /^\[?(\d{1,2})(?:-(\d{1,2}))?\]?$/.exec(part) ?? []
    if (from === undefined) return undefined
    const [first, last] = [Number(from), Number(to ?? from)]
    if (first < least || last > most || last < first) return undefined
    values.push(...all(first, last))
  }
  return new Set(values)
}

/**
 * The first whole second after `after` that fits; undefined where there is none in the next five years (30 February).
 * Fields finer than the finest given are 0: `{hour: '1'}` is once a day.
 */
export const nextTime = (schedule: Schedule, after: Date): Date | undefined => {
  const given = scheduleFields.filter(field => schedule[field] !== undefined)
  const finest = scheduleFields.findIndex(field => given.includes(field))
  const sets = scheduleFields.map((field, i) => {
    const text = schedule[field]
    if (text !== undefined) return fieldValues(field, text)
    if (i < finest && (field === 'second' || field === 'minute' || field === 'hour')) return new Set([0])
    return fieldValues(field, '*')
  })
  const [seconds, minutes, hours, days, months, weekdays] = sets
  if (!seconds || !minutes || !hours || !days || !months || !weekdays || finest < 0) return undefined
  const at = new Date(Math.floor(after.getTime() / 1000) * 1000 + 1000)
  const end = at.getTime() + 5 * 366 * 86_400_000
  // Each step passes over all of what can not fit.
  while (at.getTime() < end) {
    const weekday = at.getUTCDay() || 7
    if (!months.has(at.getUTCMonth() + 1) || !days.has(at.getUTCDate()) || !weekdays.has(weekday)) {
      at.setUTCHours(24, 0, 0, 0)
    } else if (!hours.has(at.getUTCHours())) at.setUTCMinutes(60, 0, 0)
    else if (!minutes.has(at.getUTCMinutes())) at.setUTCSeconds(60, 0)
    else if (!seconds.has(at.getUTCSeconds())) at.setUTCSeconds(at.getUTCSeconds() + 1)
    else return at
  }
  return undefined
}
