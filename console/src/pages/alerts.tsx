import { Link } from '@tanstack/react-router'
import { Button, Segmented } from 'antd'
import { useState } from 'react'
import type { z } from 'zod'
import type { Severity } from '../../../core/alert.ts'
import { acknowledgeAlert, listAlerts } from '../../../receivables/watch/contract.ts'
import { call } from '../api/call.ts'
import { useOrganizations } from '../api/lists.ts'
import { useAct, usePages } from '../api/use.ts'
import { measuresText } from '../format/measure.ts'
import { List } from '../parts/list.tsx'
import { Mark, type Tone } from '../parts/mark.tsx'
import { Page } from '../parts/page.tsx'
import { Code, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

type Item = z.input<typeof listAlerts.reply.schema>['items'][number]

const tones = { critical: 'bad', warning: 'warn', notice: 'open' } as const satisfies Record<Severity, Tone>

/** What became worse on receivables that this bank has financed, until somebody says that it was seen. */
export function AlertsPage() {
  const t = useText()
  const [state, setState] = useState<'open' | 'all'>('open')
  const alerts = usePages<Item>(['listAlerts', state], ({ client }, after) =>
    call(client, listAlerts, { query: { after, limit: 50, order: 'newest', state } }),
  )
  const acknowledging = useAct(
    ({ client }, id: string) => call(client, acknowledgeAlert, { params: { id } }),
    () => t.alerts.acknowledged,
  )
  return (
    <Page
      title={t.alerts.title}
      lead={t.alerts.lead}
      actions={
        <Segmented<'open' | 'all'>
          aria-label={t.common.state}
          value={state}
          onChange={setState}
          options={(['open', 'all'] as const).map(value => ({ value, label: t.alerts.shown[value] }))}
        />
      }
    >
      <List<Item>
        of={alerts}
        rowKey="index"
        empty={state === 'open' ? t.alerts.noneOpen : t.alerts.none}
        columns={[
          {
            title: t.alerts.severity,
            render: (_, { alert }) => <Mark tone={tones[alert.severity]}>{t.alerts.severities[alert.severity]}</Mark>,
          },
          {
            title: t.report.check,
            render: (_, { alert }) => (
              <>
                {t.checks[alert.check]}
                <div className="check-code">{alert.check}</div>
              </>
            ),
          },
          { title: t.report.why, render: (_, { alert }) => <Reasons alert={alert} /> },
          {
            title: t.documents.kinds.invoice,
            render: (_, { alert }) => (alert.invoice === undefined ? t.common.all : <Code text={alert.invoice} />),
          },
          {
            title: t.applications.title,
            render: (_, { alert }) => (
              <>
                <Link to="/applications/$id" params={{ id: alert.application }} className="code">
                  {alert.application.slice(0, 8)}
                </Link>
                {alert.report !== undefined && (
                  <div>
                    <Link to="/applications/$id" params={{ id: alert.application }} search={{ report: alert.report }}>
                      {t.alerts.report}
                    </Link>
                  </div>
                )}
              </>
            ),
          },
          { title: t.common.time, render: (_, { raisedAt }) => <When at={raisedAt} /> },
          { title: t.common.logIndex, align: 'right', dataIndex: 'index' },
          {
            title: t.common.action,
            render: (_, { alert, acknowledgedAt }) =>
              acknowledgedAt === null ? (
                <Button
                  size="small"
                  loading={acknowledging.isPending && acknowledging.variables === alert.id}
                  onClick={() => acknowledging.mutate(alert.id)}
                >
                  {t.alerts.acknowledge}
                </Button>
              ) : (
                <>
                  {t.alerts.seen} <When at={acknowledgedAt} />
                </>
              ),
          },
        ]}
      />
    </Page>
  )
}

function Reasons({ alert: { reasons, before, after, currency = '' } }: { readonly alert: Item['alert'] }) {
  const t = useText()
  const { nameOf } = useOrganizations()
  return (
    <div style={{ maxWidth: 420, minWidth: 200 }}>
      <ul className="reasons">
        {[...new Map(reasons.map(reason => [JSON.stringify(reason), reason]))].map(([key, { code, params }]) => (
          <li key={key}>
            {t.reasons[code]}
            {params && <span className="check-code"> {measuresText(params, { t, nameOf, currency })}</span>}
          </li>
        ))}
      </ul>
      {before !== undefined && (
        <div className="check-code">
          {t.report.outcomes[before]} → {t.report.outcomes[after]}
        </div>
      )}
    </div>
  )
}
