import { base64url, equal, fromBase64url } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import type { Jws } from '../../core/jws.ts'
import { aboutOf, follows, halvesOf, type Matter, placeAfter, statementHash } from '../../core/statement.ts'
import { asNode, type Db, type Tx } from '../../db/database.ts'
import type { Effect, Submission } from '../submission.ts'
import { around, type ConflictKind, insertStatement, keepConflict } from './store.ts'

/** A statement whose signature is good, on its way into the log within a record. */
export type Statement = { readonly signer: string; readonly matter: Matter; readonly jws: Jws }

export type Numbered = Submission & { readonly statements?: readonly Statement[] }

/**
 * The same log, keeping the numbers of the statements that come with its submissions: unique under a signer and a
 * matter, each following the one before as far as that has come. A gap is taken, since what is missing may still be on
 * its way from another node. Refusals: STATEMENT_UNNUMBERED, and STATEMENT_CONFLICT with the place that is next; what is
 * refused so is kept as evidence, because its signer has then signed two of which one excludes the other.
 */
export const numbered =
  <Logged>(
    { db, now }: { readonly db: Db; readonly now: () => Date },
    appendAll: (submissions: readonly Submission[]) => Promise<readonly Logged[]>,
  ) =>
  async (submissions: readonly Numbered[]): Promise<readonly Logged[]> => {
    let conflict: Conflict | undefined
    const watch = (found: Conflict) => {
      conflict = found
    }
    try {
      return await appendAll(submissions.map(submission => withPlaces(submission, watch)))
    } catch (error) {
      const found = conflict
      if (found !== undefined && error instanceof Refusal && error.code === 'STATEMENT_CONFLICT') {
        const { signer, matter, jws } = found.statement
        await asNode(db, tx =>
          keepConflict(tx, {
            signer,
            about: fromBase64url(aboutOf(matter)),
            seq: jws.header.place?.seq ?? 0,
            kind: found.kind,
            jws: jws.compact,
            hash: statementHash(jws),
            seen_at: now(),
          }),
        )
      }
      throw error
    }
  }

type Conflict = { readonly statement: Statement; readonly kind: ConflictKind }

const withPlaces = (
  { statements = [], effect, ...submission }: Numbered,
  onConflict: (conflict: Conflict) => void,
): Submission => {
  if (statements.length === 0) return { ...submission, ...(effect && { effect }) }
  const both: Effect = async (tx, entry) => {
    await effect?.(tx, entry)
    for (const statement of statements) await takePlace(tx, entry.index, statement, onConflict)
  }
  return { ...submission, effect: both }
}

/** So far ahead a statement may be: one that jumps to the end of all numbers would leave its signer none. */
const MOST_MISSING = 1_000

const takePlace = async (
  tx: Tx,
  index: bigint,
  statement: Statement,
  onConflict: (conflict: Conflict) => void,
): Promise<void> => {
  const { signer, matter, jws } = statement
  const { place } = jws.header
  const about = fromBase64url(aboutOf(matter))
  const held = (await around(tx, { signer, about, seq: place?.seq ?? 1 })).map(row => ({
    ...row,
    seq: Number(row.seq),
  }))
  const latest = held.at(-1)
  const next = { about: aboutOf(matter), ...placeAfter(latest) }
  if (place === undefined) {
    throw new Refusal('STATEMENT_UNNUMBERED', `Number it ${next.seq}: seq and prev in the protected header`, { next })
  }
  const hash = statementHash(jws)
  const refuse = (kind: ConflictKind, detail: string): never => {
    onConflict({ statement, kind })
    throw new Refusal('STATEMENT_CONFLICT', `${detail}: sign it as number ${next.seq}`, { next })
  }
  const same = held.find(({ seq }) => seq === place.seq)
  if (same !== undefined) {
    // The statement itself once more, in another record: an authorization comes back with the bank's signature beside it.
    if (equal(same.hash, hash)) return
    return refuse('repeat', `Another statement on this matter is number ${place.seq}`)
  }
  const before = held.find(({ seq }) => seq === place.seq - 1)
  if (before !== undefined && !follows(place, before)) refuse('fork', 'Another statement comes before it')
  const after = held.find(({ seq }) => seq === place.seq + 1)
  if (after?.prev && base64url(after.prev) !== base64url(hash)) refuse('fork', 'The statement after it names another')
  if (place.seq > (latest?.seq ?? 0) + MOST_MISSING) {
    throw new Refusal('INVALID_REQUEST', `More than ${MOST_MISSING} statements would be missing before it`, { next })
  }
  const { header, payloadHash } = halvesOf(jws)
  const { kind, id } = matter
  await insertStatement(tx, { signer, about, kind, matter: id, hash, header, payload_hash: payloadHash }, place, index)
}
