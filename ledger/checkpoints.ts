import { sql } from 'kysely'
import { equal } from '../core/bytes.ts'
import { formatCheckpoint } from '../core/checkpoint.ts'
import { rootOfFrontier } from '../core/merkle/frontier.ts'
import { consistencyProof, rootAt } from '../core/merkle/proof.ts'
import { verifyConsistency } from '../core/merkle/verify.ts'
import { asHash, type Hash } from '../core/merkle.ts'
import { type NoteKey, type SignBytes, signNote } from '../core/note.ts'
import { nodesFromTiles } from '../core/tile.ts'
import { asNode, type Db, type Tx } from '../db/database.ts'
import { LogFault } from './fault.ts'
import { type Head, readHead, readTiles } from './store.ts'
import { expectTerm } from './writer/fence.ts'

/** The key named after the log's origin, and the way to sign with it. It signs notes and nothing else. */
export type LogKey = NoteKey & { readonly sign: SignBytes }

export type SignedCheckpoint = {
  readonly size: bigint
  readonly root: Hash
  /** C2SP signed note. */
  readonly note: string
  readonly signedAt: Date
}

type Row = { size: bigint; root: Buffer; note: string; signed_at: Date }

/** The newest signed head, or the one of exactly this size. */
export const readCheckpoint = async (db: Db | Tx, size?: bigint): Promise<SignedCheckpoint | undefined> => {
  const { rows } = await sql<Row>`
    select size, root, note, signed_at from checkpoints
    where ${size ?? null}::bigint is null or size = ${size ?? null} order by size desc limit 1`.execute(db)
  const [row] = rows
  return row && { size: row.size, root: asHash(row.root), note: row.note, signedAt: row.signed_at }
}

/**
 * Signs the head where it is ahead of the last one signed, and gives the newest checkpoint. What is signed has been
 * recomputed from the tiles and shown to extend what was signed before; otherwise nothing is, and a LogFault says why.
 */
export const signHead = async (db: Db, key: LogKey, now: () => Date, term: bigint): Promise<SignedCheckpoint> =>
  asNode(db, async tx => {
    // One signer at a time: without, the smaller of two heads could be signed after the larger.
    await sql`select pg_advisory_xact_lock(hashtext('tallystick checkpoint'))`.execute(tx)
    const last = await readCheckpoint(tx)
    const head = await readHead(tx)
    expectTerm(head, term)
    await checkHead(tx, head, last)
    if (last?.size === head.size) return last
    const root = rootOfFrontier(head.frontier)
    const note = await signNote(formatCheckpoint({ origin: key.name, size: head.size, root }), key, key.sign)
    const signed = { size: head.size, root, note, signedAt: now() }
    await sql`insert into checkpoints (size, root, note, signed_at)
      values (${signed.size}, ${root}, ${note}, ${signed.signedAt})`.execute(tx)
    return signed
  })

/** Throws LogFault unless tiles, head and last checkpoint are of one tree. Reads a handful of tiles. */
export const checkHead = async (tx: Tx, head: Head, last: SignedCheckpoint | undefined): Promise<void> => {
  const read = nodesFromTiles(head.size, tiles => readTiles(tx, tiles))
  const root = rootOfFrontier(head.frontier)
  const fromTiles = await rootAt(head.size, read).catch(missing)
  if (!equal(fromTiles, root)) throw new LogFault('the tiles have another root than the head of the log')
  if (last === undefined || last.size === 0n) return
  if (last.size > head.size) {
    throw new LogFault(`a checkpoint over ${last.size} entries was signed, and the log has only ${head.size}`)
  }
  const proof = await consistencyProof(last.size, head.size, read).catch(missing)
  if (!verifyConsistency(last.size, head.size, proof, last.root, root)) {
    throw new LogFault(`the log is no extension of the checkpoint signed over ${last.size} entries`)
  }
}

const missing = (error: unknown): never => {
  throw error instanceof RangeError ? new LogFault(error.message) : error
}
