import { sql } from 'kysely'
import { formatWitnessKey } from '../../core/cosignature.ts'
import { asHash, type Hash } from '../../core/merkle.ts'
import { formatSignature, type NoteKey, type NoteSignature } from '../../core/note.ts'
import { asNode, type Db } from '../../db/database.ts'
import type { SignedCheckpoint } from '../checkpoints.ts'

export type Collected = { readonly witness: string; readonly line: string; readonly cosignedAt: Date }

/** Of one head each witness' first cosignature is kept: it is the earliest that dates the head. */
export const writeCosignature = (
  db: Db,
  size: bigint,
  key: NoteKey,
  signature: NoteSignature,
  cosignedAt: Date,
): Promise<void> =>
  asNode(db, async tx => {
    await sql`insert into cosignatures (witness, size, line, cosigned_at)
      values (${formatWitnessKey(key)}, ${size}, ${formatSignature(signature)}, ${cosignedAt})
      on conflict do nothing`.execute(tx)
  })

export type NewestCosigned = { readonly size: bigint; readonly root: Hash; readonly cosignedAt: Date }

/** The largest head that the witness has cosigned, by our own record. Served by the primary key. */
export const readNewestCosigned = async (db: Db, key: NoteKey): Promise<NewestCosigned | undefined> => {
  const { rows } = await sql<{ size: bigint; root: Buffer; cosigned_at: Date }>`
    select size, root, cosigned_at from cosignatures join checkpoints using (size)
    where witness = ${formatWitnessKey(key)} order by size desc limit 1`.execute(db)
  const [row] = rows
  return row && { size: row.size, root: asHash(row.root), cosignedAt: row.cosigned_at }
}

export type Candidate = SignedCheckpoint & { readonly collected: readonly Collected[] }

type Row = {
  size: bigint
  root: Buffer
  note: string
  signed_at: Date
  collected: { witness: string; line: string; cosignedAt: number }[] | null
}

const candidateOf = ({ size, root, note, signed_at, collected }: Row): Candidate => ({
  size,
  root: asHash(root),
  note,
  signedAt: signed_at,
  collected: (collected ?? []).map(({ cosignedAt, ...rest }) => ({ ...rest, cosignedAt: new Date(cosignedAt * 1000) })),
})

const withCosignatures = sql`select size, root, note, signed_at, (
    select json_agg(json_build_object('witness', witness, 'line', line,
      'cosignedAt', extract(epoch from cosigned_at)::bigint) order by cosigned_at, witness)
    from cosignatures c where c.size = checkpoints.size
  ) as collected from checkpoints`

/** One head with what was collected for it. */
export const readCandidate = async (db: Db, size: bigint): Promise<Candidate | undefined> => {
  const { rows } = await sql<Row>`${withCosignatures} where size = ${size}`.execute(db)
  return rows[0] && candidateOf(rows[0])
}

/** Heads signed after `since`, newest first, and the newest of before. */
export const readCandidates = async (db: Db, since: Date): Promise<readonly Candidate[]> => {
  const { rows } = await sql<Row>`${withCosignatures} where size >= coalesce(
      (select size from checkpoints where signed_at <= ${since} order by size desc limit 1), 0)
    order by size desc`.execute(db)
  return rows.map(candidateOf)
}

/** Newest heads that this witness cosigned, newest first. */
export const readNewestCandidates = async (db: Db, most: number): Promise<readonly Candidate[]> => {
  const { rows } = await sql<Row>`${withCosignatures}
    where size in (select distinct size from cosignatures order by size desc limit ${most}) order by size desc`.execute(
    db,
  )
  return rows.map(candidateOf)
}
