import type { z } from 'zod'
import { sha256 } from '#sha256'
import { readAct } from '../core/act.ts'
import { fromUtf8, utf8 } from '../core/bytes.ts'
import { Refusal } from '../core/errors.ts'
import { type Jws, parseCompact } from '../core/jws.ts'
import type { Signer } from '../core/jws-chain.ts'
import type { RecordType } from '../core/record.ts'
import type { SignerOf } from '../core/signer.ts'
import { matterOf } from '../core/statement.ts'
import type { Typ } from '../core/typ.ts'
import type { Uscc } from '../core/uscc.ts'
import type { AppendAll, Logged, Statement, Submission } from './seams.ts'

export const actTypes = ['application/jose'] as const

/** An act whose signer is known. Whether that signer may do it is the act's own question. */
export type SignedAct<Payload> = {
  readonly act: Payload
  readonly signer: Signer
  /** As received: what is logged. */
  readonly body: Uint8Array
  /** Of the payload. The compact text would not do: one act has many valid signatures. */
  readonly hash: Uint8Array
  /** What the log numbers it by; none for acts that are not numbered. */
  readonly statements: readonly Statement[]
}

/** Reads a compact JWS over the RFC 8785 bytes of an act. Refusals: those of `signerOf`, SIGNATURE_INVALID, INVALID_REQUEST. */
export const readSignedAct = async <Schema extends z.ZodType>(
  deps: { readonly signerOf: SignerOf; readonly now: () => Date },
  text: string,
  expected: { readonly typ: Typ; readonly schema: Schema },
): Promise<SignedAct<z.output<Schema>>> => {
  const jws = parseCompact(text)
  if (!jws.ok) throw new Refusal('SIGNATURE_INVALID', jws.detail)
  const signer = await deps.signerOf(jws, expected.typ, deps.now())
  try {
    const act = readAct(expected.schema, jws.payload)
    const statements = statementsOf(expected.typ, act, signer, jws)
    return { act, signer, body: utf8(text), hash: sha256(jws.payload), statements }
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal('INVALID_REQUEST', error.message)
    throw error
  }
}

/** An act as it was logged, signature and all. Throws SyntaxError when the bytes are no such act any more. */
export const loggedAct = <Schema extends z.ZodType>(schema: Schema, body: Uint8Array): z.output<Schema> => {
  const jws = parseCompact(fromUtf8(body))
  if (!jws.ok) throw new SyntaxError(jws.detail)
  return readAct(schema, jws.payload)
}

const statementsOf = (act: Typ, said: unknown, { uscc }: Signer, jws: Jws): readonly Statement[] => {
  const matter = typeof said === 'object' && said !== null ? matterOf(act, said) : undefined
  return matter === undefined ? [] : [{ signer: uscc, matter, jws }]
}

/** The signer must be this party, and the caller must be the one who signed. */
export const mustBeBy = (signer: Signer, party: Uscc, caller: string): void => {
  if (signer.uscc !== party) throw new Refusal('SIGNER_MISMATCH')
  if (caller !== party) throw new Refusal('NOT_YOURS', 'Submit what your own organization signed')
}

/** Clocks of two machines are never the same; a minute is more than any kept one is off. */
const CLOCK_SKEW = 60_000

/** Refuses an instant that has not come yet. */
export const mustBePast = (instant: string, now: Date): void => {
  if (Date.parse(instant) > now.getTime() + CLOCK_SKEW)
    throw new Refusal('DATE_IN_FUTURE', `${instant} lies in the future`)
}

/**
 * Logs an act under its nonce: the same bytes again are answered as before, another act with the nonce is NONCE_REPLAYED.
 */
export const appendAct = async (
  appendAll: AppendAll,
  ...acts: readonly (Omit<Submission, 'clientKey' | 'type'> & { readonly type: RecordType; readonly nonce: string })[]
): Promise<readonly Logged[]> => {
  try {
    return await appendAll(acts.map(({ nonce, ...act }) => ({ ...act, clientKey: nonce })))
  } catch (error) {
    if (error instanceof Refusal && error.code === 'IDEMPOTENCY_CONFLICT') throw new Refusal('NONCE_REPLAYED')
    throw error
  }
}
