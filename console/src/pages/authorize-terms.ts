import type { AuthorizationTerms, ResourceType } from '../../../core/authorization.ts'
import type { Organization } from '../api/lists.ts'
import type { Session } from '../session/session.tsx'
import { DAY, instantOf, newNonce } from '../session/signing.ts'
import type { Language } from '../text/text.tsx'
import type { Text } from '../text/zh.ts'

/** What the seller fills in. */
export type Wishes = {
  readonly bank: string
  readonly hospital: string
  /** Financed, and to be watched over; else it is for financing, whatever is put to the bank. */
  readonly application?: string | undefined
  readonly resources: readonly ResourceType[]
  /** Days, YYYY-MM-DD. */
  readonly from: string
  readonly to: string
  readonly open: boolean
  readonly months: number
  readonly years: number
  readonly uses: number
}

type Field = keyof Text['authorizations']['fieldNames']

/**
 * All that the checks of a report read, but for the payee's account: the hospital compares it. A bank that is to hear of
 * payments to another account agrees on `payee` as well.
 */
export const fieldsOf = {
  order: ['issueDate', 'currency', 'lines', 'paymentTerm'],
  delivery: ['issueDate', 'order', 'shipment', 'lines'],
  // With statements of account, payments and what registers said, which go with their invoices.
  invoice: [
    ...(['issueDate', 'order', 'invoice', 'currency', 'net', 'tax', 'gross', 'allowance', 'lines', 'dueDate'] as const),
    ...(['amount', 'payer', 'channel', 'allocations', 'deductions', 'until', 'balances'] as const),
    ...(['opened', 'source', 'asOf', 'about', 'result'] as const),
  ],
  scan: ['*'],
  confirmation: ['*'],
} as const satisfies Record<ResourceType, readonly Field[]>

type Certificate = { readonly thumbprint: string; readonly notAfter: string; readonly revokedAt: string | null }

/** The newest one that is good: an agreement names one certificate of the bank's. */
export const certificateIn = (certificates: readonly Certificate[]): string | undefined =>
  certificates
    .filter(it => it.revokedAt === null && Date.parse(it.notAfter) > Date.now())
    .sort((a, b) => Date.parse(b.notAfter) - Date.parse(a.notAfter))[0]?.thumbprint

type Known = {
  readonly session: Session
  readonly bank: { readonly uscc: string; readonly name: string; readonly certificate: string }
  readonly hospital: Organization | undefined
  readonly language: Language
}

export const termsOf = (wishes: Wishes, { session, bank, hospital, language }: Known): AuthorizationTerms => {
  const { identity } = session
  const now = Date.now()
  const id = crypto.randomUUID()
  const here = window.location.origin
  const months = wishes.months * 30 * DAY
  const terms = {
    id,
    version: 1,
    type: 'trade-data-authorization',
    agreement: { mediaType: 'text/plain;charset=utf-8', language, template: 'data-authorization/1' },
    subject: { uscc: identity.uscc, name: identity.name, certificate: identity.thumbprint },
    grantee: { uscc: bank.uscc, name: bank.name, certificate: bank.certificate },
    holders: [
      { uscc: identity.uscc, role: 'distributor', node: here },
      { uscc: wishes.hospital, role: 'hospital', node: hospital?.node ?? here },
    ],
    purpose:
      wishes.application === undefined
        ? { code: 'receivable-financing' }
        : { code: 'post-financing-monitoring', application: wishes.application },
    resources: wishes.resources.map(type => ({
      type,
      selector: {
        from: wishes.from,
        to: wishes.to,
        hospital: wishes.hospital,
        ...(wishes.open ? { open: true as const } : {}),
      },
      fields: [...fieldsOf[type]],
      maxRecords: 10_000,
    })),
    actions: ['read'],
    // A minute back: the node's clock may be behind this one.
    notBefore: instantOf(now - 60_000),
    notAfter: instantOf(now + months),
    maxUses: wishes.uses,
    maxReleasesPerDay: wishes.uses,
    onwardSharing: false,
    retentionUntil: instantOf(now + Math.max(wishes.years * 365 * DAY, months)),
    revocation: `${here}/api/v1/authorizations/${id}/revocation`,
    nonce: newNonce(),
    createdAt: instantOf(now),
  }
  // The organizations were registered, so their codes are checked; the schema looks at the whole before it is shown.
  return terms as AuthorizationTerms
}
