import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { sha256 } from '#sha256'
import type { getNode } from '../../api/node-contract.ts'
import { withAgreementHash } from '../../core/authorization/agreement.ts'
import type { AuthorizationTerms } from '../../core/authorization.ts'
import { base64url, hex } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import type { AnswerStatus, DisputeReason } from '../../core/confirmation.ts'
import type { Mode } from '../../core/financing.ts'
import { countersign, signGeneral } from '../../core/jws-general.ts'
import { nextPlace, publishStatus } from '../../core/statement-client.ts'
import { typ } from '../../core/typ.ts'
import { type Actor, get, instant, nonce, post, type Registered, send, sign, until } from './actor.ts'
import type { Cast } from './cast.ts'

type NodeAnswer = z.output<typeof getNode.reply.schema>

type InvoiceFacts = {
  readonly number: string
  readonly issueDate: string
  readonly gross: string
  readonly currency: string
  readonly parties: { readonly seller: string; readonly buyer: string }
}

const opened = ({ number, issueDate, gross, currency, parties }: InvoiceFacts) => ({
  ...parties,
  number,
  issueDate,
  gross,
  currency,
})

/** The distributor asks its hospital about an invoice. */
export const ask = async (distributor: Actor, invoice: Registered, facts: InvoiceFacts): Promise<void> => {
  const question = {
    invoice: invoice.code,
    version: 1,
    commitment: invoice.commitment,
    opened: opened(facts),
    nonce: nonce(),
    iat: instant(),
  }
  await send(distributor, 'POST', '/api/v1/questions', await sign(distributor, typ.question, question))
}

type Comparison = {
  readonly match: {
    readonly number: boolean
    readonly grossAmount: boolean
    readonly acceptedQtyCoversInvoiced: boolean | null
  }
}

/** The hospital looks at what its own scans say, and answers in booleans, from its own node. */
export async function answer(
  hospital: Actor,
  invoice: Registered,
  facts: InvoiceFacts,
  status: AnswerStatus,
  reason?: DisputeReason,
): Promise<void> {
  const { match } = await get<Comparison>(hospital, `/api/v1/questions/${invoice.commitment}/comparison`)
  const now = Date.now()
  const payload = {
    invoice: invoice.code,
    commitment: invoice.commitment,
    opened: opened(facts),
    status,
    match: { ...match, acceptedQtyCoversInvoiced: match.acceptedQtyCoversInvoiced === true },
    dueConfirmed: status === 'AP',
    payeeAccountMatch: status === 'AP',
    disputeOpen: status === 'RE',
    ...(reason ? { reason } : {}),
    asOf: instant(new Date(now)),
    expires: instant(new Date(now + 90 * 86_400_000)),
    nonce: nonce(),
  }
  await send(hospital, 'POST', '/api/v1/confirmations', await sign(hospital, typ.confirmation, payload))
  await publishStatus(hospital.client, hospital, `/api/v1/questions/${invoice.commitment}`)
}

/** What the bank may see: whole papers but for the payee's account, scans and answers, of all dates of the sample. */
const fields = {
  order: ['issueDate', 'currency', 'lines', 'paymentTerm'],
  delivery: ['issueDate', 'order', 'shipment', 'lines'],
  // With statements of account, payments and what registers said, which go with their invoices.
  invoice: [
    ...(['issueDate', 'order', 'invoice', 'currency', 'net', 'tax', 'gross', 'lines', 'dueDate'] as const),
    ...(['amount', 'payer', 'channel', 'allocations', 'deductions', 'until', 'balances'] as const),
    ...(['opened', 'source', 'asOf', 'about', 'result'] as const),
  ],
  scan: ['*'],
  confirmation: ['*'],
} as const

/** Distributor signs, bank countersigns: in force. */
export async function authorize(cast: Cast, bank: Actor): Promise<string> {
  const { distributor, hospital } = cast
  const certificate = (actor: Actor) => base64url(sha256(actor.chain[0]!))
  const now = Date.now()
  const id = randomUUID()
  const terms: AuthorizationTerms = {
    id,
    version: 1,
    type: 'trade-data-authorization',
    agreement: { mediaType: 'text/plain;charset=utf-8', language: 'zh-CN', template: 'data-authorization/1' },
    subject: { uscc: distributor.uscc, name: distributor.name, certificate: certificate(distributor) },
    grantee: { uscc: bank.uscc, name: bank.name, certificate: certificate(bank) },
    holders: [
      { uscc: distributor.uscc, role: 'distributor', node: distributor.node },
      { uscc: hospital.uscc, role: 'hospital', node: hospital.node },
    ],
    purpose: { code: 'receivable-financing' },
    resources: Object.entries(fields).map(([type, of]) => ({
      type: type as keyof typeof fields,
      selector: { from: '2020-01-01', to: '2035-12-31', hospital: hospital.uscc, open: true },
      fields: [...of],
      maxRecords: 10_000,
    })),
    actions: ['read'],
    notBefore: instant(new Date(now - 60_000)),
    notAfter: instant(new Date(now + 180 * 86_400_000)),
    maxUses: 1000,
    maxReleasesPerDay: 1000,
    onwardSharing: false,
    retentionUntil: instant(new Date(now + 5 * 365 * 86_400_000)),
    revocation: `${distributor.node}/api/v1/authorizations/${id}/revocation`,
    nonce: nonce(),
    createdAt: instant(new Date(now)),
  }
  const jose = 'application/jose+json'
  const signing = async (actor: Actor) => ({
    typ: typ.authorization,
    key: actor.key,
    x5c: actor.chain,
    place: await nextPlace(actor.client, typ.authorization, terms),
  })
  const signed = await signGeneral(canonical(withAgreementHash(terms)), await signing(distributor))
  await send(distributor, 'POST', '/api/v1/authorizations', signed, jose)
  await send(
    bank,
    'POST',
    `/api/v1/authorizations/${id}/countersignature`,
    await countersign(signed, await signing(bank)),
    jose,
  )
  return id
}

export type Applied = {
  readonly id: string
  readonly mode: Mode
  readonly invoice: Registered
  readonly facts: InvoiceFacts
  readonly index: string
}

export async function apply(
  distributor: Actor,
  bank: Actor,
  authorization: string,
  invoice: Registered,
  facts: InvoiceFacts,
  mode: Mode,
): Promise<Applied> {
  const id = randomUUID()
  const payload = {
    id,
    seller: distributor.uscc,
    bank: bank.uscc,
    authorization,
    invoices: [{ code: invoice.code, commitment: invoice.commitment }],
    mode,
    recourse: true,
    currency: facts.currency,
    nonce: nonce(),
    iat: instant(),
  }
  const { index } = await send<{ index: string }>(
    distributor,
    'POST',
    '/api/v1/applications',
    await sign(distributor, typ.application, payload),
  )
  await publishStatus(distributor.client, distributor, `/api/v1/applications/${id}`)
  return { id, mode, invoice, facts, index }
}

export type ReportView = {
  readonly id: string
  readonly commitment: string
  readonly verdict: string
  readonly report: unknown
}

/** The bank has its report made, once a chain has the application's place in the log. */
export async function report(bank: Actor, application: Applied): Promise<ReportView> {
  await publishStatus(bank.client, bank, `/api/v1/applications/${application.id}`)
  await until('the chain to take the log', async () => {
    const { anchors } = await get<{ anchors: { size: string; state: string }[] }>(bank, '/log/anchors?perPage=1000')
    return (
      anchors.some(anchor => BigInt(anchor.size) > BigInt(application.index) && anchor.state !== 'chain-forgotten') ||
      undefined
    )
  })
  return post<ReportView>(bank, '/api/v1/reports', { application: application.id })
}

export type Outcome = 'approved' | 'declined' | 'referred'

export const decide = async (
  bank: Actor,
  application: Applied,
  of: ReportView,
  outcome: Outcome,
  text: string,
): Promise<void> => {
  const payload = {
    application: application.id,
    bank: bank.uscc,
    outcome,
    report: of.commitment,
    ...(outcome === 'approved' ? { amount: application.facts.gross } : {}),
    reason: { code: 'REPORT', text },
    nonce: nonce(),
    iat: instant(),
  }
  await send(bank, 'POST', `/api/v1/applications/${application.id}/decision`, await sign(bank, typ.decision, payload))
}

export type Marked = {
  readonly order: string
  readonly line: string
  readonly quantity: string
  readonly accepted: string
  readonly serials: readonly string[]
}

/** With the seller's consent the bank marks the receivable, and the goods behind it, as financed. */
export async function markFinanced(
  distributor: Actor,
  bank: Actor,
  { id, mode, invoice, facts }: Applied,
  goods: Marked,
): Promise<void> {
  const { financingRegistry } = await get<Pick<NodeAnswer, 'financingRegistry'>>(distributor, '/api/v1/node')
  const terms = {
    application: id,
    bank: bank.uscc,
    seller: distributor.uscc,
    mode,
    recourse: true,
    amount: facts.gross,
  }
  const consent = {
    ...terms,
    invoice: invoice.code,
    commitment: invoice.commitment,
    currency: facts.currency,
    deadline: instant(new Date(Date.now() + 86_400_000)),
    ...(financingRegistry ? { registry: financingRegistry } : {}),
    nonce: nonce(),
    iat: instant(),
  }
  const { order, line, quantity, accepted, serials } = goods
  const mark = {
    ...terms,
    id: randomUUID(),
    act: 'finance',
    invoice: {
      code: invoice.code,
      commitment: invoice.commitment,
      number: facts.number,
      issueDate: facts.issueDate,
      gross: facts.gross,
      currency: facts.currency,
    },
    goods: { serials, lines: [{ order, line, quantity, accepted, units: [] }] },
    ...(mode === '信用贷' ? {} : { zhongdeng: '00000000000000000001' }),
    consent: hex(sha256(canonical(consent))),
    nonce: nonce(),
    iat: instant(),
  }
  await post(bank, '/api/v1/financings', {
    mark: await sign(bank, typ.financingMark, mark),
    consent: await sign(distributor, typ.financingConsent, consent),
  })
}
