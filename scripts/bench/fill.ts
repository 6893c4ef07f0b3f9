import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { sql } from 'kysely'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { hex, utf8 } from '../../core/bytes.ts'
import { commitment, leafOf } from '../../core/entry.ts'
import { extend } from '../../core/merkle/frontier.ts'
import type { Hash } from '../../core/merkle.ts'
import type { RecordType } from '../../core/record.ts'
import { connect } from '../../db/database.ts'
import { grow, lockHead } from '../../ledger/store.ts'

/** Entries in one transaction: some 15 MB of text. */
const PORTION = 50_000n

/**
 * Grows a log to a size by COPY: every record with its salt and body, every tile, the head. A node may be running on it;
 * for it this is what another process has appended.
 * @param url of a superuser, whom row security does not bind
 */
export const fill = async (url: string, org: string, to: bigint, type: RecordType = 'event'): Promise<void> => {
  const { db, close } = connect(url, () => undefined, 1)
  const copier = new pg.Client({ connectionString: url })
  await copier.connect()
  try {
    for (let grown = 0n; grown < to; ) {
      grown = await db.transaction().execute(async tx => {
        const head = await lockHead(tx)
        // It waits for the other connection, longer than a writer that hangs may.
        await sql`set local idle_in_transaction_session_timeout = 0`.execute(tx)
        const size = head.size + PORTION < to ? head.size + PORTION : to
        if (size <= head.size) return head.size
        const now = new Date()
        const lines: string[] = []
        const leaves: Hash[] = []
        for (let index = head.size; index < size; index++) {
          const body = utf8(
            `{"bench":"${index}","text":"as long as a statement about one shipment may well be, or so"}`,
          )
          const salt = randomBytes(32)
          const digest = commitment(type, salt, body)
          leaves.push(leafOf(digest))
          const columns = [
            index,
            type,
            org,
            `{${org}}`,
            bytea(digest),
            bytea(salt),
            bytea(body),
            '\\N',
            now.toISOString(),
          ]
          lines.push(`${columns.join('\t')}\n`)
        }
        const tiles = new Map<string, { level: number; index: bigint; hashes: Uint8Array[] }>()
        const frontier = extend(head.frontier, leaves, (level, index, hash) => {
          if (level % 8 !== 0) return
          const key = `${level / 8}/${index / 256n}`
          const tile = tiles.get(key) ?? { level: level / 8, index: index / 256n, hashes: [] }
          tiles.set(key, tile)
          tile.hashes.push(hash)
        })
        // Another connection, under the lock of this one: what it writes is there before the head says so.
        await pipeline(Readable.from(lines), copier.query(copyFrom(records)))
        await sql`set local synchronous_commit = off`.execute(tx)
        await grow(tx, [...tiles.values()], { version: head.version, frontier, loggedAt: now })
        return size
      })
    }
    await copier.query('vacuum analyze records, tiles')
  } finally {
    await copier.end()
    await close()
  }
}

const records = 'copy records (index, type, org, parties, digest, salt, body, client_key, logged_at) from stdin'

const bytea = (bytes: Uint8Array): string => `\\\\x${hex(bytes)}`
