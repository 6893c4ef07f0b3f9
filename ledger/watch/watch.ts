import { equal } from '../../core/bytes.ts'
import { type Checkpoint, openCheckpoint } from '../../core/checkpoint.ts'
import { emptyFrontier, extend, type Frontier, rootOfFrontier } from '../../core/merkle/frontier.ts'
import { consistencyProof } from '../../core/merkle/proof.ts'
import { verifyConsistency } from '../../core/merkle/verify.ts'
import type { NoteKey } from '../../core/note.ts'
import { TILE_WIDTH, tileWidth } from '../../core/tile.ts'
import { type ContractHead, checkHeads, listedAnchors } from './anchors.ts'
import { type PublicLog, Unavailable } from './public-log.ts'
import type { Seen } from './seen.ts'

export const watchFindings = {
  WATCH_SIGNATURE: 'the head is not signed by a trusted key of this log',
  WATCH_FORK: 'two signed heads have no common history: both are kept as proof',
  WATCH_REWIND: 'the head is smaller than one that was signed before',
  WATCH_STALE: 'the head has not changed for too long',
  WATCH_ENTRIES: 'the entries, or the tiles, are not those of the signed head',
  WATCH_ANCHOR: 'a contract holds, or the log lists, another head than this log had',
} as const
export type WatchCode = keyof typeof watchFindings
export type WatchFinding = { readonly code: WatchCode; readonly detail: string; readonly evidence?: readonly string[] }

export type Watch = {
  readonly log: PublicLog
  readonly origin: string
  readonly keys: readonly NoteKey[]
  readonly now: Date
  /** Milliseconds for which a head may stay the same; undefined for a log that may be quiet. */
  readonly stale?: number | undefined
  /** Heads that contracts hold of this log, by an endpoint of the watcher's own. */
  readonly contracts: readonly (() => Promise<ContractHead | undefined>)[]
  readonly progress?: (done: bigint, size: bigint) => void
}

export type Round = { readonly findings: readonly WatchFinding[]; readonly seen: Seen | undefined }

/**
 * Looks at a log once, from outside: its head must be signed, extend the one seen before, and be the root of all its
 * entries and tiles; what contracts hold must be of the same history. What was seen moves on only when nothing is wrong.
 * Throws Unavailable when the log doesn't serve what is needed to tell.
 */
export const watchOnce = async (watch: Watch, before: Seen | undefined): Promise<Round> => {
  const { log, origin, keys, now, stale } = watch
  // Asked for first: a head that is anchored after our look at the log would seem to be ahead of it.
  const heads = [
    ...(await listedAnchors(log)),
    ...(await Promise.all(watch.contracts.map(ask => ask()))).flatMap(head => head ?? []),
  ]
  const note = await log.note()
  const opened = await openCheckpoint(note, origin, keys)
  if (!opened.ok) return { findings: [{ code: 'WATCH_SIGNATURE', detail: opened.detail }], seen: before }
  const { checkpoint } = opened
  const broken = before && (await brokenHistory(log, before, note, checkpoint))
  if (broken) return { findings: [broken], seen: before }

  const findings: WatchFinding[] = []
  const frontier = await readOn(watch, before?.frontier ?? emptyFrontier, checkpoint.size)
  if (frontier === undefined || !equal(rootOfFrontier(frontier), checkpoint.root)) {
    findings.push({ code: 'WATCH_ENTRIES', detail: watchFindings.WATCH_ENTRIES, evidence: [note] })
  }
  for (const detail of await checkHeads(log, checkpoint, heads)) {
    findings.push({ code: 'WATCH_ANCHOR', detail, evidence: [note] })
  }
  const since = before && before.frontier.size === checkpoint.size ? before.since : now
  if (stale !== undefined && now.getTime() - since.getTime() > stale) {
    findings.push({ code: 'WATCH_STALE', detail: `the same head of ${checkpoint.size} since ${since.toISOString()}` })
  }
  const wrong = findings.some(({ code }) => code !== 'WATCH_STALE')
  return { findings, seen: wrong || frontier === undefined ? before : { frontier, note, since } }
}

const brokenHistory = async (
  log: PublicLog,
  before: Seen,
  note: string,
  { size, root }: Checkpoint,
): Promise<WatchFinding | undefined> => {
  const { frontier } = before
  const evidence = [before.note, note]
  const old = rootOfFrontier(frontier)
  if (size < frontier.size) {
    return { code: 'WATCH_REWIND', detail: `${size} entries, and there were ${frontier.size}`, evidence }
  }
  if (size === frontier.size) {
    return equal(root, old) ? undefined : { code: 'WATCH_FORK', detail: `two roots at ${size} entries`, evidence }
  }
  if (frontier.size === 0n) return undefined
  const proof = await consistencyProof(frontier.size, size, log.nodes(size)).catch(missing)
  return verifyConsistency(frontier.size, size, proof, old, root)
    ? undefined
    : { code: 'WATCH_FORK', detail: `the head of ${size} does not extend that of ${frontier.size}`, evidence }
}

/** Reads the entries on from a frontier, and compares every tile they fill; undefined where a tile says otherwise. */
const readOn = async (watch: Watch, from: Frontier, size: bigint): Promise<Frontier | undefined> => {
  const { log, progress } = watch
  let frontier = from
  while (frontier.size < size) {
    const index = frontier.size / BigInt(TILE_WIDTH)
    const width = tileWidth('entries', index, size)
    const first = Number(frontier.size % BigInt(TILE_WIDTH))
    const leaves = (await log.leaves(index, width).catch(missing)).slice(first)
    const grown = new Map<string, { level: number; index: bigint; first: number; hashes: Uint8Array[] }>()
    frontier = extend(frontier, leaves, (level, at, hash) => {
      if (level % 8 !== 0) return
      const key = `${level / 8}/${at / 256n}`
      const tile = grown.get(key) ?? { level: level / 8, index: at / 256n, first: Number(at % 256n), hashes: [] }
      grown.set(key, tile)
      tile.hashes.push(hash)
    })
    for (const tile of grown.values()) {
      const served = await log.tile({
        level: tile.level,
        index: tile.index,
        width: tileWidth(tile.level, tile.index, size),
      })
      const same = tile.hashes.every((hash, i) =>
        equal(hash, served.subarray((tile.first + i) * 32, (tile.first + i + 1) * 32)),
      )
      if (!same) return undefined
    }
    progress?.(frontier.size, size)
  }
  return frontier
}

/** A bundle or tile that can't be read is not served as it must be. */
const missing = (error: unknown): never => {
  throw error instanceof RangeError ? new Unavailable(error.message) : error
}
