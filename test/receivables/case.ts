import { expect } from 'chai'
import { sha256 } from '#sha256'
import type { Application } from '../../core/application.ts'
import { hex, utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import type { DocumentOf } from '../../core/document.ts'
import type { Mark } from '../../core/financing.ts'
import { typ } from '../../core/typ.ts'
import { moveApplication } from '../../receivables/applications/store.ts'
import { insertReport } from '../../receivables/reports/store.ts'
import { freshNonce, type Market, type Party, type Reply, signAs, submitted, tradeOf } from './market.ts'

export type Case = {
  readonly invoice: DocumentOf<'invoice'>
  readonly commitment: string
  readonly application: Application
}

/** An order with its invoice, logged. */
export const invoiced = async (
  market: Market,
  of = tradeOf(market),
): Promise<{ readonly invoice: DocumentOf<'invoice'>; readonly commitment: string }> => {
  await submitted(market, of.order)
  const { status, body } = await submitted(market, of.invoice)
  expect(status, JSON.stringify(body)).to.equal(201)
  return { invoice: of.invoice, commitment: String(body.commitment) }
}

export const applicationOf = (
  { seller, bank }: Market,
  invoices: readonly { readonly invoice: DocumentOf<'invoice'>; readonly commitment: string }[],
  changed: Partial<Application> = {},
): Application => ({
  id: crypto.randomUUID(),
  seller: seller.uscc,
  bank: bank.uscc,
  authorization: crypto.randomUUID(),
  invoices: invoices.map(({ invoice, commitment }) => ({ code: invoice.code, commitment })),
  mode: '信用贷',
  recourse: true,
  currency: 'CNY',
  nonce: freshNonce(),
  iat: '2026-03-15T07:59:00Z',
  ...changed,
})

export const apply = async (market: Market, application: Application): Promise<Reply> =>
  market.post(market.seller, '/api/v1/applications', await signAs(market.seller, typ.application, application))

export const decide = async (
  market: Market,
  by: Party,
  decision: { readonly application: string; readonly [member: string]: unknown },
): Promise<Reply> =>
  market.post(by, `/api/v1/applications/${decision.application}/decision`, await signAs(by, typ.decision, decision))

/** Stands in for the verification of receivables/reports: a report on the application, as far as decisions need one. */
export const reported = async (market: Market, { id, bank, seller }: Application): Promise<string> => {
  const [logged] = await market.deps.appendAll([
    {
      type: 'report',
      org: bank,
      parties: [bank],
      body: utf8(`report on ${id} of ${seller}, ${freshNonce()}`),
      effect: async (tx, entry) => {
        const report = {
          id: crypto.randomUUID(),
          application: id,
          bank,
          verdict: 'VERIFIED' as const,
          policyVersion: 0,
        }
        await insertReport(tx, entry, { ...report, asOf: entry.loggedAt, report: {}, bundle: '{}' })
        await moveApplication(tx, id, 'reported', entry.loggedAt)
      },
    },
  ])
  return hex(logged!.digest)
}

export const approvalOf = (application: Application, report: string) => ({
  application: application.id,
  bank: application.bank,
  outcome: 'approved',
  report,
  amount: '400000',
  reason: { code: 'REPORT', text: '核验通过' },
  nonce: freshNonce(),
  iat: '2026-03-15T07:59:30Z',
})

/** An invoice put to a bank, reported and approved. */
export const approved = async (
  market: Market,
  by: Party = market.bank,
  given?: { readonly invoice: DocumentOf<'invoice'>; readonly commitment: string },
  changed: Partial<Application> = {},
): Promise<Case> => {
  const of = given ?? (await invoiced(market))
  const application = applicationOf(market, [of], { bank: by.uscc, ...changed })
  const submission = await apply(market, application)
  expect(submission.status, JSON.stringify(submission.body)).to.equal(201)
  const decision = await decide(market, by, approvalOf(application, await reported(market, application)))
  expect(decision.status, JSON.stringify(decision.body)).to.equal(201)
  return { ...of, application }
}

export type Words = { readonly mark: Partial<Mark>; readonly consent: object }

/** The bank's mark on the whole invoice and the seller's consent to it, as they are posted. */
export const marking = async (
  market: Market,
  { invoice, commitment, application }: Case,
  changed: Partial<Words> = {},
  by: Party = [market.bank, market.otherBank].find(({ uscc }) => uscc === application.bank)!,
): Promise<{ readonly body: { readonly mark: string; readonly consent: string }; readonly mark: Mark }> => {
  const terms = {
    application: application.id,
    bank: application.bank,
    seller: application.seller,
    mode: application.mode,
    recourse: application.recourse,
    amount: '400000',
    iat: '2026-03-15T07:59:40Z',
  }
  const consent = {
    ...terms,
    invoice: invoice.code,
    commitment,
    currency: 'CNY',
    deadline: '2026-03-20T00:00:00Z',
    nonce: freshNonce(),
    ...changed.consent,
  }
  const { number, issueDate, gross, currency } = invoice
  const mark = {
    ...terms,
    id: crypto.randomUUID(),
    act: 'finance',
    invoice: { code: invoice.code, commitment, number, issueDate, gross, currency },
    goods: {
      serials: invoice.lines.flatMap(line => line.serials ?? []),
      lines: invoice.lines.map(({ orderLine, quantity }) => ({
        ...{ order: invoice.order, line: orderLine, quantity, accepted: quantity, units: [] },
      })),
    },
    consent: hex(sha256(canonical(consent))),
    nonce: freshNonce(),
    ...changed.mark,
  } as Mark
  const body = {
    mark: await signAs(by, typ.financingMark, mark),
    consent: await signAs(market.seller, typ.financingConsent, consent),
  }
  return { body, mark }
}

export const post = (market: Market, by: Party, body: object): Promise<Reply> =>
  market.post(by, '/api/v1/financings', body)
