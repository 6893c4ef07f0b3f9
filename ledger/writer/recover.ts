import { sql } from 'kysely'
import { equal } from '../../core/bytes.ts'
import { extend, type Frontier, rootOfFrontier } from '../../core/merkle/frontier.ts'
import { rootAt } from '../../core/merkle/proof.ts'
import { type Hash, leafHash } from '../../core/merkle.ts'
import { nodesFromTiles } from '../../core/tile.ts'
import type { Uscc } from '../../core/uscc.ts'
import { asNode, type Db, type Tx } from '../../db/database.ts'
import { checkHead, readCheckpoint } from '../checkpoints.ts'
import { grow, lockHead, readHead, readTiles } from '../store.ts'
import { type Comparison, compareElsewhere, type Elsewhere, type KnownHead } from './elsewhere.ts'
import { expectTerm } from './fence.ts'
import { openLog, releaseLease, renewLease, takeLease } from './lease.ts'
import { brokenPromise, type KeptPromise, nothingPromised, type Promised } from './promised.ts'
import type { EntrySource } from './tile-source.ts'

export type RecoverDeps = {
  readonly db: Db
  readonly now: () => Date
  /** Who remembers heads. The sources' own are added. */
  readonly elsewhere: readonly Elsewhere[]
  readonly sources: readonly EntrySource[]
  /** What the node itself promised, by receipts whose signatures are good: any that clients kept. */
  readonly promised?: Promised
  /** In whose name entries stand whose records are gone. */
  readonly operator: Uscc
  readonly progress?: (done: bigint, all: bigint) => void
}

export type Recovery = {
  /** Whether the log may be written again. */
  readonly opened: boolean
  readonly was: bigint
  readonly size: bigint
  /** Entries from `was` on: their places are proved, their records have to be submitted again. */
  readonly restored: bigint
  /** Promises for places that the log does not reach: no head known anywhere covered them. */
  readonly unkept: readonly KeptPromise[]
  readonly elsewhere: readonly Comparison[]
  /** What keeps the log closed, in a sentence. */
  readonly missing?: string
}

/** Milliseconds. */
const LEASE = 30_000
const PATIENCE = 20_000
const ENTRY_VERSION = 1
const PAGE = 256

/**
 * Restores the entries that a restored database lacks, from copies of the log, when they lead to the very heads that are
 * known elsewhere, and opens the log again only then. Nothing is written before all of it has been proved. Throws Error
 * when another process holds the lease, LogFault when the database contradicts itself.
 */
export const recoverLog = async (deps: RecoverDeps): Promise<Recovery> => {
  const { db } = deps
  const taken = await takeLease(db, 'tallystick recover', LEASE, true)
  if ('refused' in taken) {
    throw new Error(`${taken.refused.holder ?? 'another process'} writes the log: end it, or wait for its lease`)
  }
  const { term } = taken
  const renewing = setInterval(() => void renewLease(db, term, LEASE).catch(() => undefined), LEASE / 4)
  try {
    return await underLease(deps, term)
  } finally {
    clearInterval(renewing)
    await releaseLease(db, term)
  }
}

const underLease = async (deps: RecoverDeps, term: bigint): Promise<Recovery> => {
  const { db, sources, progress, promised = nothingPromised } = deps
  const everyone = [...deps.elsewhere, ...sources]
  const head = await asNode(db, async tx => {
    const read = await readHead(tx)
    await checkHead(tx, read, await readCheckpoint(tx))
    return read
  })
  const known = (await Promise.all(everyone.map(it => it.heads().catch((): KnownHead[] => [])))).flat()
  const target = known.reduce((most, { size }) => (size > most ? size : most), head.size)
  const closed = async (missing: string): Promise<Recovery> => ({
    ...{ opened: false, was: head.size, size: head.size, restored: 0n, missing },
    unkept: promised.from(head.size),
    elsewhere: await compare(db, everyone),
  })

  const broken = await brokenPromise(db, head.size, promised)
  if (broken !== undefined) return closed(`the database has another leaf at ${broken} than the node promised`)

  // Once for the proof, once to write: what lies between is not held in memory.
  let frontier: Frontier = head.frontier
  const roots = new Map(known.map(it => [it.size, it.root]))
  while (frontier.size < target) {
    const entries = await entriesAt(sources, frontier.size, target)
    if (entries.length === 0) return closed(`entry ${frontier.size} is in none of the copies`)
    for (const entry of entries) {
      const promise = promised.at(frontier.size)
      if (promise && !equal(promise.leaf, leafHash(entry))) {
        return closed(`the copies have another leaf at ${frontier.size} than the node promised`)
      }
      frontier = extend(frontier, [leafHash(entry)])
      const root = roots.get(frontier.size)
      if (root && !equal(root, rootOfFrontier(frontier))) {
        return closed(`the copies do not lead to the head known elsewhere over ${frontier.size} entries`)
      }
    }
  }
  if (target > head.size && roots.get(target) === undefined) {
    return closed(`only the size of the head over ${target} entries is known, and not its root`)
  }
  const before = await compare(db, everyone)
  const fork = before.find(({ verdict }) => verdict === 'forked')
  if (fork?.detail) return closed(fork.detail)

  for (let at = head.size; at < target; ) {
    const entries = await entriesAt(sources, at, target)
    at += BigInt(entries.length)
    await asNode(db, tx => append(deps, tx, term, entries))
    progress?.(at - head.size, target - head.size)
  }
  const written = await asNode(db, readHead)
  if (!equal(rootOfFrontier(written.frontier), rootOfFrontier(frontier))) {
    return closed('a copy of the log said one thing, then another')
  }
  const elsewhere = await compare(db, everyone)
  const against = elsewhere.find(({ verdict }) => verdict !== 'extended')
  if (against === undefined) await openLog(db, term)
  return {
    opened: against === undefined,
    was: head.size,
    size: written.size,
    restored: written.size - head.size,
    unkept: promised.from(written.size),
    elsewhere,
    ...(against ? { missing: against.detail ?? `${against.name}: ${against.verdict}` } : {}),
  }
}

const compare = (db: Db, everyone: readonly Elsewhere[]): Promise<readonly Comparison[]> => {
  const read = async () => {
    const { size } = await asNode(db, readHead)
    const nodes = nodesFromTiles(size, tiles => readTiles(db, tiles))
    return { size, root: (of: bigint) => rootAt(of, nodes) }
  }
  return compareElsewhere(read, everyone, PATIENCE)
}

/** From the first copy that has them, and not beyond the head that is to be reached. */
const entriesAt = async (
  sources: readonly EntrySource[],
  from: bigint,
  target: bigint,
): Promise<readonly Uint8Array[]> => {
  for (const source of sources) {
    const entries = await source.entries(from).catch((): Uint8Array[] => [])
    const most = target - from < BigInt(PAGE) ? Number(target - from) : PAGE
    if (entries.length > 0 && entries.every(isEntry)) return entries.slice(0, most)
  }
  return []
}

const isEntry = (entry: Uint8Array): boolean => entry.length === 33 && entry[0] === ENTRY_VERSION

/** Entries without their records: place and commitment, as after an erasure, but under no tombstone. */
const append = async (
  { operator, now, promised = nothingPromised }: RecoverDeps,
  tx: Tx,
  term: bigint,
  entries: readonly Uint8Array[],
): Promise<void> => {
  const head = await lockHead(tx)
  expectTerm(head, term)
  // Entries are in order of time: none is later than the next one that a receipt dates.
  let loggedAt = head.loggedAt
  const times = entries.map((_, i) => {
    const at = promised.next(head.size + BigInt(i))?.loggedAt ?? now()
    if (at > loggedAt) loggedAt = at
    return loggedAt
  })
  await sql`
    insert into records (index, type, org, parties, digest, logged_at, envelope)
    select index, 'lost', ${operator}, array[${operator}], digest, logged_at,
      record_envelope(index, 'lost', ${operator}, array[${operator}], null, logged_at)
    from unnest(${entries.map(entry => entry.slice(1))}::bytea[], ${times}::timestamptz[])
        with ordinality as t (digest, logged_at, place),
      lateral (select ${head.size}::bigint + place - 1) as at (index)`.execute(tx)
  const tiles = new Map<string, { level: number; index: bigint; hashes: Hash[] }>()
  const frontier = extend(head.frontier, entries.map(leafHash), (level, index, hash) => {
    if (level % 8 !== 0) return
    const tile = { level: level / 8, index: index / 256n, hashes: [] }
    const grown = tiles.get(`${tile.level}/${tile.index}`) ?? tile
    tiles.set(`${tile.level}/${tile.index}`, grown)
    grown.hashes.push(hash)
  })
  await grow(tx, [...tiles.values()], { version: head.version, frontier, loggedAt })
}
