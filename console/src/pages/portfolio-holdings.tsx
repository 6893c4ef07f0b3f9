import { Link } from '@tanstack/react-router'
import { Flex, Table } from 'antd'
import type { HoldingItem, PortfolioInCurrency } from '../../../receivables/portfolio/contract.ts'
import { Mark } from '../parts/mark.tsx'
import { Scroller } from '../parts/scroller.tsx'
import { Code, Money, Organization, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

/** Each receivable, whether it counts and why not, one click from its application. */
export function Holdings({ of: { holdings, more, currency } }: { readonly of: PortfolioInCurrency }) {
  const t = useText()
  const p = t.portfolio
  return (
    <Flex vertical gap="small">
      <Scroller label={p.holdings}>
        <Table<HoldingItem>
          rowKey="financing"
          size="small"
          dataSource={[...holdings]}
          pagination={{ pageSize: 20, hideOnSinglePage: true }}
          columns={[
            { title: p.invoice, render: (_, it) => <Code text={it.invoice} /> },
            {
              title: t.applications.title,
              render: (_, it) => (
                <Link to="/applications/$id" params={{ id: it.application }} className="code">
                  {it.application.slice(0, 8)}
                </Link>
              ),
            },
            { title: p.seller, render: (_, it) => <Organization uscc={it.seller} /> },
            {
              title: p.buyer,
              render: (_, it) => (it.buyer === null ? p.unknownBuyer : <Organization uscc={it.buyer} />),
            },
            {
              title: p.due,
              render: (_, it) => (
                <>
                  <span className="figure">{it.due ?? p.noDue}</span>
                  <div className="check-code">{p.ages[it.ageing]}</div>
                </>
              ),
            },
            {
              title: p.open,
              align: 'right',
              render: (_, it) => (it.open === null ? t.common.unknown : <Money minor={it.open} currency={currency} />),
            },
            {
              title: p.advanced,
              align: 'right',
              render: (_, it) => (
                <>
                  <Money minor={it.amount} currency={currency} />
                  {!it.financed && <div className="check-code">{p.heldOnly}</div>}
                </>
              ),
            },
            { title: p.eligible, align: 'right', render: (_, it) => <Money minor={it.eligible} currency={currency} /> },
            {
              title: p.standing,
              render: (_, it) =>
                it.excluded === null ? (
                  <Mark tone="good">{p.counts}</Mark>
                ) : (
                  <Mark tone={it.excluded === 'NOT_EVALUABLE' ? 'unknown' : 'bad'}>{p.excluded[it.excluded]}</Mark>
                ),
            },
            { title: p.report, render: (_, it) => (it.asOf === null ? p.noReport : <When at={it.asOf} />) },
          ]}
        />
      </Scroller>
      {more > 0 && <p className="check-code">{p.more(more)}</p>}
    </Flex>
  )
}
