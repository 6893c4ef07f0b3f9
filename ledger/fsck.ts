import { sql } from 'kysely'
import { concat, equal, hex } from '../core/bytes.ts'
import { openCheckpoint } from '../core/checkpoint.ts'
import { commitment, leafOf } from '../core/entry.ts'
import { emptyFrontier, extend, type Frontier, rootOfFrontier } from '../core/merkle/frontier.ts'
import { HASH_LENGTH } from '../core/merkle.ts'
import type { NoteKey } from '../core/note.ts'
import type { RecordType } from '../core/record.ts'
import { asNode, type Db, type Tx } from '../db/database.ts'
import { readHead, readTiles } from './store.ts'

export const logFindings = {
  RECORD_GAP: 'an index below the size of the log has no record',
  RECORD_BEYOND: 'a record stands beyond the end of the log',
  RECORD_DIGEST: 'body and salt do not give the digest that was logged',
  TILE_WRONG: 'a tile is missing, too short, or has another hash than the records give',
  HEAD_WRONG: 'the frontier of the head row is not that of the records',
  CHECKPOINT_BEYOND: 'a checkpoint covers more entries than the log has',
  CHECKPOINT_ROOT: 'a checkpoint has another root than the records give',
  CHECKPOINT_SIGNATURE: 'a checkpoint is not signed by a trusted key of this log, or says other than its row',
} as const

export type LogFinding = { readonly code: keyof typeof logFindings; readonly at: string; readonly detail: string }

export type LogCheck = {
  readonly size: bigint
  /** Records whose body is gone: their place in the tree is checked, their content can't be. */
  readonly erased: bigint
  readonly checkpoints: number
  /** Empty when the log is what it says. At most 1,000. */
  readonly findings: readonly LogFinding[]
}

/** A multiple of a tile's width, so that few tiles are read twice. */
const PAGE = 1024n
const MOST = 1000

/**
 * Recomputes the whole log from the records: every leaf from body and salt, every tile, the root under every checkpoint
 * and its signature. Reads only; the log may grow meanwhile, and is checked up to where it was at the start.
 */
export const checkLog = async (
  db: Db,
  origin: string,
  keys: readonly NoteKey[],
  progress?: (done: bigint, size: bigint) => void,
): Promise<LogCheck> => {
  const findings: LogFinding[] = []
  const report = (code: LogFinding['code'], at: string | bigint, detail: string = logFindings[code]) => {
    if (findings.length < MOST) findings.push({ code, at: `${at}`, detail })
  }
  // Checkpoints first: what is signed after this line may be over more entries than the head read next.
  const checkpoints = await asNode(db, readCheckpoints)
  const head = await asNode(db, readHead)
  const { size } = head
  for (const { size: signed } of checkpoints) if (signed > size) report('CHECKPOINT_BEYOND', signed)
  const beyond = await asNode(db, readBeyond)
  if (beyond !== undefined) report('RECORD_BEYOND', beyond)

  let frontier = emptyFrontier
  let erased = 0n
  let next = 0
  const compareRoots = async () => {
    for (let row = checkpoints[next]; row?.size === frontier.size; row = checkpoints[++next]) {
      if (!equal(row.root, rootOfFrontier(frontier))) report('CHECKPOINT_ROOT', row.size)
      const opened = await openCheckpoint(row.note, origin, keys)
      if (!opened.ok) report('CHECKPOINT_SIGNATURE', row.size, opened.detail)
      else if (opened.checkpoint.size !== row.size || !equal(opened.checkpoint.root, row.root)) {
        report('CHECKPOINT_SIGNATURE', row.size)
      }
    }
  }
  await compareRoots()
  while (frontier.size < size) {
    const from: bigint = frontier.size
    const rows = await asNode(db, tx => readRecords(tx, from, size - from < PAGE ? size : from + PAGE))
    const grown = new Map<string, { level: number; index: bigint; first: number; hashes: Uint8Array[] }>()
    for (const [i, row] of rows.entries()) {
      if (row.index !== from + BigInt(i)) {
        report('RECORD_GAP', from + BigInt(i))
        return { size, erased, checkpoints: checkpoints.length, findings }
      }
      if (row.body === null || row.salt === null) erased++
      else if (!equal(commitment(row.type, row.salt, row.body), row.digest)) report('RECORD_DIGEST', row.index)
      frontier = extend(frontier, [leafOf(row.digest)], (level, index, hash) => {
        if (level % 8 !== 0) return
        const key = `${level / 8}/${index / 256n}`
        const tile = grown.get(key) ?? {
          level: level / 8,
          index: index / 256n,
          first: Number(index % 256n),
          hashes: [],
        }
        grown.set(key, tile)
        tile.hashes.push(hash)
      })
      await compareRoots()
    }
    if (frontier.size === from) {
      report('RECORD_GAP', from)
      break
    }
    const tiles = [...grown.values()]
    for (const [i, stored] of (await readTiles(db, tiles)).entries()) {
      const { level, index, first, hashes } = tiles[i]!
      const part = stored?.subarray(first * HASH_LENGTH, (first + hashes.length) * HASH_LENGTH)
      if (!part || !equal(part, concat(...hashes))) report('TILE_WRONG', `${level}/${index}`)
    }
    progress?.(frontier.size, size)
  }
  if (frontier.size === size && !isSame(frontier, head.frontier)) report('HEAD_WRONG', size)
  return { size, erased, checkpoints: checkpoints.length, findings }
}

const isSame = (a: Frontier, b: Frontier): boolean =>
  a.peaks.length === b.peaks.length && a.peaks.every((peak, i) => hex(peak) === hex(b.peaks[i]!))

type RecordRow = { index: bigint; type: RecordType; digest: Buffer; salt: Buffer | null; body: Buffer | null }

const readRecords = async (tx: Tx, from: bigint, to: bigint): Promise<readonly RecordRow[]> => {
  const { rows } = await sql<RecordRow>`
    select index, type, digest, salt, body from records where index >= ${from} and index < ${to} order by index`.execute(
    tx,
  )
  return rows
}

/** One statement, so that a batch committed meanwhile is seen with its head or not at all. */
const readBeyond = async (tx: Tx): Promise<bigint | undefined> => {
  const { rows } = await sql<{ index: bigint }>`
    select index from records where index >= (select size from log_head) order by index limit 1`.execute(tx)
  return rows[0]?.index
}

const readCheckpoints = async (tx: Tx) => {
  const { rows } = await sql<{ size: bigint; root: Buffer; note: string }>`
    select size, root, note from checkpoints order by size`.execute(tx)
  return rows
}
