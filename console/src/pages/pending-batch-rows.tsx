import { Link } from '@tanstack/react-router'
import { Flex } from 'antd'
import type { Question } from '../api/lists.ts'
import { Mark } from '../parts/mark.tsx'
import { Money, Organization } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'
import type { Comparison } from './pending-scans.tsx'

export type Chosen = { readonly question: Question; readonly compared: Comparison | undefined; readonly plain: boolean }
/** What became of one of them. */
export type Outcome =
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'colleague' }
  | { readonly kind: 'refused'; readonly why: string }

type RowProps = { readonly of: Chosen; readonly outcome: Outcome | undefined; readonly running: boolean }

export function BatchRow({ of: { question, plain }, outcome, running }: RowProps) {
  const { hospital } = useText()
  const { opened } = question.question
  return (
    <li>
      <Flex gap="small" wrap align="baseline">
        <span className="code">{opened.number}</span>
        <Organization uscc={opened.seller} />
        <Money minor={opened.gross} currency={opened.currency} />
        {outcome === undefined ? (
          plain ? (
            <Mark tone={running ? 'open' : 'good'}>{running ? hospital.waits : hospital.plain}</Mark>
          ) : (
            <>
              <Mark tone="warn">{hospital.notPlain}</Mark>
              <Link to="/pending/$id" params={{ id: question.id }}>
                {hospital.look}
              </Link>
            </>
          )
        ) : (
          <Told outcome={outcome} />
        )}
      </Flex>
    </li>
  )
}

function Told({ outcome }: { readonly outcome: Outcome }) {
  const { hospital } = useText()
  if (outcome.kind === 'refused')
    return (
      <>
        <Mark tone="bad">{hospital.refused}</Mark> {outcome.why}
      </>
    )
  return <Mark tone={outcome.kind === 'confirmed' ? 'good' : 'warn'}>{hospital[outcome.kind]}</Mark>
}

/** By currency: sums of different ones say nothing. */
export function BatchTotals({ of }: { readonly of: readonly Chosen[] }) {
  const { hospital, common } = useText()
  const sums = new Map<string, bigint>()
  for (const { question } of of) {
    const { currency, gross } = question.question.opened
    sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(gross))
  }
  if (sums.size === 0) return null
  return (
    <p style={{ margin: 0 }}>
      {hospital.total}
      {common.colon}
      {[...sums].map(([currency, minor]) => (
        <strong key={currency}>
          <Money minor={`${minor}`} currency={currency} />{' '}
        </strong>
      ))}
    </p>
  )
}
