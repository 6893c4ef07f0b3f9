import { sql } from 'kysely'
import { base64url } from '../../core/bytes.ts'
import { entitlementReasons } from '../../core/entitlement.ts'
import { resolveSenml } from '../../core/senml.ts'
import { packRoot, readingLeaves, readPack } from '../../core/telemetry.ts'
import type { Tx } from '../../db/database.ts'
import type { Derived } from '../../db/projection.ts'
import { subjectOf } from './subjects.ts'

type PackRow = {
  readonly index: bigint
  readonly body: Buffer
  readonly enveloped: boolean
  readonly device: string | null
  readonly seq: bigint | null
  readonly iat: Date
  readonly count: number
}

/** Of each pack what is wrong, one pack in memory at a time. Those whose record is gone have nothing to compare with. */
const eachPack =
  (contradicted: (tx: Tx, pack: PackRow) => string | undefined | Promise<string | undefined>) => async (tx: Tx) => {
    const found: { at: string; what: string }[] = []
    for (let after = -1n; ; ) {
      const { rows } = await sql<PackRow>`
        select r.index, r.body, p.device, p.seq, p.iat, p.count,
          (p.org, p.logged_at) = (r.org, r.logged_at) and p.parties = r.parties as enveloped
        from records r left join telemetry_packs p using (index)
        where r.type = 'telemetry' and r.body is not null and r.index > ${after} order by r.index limit 200`.execute(tx)
      for (const row of rows) {
        const what = await contradicted(tx, row)
        if (what !== undefined && found.length < 100) found.push({ at: `${row.index}`, what })
      }
      const last = rows.at(-1)
      if (last === undefined) return found
      after = last.index
    }
  }

export const telemetryPacks: Derived = {
  table: 'telemetry_packs',
  columns: ['index', 'org', 'parties', 'device', 'seq', 'iat', 'count', 'logged_at'],
  contradictions: eachPack((_, { body, enveloped, device, seq, iat, count }) => {
    const read = readPack(body)
    if (!read.ok) return read.detail
    const { statement } = read
    if (!enveloped) return 'missing, or org, parties, logged_at: the record has others'
    if ((statement.device ?? null) !== device) return 'device: another one signed'
    if (BigInt(statement.seq ?? 0) !== (seq ?? 0n)) return 'seq: the device signed another'
    if (statement.iat !== iat.toISOString()) return 'iat: the statement has another'
    return statement.count === count ? undefined : 'count: the statement has another'
  }),
}

type ReadingRow = {
  readonly position: number
  readonly name: string
  readonly same_time: boolean
  readonly reading: string
  readonly code: string | null
  readonly reason: string | null
}

/** Readings and their seed give the root that was logged; name, time and subject follow from each reading. */
export const telemetryReadings: Derived = {
  table: 'readings',
  columns: ['pack', 'position', 'subject', 'name', 'time', 'reading'],
  contradictions: eachPack(async (tx, { index, body }) => {
    const read = readPack(body)
    if (!read.ok) return undefined
    const { rows: seeds } = await sql<{ seed: Buffer }>`select seed from telemetry_seeds where pack = ${index}`.execute(
      tx,
    )
    const seed = seeds[0]?.seed
    if (seed === undefined) return 'telemetry_seeds: there is none'
    const { rows } = await sql<ReadingRow>`
      select r.position, r.name, r.reading, s.code, s.reason,
        r.time = to_timestamp((r.reading::json ->> 't')::float8) as same_time
      from readings r left join telemetry_subjects s on s.pack = r.pack and s.n = r.subject
      where r.pack = ${index} order by r.position`.execute(tx)
    if (rows.some(({ position }, i) => position !== i)) return 'position: the readings are not all there'
    const leaves = readingLeaves(
      seed,
      rows.map(({ reading }) => reading),
    )
    if (base64url(packRoot(leaves)) !== read.statement.root) return 'reading, seed: the log has another root'
    const at = rows.findIndex(row => !follows(row))
    return at < 0 ? undefined : `${at}: name, time or subject is not what the reading says`
  }),
}

const follows = ({ name, same_time, reading, code, reason }: ReadingRow): boolean => {
  const resolved = resolveSenml(`[${reading}]`, new Date(0), 1)
  return (
    resolved.ok &&
    resolved.readings[0]?.name === name &&
    same_time &&
    subjectOf(name) === code &&
    (reason === null || reason in entitlementReasons)
  )
}
