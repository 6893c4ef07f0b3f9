import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import type { Work } from './measure.ts'

/** What one captured event leaves: in the order in which foreign keys allow it to be written. */
const events = [
  [
    'captures',
    `select * from captures where (org, id) in (
      select org, capture from events where position = 0 and index >= FROM and index < TO)`,
  ],
  ['records', 'select * from records where index >= FROM and index < TO order by index'],
  ['events', 'select * from events where index >= FROM and index < TO order by index'],
  ['event_codes', 'select * from event_codes where index >= FROM and index < TO order by index'],
] as const

/** What a pack leaves, a thousand readings for one entry. */
const packs = [
  ['records', 'select * from records where index >= FROM and index < TO order by index'],
  ['telemetry_packs', 'select * from telemetry_packs where index >= FROM and index < TO order by index'],
  ['telemetry_seeds', 'select * from telemetry_seeds where pack >= FROM and pack < TO order by pack'],
  ['telemetry_subjects', 'select * from telemetry_subjects where pack >= FROM and pack < TO order by pack, n'],
  ['readings', 'select * from readings where pack >= FROM and pack < TO order by pack, position'],
] as const

export const copied = { events: { tables: events, chunk: 10_000n }, packs: { tables: packs, chunk: 10n } } as const
export type Copied = (typeof copied)[keyof typeof copied]

type Rows = readonly { readonly table: string; readonly binary: Buffer }[]

/**
 * The bare yardstick: the very rows that a node has written, copied in binary form into the same tables of another
 * database by a superuser, for whom there is no row security; 10,000 events or readings a transaction. Reading them out is not timed.
 */
export async function openCopy(of: {
  readonly source: string
  readonly target: string
  readonly from: bigint
  readonly what: Copied
}) {
  const { tables, chunk: portion } = of.what
  const [source, target] = await Promise.all([of.source, of.target].map(open))
  let at = of.from
  return {
    /** Everything that has come since the last time. */
    async run(): Promise<Work> {
      const { rows } = await source!.query<{ size: bigint }>('select size from log_head')
      const size = rows[0]!.size
      let seconds = 0
      const first = at
      for (; at < size; at += portion) {
        const to = at + portion < size ? at + portion : size
        const chunk = await readOut(source!, tables, at, to)
        const began = performance.now()
        await target!.query('begin')
        for (const { table, binary } of chunk) {
          await pipeline(Readable.from([binary]), target!.query(copyFrom(`copy ${table} from stdin (format binary)`)))
        }
        await target!.query('commit')
        seconds += (performance.now() - began) / 1000
        if (to === size) break
      }
      at = size
      return { done: Number(size - first), seconds }
    },
    close: async () => void (await Promise.all([source!.end(), target!.end()])),
  }
}

const open = async (connectionString: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString })
  await client.connect()
  return client
}

const readOut = async (source: pg.Client, tables: Copied['tables'], from: bigint, to: bigint): Promise<Rows> => {
  const rows: { table: string; binary: Buffer }[] = []
  for (const [table, select] of tables) {
    const query = select.replace('FROM', String(from)).replace('TO', String(to))
    const chunks: Buffer[] = []
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk)
        done()
      },
    })
    await pipeline(source.query(copyTo(`copy (${query}) to stdout (format binary)`)), sink)
    rows.push({ table, binary: Buffer.concat(chunks) })
  }
  return rows
}
