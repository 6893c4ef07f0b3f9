import { Link } from '@tanstack/react-router'
import { Button, Collapse, Flex } from 'antd'
import type { ReactNode } from 'react'
import { useOrganizations } from '../api/lists.ts'
import { measuresText } from '../format/measure.ts'
import { Mark, type Tone } from '../parts/mark.tsx'
import { useText } from '../text/text.tsx'
import type { Progress } from './invoice.tsx'

type Check = Progress['checks'][number]

const tones = { pass: 'good', fail: 'bad', warn: 'warn', not_evaluable: 'unknown' } as const satisfies Record<
  Check['outcome'],
  Tone
>

/** What the checks of a report would find wanting, what is needed first; each with why, and what to do about it. */
export function InvoiceGaps({ progress }: { readonly progress: Progress }) {
  const t = useText()
  const { checks, unjudged, steps } = progress
  const open = checks.filter(({ outcome }) => outcome !== 'pass')
  const needed = open.filter(({ gating }) => gating)
  const better = open.filter(({ gating }) => !gating)
  const inPlace = checks.filter(({ outcome }) => outcome === 'pass')
  const put = steps.some(({ kind }) => kind === 'application')
  return (
    <Flex vertical gap="middle">
      <p className="hint">{t.progress.missingLead}</p>
      <strong role="status">
        <Mark tone={needed.length === 0 ? 'good' : 'bad'}>
          {needed.length === 0 ? t.progress.nothingMissing : t.progress.needed(needed.length)}
        </Mark>
      </strong>
      {needed.length > 0 && <Gaps title={t.progress.must} of={needed} progress={progress} />}
      {!put && (
        <Flex vertical gap="small" align="flex-start">
          <Mark tone="open">{t.progress.notPut}</Mark>
          <span>{t.progress.notPutLead}</span>
          <Flex gap="small" wrap>
            <Link to="/authorizations/new">
              <Button>{t.progress.authorize}</Button>
            </Link>
            <Link to="/applications/new" search={{ code: progress.invoice.code }}>
              <Button type={needed.length === 0 ? 'primary' : 'default'}>{t.progress.apply}</Button>
            </Link>
          </Flex>
        </Flex>
      )}
      {better.length > 0 && <Gaps title={t.progress.better} of={better} progress={progress} />}
      <Collapse
        items={[
          {
            key: 'rest',
            label: `${t.progress.rest} (${inPlace.length})`,
            children: <Plain codes={inPlace.map(({ code }) => code)} tone="good" />,
          },
          {
            key: 'unjudged',
            label: `${t.progress.unjudged} (${unjudged.length})`,
            children: <Plain codes={unjudged} tone="unknown" />,
          },
        ]}
      />
    </Flex>
  )
}

function Plain({ codes, tone }: { readonly codes: readonly Check['code'][]; readonly tone: Tone }) {
  const t = useText()
  return (
    <ul className="scan-list">
      {codes.map(code => (
        <li key={code}>
          <Mark tone={tone}>{t.checks[code]}</Mark>
        </li>
      ))}
    </ul>
  )
}

type GapsProps = { readonly title: string; readonly of: readonly Check[]; readonly progress: Progress }

function Gaps({ title, of, progress }: GapsProps) {
  const t = useText()
  const { nameOf } = useOrganizations()
  const { currency } = progress.invoice
  return (
    <section>
      <h3 className="gap-title">{title}</h3>
      <ul className="gaps">
        {of.map(({ code, outcome, reasons }) => (
          <li key={code}>
            <Flex gap="small" wrap align="center">
              <strong>{t.checks[code]}</strong>
              <Mark tone={tones[outcome]}>{t.report.outcomes[outcome]}</Mark>
            </Flex>
            <ul className="reasons">
              {[...new Map(reasons.map(it => [JSON.stringify(it), it]))].map(([key, { code: why, params }]) => (
                <li key={key}>
                  {t.reasons[why]}
                  {params && <span className="check-code"> {measuresText(params, { t, nameOf, currency })}</span>}
                </li>
              ))}
            </ul>
            <div>
              {t.progress.toDo}
              {t.common.colon}
              {t.progress.actions[code]} <Remedy code={code} steps={progress.steps} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}

type RemedyProps = { readonly code: Check['code']; readonly steps: Progress['steps'] }

/** Where it can be done at once. */
function Remedy({ code, steps }: RemedyProps): ReactNode {
  const { progress: t } = useText()
  const despatch = steps.find(({ kind, ref }) => kind === 'despatch' && ref !== null)?.ref
  const shipped = steps.some(({ kind, status }) => kind === 'scan' && status === 'shipping')
  if (code === 'SCAN_COVER' && despatch && !shipped) {
    return (
      <Link to="/scan" search={{ code: despatch }}>
        {t.scan}
      </Link>
    )
  }
  if (code === 'HOSP_CONFIRM' && !steps.some(({ kind }) => kind === 'question'))
    return <Link to="/invoices">{t.ask}</Link>
  return code === 'AUTHZ' ? <Link to="/authorizations/new">{t.authorize}</Link> : null
}
