/** Time of the reader's own zone, with the zone said: `2026-03-01 16:00:05 UTC+8`. */
export const timeText = (instant: string | number): string => {
  const at = new Date(instant)
  if (Number.isNaN(at.getTime())) return String(instant)
  const [year, ...rest] = [
    at.getFullYear(),
    at.getMonth() + 1,
    at.getDate(),
    at.getHours(),
    at.getMinutes(),
    at.getSeconds(),
  ]
  const [month, day, hour, minute, second] = rest.map(part => String(part).padStart(2, '0'))
  return `${year}-${month}-${day} ${hour}:${minute}:${second} ${zoneOf(at)}`
}

const zoneOf = (at: Date): string => {
  const minutes = -at.getTimezoneOffset()
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  const sign = minutes < 0 ? '−' : '+'
  return minutes === 0 ? 'UTC' : `UTC${sign}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`
}
