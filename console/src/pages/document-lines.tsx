import { Table, type TableColumnsType, Tooltip } from 'antd'
import type { Document } from '../api/lists.ts'
import { codeLabel } from '../format/code.ts'
import { unitText } from '../format/measure.ts'
import { grouped, percent } from '../format/money.ts'
import { Scroller } from '../parts/scroller.tsx'
import { Code, Money } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

type Claims = Extract<Document['claims'], { lines: readonly unknown[] }>
type Line = Claims['lines'][number]

/** The lines of any document: columns that its kind has. */
export function DocumentLines({ claims }: { readonly claims: Claims }) {
  const t = useText()
  const currency = 'currency' in claims ? claims.currency : ''
  const lines: readonly Line[] = claims.lines
  const has = (name: string) => lines.some(line => name in line)
  const columns: TableColumnsType<Line> = [
    { title: t.documents.line, dataIndex: 'id' },
    { title: t.documents.item, render: (_, line) => <Item line={line} /> },
    ...(has('description')
      ? [
          {
            title: t.documents.description,
            render: (_: unknown, line: Line) => 'description' in line && line.description,
          },
        ]
      : []),
    {
      title: t.documents.quantity,
      align: 'right' as const,
      render: (_: unknown, line: Line) => (
        <span className="figure">
          {grouped(line.quantity)} {unitText(line.unit, t)}
        </span>
      ),
    },
    ...(has('unitPrice')
      ? [
          {
            title: `${t.documents.unitPrice} (${currency})`,
            align: 'right' as const,
            render: (_: unknown, line: Line) =>
              'unitPrice' in line && <span className="figure">{grouped(line.unitPrice)}</span>,
          },
          {
            title: t.documents.taxRate,
            align: 'right' as const,
            render: (_: unknown, line: Line) => 'taxRate' in line && percent(line.taxRate),
          },
        ]
      : []),
    ...(has('net')
      ? [
          {
            title: t.documents.net,
            align: 'right' as const,
            render: (_: unknown, line: Line) => 'net' in line && <Money minor={line.net} currency={currency} />,
          },
        ]
      : []),
  ]
  return (
    <Scroller label={t.documents.lines}>
      <Table<Line>
        rowKey="id"
        size="small"
        dataSource={lines}
        columns={columns}
        pagination={{ pageSize: 20, hideOnSinglePage: true }}
      />
    </Scroller>
  )
}

function Item({ line }: { readonly line: Line }) {
  const t = useText()
  const serials = 'serials' in line ? line.serials : undefined
  return (
    <>
      <Code text={line.item} />
      {serials && (
        <Tooltip title={serials.slice(0, 50).map(codeLabel).join('\n')} styles={{ root: { whiteSpace: 'pre-line' } }}>
          <div>{t.documents.serials(serials.length)}</div>
        </Tooltip>
      )}
    </>
  )
}
