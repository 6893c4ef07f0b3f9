import { Link } from '@tanstack/react-router'
import { Table, type TableColumnsType } from 'antd'
import type { Document } from '../api/lists.ts'
import { Code, Money } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

type Statement = Extract<Document['claims'], { kind: 'statement' }>
type Balance = Statement['balances'][number]

/** What a statement of account says of each invoice. */
export function StatementBalances({ claims: { balances, currency } }: { readonly claims: Statement }) {
  const t = useText()
  const columns: TableColumnsType<Balance> = [
    {
      title: t.documents.kinds.invoice,
      render: (_, { invoice }) => (
        <Link to="/document" search={{ code: invoice }}>
          <Code text={invoice} />
        </Link>
      ),
    },
    {
      title: t.documents.gross,
      align: 'right',
      render: (_, { gross }) => <Money minor={gross} currency={currency} />,
    },
    {
      title: t.documents.stillOpen,
      align: 'right',
      render: (_, { open }) => <Money minor={open} currency={currency} />,
    },
  ]
  return (
    <Table<Balance>
      rowKey="invoice"
      size="small"
      dataSource={balances}
      columns={columns}
      pagination={{ pageSize: 20, hideOnSinglePage: true }}
    />
  )
}
