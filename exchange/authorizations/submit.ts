import { agreementHash, showsWhatWasSigned, withAgreementHash } from '../../core/authorization/agreement.ts'
import { granteeMismatch, subjectMismatch } from '../../core/authorization/signers.ts'
import { type Frozen, freeze, type Move } from '../../core/authorization/states.ts'
import {
  type Authorization,
  type AuthorizationTerms,
  authorizationSchema,
  parseAuthorization,
} from '../../core/authorization.ts'
import { equal, utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import type { Caller } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import type { Jws } from '../../core/jws.ts'
import { type GeneralJws, parseGeneral } from '../../core/jws-general.ts'
import type { Matter } from '../../core/statement.ts'
import { typ } from '../../core/typ.ts'
import type { Uscc } from '../../core/uscc.ts'
import { asNode } from '../../db/database.ts'
import type { Submission } from '../log.ts'
import type { AuthorizationDeps } from './deps.ts'
import { applyMove, insertDraft, insertSigned, partiesOf, readAuthorization, replaceSigned } from './store.ts'

/** Puts terms into the form that is signed, and keeps them for the subject to come back to. Nothing is logged. */
export const draft = async (
  deps: AuthorizationDeps,
  caller: Caller,
  terms: AuthorizationTerms,
): Promise<Authorization> => {
  if (terms.subject.uscc !== caller.uscc) throw new Refusal('NOT_YOURS', 'Only the subject drafts its authorization')
  const checked = authorizationSchema.safeParse({
    ...terms,
    agreement: { ...terms.agreement, hash: agreementHash(terms) },
  })
  if (!checked.success) throw new Refusal('AUTHORIZATION_INVALID', checked.error.issues[0]?.message)
  const payload = withAgreementHash(terms)
  await asNode(deps.db, tx => insertDraft(tx, payload, deps.now()))
  return payload
}

/** Takes the subject's signature. The same text again is harmless. */
export const submit = async (deps: AuthorizationDeps, caller: Caller, text: string): Promise<Authorization> => {
  const { jws, payload } = read(text)
  const [first, ...more] = jws.signatures
  if (first === undefined || more.length > 0) {
    throw new Refusal('AUTHORIZATION_INVALID', 'Send one signature, of the subject; the bank adds its own later')
  }
  if (payload.subject.uscc !== caller.uscc) throw new Refusal('NOT_YOURS', 'Only the subject submits its authorization')
  const now = deps.now()
  const mismatch = subjectMismatch(payload, await deps.signerOf(first, typ.authorization, now))
  if (mismatch !== undefined) throw new Refusal('SIGNER_MISMATCH', mismatch)
  await checkTerms(deps, payload, now)

  const before = await asNode(deps.db, tx => readAuthorization(tx, payload.id))
  if (before?.signed === text) return payload
  await deps.appendAll([
    {
      ...recordOf(payload),
      body: utf8(text),
      statements: [{ signer: payload.subject.uscc, matter: matterOn(payload), jws: first }],
      effect: (tx, entry) => insertSigned(tx, payload, text, entry),
    },
    moved(payload, { from: 'draft', to: 'signed', by: payload.subject.uscc }, now),
  ])
  return payload
}

/**
 * Takes the bank's signature under the same payload, and puts the authorization into force: what its selectors stand
 * for is frozen, and the one it supersedes ends, all in one transaction.
 */
export const countersign = async (
  deps: AuthorizationDeps,
  caller: Caller,
  id: string,
  text: string,
): Promise<Authorization> => {
  const { jws, payload } = read(text)
  const row = await asNode(deps.db, tx => readAuthorization(tx, id))
  if (!row?.signed || row.grantee !== caller.uscc) throw new Refusal('AUTHORIZATION_UNKNOWN')
  if (row.signed === text) return payload
  if (row.state !== 'signed') throw new Refusal('AUTHORIZATION_STATE', `The authorization is ${row.state}`)
  const held = parseGeneral(row.signed)
  const [first, second, ...more] = jws.signatures
  if (!held.ok || !equal(held.payload, jws.payload)) {
    throw new Refusal('AUTHORIZATION_INVALID', 'The payload is not the one that the subject signed')
  }
  if (first === undefined || first.compact !== held.signatures[0]?.compact || second === undefined || more.length > 0) {
    throw new Refusal('AUTHORIZATION_INVALID', "Send the subject's signature as it was, and your own after it")
  }
  const now = deps.now()
  // Days may lie between the two signatures: the first must be good at the second, too.
  await deps.signerOf(first, typ.authorization, now)
  const mismatch = granteeMismatch(payload, second, await deps.signerOf(second, typ.authorization, now))
  if (mismatch !== undefined) throw new Refusal('SIGNER_MISMATCH', mismatch)
  if (now.getTime() > Date.parse(payload.notAfter)) throw new Refusal('AUTHORIZATION_EXPIRED')

  const superseded = await supersededBy(deps, payload)
  await deps.appendAll([
    {
      ...recordOf(payload),
      body: utf8(text),
      statements: [{ signer: payload.grantee.uscc, matter: matterOn(payload), jws: second }],
      effect: (tx, entry) => replaceSigned(tx, id, text, entry),
    },
    moved(payload, { from: 'signed', to: 'countersigned', by: payload.grantee.uscc }, now),
    moved(payload, { from: 'countersigned', to: 'active', by: 'node', frozen: await resolve(deps, payload) }, now),
    ...superseded.map(({ of, from }) =>
      moved(of, { from, to: 'superseded', by: payload.grantee.uscc, reason: `superseded by ${id}` }, now),
    ),
  ])
  return payload
}

/** One move on its way into the log; the row moves in the same transaction, or neither does. */
export const moved = (
  payload: Authorization,
  step: Pick<Move, 'from' | 'to' | 'by'> & Partial<Pick<Move, 'reason' | 'statement' | 'frozen'>>,
  at: Date,
  also: NonNullable<Submission['effect']> = async () => {},
  jws?: Jws,
): Submission => {
  const move: Move = { authorization: payload.id, at: `${at.toISOString().slice(0, 19)}Z`, ...step }
  return {
    type: 'authorization-state',
    org: payload.subject.uscc,
    parties: partiesOf(payload) as Uscc[],
    body: canonical(move),
    ...(jws && { statements: [{ signer: step.by, matter: matterOn(payload), jws }] }),
    effect: async (tx, entry) => {
      await applyMove(tx, move, entry)
      await also(tx, entry)
    },
  }
}

const matterOn = ({ id }: Authorization): Matter => ({ kind: 'authorization', id })

const recordOf = (payload: Authorization) =>
  ({
    type: 'authorization',
    org: payload.subject.uscc,
    parties: partiesOf(payload) as Uscc[],
  }) as const

const read = (text: string): { jws: GeneralJws; payload: Authorization } => {
  const jws = parseGeneral(text)
  if (!jws.ok) throw new Refusal('SIGNATURE_INVALID', jws.detail)
  try {
    return { jws, payload: parseAuthorization(jws.payload) }
  } catch (error) {
    throw new Refusal('AUTHORIZATION_INVALID', error instanceof SyntaxError ? error.message : undefined)
  }
}

const CLOCK_SKEW = 60_000

const checkTerms = async (deps: AuthorizationDeps, payload: Authorization, now: Date): Promise<void> => {
  if (!showsWhatWasSigned(payload)) {
    throw new Refusal('AUTHORIZATION_INVALID', 'agreement.hash is not the hash of the text that the terms stand for')
  }
  if (Date.parse(payload.createdAt) > now.getTime() + CLOCK_SKEW) throw new Refusal('DATE_IN_FUTURE')
  if (now.getTime() > Date.parse(payload.notAfter)) throw new Refusal('AUTHORIZATION_EXPIRED')
  await supersededBy(deps, payload)
}

/** Nothing, when what it supersedes has ended already. */
const supersededBy = async (deps: AuthorizationDeps, { supersedes, subject, grantee }: Authorization) => {
  if (supersedes === undefined) return []
  const row = await asNode(deps.db, tx => readAuthorization(tx, supersedes))
  if (row?.subject !== subject.uscc || row.grantee !== grantee.uscc) {
    throw new Refusal('AUTHORIZATION_INVALID', 'What it supersedes is no authorization between these two')
  }
  const of = parseAuthorization(utf8(row.payload))
  return row.state === 'active' || row.state === 'suspended' ? [{ of, from: row.state }] : []
}

const resolve = async (deps: AuthorizationDeps, payload: Authorization): Promise<Frozen> => {
  const [subject, holders] = [payload.subject.uscc, payload.holders.map(({ uscc }) => uscc)]
  const records: (readonly string[])[] = []
  for (const { type, ids, selector, maxRecords } of payload.resources) {
    const found =
      ids ?? (selector && (await asNode(deps.db, tx => deps.resolveSelector(tx, { type, selector, subject, holders }))))
    if (found === undefined || found.length > maxRecords) {
      throw new Refusal('AUTHORIZATION_INVALID', `${found?.length} records of ${type} are more than maxRecords allows`)
    }
    records.push(found)
  }
  return freeze(records)
}
