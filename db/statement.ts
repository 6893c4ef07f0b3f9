import { createHash } from 'node:crypto'
import type { QueryConfig } from 'pg'
import { BoundedCache } from '../core/bounded-cache.ts'

/** Texts that are counted; those that were not heard of for longest are forgotten first. */
const COUNTED = 1_000
/** Prepared statements of one connection: each holds its plan in the server's memory. */
const NAMED = 200
/** A statement that comes seldom is not worth its plan's place. */
const OFTEN = 20

const counts = new BoundedCache<string, number>(COUNTED)
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
  const times = (counts.get(text) ?? 0) + 1
  counts.set(text, times)
  if (times < OFTEN) return undefined
  // PostgreSQL cuts names at 63 bytes.
  const name = createHash('sha256').update(text).digest('hex').slice(0, 40)
  names.set(text, name)
  return name
}
