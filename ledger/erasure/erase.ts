import { readAct } from '../../core/act.ts'
import { hex, utf8 } from '../../core/bytes.ts'
import type { Caller } from '../../core/contract.ts'
import { type Tombstone, tombstoneSchema } from '../../core/erasure.ts'
import { Refusal } from '../../core/errors.ts'
import type { SignerOf } from '../../core/signer.ts'
import { typ } from '../../core/typ.ts'
import { asNode, type Db, type Tx } from '../../db/database.ts'
import type { Erasable, Projection } from '../../db/projection.ts'
import type { Ledger } from '../ledger.ts'
import {
  destroy,
  dropCopies,
  type ErasureRow,
  empty,
  insertErasure,
  readErasure,
  readTarget,
  type Target,
} from './store.ts'

export type ErasureDeps = {
  readonly db: Db
  readonly now: () => Date
  readonly signerOf: SignerOf
  readonly ledger: Pick<Ledger, 'origin' | 'append'>
  readonly projections: readonly (Projection | Erasable)[]
  /** Why this record must be kept for now, in a sentence; undefined where nothing holds it. Runs as the node. */
  readonly heldBy: (tx: Tx, record: Target) => Promise<string | undefined>
}

const CLOCK_SKEW = 60_000

/**
 * Destroys a record's body and salt, and all that was made of them, by a tombstone that its owner or the operator has
 * signed: in one transaction with the log entry of the tombstone, or not at all. The same tombstone again is harmless.
 */
export const erase = async (
  deps: ErasureDeps,
  caller: Pick<Caller, 'uscc' | 'roles'>,
  jws: string,
): Promise<{ readonly row: ErasureRow; readonly repeated: boolean }> => {
  const signer = await deps.signerOf(jws, typ.tombstone, deps.now())
  const tombstone = read(signer.payload)
  if (tombstone.by !== signer.uscc) throw new Refusal('SIGNER_MISMATCH')
  if (caller.uscc !== signer.uscc) throw new Refusal('NOT_YOURS', 'Submit what your own organization signed')
  if (tombstone.log !== deps.ledger.origin) throw new Refusal('INVALID_REQUEST', 'The tombstone is for another log')
  if (Date.parse(tombstone.iat) > deps.now().getTime() + CLOCK_SKEW) throw new Refusal('DATE_IN_FUTURE')
  const index = BigInt(tombstone.index)
  const target = await asNode(deps.db, tx => readTarget(tx, index))
  mustBeTheirs(target, tombstone, caller)
  const { repeated } = await deps.ledger
    .append({
      type: 'tombstone',
      org: target.org,
      parties: target.parties,
      body: utf8(jws),
      clientKey: tombstone.nonce,
      effect: async (tx, entry) => {
        // Read again: nobody else appends now, so nothing else is erased meanwhile.
        const record = await readTarget(tx, index)
        if (record === undefined || record.body === null) throw new Refusal('ERASED')
        const own = deps.projections.filter(({ types }) => types.includes(record.type))
        const held = mustStay(record, own) ?? (await deps.heldBy(tx, record))
        if (held !== undefined) throw new Refusal('ERASURE_FORBIDDEN', held)
        for (const it of own) if ('beforeErasure' in it) await it.beforeErasure?.(tx, index)
        await destroy(tx, index)
        await dropCopies(tx, record)
        // Rows that hang on others stand behind them in the list.
        for (const projection of own.toReversed()) await empty(tx, projection, index)
        await insertErasure(tx, record, tombstone, entry)
      },
    })
    .catch(error => {
      if (error instanceof Refusal && error.code === 'IDEMPOTENCY_CONFLICT') throw new Refusal('NONCE_REPLAYED')
      throw error
    })
  return { row: (await asNode(deps.db, tx => readErasure(tx, index)))!, repeated }
}

const read = (payload: Uint8Array): Tombstone => {
  try {
    const tombstone = readAct(tombstoneSchema, payload)
    if (BigInt(tombstone.index) < 2n ** 63n) return tombstone
    throw new SyntaxError('index: no log is that long')
  } catch (error) {
    throw new Refusal('INVALID_REQUEST', error instanceof SyntaxError ? error.message : undefined)
  }
}

/** To whoever is no party to a record, it is as if there were none. */
function mustBeTheirs(
  target: Target | undefined,
  { commitment }: Tombstone,
  { uscc, roles }: Pick<Caller, 'uscc' | 'roles'>,
): asserts target is Target {
  const operates = roles.includes('operator')
  if (target === undefined || !(operates || (target.parties as readonly string[]).includes(uscc))) {
    throw new Refusal('RECORD_UNKNOWN')
  }
  if (!operates && target.org !== uscc) throw new Refusal('NOT_YOURS', 'Its owner or the operator has a record erased')
  if (hex(target.digest) !== commitment) {
    throw new Refusal('RECORD_UNKNOWN', 'The tombstone names another commitment than stands at that place')
  }
}

/** Acts that others rely on, and the proof that data was handled lawfully (PIPL 55), are kept. */
const mustStay = ({ type }: Target, own: readonly Pick<Projection, 'erased'>[]): string | undefined =>
  own.length === 0 || own.some(({ erased }) => erased === undefined)
    ? `Records of type ${type} are kept: others rely on them`
    : undefined
