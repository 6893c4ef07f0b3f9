import { Link } from '@tanstack/react-router'
import { Fragment, type ReactNode } from 'react'
import { Mark, type Tone } from '../parts/mark.tsx'
import { Organization, When } from '../parts/values.tsx'
import { type Text, useText } from '../text/text.tsx'
import type { Progress } from './invoice.tsx'

type Step = Progress['steps'][number]
type Kind = Step['kind']

/** The stages that every receivable goes through; the others only show when they happened. */
const road = [
  ...([
    'order',
    'despatch',
    'scan',
    'invoice',
    'question',
    'answer',
    'authorization',
    'application',
    'report',
  ] as const),
  ...(['decision', 'financing', 'payment'] as const),
] satisfies readonly Kind[]
/** Shown with another stage: what happens between stages, and what comes round again with every bank that is asked. */
const shownWith: Partial<Record<Kind, Kind>> = {
  ...{ receipt: 'scan', consumption: 'scan', 'credit-note': 'invoice' },
  ...{ report: 'application', decision: 'application', financing: 'application' },
}

/** What was done, by whom and when, each leading to its page; and the stages that are still ahead. */
export function InvoiceSteps({ progress: { steps } }: { readonly progress: Progress }) {
  const t = useText()
  const there = new Set(steps.map(({ kind }) => kind))
  return (
    <ol className="road">
      {road.map(kind => (
        <Fragment key={kind}>
          {steps
            .filter(it => (shownWith[it.kind] ?? it.kind) === kind)
            .map(it => (
              <Done key={`${it.kind} ${it.index} ${it.ref} ${it.at}`} step={it} />
            ))}
          {!there.has(kind) && (
            <li className="road-ahead">
              <strong>{t.progress.kinds[kind]}</strong>
              <Mark tone="unknown">{t.progress.todo}</Mark>
            </li>
          )}
        </Fragment>
      ))}
    </ol>
  )
}

function Done({ step }: { readonly step: Step }) {
  const t = useText()
  const { kind, at, by, index, scans } = step
  const [words, tone] = statusOf(step, t)
  return (
    <li>
      <strong>{linked(step, t)}</strong>
      {words !== undefined && <Mark tone={tone}>{words}</Mark>}
      {scans && <span>{t.progress.scans(scans.count, scans.counted)}</span>}
      <small className="hint road-when">
        <When at={at} />
        {scans && scans.until !== at && (
          <>
            {' – '}
            <When at={scans.until} />
          </>
        )}
        {by !== null && (
          <>
            {' · '}
            {kind === 'report' ? '' : `${t.progress.signedBy} `}
            <Organization uscc={by} />
          </>
        )}
        {index !== null && ` · ${t.common.logIndex} ${index}`}
      </small>
    </li>
  )
}

const linked = ({ kind, ref, number }: Step, t: Text): ReactNode => {
  const words = number === null ? t.progress.kinds[kind] : `${t.progress.kinds[kind]} ${number}`
  if (ref === null) return words
  if (number !== null) {
    return (
      <Link to="/document" search={{ code: ref }}>
        {words}
      </Link>
    )
  }
  return kind === 'authorization' ? (
    <Link to="/authorizations/$id" params={{ id: ref }}>
      {words}
    </Link>
  ) : (
    <Link to="/applications/$id" params={{ id: ref }}>
      {words}
    </Link>
  )
}

const answers = { IP: 'open', AP: 'good', CA: 'warn', RE: 'bad', UQ: 'warn', PD: 'good' } as const

/** Words of whatever has a state, in its own vocabulary. */
const statusOf = ({ kind, status, scans }: Step, t: Text): readonly [string | undefined, Tone] => {
  if (status === null) return [undefined, 'good']
  const say = (words: Readonly<Record<string, string>>) => words[status] ?? status
  switch (kind) {
    case 'scan':
      return [say(t.shipments.steps), scans?.counted === 0 ? 'warn' : 'good']
    case 'answer':
      return [say(t.answer.status), answers[status as keyof typeof answers] ?? 'unknown']
    case 'authorization':
      return [say(t.authorizations.states), status === 'active' ? 'good' : 'warn']
    case 'application':
      return [say(t.applications.states), status === 'declined' ? 'bad' : 'open']
    case 'decision':
      return [say(t.applications.outcomes), status === 'approved' ? 'good' : status === 'declined' ? 'bad' : 'open']
    case 'financing':
      return [say(t.financings.states), status === 'FNCD' ? 'good' : 'open']
    default:
      return [undefined, 'good']
  }
}
