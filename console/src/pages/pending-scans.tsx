import { Alert, Descriptions, Table } from 'antd'
import type { z } from 'zod'
import { Refusal } from '../../../core/errors.ts'
import { comparison } from '../../../receivables/confirmations/contract.ts'
import { useAsk } from '../api/use.ts'
import { unitText } from '../format/measure.ts'
import { grouped } from '../format/money.ts'
import { Mark } from '../parts/mark.tsx'
import { Loaded } from '../parts/page.tsx'
import { Scroller } from '../parts/scroller.tsx'
import { Code } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

export type Comparison = z.input<typeof comparison.reply.schema>
type Line = Comparison['lines'][number]

export const useComparison = (id: string) => useAsk(comparison, { params: { id } })

/** The document may not have come over from the supplier's node yet. */
export const hasNoCopy = (error: unknown): boolean => error instanceof Refusal && error.code === 'DOCUMENT_UNKNOWN'

/** What the hospital's own tables say, point by point; nothing where the node reads none. */
export function BooksSay({ books }: { readonly books: Comparison['books'] }) {
  const t = useText()
  if (books === null) return null
  if (books.state !== 'booked') {
    const title = books.state === 'unknown' ? t.pending.books.unknown : t.pending.books.unavailable
    return <Alert type={books.state === 'unknown' ? 'warning' : 'info'} showIcon title={title} />
  }
  const yes = (value: boolean | null, good: boolean) =>
    value === null ? (
      <Mark tone="unknown">{t.pending.books.silent}</Mark>
    ) : (
      <Mark tone={value === good ? 'good' : 'bad'}>{value ? t.common.yes : t.common.no}</Mark>
    )
  return (
    <Descriptions
      size="small"
      column={{ xs: 1, md: 2 }}
      items={[
        { key: 'g', label: t.pending.gross, children: yes(books.grossAmount, true) },
        { key: 'q', label: t.pending.quantity, children: yes(books.acceptedQtyCoversInvoiced, true) },
        { key: 'd', label: t.pending.due, children: yes(books.dueConfirmed, true) },
        { key: 'a', label: t.pending.payee, children: yes(books.payeeAccountMatch, true) },
        { key: 'o', label: t.pending.books.disputed, children: yes(books.disputed, false) },
        { key: 'p', label: t.pending.books.paid, children: yes(books.paid, false) },
      ]}
    />
  )
}

/** In one word, whether what was accepted covers what is invoiced. */
export function ScansSay({ id }: { readonly id: string }) {
  const t = useText()
  const { data, error } = useComparison(id)
  if (data === undefined) return error ? <Mark tone="unknown">{t.common.unknown}</Mark> : null
  return <Covered covered={data.match.acceptedQtyCoversInvoiced} />
}

function Covered({ covered }: { readonly covered: boolean | null }) {
  const t = useText()
  if (covered === null) return <Mark tone="unknown">{t.pending.notComparable}</Mark>
  return <Mark tone={covered ? 'good' : 'bad'}>{covered ? t.pending.covered : t.pending.notCovered}</Mark>
}

/** Line by line: what is invoiced, and what the hospital's own scans leave for it. */
export function ComparisonTable({ id }: { readonly id: string }) {
  const t = useText()
  const compared = useComparison(id)
  if (hasNoCopy(compared.error)) return <Alert type="info" showIcon title={t.pending.noCopy} />
  const figure = (text: string, unit: string) => (
    <span className="figure">
      {grouped(text)} {unitText(unit, t)}
    </span>
  )
  return (
    <Loaded from={compared}>
      {({ lines }) => (
        <Scroller label={t.pending.compare}>
          <Table<Line>
            rowKey="line"
            size="small"
            dataSource={lines}
            pagination={{ pageSize: 20, hideOnSinglePage: true }}
            columns={[
              { title: t.documents.line, dataIndex: 'line' },
              { title: t.documents.item, render: (_, it) => <Code text={it.item} /> },
              { title: t.pending.invoiced, align: 'right', render: (_, it) => figure(it.invoiced, it.unit) },
              { title: t.pending.received, align: 'right', render: (_, it) => figure(it.received, it.unit) },
              { title: t.pending.ownScans, render: (_, it) => <Covered covered={it.covered} /> },
            ]}
          />
        </Scroller>
      )}
    </Loaded>
  )
}
