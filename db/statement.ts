import { createHash } from 'node:crypto'
import type { QueryConfig } from 'pg'

/** Texts that are remembered; a program has fewer, unless it makes them up as it goes. */
const REMEMBERED = 1_000
/** Prepared statements of one connection: each holds its plan in the server's memory. */
const NAMED = 200
/** A statement that comes seldom is not worth its plan's place. */
const OFTEN = 3

const seen = new Map<string, number>()
const names = new Map<string, string>()

/** As pg takes it: prepared once a connection where its text comes often. */
export const statement = (text: string, values: readonly unknown[]): QueryConfig => {
  const name = values.length > 0 ? nameOf(text) : undefined
  return name === undefined ? { text, values: [...values] } : { name, text, values: [...values] }
}

/** A name under which PostgreSQL keeps the statement and its plan, for a text that has come often; else undefined. */
const nameOf = (text: string): string | undefined => {
  const known = names.get(text)
  if (known !== undefined || names.size >= NAMED) return known
  const times = (seen.get(text) ?? 0) + 1
  if (times < OFTEN) {
    if (times > 1 || seen.size < REMEMBERED) seen.set(text, times)
    return undefined
  }
  // PostgreSQL cuts names at 63 bytes.
  const name = createHash('sha256').update(text).digest('hex').slice(0, 40)
  names.set(text, name)
  return name
}
