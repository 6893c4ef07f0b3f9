import { sql } from 'kysely'
import { z } from 'zod'
import { logPage } from '../core/page.ts'

/** Lists go by place in the log: a cursor stays good while records are added, and a poller misses none. */
export const pageQuery = {
  ...logPage,
  order: z.enum(['oldest', 'newest']).default('oldest'),
}

export type Page = { readonly after?: bigint | undefined; readonly limit: number; readonly order: 'oldest' | 'newest' }

/** Reply of a list. `next` is null on the last page; a poller asks with its last cursor again. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable() })

/** `and record_index > … order by record_index limit …`, one row more than asked for. */
export const pageClause = ({ after, limit, order }: Page) => {
  const index = sql.ref('record_index')
  if (order === 'oldest') return sql`and ${index} > ${after ?? -1n} order by ${index} limit ${limit + 1}`
  return after === undefined
    ? sql`order by ${index} desc limit ${limit + 1}`
    : sql`and ${index} < ${after} order by ${index} desc limit ${limit + 1}`
}

/** Cuts the row too many off and makes the cursor. */
export const toPage = <Row extends { readonly record_index: bigint }, Item>(
  rows: readonly Row[],
  { limit }: Page,
  show: (row: Row) => Item,
): { items: Item[]; next: string | null } => {
  const shown = rows.slice(0, limit)
  return { items: shown.map(show), next: rows.length > limit ? String(shown.at(-1)?.record_index) : null }
}
