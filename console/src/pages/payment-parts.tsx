import { Link } from '@tanstack/react-router'
import { Table, type TableColumnsType } from 'antd'
import type { Document } from '../api/lists.ts'
import { Code, Money } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

type Payment = Extract<Document['claims'], { kind: 'payment' }>
type Reason = NonNullable<Payment['deductions']>[number]['reason']
type Part = { readonly key: string; readonly invoice: string; readonly amount: string; readonly reason?: Reason }

/** What of a payment is for which invoice, and what was kept back of them. */
export function PaymentParts({ claims }: { readonly claims: Payment }) {
  const t = useText()
  const { allocations, deductions = [], currency } = claims
  const parts: readonly Part[] = [...allocations, ...deductions].map((part, i) => ({ ...part, key: String(i) }))
  const columns: TableColumnsType<Part> = [
    {
      title: t.documents.kinds.invoice,
      render: (_, { invoice }) => (
        <Link to="/document" search={{ code: invoice }}>
          <Code text={invoice} />
        </Link>
      ),
    },
    {
      title: t.documents.amount,
      align: 'right',
      render: (_, { amount }) => <Money minor={amount} currency={currency} />,
    },
    { title: t.documents.deduction, render: (_, { reason }) => reason && t.documents.deductions[reason] },
  ]
  return (
    <Table<Part>
      rowKey="key"
      size="small"
      dataSource={parts}
      columns={columns}
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
    />
  )
}
