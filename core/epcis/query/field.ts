/**
 * Values of a field of somebody's own, by the name it has in the event (`example:colour`): at the top of `from`, or at any
 * depth below its top-level fields. Lists count as their members; an object is a value of itself.
 */
export const fieldValues = (from: unknown, field: string, inner: boolean): readonly unknown[] => {
  if (!isObject(from)) return []
  if (!inner) return members(from[field])
  return Object.values(from).flatMap(value => members(value).flatMap(it => below(it, field)))
}

const below = (value: unknown, field: string): readonly unknown[] => {
  if (!isObject(value)) return []
  return [
    ...members(value[field]),
    ...Object.values(value).flatMap(it => members(it).flatMap(each => below(each, field))),
  ]
}

const members = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value.flat(10) : [value]

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
