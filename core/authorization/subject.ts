import { readAct } from '../act.ts'
import type { Authorization } from '../authorization.ts'
import { fromBase64url, hex, utf8 } from '../bytes.ts'
import { answerSchema, questionSchema } from '../confirmation.ts'
import { commitment } from '../entry.ts'
import { parseCompact } from '../jws.ts'
import type { RecordType } from '../record.ts'
import { joinSdJwt, parseSdJwt } from '../sd-jwt.ts'
import { parseJson } from '../strict-json.ts'
import { resourceOf, type Subject } from './scope.ts'

export type Covered = {
  readonly type: RecordType
  readonly org: string
  /** base64url. */
  readonly salt: string
  readonly body: string
  readonly disclosures?: readonly string[] | undefined
}

/**
 * What of a record decides whether an authorization covers it, read out of the record itself. Undefined for a record
 * that belongs to no resource. Throws SyntaxError on one that can't be read.
 */
export const subjectOf = (record: Covered): Subject | undefined => {
  const { documentKind, day, parties } = read(record)
  const resource = resourceOf(record.type, documentKind)
  if (resource === undefined) return undefined
  const id = hex(commitment(record.type, fromBase64url(record.salt), utf8(record.body)))
  return { id, org: record.org, resource, day, parties }
}

/** What the grantee itself asked a register about this seller is its own to read: nobody has to agree. */
export const isOwnQuery = (
  record: Pick<Covered, 'type' | 'org' | 'body' | 'disclosures'>,
  { grantee, subject }: Pick<Authorization, 'grantee' | 'subject'>,
): boolean => {
  if (record.type !== 'document' || record.org !== grantee.uscc) return false
  const { documentKind, parties } = readDocument(record.body, record.disclosures ?? [])
  return documentKind === 'query' && parties?.[0] === subject.uscc
}

type Facts = Pick<Subject, 'day' | 'parties'> & { readonly documentKind?: string }

const read = ({ type, body, disclosures = [] }: Covered): Facts => {
  switch (type) {
    case 'document':
      return readDocument(body, disclosures)
    case 'event':
      return { day: dayOf(member(parseJson(body), 'eventTime')), parties: undefined }
    case 'question': {
      const { iat, opened } = readAct(questionSchema, payloadOf(body))
      return { day: dayOf(iat), parties: [opened.seller, opened.buyer] }
    }
    case 'confirmation': {
      const { asOf, opened } = readAct(answerSchema, payloadOf(body))
      return { day: dayOf(asOf), parties: [opened.seller, opened.buyer] }
    }
    default:
      return { day: undefined, parties: undefined }
  }
}

const readDocument = (jwt: string, disclosures: readonly string[]): Facts => {
  const document = parseSdJwt(joinSdJwt(jwt, disclosures))
  if (!document.ok) throw new SyntaxError(document.detail)
  const { kind, issueDate, parties } = document.claims
  const named = [member(parties, 'seller'), member(parties, 'buyer')].filter(it => typeof it === 'string')
  return {
    ...(typeof kind === 'string' ? { documentKind: kind } : {}),
    day: typeof issueDate === 'string' ? issueDate : undefined,
    parties: named,
  }
}

const payloadOf = (compact: string): Uint8Array => {
  const jws = parseCompact(compact)
  if (!jws.ok) throw new SyntaxError(jws.detail)
  return jws.payload
}

/** The day in UTC. */
const dayOf = (time: unknown): string | undefined => {
  const at = typeof time === 'string' ? new Date(time) : undefined
  return at === undefined || Number.isNaN(at.getTime()) ? undefined : at.toISOString().slice(0, 10)
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
