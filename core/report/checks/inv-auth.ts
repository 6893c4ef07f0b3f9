import { checkArithmetic, numberForm, yearInNumber } from '../../invoice.ts'
import { type CheckRule, finding, notEvaluable, type Reason, reason } from '../check.ts'
import { corroborated, strengthOf } from '../strength.ts'
import { validAnswer } from './answer.ts'

/** Whether the invoice is one: number, arithmetic, and that no newer version of it was left behind. */
export const invAuth: CheckRule = it => {
  const { document, claims } = it.invoice
  if (claims === undefined) return notEvaluable('FIELD_WITHHELD', [document])
  const { number, version, code, parties } = document.claims
  const form = numberForm(number)
  const newer = it.evidence.documents.find(other => other.claims.code === code && other.claims.version > version)
  const answer = validAnswer(it)
  const { numberAndAmount = false } = answer ?? {}
  return finding(
    {
      fail: [
        ...(it.policy.invoiceNumbers.includes(form) ? [] : [reason('NUMBER_FORM', { number, form })]),
        ...yearReasons(number, form, claims.issueDate),
        ...checkArithmetic(claims).map(({ code: what, line, expected, found }) =>
          reason(what, { ...(line === undefined ? {} : { line }), expected, found }),
        ),
        ...(claims.seal?.status === 'broken' ? [reason('SEAL_BROKEN')] : []),
      ],
      note: claims.seal?.status === 'undecided' ? [reason('SEAL_UNDECIDED')] : [],
      warn: newer === undefined ? [] : [reason('NEWER_VERSION', { version: String(newer.claims.version) })],
    },
    {
      measure: {
        ...{ number, form, net: String(claims.net), tax: String(claims.tax), gross: String(claims.gross) },
        ...(claims.seal && { seal: claims.seal.status, sealSigner: claims.seal.signer, sealAt: claims.seal.at }),
      },
      threshold: { tolerance: '1' },
      strength: corroborated(strengthOf(document.signer, parties, it.policy), numberAndAmount),
      on: [document, ...(answer === undefined ? [] : [answer.record])],
    },
  )
}

const yearReasons = (number: string, form: ReturnType<typeof numberForm>, issueDate: string): readonly Reason[] =>
  form === 'full-digital' && yearInNumber(number) !== issueDate.slice(2, 4)
    ? [reason('NUMBER_YEAR', { number, issueDate })]
    : []
