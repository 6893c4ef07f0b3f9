import { randomBytes } from 'node:crypto'
import { commitment } from '../core/entry.ts'
import type { RecordType } from '../core/record.ts'
import { parseUscc, type Uscc } from '../core/uscc.ts'
import type { Tx } from '../db/database.ts'

/** A record on its way into the log. */
export type Submission = {
  readonly type: RecordType
  /** Whose record it is. */
  readonly org: Uscc
  /** Who may read it, `org` among them. */
  readonly parties: readonly Uscc[]
  /** As received from its signer; RFC 8785 bytes of an event or of what the node made itself. */
  readonly body: Uint8Array
  /** 32 bytes, where the signer chose it; else drawn here. */
  readonly salt?: Uint8Array
  /** Idempotency: once per (org, type). Up to 200 characters. */
  readonly clientKey?: string
  /** The feature's own rows, in the transaction that logs the record. See {@link Effect}. */
  readonly effect?: Effect
}

/**
 * Runs as the node inside the log's transaction, while nobody else can append: SQL only, nothing that waits. What it
 * throws, a Refusal or anything else, rejects this submission alone and undoes its rows. Not run for a repeated one.
 */
export type Effect = (tx: Tx, entry: Entry) => Promise<void>

/** Where a record came to stand. */
export type Entry = {
  readonly index: bigint
  /** The record's commitment, 32 bytes. */
  readonly digest: Uint8Array
  readonly loggedAt: Date
}

export type Placed = Entry & {
  /** The same record had been logged before under this client key; index, digest and time are those of then. */
  readonly repeated: boolean
}

export type Prepared = Submission & {
  readonly salt: Uint8Array
  readonly saltGiven: boolean
  readonly digest: Uint8Array
}

export const MAX_BODY = 16 << 20

/**
 * Checked before it is queued, so that no submission can fail the transaction it shares with others. Throws RangeError
 * or SyntaxError: the feature, not its caller, has made a mistake.
 */
export const prepare = (submission: Submission): Prepared => {
  const { type, org, parties, body, clientKey } = submission
  for (const party of parties) parseUscc(party)
  if (!parties.includes(org)) throw new RangeError('the owner of a record is one of its parties')
  if (body.length === 0 || body.length > MAX_BODY) throw new RangeError(`a record has 1 to ${MAX_BODY} bytes`)
  if (
    clientKey !== undefined &&
    (clientKey.length === 0 || clientKey.length > 200 || /[\0\ud800-\udfff]/.test(clientKey))
  ) {
    throw new RangeError('a client key has 1 to 200 characters')
  }
  const salt = submission.salt ?? new Uint8Array(randomBytes(32))
  return { ...submission, salt, saltGiven: submission.salt !== undefined, digest: commitment(type, salt, body) }
}
