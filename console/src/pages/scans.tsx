import { Card, Empty, Table } from 'antd'
import type { z } from 'zod'
import { listScans } from '../../../capture/contract.ts'
import { useAsk } from '../api/use.ts'
import { codeLabel } from '../format/code.ts'
import { Mark } from '../parts/mark.tsx'
import { Loaded } from '../parts/page.tsx'
import { Scroller } from '../parts/scroller.tsx'
import { Code, Organization, When } from '../parts/values.tsx'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'

type Scan = z.input<typeof listScans.reply.schema>['scans'][number]

/** Everything scanned about one code, newest first: who, where, when, and whether it counts. */
export function Scans({ code }: { readonly code: string }) {
  const t = useText()
  const scans = useAsk(listScans, { query: { code } })
  return (
    <Card title={t.shipments.scans} size="small">
      <Loaded from={scans}>
        {({ scans: list }) => (
          <Scroller label={t.shipments.scans}>
            <Table<Scan>
              rowKey="index"
              size="small"
              dataSource={list}
              pagination={{ pageSize: 20, hideOnSinglePage: true }}
              locale={{
                emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.shipments.noScans} />,
              }}
              columns={[
                { title: t.shipments.step, render: (_, it) => <Step name={it.bizStep} /> },
                { title: t.shipments.at, render: (_, it) => <When at={it.eventTime} /> },
                { title: t.shipments.by, render: (_, it) => <Organization uscc={it.org} /> },
                { title: t.shipments.location, render: (_, it) => it.location && <Code text={it.location} /> },
                {
                  title: t.shipments.codes,
                  render: (_, it) => (
                    <span title={it.codes.slice(0, 60).map(codeLabel).join('\n')}>
                      {t.common.count(it.codes.length)}
                    </span>
                  ),
                },
                { title: t.shipments.counts, render: (_, it) => <Counts scan={it} /> },
                { title: t.common.logIndex, render: (_, it) => <span className="figure">{it.index}</span> },
              ]}
            />
          </Scroller>
        )}
      </Loaded>
    </Card>
  )
}

export function Step({ name }: { readonly name: string | null }) {
  const { steps } = useText().shipments
  if (name === null) return null
  return isKey(steps, name) ? steps[name] : name
}

function Counts({ scan }: { readonly scan: Scan }) {
  const { shipments: t, common } = useText()
  const { identity } = useSession()
  const { notCountedReasons: reasons } = t
  if (!scan.entitled) {
    const why = scan.reason === null ? undefined : isKey(reasons, scan.reason) ? reasons[scan.reason] : scan.reason
    return <Mark tone="warn">{why === undefined ? t.notCounted : `${t.notCounted}${common.colon}${why}`}</Mark>
  }
  // Which device another organization scanned with is that organization's to know.
  const unsigned = scan.device === null && scan.org === identity.uscc
  const wrong = [...new Set(scan.findings.map(it => t.findings[it.code]))]
  const notes = [
    ...wrong,
    t.counted,
    ...(scan.device === null ? [] : [t.device]),
    ...(unsigned ? [t.unsigned] : []),
    ...(scan.backfilled ? [t.late] : []),
  ]
  return <Mark tone={unsigned || scan.backfilled || wrong.length > 0 ? 'warn' : 'good'}>{notes.join(' · ')}</Mark>
}

const isKey = <Table extends object>(table: Table, key: string): key is string & keyof Table =>
  Object.hasOwn(table, key)
