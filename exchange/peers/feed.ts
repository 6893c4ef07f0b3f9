import { z } from 'zod'
import { fromUtf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { readAtMost } from '../../core/read-at-most.ts'
import { parseJson } from '../../core/strict-json.ts'
import type { Db } from '../../db/database.ts'
import {
  dropRefused,
  dueRefused,
  type FeedName,
  keepRefused,
  moveCursor,
  postponeRefused,
  readCursor,
} from './cursor-store.ts'
import type { PeerClient } from './peer-client.ts'

/** A list at another node that only grows, in the order in which it grows. */
export type Feed = FeedName & {
  /** Of the page behind the cursor, or of the first. */
  readonly path: (cursor: string | undefined) => string
  readonly read: (body: unknown, headers: Headers) => FeedPage
  /**
   * Keeps one item, in order. Must be harmless when repeated: the cursor moves when all of a page have been kept, in a
   * transaction of its own, as what is logged is committed by the log. A Refusal sets the item aside, except one that
   * blames us (503): that stops the feed, as does anything else thrown, until it can go on from the same place.
   */
  readonly take: (item: unknown) => Promise<void>
}

export type FeedPage = {
  readonly items: readonly unknown[]
  /** Behind the last item; undefined when the page doesn't say. */
  readonly cursor: string | undefined
  /** Whether there is another page now. */
  readonly more: boolean
}

/** Our own lists: `{items, next}`, where the last page has no `next` but each item says its place. */
export const itemsPage =
  (placeOf: (item: unknown) => string) =>
  (body: unknown): FeedPage => {
    const { items, next } = listSchema.parse(body)
    const last = items.at(-1)
    return { items, cursor: next ?? (last === undefined ? undefined : placeOf(last)), more: next !== null }
  }

const listSchema = z.looseObject({ items: z.array(z.unknown()), next: z.string().nullable() })

/** A page of a hundred papers, each as large as one may be. */
const MOST_BYTES = 256 << 20

export type FeedDeps = { readonly db: Db; readonly client: PeerClient; readonly now: () => Date }

/** Takes one page. True when there is more to take at once. Throws what stopped it, with the cursor where it was. */
export const takePage = async ({ db, client, now }: FeedDeps, feed: Feed): Promise<boolean> => {
  const cursor = await readCursor(db, feed)
  const response = await client.request('GET', feed.path(cursor))
  const page = feed.read(parseJson(fromUtf8(await readAtMost(response, MOST_BYTES))), response.headers)
  for (const item of page.items) {
    const refusal = await tryTake(feed, item)
    if (refusal === undefined) continue
    const { code, message: detail } = refusal
    await keepRefused(db, feed, { item: JSON.stringify(item), code, detail, nextAt: after(now(), 1) })
  }
  if (page.cursor === undefined || page.cursor === cursor) return false
  const moved = await moveCursor(db, feed, cursor, page.cursor)
  return page.more || !moved
}

/** Tries again what was refused before and is due. */
export const retakeRefused = async ({ db, now }: Pick<FeedDeps, 'db' | 'now'>, feed: Feed): Promise<void> => {
  for (const { id, item, attempts } of await dueRefused(db, feed, now())) {
    const refusal = await tryTake(feed, JSON.parse(item))
    if (refusal === undefined) await dropRefused(db, id)
    else {
      const { code, message: detail } = refusal
      await postponeRefused(db, id, { code, detail, nextAt: after(now(), attempts + 1) })
    }
  }
}

const tryTake = async (feed: Feed, item: unknown): Promise<Refusal | undefined> => {
  try {
    await feed.take(item)
    return undefined
  } catch (error) {
    if (error instanceof Refusal && error.status < 500) return error
    throw error
  }
}

/** Two seconds, four, eight … a day. Soon at first: what is missing may be in the feed that is read next. */
const after = (now: Date, attempts: number): Date =>
  new Date(now.getTime() + 1_000 * Math.min(2 ** Math.min(attempts, 20), 86_400))
