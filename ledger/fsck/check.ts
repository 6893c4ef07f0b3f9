import { equal, hex } from '../../core/bytes.ts'
import { openCheckpoint } from '../../core/checkpoint.ts'
import { commitment, leafOf } from '../../core/entry.ts'
import { emptyFrontier, extend, type Frontier, rootOfFrontier } from '../../core/merkle/frontier.ts'
import type { Hash } from '../../core/merkle.ts'
import type { NoteKey } from '../../core/note.ts'
import type { Db, Tx } from '../../db/database.ts'
import type { Tables } from '../../db/projection.ts'
import { readHead } from '../store.ts'
import { checkAnchorProofs, checkStrayProofs } from './anchor-proofs.ts'
import { type AskChainOf, checkAnchors, checkStrayTransactions } from './anchors.ts'
import { checkCosignatures, checkWitnessed } from './cosignatures.ts'
import { checkDerived } from './derived.ts'
import { checkErasures } from './erasures.ts'
import { collector, type FsckFinding, type Report } from './findings.ts'
import { checkProjections, checkStrays, type PageRow } from './projections.ts'
import { type CheckpointRow, readBeyond, readCheckpoints, reading, readPage } from './rows.ts'
import { type Completed, checkTiles } from './tiles.ts'

export type LogCheck = {
  readonly size: bigint
  /** Records whose body is gone: their place in the tree is checked, their content can't be. */
  readonly erased: bigint
  /** Entries that `recover` restored without their records, which somebody may have submitted again. */
  readonly lost: bigint
  readonly checkpoints: number
  readonly anchors: number
  /** Entry from which this run read: those before were read by the run that it took up. */
  readonly from: bigint
  /** Empty when the node is what its log says. At most 1,000. */
  readonly findings: readonly FsckFinding[]
}

/** How far a run came: all below `frontier.size` was read, and `note` is the checkpoint over exactly that. */
export type Passed = Pick<LogCheck, 'erased' | 'lost' | 'checkpoints' | 'anchors' | 'findings'> & {
  readonly frontier: Frontier
  readonly note: string
}

export type CheckOptions = {
  readonly progress?: (done: bigint, size: bigint) => void
  /** What follows from the records; without it the log alone is checked. */
  readonly tables?: Tables
  /** Where an earlier run ended. Its frontier must already have been compared with its checkpoint. */
  readonly resume?: Passed | undefined
  /** Told after each page that ends with or beyond a good checkpoint. */
  readonly onPassed?: (passed: Passed) => Promise<void>
  /** How to ask the chains of anchors; without it they are compared with the log alone. */
  readonly chain?: AskChainOf
}

/**
 * Recomputes a node from its records: every leaf from body and salt, every tile, the root under every checkpoint and
 * anchor and their signatures, and every table that follows from the records. Reads only, a page at a time; the log may
 * grow meanwhile, and is checked up to where it was at the start.
 */
export const checkLog = async (
  db: Db,
  origin: string,
  keys: readonly NoteKey[],
  options: CheckOptions = {},
): Promise<LogCheck> => {
  const { tables = { projections: [], derived: [], cited: [], erasable: [] }, resume } = options
  const { findings, report } = collector()
  for (const { code, at, detail } of resume?.findings ?? []) report(code, at, detail)
  const { head, beyond } = await reading(db, async tx => ({ head: await readHead(tx), beyond: await readBeyond(tx) }))
  const { size } = head
  if (beyond.record !== undefined) report('RECORD_BEYOND', beyond.record)
  for (const signed of beyond.checkpoints) report('CHECKPOINT_BEYOND', signed)
  for (const tile of beyond.tiles) report('TILE_BEYOND', tile)
  for (const cosigned of beyond.cosignatures) report('COSIGNATURE_WRONG', cosigned, 'no such checkpoint')
  for (const anchored of beyond.anchors) report('ANCHOR_ROOT', anchored, 'the log has not come so far')

  let frontier = resume?.frontier ?? emptyFrontier
  const from = frontier.size
  const { erased = 0n, lost = 0n, checkpoints = 0, anchors = 0 } = resume ?? {}
  const counts = { erased, lost, checkpoints, anchors }
  let before = ''
  const page = async (tx: Tx): Promise<Passed | undefined> => {
    const start = frontier.size
    const rows = await readPage(tx, start, size)
    const gap = rows.findIndex((row, i) => row.index !== start + BigInt(i))
    const whole = gap === -1 ? rows : rows.slice(0, gap)
    const end = start + BigInt(whole.length)
    // The checkpoint over nothing is read with the first page.
    const sizes = { from: start === 0n ? -1n : start, to: end }
    const signed = await readCheckpoints(tx, sizes)
    const roots = new Map<bigint, Hash>()
    const completed: Completed[] = []
    let good: { frontier: Frontier; note: string } | undefined
    const compare = async () => {
      const row = signed[roots.size]
      if (row?.size !== frontier.size) return
      roots.set(row.size, rootOfFrontier(frontier))
      counts.checkpoints++
      if (await checkCheckpoint(row, roots.get(row.size)!, origin, keys, report)) good = { frontier, note: row.note }
    }
    await compare()
    for (const row of whole) {
      before = checkRecord(row, before, report)
      if (row.body === null) counts[row.type === LOST ? 'lost' : 'erased']++
      frontier = extend(frontier, [leafOf(row.digest)], (level, index, hash) => {
        if (level % 8 === 0) completed.push({ level: level / 8, index, hash })
      })
      await compare()
    }
    await checkTiles(tx, completed, report)
    await checkCosignatures(tx, signed, sizes, report)
    const range = { origin, roots, ...sizes, chain: options.chain }
    counts.anchors += await checkAnchors(tx, range, report)
    await checkAnchorProofs(tx, range, report)
    await checkProjections(tx, tables, whole, { from: start, to: end }, report)
    if (end < size && (end === start || gap !== -1)) throw new Gap(end)
    return good && { ...good, ...counts, findings: [...findings] }
  }
  try {
    do {
      const passed = await reading(db, page)
      options.progress?.(frontier.size, size)
      if (passed !== undefined) await options.onPassed?.(passed)
    } while (frontier.size < size)
    const wrong = [
      ...(isSame(frontier, head.frontier) ? [] : ['frontier']),
      ...(size > from && Date.parse(before) !== head.loggedAt.getTime() ? ['logged_at'] : []),
    ]
    if (wrong.length > 0) report('HEAD_WRONG', size, wrong.join(', '))
  } catch (error) {
    if (!(error instanceof Gap)) throw error
    report('RECORD_GAP', error.index)
  }
  await reading(db, async tx => {
    await checkStrays(tx, tables.projections, report)
    await checkDerived(tx, tables.derived, report)
    await checkErasures(tx, report)
    await checkStrayTransactions(tx, report)
    await checkStrayProofs(tx, report)
    await checkWitnessed(tx, report)
  })
  return { size, ...counts, from, findings }
}

/** What `recover` calls a record of which only the commitment is left. */
const LOST: string = 'lost'

/** The tree can't be followed past a missing record. */
class Gap extends Error {
  readonly index: bigint
  constructor(index: bigint) {
    super(`no record ${index}`)
    this.index = index
  }
}

/** Gives the time of the record, to compare the next one's with. RFC 3339 in UTC sorts as text down to its digits. */
const checkRecord = (row: PageRow, before: string, report: Report): string => {
  const { index, type, salt, body, digest, loggedAt } = row
  if (body !== null && salt !== null && !equal(commitment(type, salt, body), digest)) report('RECORD_DIGEST', index)
  if (!row.enveloped) report('RECORD_ENVELOPE', index)
  if (before !== '' && Date.parse(loggedAt) < Date.parse(before)) report('RECORD_ORDER', index)
  return loggedAt
}

const checkCheckpoint = async (
  row: CheckpointRow,
  root: Hash,
  origin: string,
  keys: readonly NoteKey[],
  report: Report,
): Promise<boolean> => {
  const sameRoot = equal(row.root, root)
  if (!sameRoot) report('CHECKPOINT_ROOT', row.size)
  const opened = await openCheckpoint(row.note, origin, keys)
  if (!opened.ok) report('CHECKPOINT_SIGNATURE', row.size, opened.detail)
  else if (opened.checkpoint.size !== row.size || !equal(opened.checkpoint.root, row.root)) {
    report('CHECKPOINT_SIGNATURE', row.size)
  } else return sameRoot
  return false
}

const isSame = (a: Frontier, b: Frontier): boolean =>
  a.size === b.size && a.peaks.length === b.peaks.length && a.peaks.every((peak, i) => hex(peak) === hex(b.peaks[i]!))
