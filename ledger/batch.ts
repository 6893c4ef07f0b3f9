import { equal } from '../core/bytes.ts'
import { leafOf } from '../core/entry.ts'
import { Refusal } from '../core/errors.ts'
import { extend } from '../core/merkle/frontier.ts'
import { asNode, type Db, type Tx } from '../db/database.ts'
import { LogFault } from './fault.ts'
import type { Shared, SharedEffect } from './shared.ts'
import {
  type ClientKey,
  type Found,
  findByClientKeys,
  grow,
  type Head,
  insertRecords,
  isLogged,
  lockHead,
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
  /** Instead of effects of their own: rows written together with those of other items. Their submissions have no client key. */
  readonly shared?: Shared
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
  const log = (careful: boolean) =>
    asNode(db, async tx => {
      written = await write(tx, items, now, term, careful)
    })
  try {
    // Where all rows go together there is nothing yet that a savepoint would keep: two round trips less. A row that
    // can't be written undoes the whole, and it is done again with care.
    await log(false).catch(error => (error instanceof Spoiled ? log(true) : Promise.reject(error)))
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

/** Rows that were written together could not be. */
class Spoiled extends Error {}

const write = async (tx: Tx, items: readonly Item[], now: Date, term: bigint, careful: boolean): Promise<Written> => {
  const head = await lockHead(tx)
  expectTerm(head, term)
  const loggedAt = now > head.loggedAt ? now : head.loggedAt
  const known = await knownKeys(tx, items)
  const state: State = { tx, known, loggedAt, size: head.size, rows: [], unwritten: 0 }
  const outcomes: Outcome[] = []
  const runs = runsOf(items)
  const [only] = runs
  if (runs.length === 1 && only?.[0]?.shared && !careful) return atOnce(state, head, only, only[0].shared.effect)
  for (const run of runs) {
    const shared = run[0]?.shared
    outcomes.push(...(await (shared === undefined ? each(state, run) : together(state, run, shared.effect))))
  }
  await flush(state)
  await growBy(tx, head, state.rows, loggedAt)
  return { outcomes, last: state.rows.at(-1) }
}

/** Records, what they leave elsewhere, tiles and head, all sent in one go. */
const atOnce = async (
  state: State,
  head: Head,
  items: readonly Item[],
  effect: SharedEffect<unknown>,
): Promise<Written> => {
  const { tx, loggedAt } = state
  const { fresh, logged } = placeAll(state, items)
  const sent = [insertRecords(tx, fresh), effect.write(tx, logged), growBy(tx, head, fresh, loggedAt)]
  await Promise.all(sent).catch(cause =>
    Promise.reject(cause instanceof LogFault ? cause : new Spoiled('together', { cause })),
  )
  return { outcomes: logged.map(({ entries }) => ({ placed: entries })), last: fresh.at(-1) }
}

const growBy = async (tx: Tx, head: Head, rows: readonly RecordRow[], loggedAt: Date): Promise<void> => {
  if (rows.length === 0) return
  const tiles = new Map<string, { level: number; index: bigint; hashes: Uint8Array[] }>()
  const frontier = extend(
    head.frontier,
    rows.map(row => leafOf(row.digest)),
    (level, index, hash) => {
      if (level % 8 !== 0) return
      const tile = { level: level / 8, index: index / 256n, hashes: [] }
      const key = `${tile.level}/${tile.index}`
      const grown = tiles.get(key) ?? tile
      tiles.set(key, grown)
      grown.hashes.push(hash)
    },
  )
  await grow(tx, [...tiles.values()], { version: head.version, frontier, loggedAt })
}

/** A transaction under way: what it has placed so far, and how much of that is in the table. */
type State = {
  readonly tx: Tx
  readonly known: Map<string, Found>
  readonly loggedAt: Date
  readonly size: bigint
  readonly rows: RecordRow[]
  unwritten: number
}

const next = ({ size, rows }: State): bigint => size + BigInt(rows.length)

const flush = async (state: State): Promise<void> => {
  await insertRecords(state.tx, state.rows.slice(state.unwritten))
  state.unwritten = state.rows.length
}

/** Neighbours that write their rows together, and all others alone. */
const runsOf = (items: readonly Item[]): Item[][] => {
  const runs: Item[][] = []
  for (const item of items) {
    const before = runs.at(-1)
    if (before && item.shared && before[0]?.shared?.effect === item.shared.effect) before.push(item)
    else runs.push([item])
  }
  return runs
}

const each = async (state: State, items: readonly Item[]): Promise<Outcome[]> => {
  const outcomes: Outcome[] = []
  for (const item of items) {
    const plan = place(item, state.known, next(state), state.loggedAt)
    outcomes.push(plan instanceof Refusal ? { rejected: plan } : await log(state, plan, effectsOf(item, plan.placed)))
  }
  return outcomes
}

const log = async (state: State, { placed, fresh }: Plan, effects: readonly Run[]): Promise<Outcome> => {
  if (effects.length > 0) {
    await flush(state)
    const failure = await savepoint(state.tx, async () => {
      await insertRecords(state.tx, fresh)
      for (const effect of effects) await effect(state.tx)
    })
    if (failure) return { rejected: failure.cause }
    state.unwritten += fresh.length
  }
  state.rows.push(...fresh)
  for (const row of fresh) if (row.clientKey !== undefined) state.known.set(keyOf(row), row)
  return { placed }
}

/**
 * All rows at once. Where one of them spoils that, those that the effect's judgement lets pass, and if that fails, too,
 * each item by itself, so that it spoils only its own. Asking first would cost each event a look-up that nearly all of
 * them don't need; only this transaction can write what is judged, so nothing comes in between.
 */
const together = async (
  state: State,
  items: readonly Item[],
  effect: SharedEffect<unknown>,
): Promise<readonly Outcome[]> => {
  await flush(state)
  const first = await tryTogether(state, items, effect)
  if ('outcomes' in first) return first.outcomes
  const refused = await effect.judge(state.tx, items.map(sharedBy))
  const good = items.filter((_, i) => refused[i] === undefined)
  const retried = good.length === items.length ? first : await tryTogether(state, good, effect)
  const settled = 'outcomes' in retried ? [...retried.outcomes] : await alone(state, good, effect, retried.cause)
  return refused.map(refusal => (refusal === undefined ? settled.shift()! : { rejected: refusal }))
}

const alone = async (
  state: State,
  items: readonly Item[],
  effect: SharedEffect<unknown>,
  cause: unknown,
): Promise<Outcome[]> => {
  if (items.length === 1) return [{ rejected: cause }]
  const outcomes: Outcome[] = []
  for (const item of items) outcomes.push(...(await together(state, [item], effect)))
  return outcomes
}

const tryTogether = async (
  state: State,
  items: readonly Item[],
  effect: SharedEffect<unknown>,
): Promise<{ readonly outcomes: readonly Outcome[] } | { readonly cause: unknown }> => {
  let outcomes: readonly Outcome[] = []
  const failure = await savepoint(state.tx, async () => {
    outcomes = await logTogether(state, items, effect)
  })
  return failure ?? { outcomes }
}

/** Throws when a row can't be written; what has been placed by then is as it was. */
const logTogether = async (
  state: State,
  items: readonly Item[],
  effect: SharedEffect<unknown>,
): Promise<readonly Outcome[]> => {
  const { fresh, logged } = placeAll(state, items)
  await Promise.all([insertRecords(state.tx, fresh), effect.write(state.tx, logged)])
  state.rows.push(...fresh)
  state.unwritten += fresh.length
  return logged.map(({ entries }) => ({ placed: entries }))
}

/** Where all submissions of these items go, one behind the other. */
const placeAll = (state: State, items: readonly Item[]) => {
  const fresh: RecordRow[] = []
  const logged: { value: unknown; entries: readonly Placed[] }[] = []
  for (const item of items) {
    const entries = item.submissions.map((submission): Placed => {
      const row = { ...submission, index: next(state) + BigInt(fresh.length), loggedAt: state.loggedAt }
      fresh.push(row)
      return { index: row.index, digest: row.digest, loggedAt: row.loggedAt, repeated: false }
    })
    logged.push({ value: sharedBy(item), entries })
  }
  return { fresh, logged }
}

const sharedBy = ({ shared }: Item): unknown => shared?.value

/** Where each submission of the item goes, if it may; `fresh` are the rows to write. */
const place = (
  { submissions }: Item,
  known: ReadonlyMap<string, Found>,
  next: bigint,
  loggedAt: Date,
): Plan | Refusal => {
  const own = new Map<string, Found>()
  const fresh: RecordRow[] = []
  const placed: Placed[] = []
  for (const submission of submissions) {
    const key = submission.clientKey === undefined ? undefined : keyOf(submission)
    const before = key === undefined ? undefined : (own.get(key) ?? known.get(key))
    if (before) {
      if (before.body === null) return new Refusal('ERASED')
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

/** A repetition has the same body, and the same salt where the signer chose it. */
const isSame = (before: Found, { body, salt, saltGiven }: Prepared): boolean =>
  before.body !== null && equal(before.body, body) && !(saltGiven && before.salt !== null && !equal(before.salt, salt))

type Plan = { readonly placed: readonly Placed[]; readonly fresh: readonly RecordRow[] }
type Run = (tx: Tx) => Promise<void>

const effectsOf = ({ submissions, effect }: Item, placed: readonly Placed[]): Run[] => {
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
