import { Link } from '@tanstack/react-router'
import { isDispute } from '../../../core/confirmation.ts'
import type { CourseStep } from '../../../core/course.ts'
import { codeLabel } from '../format/code.ts'
import { Mark } from '../parts/mark.tsx'
import { Digest, Money, Organization, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'
import type { Placed } from './case-place.ts'

/** One thing that happened: what, when, by whom, and its place in the log behind one click. */
export function Step({ of: step, placed }: { readonly of: CourseStep; readonly placed: Placed }) {
  const { bankDesk } = useText()
  const t = bankDesk.course
  return (
    <li>
      <div className="what">
        {/^\d{4}-\d{2}-\d{2}$/.test(step.at) ? <time className="figure">{step.at}</time> : <When at={step.at} />}
        <What of={step} />
      </div>
      <div className="who">
        <span>
          {t.by} <Organization uscc={step.by} />
        </span>
        {step.what === 'scan' && <Where of={step} />}
        <span>
          {t.logged} <When at={step.loggedAt} />
        </span>
      </div>
      <Place placed={placed} />
    </li>
  )
}

function What({ of: step }: { readonly of: CourseStep }) {
  const { bankDesk, documents, shipments, answer } = useText()
  const t = bankDesk.course
  switch (step.what) {
    case 'document':
      return (
        <>
          <strong>
            {documents.kinds[step.kind]} {step.number}
          </strong>
          {step.gross && <Money minor={step.gross.minor} currency={step.gross.currency} />}
        </>
      )
    case 'scan': {
      const { step: name } = step
      const known = shipments.steps as Readonly<Record<string, string>>
      return (
        <>
          <strong>
            {t.scan}
            {name !== undefined && ` · ${known[name] ?? name}`}
          </strong>
          <span>{t.scanned(step.count)}</span>
          {step.isCorrection && <Mark tone="warn">{t.correction}</Mark>}
        </>
      )
    }
    case 'question':
      return <strong>{t.question}</strong>
    case 'answer': {
      const tone = isDispute(step) ? 'bad' : step.status === 'CA' || step.status === 'IP' ? 'warn' : 'good'
      return (
        <>
          <strong>{t.answer}</strong>
          <Mark tone={tone}>{answer.status[step.status]}</Mark>
          {step.disputeOpen && <Mark tone="bad">{t.dispute}</Mark>}
          {step.reason !== undefined && <span>{answer.reasons[step.reason]}</span>}
          <span>
            {t.validUntil} <When at={step.expires} />
          </span>
        </>
      )
    }
    case 'application':
      return <strong>{t.application}</strong>
    default:
      return step satisfies never
  }
}

function Where({ of: { place, device } }: { readonly of: Extract<CourseStep, { what: 'scan' }> }) {
  const t = useText().bankDesk.course
  return (
    <>
      {place !== undefined && (
        <span>
          {t.place} <span className="code">{codeLabel(place)}</span>
        </span>
      )}
      {device === undefined ? (
        <Mark tone="warn">{t.noDevice}</Mark>
      ) : (
        <span>
          {t.device} {device.label} (<Organization uscc={device.owner} />)
        </span>
      )}
    </>
  )
}

function Place({ placed }: { readonly placed: Placed }) {
  const t = useText().bankDesk.course
  const { index, anchor } = placed
  return (
    <details>
      <summary>
        {t.evidence(index)} · {anchor ? t.covered(anchor.block) : t.notCovered}
      </summary>
      <dl>
        <dt>{t.proof}</dt>
        <dd>
          <Mark tone={placed.holds ? 'good' : 'bad'}>
            {placed.holds ? t.holds(placed.steps, placed.size) : t.fails}
          </Mark>
        </dd>
        <dt>{t.commitment}</dt>
        <dd>
          <Digest text={placed.commitment} />
        </dd>
        <dt>{t.leaf}</dt>
        <dd>
          <Digest text={placed.leaf} />
        </dd>
        {anchor && (
          <>
            <dt>{t.block}</dt>
            <dd>
              {anchor.block} · <When at={anchor.at} />
            </dd>
            <dt>{t.blockHash}</dt>
            <dd>
              <Digest text={anchor.blockHash} />
            </dd>
            <dt>{t.transaction}</dt>
            <dd>
              <Digest text={anchor.transaction} />
            </dd>
            <dt>{t.chain}</dt>
            <dd>
              {anchor.chain} ({anchor.chainId})
            </dd>
            <dt>{t.contract}</dt>
            <dd>
              <Digest text={anchor.contract} />
            </dd>
          </>
        )}
      </dl>
      <Link to="/entry/$index" params={{ index }}>
        {t.entry}
      </Link>
    </details>
  )
}
