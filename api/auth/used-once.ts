import { sql } from 'kysely'
import { sha256 } from '#sha256'
import { base64url, utf8 } from '../../core/bytes.ts'
import type { Db } from '../../db/database.ts'
import { joined } from '../../db/joined.ts'

/** Something that counts only the first time: a client assertion, a DPoP proof. */
export type OnceOnly = {
  readonly kind: 'assertion' | 'dpop'
  /** Whose `jti` it is: two parties may draw the same. */
  readonly by: string
  readonly jti: string
  /** From then on it would be refused anyway. */
  readonly expiresAt: Date
}

/** True the first time, false ever after. */
export type UseOnce = (it: OnceOnly) => Promise<boolean>

/** The unique key decides between racers, also those at other processes of this node. */
export const createUseOnce = (db: Db): UseOnce =>
  joined(async keys => {
    const rows = new Map(keys.map((key, i) => [idOf(key), { ...key, i }]))
    // Sorted, so that two processes inserting the same keys wait for each other in one order and can't deadlock.
    const ids = [...rows.keys()].sort()
    const of = <T>(pick: (row: OnceOnly) => T): T[] => ids.map(id => pick(rows.get(id) as OnceOnly))
    const inserted = await sql<{ id: string }>`
      insert into used_once (kind, id, expires_at)
      select * from unnest(${of(row => row.kind)}::text[], ${ids}::text[], ${of(row => row.expiresAt.toISOString())}::timestamptz[])
      on conflict do nothing returning id`.execute(db)
    const first = new Set(inserted.rows.map(({ id }) => id))
    // Of two equal keys in one run the map kept the last: that one counts as the first use.
    return keys.map((key, i) => {
      const id = idOf(key)
      return rows.get(id)?.i === i && first.has(id)
    })
  })

const idOf = ({ kind, by, jti }: OnceOnly): string => `${kind}:${by}:${base64url(sha256(utf8(jti)))}`

/** Forgets what can't be accepted any more. A minute is left for clocks of several processes that differ. */
export const forgetExpired = async (db: Db, now: Date): Promise<void> => {
  await sql`delete from used_once where expires_at < ${new Date(now.getTime() - 60_000).toISOString()}::timestamptz`.execute(
    db,
  )
}
