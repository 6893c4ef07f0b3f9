import { equal } from '../core/bytes.ts'
import { leafOf } from '../core/entry.ts'
import { Refusal } from '../core/errors.ts'
import { extend } from '../core/merkle/frontier.ts'
import { asNode, type Db, type Tx } from '../db/database.ts'
import {
  appendTiles,
  type ClientKey,
  type Found,
  findByClientKeys,
  insertRecords,
  isLogged,
  lockHead,
  moveHead,
  type RecordRow,
  savepoint,
} from './store.ts'
import type { Effect, Entry, Placed, Prepared } from './submission.ts'
import { expectTerm } from './writer/fence.ts'

/** Submissions that are logged together or not at all. */
export type Item = {
  readonly submissions: readonly Prepared[]
  /** Once for the whole, after the submissions' own effects, unless all of them were repeated. */
  readonly effect?: (tx: Tx, entries: readonly Placed[]) => Promise<void>
}

export type Outcome = { readonly placed: readonly Placed[] } | { readonly rejected: unknown }

/**
 * Logs the items in their order in one transaction and says what became of each. Throws when nothing of the batch has
 * been logged, or when it can't be known: then nobody has been told that it was.
 */
export const writeBatch = async (
  db: Db,
  items: readonly Item[],
  now: Date,
  term: bigint,
): Promise<readonly Outcome[]> => {
  let written: Written | undefined
  try {
    await asNode(db, async tx => {
      written = await write(tx, items, now, term)
    })
  } catch (error) {
    // Without an end to the work the commit was never sent, and PostgreSQL has undone the rest.
    if (written === undefined) throw error
    // The commit may have landed before the connection broke. The record itself tells, read under the lock that the
    // broken transaction held: while its backend still lives, this waits.
    if (written.last && !(await landed(db, written.last))) throw error
  }
  return written?.outcomes ?? []
}

type Written = { readonly outcomes: readonly Outcome[]; readonly last: Entry | undefined }

const write = async (tx: Tx, items: readonly Item[], now: Date, term: bigint): Promise<Written> => {
  const head = await lockHead(tx)
  expectTerm(head, term)
  const loggedAt = now > head.loggedAt ? now : head.loggedAt
  const known = await knownKeys(tx, items)
  const rows: RecordRow[] = []
  let unwritten = 0
  const flush = async () => {
    await insertRecords(tx, rows.slice(unwritten))
    unwritten = rows.length
  }
  const outcomes: Outcome[] = []
  for (const item of items) {
    const plan = place(item, known, head.size + BigInt(rows.length), loggedAt)
    if (plan instanceof Refusal) {
      outcomes.push({ rejected: plan })
      continue
    }
    const { placed, fresh } = plan
    const effects = effectsOf(item, placed)
    if (effects.length > 0) {
      await flush()
      const failure = await savepoint(tx, async () => {
        await insertRecords(tx, fresh)
        for (const effect of effects) await effect(tx)
      })
      if (failure) {
        outcomes.push({ rejected: failure.cause })
        continue
      }
      unwritten += fresh.length
    }
    rows.push(...fresh)
    for (const row of fresh) if (row.clientKey !== undefined) known.set(keyOf(row), row)
    outcomes.push({ placed })
  }
  await flush()
  if (rows.length > 0) {
    const hashes = new Map<string, { level: number; index: bigint; hashes: Uint8Array[] }>()
    const frontier = extend(
      head.frontier,
      rows.map(row => leafOf(row.digest)),
      (level, index, hash) => {
        if (level % 8 !== 0) return
        const tile = { level: level / 8, index: index / 256n, hashes: [] }
        const key = `${tile.level}/${tile.index}`
        const grown = hashes.get(key) ?? tile
        hashes.set(key, grown)
        grown.hashes.push(hash)
      },
    )
    await appendTiles(tx, [...hashes.values()], frontier.size)
    await moveHead(tx, head.version, frontier, loggedAt)
  }
  return { outcomes, last: rows.at(-1) }
}

/** Where each submission of the item goes, if it may; `fresh` are the rows to write. */
const place = (
  { submissions }: Item,
  known: ReadonlyMap<string, Found>,
  next: bigint,
  loggedAt: Date,
): { placed: Placed[]; fresh: RecordRow[] } | Refusal => {
  const own = new Map<string, Found>()
  const fresh: RecordRow[] = []
  const placed: Placed[] = []
  for (const submission of submissions) {
    const key = submission.clientKey === undefined ? undefined : keyOf(submission)
    const before = key === undefined ? undefined : (own.get(key) ?? known.get(key))
    if (before) {
      if (!isSame(before, submission)) return new Refusal('IDEMPOTENCY_CONFLICT')
      placed.push({ index: before.index, digest: before.digest, loggedAt: before.loggedAt, repeated: true })
      continue
    }
    const row = { ...submission, index: next + BigInt(fresh.length), loggedAt }
    fresh.push(row)
    if (key !== undefined) own.set(key, row)
    placed.push({ index: row.index, digest: row.digest, loggedAt, repeated: false })
  }
  return { placed, fresh }
}

/** A repetition has the same body, and the same salt where the signer chose it. An erased record can't be compared. */
const isSame = (before: Found, { body, salt, saltGiven }: Prepared): boolean =>
  before.body !== null && equal(before.body, body) && !(saltGiven && before.salt !== null && !equal(before.salt, salt))

const effectsOf = ({ submissions, effect }: Item, placed: readonly Placed[]): ((tx: Tx) => Promise<void>)[] => {
  const own = placed.flatMap((entry, i) => {
    const run: Effect | undefined = submissions[i]?.effect
    return run && !entry.repeated ? [(tx: Tx) => run(tx, entry)] : []
  })
  const anyFresh = placed.some(entry => !entry.repeated)
  return effect && anyFresh ? [...own, tx => effect(tx, placed)] : own
}

const keyOf = ({ org, type, clientKey }: ClientKey) => `${org} ${type} ${clientKey}`

const knownKeys = async (tx: Tx, items: readonly Item[]): Promise<Map<string, Found>> => {
  const keys = items.flatMap(item =>
    item.submissions.flatMap(({ org, type, clientKey }) => (clientKey === undefined ? [] : [{ org, type, clientKey }])),
  )
  const found = keys.length > 0 ? await findByClientKeys(tx, keys) : []
  return new Map(found.map(row => [keyOf(row), row]))
}

const landed = async (db: Db, entry: Entry): Promise<boolean> => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await asNode(db, async tx => {
        await lockHead(tx)
        return isLogged(tx, entry)
      })
    } catch (error) {
      if (attempt === 5) throw error
      await new Promise(done => setTimeout(done, 200 * 2 ** attempt))
    }
  }
}
