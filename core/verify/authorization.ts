import { readAct } from '../act.ts'
import { showsWhatWasSigned } from '../authorization/agreement.ts'
import { accompanies, allowsClaim, coveringResource } from '../authorization/scope.ts'
import { granteeMismatch, subjectMismatch } from '../authorization/signers.ts'
import { acts, type Frozen, frozenHash, type Move, revocationSchema, stateAfter } from '../authorization/states.ts'
import { isOwnQuery, subjectOf } from '../authorization/subject.ts'
import type { Authorization } from '../authorization.ts'
import type { Bundle } from '../bundle.ts'
import { parseCompact } from '../jws.ts'
import { parseGeneral } from '../jws-general.ts'
import { joinSdJwt, parseSdJwt } from '../sd-jwt.ts'
import { subjectOf as named } from './log.ts'
import type { Opened } from './records.ts'
import { about, type Step } from './step.ts'

type Facts = Pick<Bundle, 'application' | 'authorization' | 'createdAt'>

export type Agreement = { readonly authorization: Authorization; readonly frozen: Frozen }

/**
 * Whether an agreement signed by both lets this seller's data go to this bank at this time. That no later move was left
 * out is the node's word: the bundle's seal stands for it.
 */
export const checkAuthorization = (
  bundle: Facts,
  opened: readonly Opened[],
  trusted: boolean,
): { readonly step: Step; readonly agreement?: Agreement } => {
  const step = about('authorization', bundle.authorization.slice(0, 16))
  const record = opened.find(({ id, content }) => id === bundle.authorization && content?.type === 'authorization')
  if (record?.content?.type !== 'authorization') return { step: step.no('the authorization is not in the bundle') }
  const { authorization } = record.content
  const moves = movesOf(authorization, opened)
  const frozen = moves.find(move => move.frozen !== undefined)?.frozen
  const trouble =
    checkSignatures(record, authorization, trusted) ??
    checkTerms(bundle, authorization) ??
    checkMoves(bundle, authorization, moves) ??
    checkFrozen(authorization, frozen)
  if (trouble !== undefined || frozen === undefined) return { step: step.no(trouble ?? 'nothing was frozen') }
  const { subject, grantee } = authorization
  const said = `${subject.name} lets ${grantee.name} see these records until ${authorization.notAfter}`
  return {
    step: trusted ? step.yes(said) : step.unchecked('no trust settings: the terms fit, but nobody knows the signers'),
    agreement: { authorization, frozen },
  }
}

/** Those of this agreement, in log order. */
export const movesOf = ({ id }: Authorization, opened: readonly Opened[]): readonly Move[] =>
  opened.flatMap(({ content }) =>
    content?.type === 'authorization-state' && content.move.authorization === id ? [content.move] : [],
  )

const checkSignatures = (record: Opened, authorization: Authorization, trusted: boolean): string | undefined => {
  const general = parseGeneral(record.record.body)
  const [, second] = general.ok ? general.signatures : []
  if (second === undefined) return 'the bank has not signed'
  if (!showsWhatWasSigned(authorization)) return 'the text that was shown is another than the one these terms stand for'
  if (!trusted) return undefined
  const [subject, grantee] = record.signers
  if (subject === undefined || grantee === undefined) return 'one of the signatures is not good'
  return subjectMismatch(authorization, subject) ?? granteeMismatch(authorization, second, grantee)
}

const checkTerms = ({ application, createdAt }: Facts, authorization: Authorization): string | undefined => {
  const { subject, grantee, purpose, notBefore, notAfter } = authorization
  if (subject.uscc !== application.seller) return 'it is by another supplier'
  if (grantee.uscc !== application.bank) return 'it is for another bank'
  if (purpose.application !== undefined && purpose.application !== application.id)
    return 'it is for another application'
  const at = Date.parse(createdAt)
  if (at < Date.parse(notBefore) || at > Date.parse(notAfter)) return `it was not in force at ${createdAt}`
  return undefined
}

const checkMoves = ({ createdAt }: Facts, { id, subject, grantee }: Authorization, moves: readonly Move[]) => {
  const state = stateAfter(id, moves)
  if (state === undefined) return 'its moves do not follow each other'
  // The release that took the last use is what exhausts it.
  if (state !== 'active' && state !== 'exhausted') return `it was ${state}`
  if (moves.some(({ at }) => Date.parse(at) > Date.parse(createdAt))) return 'it was moved after the bundle was made'
  const parties = { subject: subject.uscc, grantee: grantee.uscc }
  const unsigned = moves.find(move => !isSigned(move, parties))
  return unsigned && `nobody who may signed its move from ${unsigned.from} to ${unsigned.to}`
}

/** Acts of a party need its statement; what follows from signatures, time or count doesn't. */
const isSigned = (move: Move, parties: { readonly subject: string; readonly grantee: string }): boolean => {
  // A node halts by itself what a revoked certificate stands under; that takes rights away and gives none.
  if (move.by === 'node' && move.to === 'suspended') return move.statement === undefined
  const actual = Object.entries(acts).find(
    ([, { to }]) => to === move.to && (to !== 'active' || move.from === 'suspended'),
  )
  if (actual === undefined) return move.statement === undefined
  const [name, { by }] = actual
  const jws = move.statement === undefined ? undefined : parseCompact(move.statement)
  if (!jws?.ok || !by.some(party => parties[party] === move.by)) return false
  try {
    const statement = readAct(revocationSchema, jws.payload)
    return statement.act === name && statement.authorization === move.authorization
  } catch {
    return false
  }
}

const checkFrozen = ({ resources }: Authorization, frozen: Frozen | undefined): string | undefined => {
  if (frozen === undefined) return 'what its selectors stood for is not in the bundle'
  if (frozen.hash !== frozenHash(frozen.records)) return 'the hash of what its selectors stood for does not fit'
  return frozen.records.length === resources.length ? undefined : 'what its selectors stood for has other parts'
}

/** Nothing may be in the bundle that the agreement doesn't cover, record by record and claim by claim. */
export const checkScope = (
  { application }: Facts,
  opened: readonly Opened[],
  { authorization, frozen }: Agreement,
): readonly Step[] => {
  const counts = new Map<number, number>()
  return opened.map(({ record, content }) => {
    const step = about('scope', named(record))
    if (content === undefined) return step.no('the record can not be read')
    if (accompanies(record.type)) {
      return accompaniesThis(record.org, content, authorization, application)
        ? step.yes('goes with every release')
        : step.no('belongs to another agreement or application')
    }
    if (isOwnQuery(record, authorization)) return step.yes('what the grantee itself asked')
    const subject = subjectOf(record)
    const position = subject && coveringResource(authorization, frozen, subject)
    const resource = position === undefined ? undefined : authorization.resources[position]
    if (position === undefined || resource === undefined) return step.no('the agreement does not cover this record')
    const count = (counts.get(position) ?? 0) + 1
    counts.set(position, count)
    if (count > resource.maxRecords) return step.no(`more than ${resource.maxRecords} records of ${resource.type}`)
    const excess = shownPaths(record).find(path => !allowsClaim(resource.fields, path))
    return excess === undefined
      ? step.yes(`covered as ${resource.type}`)
      : step.no(`the agreement does not cover the field ${excess.join('.')}`)
  })
}

const accompaniesThis = (
  org: string,
  content: NonNullable<Opened['content']>,
  { id, subject }: Authorization,
  application: Facts['application'],
): boolean => {
  switch (content.type) {
    case 'authorization':
      return content.authorization.id === id
    case 'authorization-state':
      return content.move.authorization === id && org === subject.uscc
    case 'application':
      return content.application.id === application.id
    default:
      return true
  }
}

const shownPaths = ({ type, body, disclosures = [] }: Opened['record']): readonly (readonly string[])[] => {
  if (type !== 'document') return []
  const document = parseSdJwt(joinSdJwt(body, disclosures))
  return document.ok ? document.disclosures.map(({ path }) => path) : []
}
