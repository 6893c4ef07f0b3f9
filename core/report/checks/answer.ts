import type { Answer } from '../../confirmation.ts'
import type { Case } from '../case.ts'
import type { Recorded } from '../evidence.ts'

export type GivenAnswer = {
  readonly record: Recorded
  readonly answer: Answer
  /** The hospital knows this invoice by number and amount. */
  readonly numberAndAmount: boolean
}

/** The hospital's latest word about this very version of the invoice; the log's order decides between equal times. */
export const latestAnswer = ({
  evidence,
  invoice: { document },
  asOf,
}: Pick<Case, 'evidence' | 'invoice' | 'asOf'>): GivenAnswer | undefined => {
  const about = evidence.answers.filter(
    ({ answer, signer }) =>
      answer.commitment === document.id &&
      signer === document.claims.parties.buyer &&
      Date.parse(answer.asOf) <= Date.parse(asOf),
  )
  const latest = about.reduce<(typeof about)[number] | undefined>(
    (best, it) => (best === undefined || isLater(it, best) ? it : best),
    undefined,
  )
  if (latest === undefined) return undefined
  const { match } = latest.answer
  return { record: latest, answer: latest.answer, numberAndAmount: match.number && match.grossAmount }
}

/** The same while it stands: neither expired nor against the invoice, and about the values that the invoice has. */
export const validAnswer = (it: Case): GivenAnswer | undefined => {
  const latest = latestAnswer(it)
  if (latest === undefined || Date.parse(latest.answer.expires) < Date.parse(it.asOf)) return undefined
  const { status, disputeOpen } = latest.answer
  const stands = (status === 'AP' || status === 'CA' || status === 'PD') && !disputeOpen
  return stands && differences(it, latest.answer).length === 0 ? latest : undefined
}

/** In what the answer's opened values are not those of the invoice. Withheld ones can't be compared. */
export const differences = (
  { invoice: { document, claims } }: Case,
  { opened, invoice }: Answer,
): readonly string[] => {
  const { parties, number, code } = document.claims
  const own: Readonly<Record<string, unknown>> = {
    invoice: code,
    seller: parties.seller,
    buyer: parties.buyer,
    number,
    issueDate: claims?.issueDate,
    gross: claims === undefined ? undefined : String(claims.gross),
    currency: claims?.currency,
  }
  const said: Readonly<Record<string, string>> = { ...opened, invoice }
  return Object.keys(own).filter(name => own[name] !== undefined && own[name] !== said[name])
}

const isLater = (a: { answer: Answer; index: string }, b: { answer: Answer; index: string }): boolean => {
  const [first, second] = [Date.parse(a.answer.asOf), Date.parse(b.answer.asOf)]
  return first === second ? BigInt(a.index) > BigInt(b.index) : first > second
}
