import { Descriptions } from 'antd'
import type { AnswerStatus } from '../../../core/confirmation.ts'
import type { Question } from '../api/lists.ts'
import { useText } from '../text/text.tsx'
import { Mark, type Tone } from './mark.tsx'
import { When } from './values.tsx'

type Answer = NonNullable<Question['answer']>['answer']

const tones = {
  IP: 'open',
  AP: 'good',
  CA: 'warn',
  RE: 'bad',
  UQ: 'warn',
  PD: 'good',
} as const satisfies Record<AnswerStatus, Tone>

/** Where a question stands: not asked, waiting, or what the hospital said. */
export function AnswerMark({ question }: { readonly question: Question | undefined }) {
  const t = useText()
  if (question === undefined) return <Mark tone="unknown">{t.invoices.notAsked}</Mark>
  if (question.answer === null) return <Mark tone="open">{t.invoices.waiting}</Mark>
  const { status, reason, expires, disputeOpen } = question.answer.answer
  const words = [
    t.answer.status[status],
    ...(reason === undefined ? [] : [t.answer.reasons[reason]]),
    ...(disputeOpen ? [t.answer.disputeOpen] : []),
    ...(Date.parse(expires) < Date.now() ? [t.answer.expired] : []),
  ]
  return <Mark tone={disputeOpen ? 'bad' : tones[status]}>{words.join(' · ')}</Mark>
}

export function AnswerFacts({ answer }: { readonly answer: Answer }) {
  const t = useText()
  const yes = (value: boolean, good = true) => (
    <Mark tone={value === good ? 'good' : 'bad'}>{value ? t.common.yes : t.common.no}</Mark>
  )
  return (
    <Descriptions
      size="small"
      column={{ xs: 1, md: 2 }}
      items={[
        { key: 'n', label: t.answer.number, children: yes(answer.match.number) },
        { key: 'g', label: t.answer.grossAmount, children: yes(answer.match.grossAmount) },
        {
          key: 'q',
          label: t.answer.acceptedQtyCoversInvoiced,
          children: yes(answer.match.acceptedQtyCoversInvoiced),
        },
        { key: 'd', label: t.answer.dueConfirmed, children: yes(answer.dueConfirmed) },
        { key: 'p', label: t.answer.payeeAccountMatch, children: yes(answer.payeeAccountMatch) },
        { key: 'o', label: t.answer.disputeOpen, children: yes(answer.disputeOpen, false) },
        { key: 'a', label: t.answer.asOf, children: <When at={answer.asOf} /> },
        { key: 'e', label: t.answer.expires, children: <When at={answer.expires} /> },
      ]}
    />
  )
}
