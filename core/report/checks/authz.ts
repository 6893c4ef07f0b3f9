import type { Demand } from '../../authorization/matters.ts'
import { permits } from '../../authorization/permits.ts'
import { coveringResource } from '../../authorization/scope.ts'
import { type CheckRule, finding, reason } from '../check.ts'
import { headMeasure, headReasons } from './heads.ts'

/** Whether this agreement, as it stood, lets this bank see this invoice for this application. */
export const authz: CheckRule = it => {
  const { evidence, asOf } = it
  const { document } = it.invoice
  const { authorization, application } = evidence
  const { payload, state, frozen, signedBy } = authorization
  const { seller, buyer } = document.claims.parties
  const permission = permits(
    payload,
    {
      grantee: application.terms.bank,
      subject: seller,
      purpose: { code: evidence.purpose ?? 'receivable-financing', application: application.terms.id },
      action: payload.actions[0] ?? 'read',
    },
    // The release that this report rests on may have taken the last use.
    { state: state === 'exhausted' ? 'active' : state, uses: 0, usesToday: 0 },
    new Date(asOf),
  )
  const covering = coveringResource(payload, frozen, {
    id: document.id,
    org: seller,
    resource: 'invoice',
    day: typeof document.claims.issueDate === 'string' ? document.claims.issueDate : undefined,
    parties: [seller, buyer],
  })
  const moved: readonly Demand[] = [payload.subject, payload.grantee].map(({ uscc: signer }) => ({
    ...{ signer, kind: 'authorization', id: payload.id },
  }))
  const heads = headReasons(it, moved)
  const bothSigned = [payload.subject.uscc, payload.grantee.uscc].every(party => signedBy.includes(party))
  return finding(
    {
      fail: [
        ...(bothSigned ? [] : [reason('NOT_COUNTERSIGNED')]),
        ...(permission.ok ? [] : [reason('NOT_PERMITTED', { code: permission.code, detail: permission.detail })]),
        ...(covering === undefined ? [reason('INVOICE_NOT_COVERED')] : []),
      ],
      ...heads,
    },
    {
      measure: { authorization: payload.id, state, notAfter: payload.notAfter, ...headMeasure(it, moved) },
      // The bank's own signature is the other party's.
      strength: bothSigned ? 'third' : 'self',
      on: [authorization],
    },
  )
}
