import { sql } from 'kysely'
import { findingsOf, historyOf, isOneThing, type ScanFinding, type Sighting } from '../core/scan-findings.ts'
import type { Tx } from '../db/database.ts'

type Seen = {
  readonly index: bigint
  readonly biz_step: string | null
  readonly event_time: Date
  readonly logged_at: Date
  readonly read_point: string | null
  readonly biz_location: string | null
  readonly codes: readonly string[]
}

/** Scans that are looked at beside those of one page; beyond it the oldest are not. */
const MOST = 5_000

/** What is wrong with each of these scans, beside all others of the same things that the reader may see. */
export async function findingsFor(
  tx: Tx,
  scans: readonly Seen[],
  unregistered: (codes: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<ReadonlyMap<bigint, readonly ScanFinding[]>> {
  const things = [...new Set(scans.flatMap(scan => scan.codes.filter(isOneThing)))]
  const history = historyOf(await sightingsOf(tx, things))
  const unknown = await unregistered(things)
  return new Map(scans.map(scan => [scan.index, findingsOf(sightingOf(scan), history, unknown)]))
}

/** A scan whose error was declared never was. */
const sightingsOf = async (tx: Tx, things: readonly string[]): Promise<readonly Sighting[]> => {
  const { rows } = await sql<Seen>`
    select index, biz_step, event_time, logged_at, read_point, biz_location,
      array(select code from event_codes where event_codes.index = events.index) as codes
    from events
    where index in (select index from event_codes where code = any(${things}::text[])) and not declares_error
      and not exists (select from events e where e.org = events.org and e.event_id = events.event_id and e.declares_error)
    order by index desc limit ${MOST}`.execute(tx)
  return rows.map(sightingOf)
}

const sightingOf = (row: Seen): Sighting => ({
  index: row.index,
  bizStep: row.biz_step ?? undefined,
  at: row.event_time.getTime(),
  loggedAt: row.logged_at.getTime(),
  // Where it happened, before where it belongs afterwards.
  place: row.read_point ?? row.biz_location ?? undefined,
  codes: row.codes,
})
