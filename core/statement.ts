import { sha256 } from '#sha256'
import { base64url, concat, equal, fromBase64url, utf8 } from './bytes.ts'
import { canonical } from './canonical.ts'
import type { Jws, Place } from './jws.ts'
import { type Typ, typ } from './typ.ts'

/**
 * Statements of one signer on one matter are numbered from 1, each naming the hash of the one before, in the protected
 * header. Counted by matter, not over all that a signer ever said: whoever is shown one case can be shown that nothing
 * of it is missing, and learns nothing of any other.
 */
export const matterKinds = [
  /** The order itself, in all its versions. By the seller. */
  'order',
  /** Despatches and receipts under an order, each party counting its own. */
  'delivery',
  /** Invoices and credit notes under an order. */
  'billing',
  /** The hospital's answers about an invoice. */
  'answer',
  /** Signature under an authorization, and what suspends, resumes or ends it; each party counting its own. */
  'authorization',
  /** The bank's decisions on an application. */
  'decision',
  /** The bank's marks on a financing, and their release. */
  'financing',
] as const
export type MatterKind = (typeof matterKinds)[number]

/** `id` is a code or a UUID: of order, invoice, authorization, application, financing. */
export type Matter = { readonly kind: MatterKind; readonly id: string }

/** The name of a matter that is shown without its code: base64url SHA-256. */
export const aboutOf = ({ kind, id }: Matter): string => base64url(sha256(canonical([kind, id])))

type Said = Readonly<Record<string, unknown>>
const named = (kind: MatterKind, id: unknown): Matter | undefined => (typeof id === 'string' ? { kind, id } : undefined)

/**
 * Which acts are numbered, and on what. Questions, applications and consents are not: each stands alone under an id of
 * its own, and to leave one out takes nothing back. A consent is handed to the bank, and would wait with its number.
 */
const matters: Partial<Record<Typ, (said: Said) => Matter | undefined>> = {
  [typ.document]: ({ kind, code, order }) => {
    switch (kind) {
      case 'order':
        return named('order', code)
      case 'despatch':
      case 'receipt':
      case 'consumption':
        return named('delivery', order)
      case 'invoice':
      case 'credit-note':
        return named('billing', order)
      default:
        return undefined
    }
  },
  [typ.confirmation]: ({ invoice }) => named('answer', invoice),
  [typ.authorization]: ({ id }) => named('authorization', id),
  [typ.authorizationRevocation]: ({ authorization }) => named('authorization', authorization),
  [typ.decision]: ({ application }) => named('decision', application),
  [typ.financingMark]: ({ id }) => named('financing', id),
  [typ.financingRelease]: ({ financing }) => named('financing', financing),
}

/** What an act is about; undefined where such acts are not numbered, or where that member is withheld. */
export const matterOf = (act: Typ, said: object): Matter | undefined => matters[act]?.(said as Said)

export const isNumbered = (act: string | undefined): boolean => act !== undefined && Object.hasOwn(matters, act)

/**
 * Name of a statement: SHA-256 of the hashes of protected header and payload. Not of the signature, since one statement
 * has many valid ones; and of two halves, so that a statement can be shown as header and payload hash, withheld but
 * counted.
 */
export const statementHash = (jws: Pick<Jws, 'compact' | 'payload'>): Uint8Array => {
  const { header, payloadHash } = halvesOf(jws)
  return hashOfHalves(header, payloadHash)
}

export type Halves = {
  /** base64url text of the protected header, as signed. */
  readonly header: string
  readonly payloadHash: Uint8Array
}

export const halvesOf = ({ compact, payload }: Pick<Jws, 'compact' | 'payload'>): Halves => ({
  header: compact.slice(0, compact.indexOf('.')),
  payloadHash: sha256(payload),
})

export const hashOfHalves = (header: string, payloadHash: Uint8Array): Uint8Array =>
  sha256(concat(sha256(utf8(header)), payloadHash))

/** The place after a statement; the first where there is none. */
export const placeAfter = (latest: { readonly seq: number; readonly hash: Uint8Array } | undefined): Place =>
  latest === undefined ? { seq: 1 } : { seq: latest.seq + 1, prev: base64url(latest.hash) }

/** Whether a statement names this one as the one before it. */
export const follows = ({ seq, prev }: Place, before: { readonly seq: number; readonly hash: Uint8Array }): boolean =>
  seq === before.seq + 1 && prev !== undefined && equal(fromBase64url(prev), before.hash)
