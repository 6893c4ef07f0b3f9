import type { Case } from '../../core/report/case.ts'
import type { AuthorizationEvidence, Recorded } from '../../core/report/evidence.ts'
import type { Scan } from '../../core/report/scans.ts'
import { papersOf } from '../../core/report/trade.ts'
import { type Step, type StepKind, stepKinds } from './contract.ts'
import type { Papers } from './evidence.ts'
import type { applicationsWith, decisionsOn, marksOn } from './store.ts'

type Rows<Of extends (...given: never[]) => Promise<unknown>> = Awaited<ReturnType<Of>>

export type Acts = {
  readonly applications: Rows<typeof applicationsWith>
  readonly decisions: Rows<typeof decisionsOn>
  readonly marks: Rows<typeof marksOn>
  readonly papers: Papers
  /** Of the newest application. */
  readonly agreement: AuthorizationEvidence | undefined
}

/** All that was done on the way of this invoice, in the order of the way and, within one stage, of time. */
export const stepsOf = (it: Case, { applications, decisions, marks, agreement, papers }: Acts): readonly Step[] => {
  const { evidence, invoice, trade } = it
  const { id: commitment, claims } = invoice.document
  const asked = evidence.questions.filter(({ question }) => question.commitment === commitment)
  const answers = evidence.answers.filter(({ answer }) => answer.commitment === commitment)
  const paid = (evidence.payments ?? []).filter(payment => payment.invoice === claims.code && !payment.deduction)
  const steps: readonly Step[] = [
    ...papersOf(trade)
      .filter(({ claims: of }) => of.kind !== 'invoice' || of.code === claims.code)
      .filter(({ claims: of }) => of.kind !== 'credit-note' || of.invoice === claims.code)
      .map(paper => ({
        ...done(paper.claims.kind as StepKind, paper),
        ...{ ref: paper.claims.code, number: paper.claims.number },
      })),
    ...scanned(trade.scans),
    ...asked.map(question => ({ ...done('question', question), at: question.loggedAt })),
    ...answers.map(answer => ({ ...done('answer', answer), status: answer.answer.status })),
    ...(agreement === undefined
      ? []
      : [{ ...done('authorization', agreement), ref: agreement.payload.id, status: agreement.state }]),
    ...applications.flatMap(put => [
      {
        ...act('application', put.created_at, evidence.application.terms.seller, put.record_index),
        ...{ ref: put.id, status: put.state },
      },
      ...(put.reported_at === null ? [] : [{ ...act('report', put.reported_at, put.bank, null), ref: put.id }]),
    ]),
    ...decisions.map(({ application: ref, bank, record_index, outcome, decided_at }) => ({
      ...act('decision', decided_at, bank, record_index),
      ...{ ref, status: outcome },
    })),
    ...marks.map(({ application: ref, bank, record_index, state, created_at }) => ({
      ...act('financing', created_at, bank, record_index),
      ...{ ref, status: state },
    })),
    ...paid.map(payment => ({
      ...done('payment', payment),
      ...{ ref: papers.get(payment.id)?.code ?? null, number: papers.get(payment.id)?.number ?? null },
    })),
  ]
  return [...steps].sort((a, b) => place(a) - place(b) || Date.parse(a.at) - Date.parse(b.at))
}

/** Application, report, decision and mark come round again with every bank that is asked: they go by time alone. */
const withBanks: readonly StepKind[] = ['application', 'report', 'decision', 'financing']
const place = ({ kind }: Step): number => stepKinds.indexOf(withBanks.includes(kind) ? 'application' : kind)

const plain = { loggedAt: null, index: null, ref: null, number: null, status: null, scans: null }

const done = (kind: StepKind, { claimedAt, loggedAt, signer, index }: Recorded): Step => ({
  ...plain,
  ...{ kind, at: utc(claimedAt), loggedAt: utc(loggedAt), by: signer as Step['by'], index },
})

const act = (kind: StepKind, at: Date, by: string, index: bigint | null): Step => ({
  ...plain,
  ...{ kind, at: at.toISOString(), loggedAt: at.toISOString(), by: by as Step['by'] },
  index: index === null ? null : `${index}`,
})

/** Scans of one business step by one organization are one step of the way, however many it took. */
const scanned = (scans: readonly Scan[]): readonly Step[] => {
  const groups = Map.groupBy(scans, ({ event: { org, scan } }) => `${org} ${scan.bizStep}`)
  return [...groups.values()].flatMap(group => {
    const byTime = group.toSorted((a, b) => Date.parse(a.event.scan.eventTime) - Date.parse(b.event.scan.eventTime))
    const [first, last] = [byTime[0], byTime.at(-1)]
    if (first === undefined || last === undefined) return []
    return [
      {
        ...done('scan', first.event),
        ...{ by: first.event.org as Step['by'], status: first.event.scan.bizStep ?? null },
        scans: {
          count: group.length,
          counted: group.filter(({ entitlement }) => entitlement.entitled).length,
          until: utc(last.event.scan.eventTime),
        },
      },
    ]
  })
}

const utc = (at: string): string => new Date(at).toISOString()
