import { sql } from 'kysely'
import type { Tx } from '../db/database.ts'
import type { Derived, Erasable } from '../db/projection.ts'

const ofPack = { types: ['telemetry'], index: 't.pack', erased: 'gone' } as const

/** What goes with a telemetry pack: the salts of its readings, what they are about, and the readings. */
export const erasablePacks: readonly Erasable[] = [
  { ...ofPack, table: 'telemetry_seeds', from: 'telemetry_seeds t' },
  { ...ofPack, table: 'telemetry_subjects', from: 'telemetry_subjects t' },
  { ...ofPack, table: 'readings', from: 'readings t' },
]

/** Keeps of an event that is about to be erased that there was one of its id, for its parties to be told. */
export const keepErasedId = async (tx: Tx, index: bigint): Promise<void> => {
  await sql`insert into erased_events (record_index, id, parties)
    select index, pg_catalog.sha256(convert_to(event_id, 'UTF8')), parties from events where index = ${index}`.execute(
    tx,
  )
}

/** Reads as far as the reader of the transaction may see. */
export const erasedEvent = async (tx: Tx, eventId: string): Promise<bigint | undefined> =>
  (
    await sql<{ index: bigint }>`select record_index as index from erased_events
      where id = pg_catalog.sha256(convert_to(${eventId}, 'UTF8')) order by record_index desc limit 1`.execute(tx)
  ).rows[0]?.index

export const isErasedPack = async (tx: Tx, pack: bigint): Promise<boolean> =>
  (await sql`select from telemetry_packs where index = ${pack} and record_erased(index)`.execute(tx)).rows.length === 1

/** Nothing of an erased pack is left beside it. */
export const erasedPacks: Derived = {
  table: 'readings',
  columns: [],
  contradictions: async tx =>
    (
      await sql<{ at: string; what: string }>`
        select index::text as at, 'its record is erased, and its readings are not' as what from records
        where type = 'telemetry' and body is null and (exists (select from readings where pack = index)
          or exists (select from telemetry_seeds where pack = index)
          or exists (select from telemetry_subjects where pack = index)) order by index limit 100`.execute(tx)
    ).rows,
}

/** The id of an erased event is told by nothing else any more. */
export const erasedIds: Derived = {
  table: 'erased_events',
  columns: ['record_index', 'parties'],
  adds: { id: 'digest of what was erased' },
  contradictions: async tx =>
    (
      await sql<{ at: string; what: string }>`
        select coalesce(r.index, e.record_index)::text as at, case
            when e.record_index is null then 'an erased event left no trace of its id'
            else 'record_index, parties: there is no such erased event' end as what
        from (select index, parties from records where type = 'event' and body is null) r
          full join erased_events e on e.record_index = r.index
        where e.record_index is null or r.index is null or r.parties <> e.parties limit 100`.execute(tx)
    ).rows,
}
