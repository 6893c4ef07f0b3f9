import { Table } from 'antd'
import type { ReceivableReport } from '../../../core/report/report.ts'
import { unitText } from '../format/measure.ts'
import { grouped } from '../format/money.ts'
import { Scroller } from '../parts/scroller.tsx'
import { Money } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

type Line = ReceivableReport['match'][number]

/** The three-way match as quantities: what is financeable is the least of the flows. */
export function MatchTable({ lines, currency }: { readonly lines: readonly Line[]; readonly currency: string }) {
  const t = useText()
  const figure = (title: string, of: (line: Line) => string) => ({
    title,
    align: 'right' as const,
    render: (_: unknown, line: Line) => <span className="figure">{grouped(of(line))}</span>,
  })
  return (
    <Scroller label={t.report.match}>
      <Table<Line>
        rowKey={line => `${line.order} ${line.line}`}
        size="small"
        dataSource={lines}
        pagination={{ pageSize: 20, hideOnSinglePage: true }}
        columns={[
          { title: t.documents.line, dataIndex: 'line' },
          { title: t.documents.unit, render: (_, it) => unitText(it.unit, t) },
          figure(t.report.ordered, it => it.ordered),
          figure(t.report.accepted, it => it.accepted),
          figure(t.report.returned, it => it.returned),
          figure(t.report.invoiced, it => it.invoiced),
          figure(t.report.credited, it => it.credited),
          figure(t.report.financed, it => it.financed),
          figure(t.report.matched, it => it.quantity),
          {
            title: t.report.financeable,
            align: 'right',
            render: (_, it) => <Money minor={it.amount} currency={currency} />,
          },
        ]}
      />
    </Scroller>
  )
}
