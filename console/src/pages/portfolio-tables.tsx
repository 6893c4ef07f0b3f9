import { Card, Flex, Table, Typography } from 'antd'
import { useMemo } from 'react'
import type { PortfolioInCurrency } from '../../../receivables/portfolio/contract.ts'
import { useOrganizations } from '../api/lists.ts'
import { type Bar, barsOf } from '../charts/bars.ts'
import { LazyChart } from '../charts/lazy.tsx'
import { percent } from '../format/money.ts'
import { Mark } from '../parts/mark.tsx'
import { Scroller } from '../parts/scroller.tsx'
import { Money, Organization } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

type TableProps = { readonly of: PortfolioInCurrency }

const tones = {
  ...{ not_due: 'plain', unknown: 'warn' },
  ...{ d1_30: 'warn', d31_60: 'warn', d61_90: 'bad', over_90: 'bad' },
} as const satisfies Record<PortfolioInCurrency['ageing'][number]['key'], Bar['tone']>

export function Ageing({ of: { ageing, currency } }: TableProps) {
  const t = useText()
  const p = t.portfolio
  const option = useMemo(
    () =>
      barsOf(
        ageing.map(({ key, open }) => ({ name: p.ages[key], minor: open, tone: tones[key] })),
        currency,
      ),
    [ageing, currency, p],
  )
  return (
    <Card size="small" title={p.ageing}>
      <Typography.Paragraph type="secondary">{p.ageingLead}</Typography.Paragraph>
      <div className="beside">
        <Scroller label={p.ageing}>
          <Table
            rowKey="key"
            size="small"
            dataSource={[...ageing]}
            pagination={false}
            columns={[
              { title: p.bucket, render: (_, it) => p.ages[it.key] },
              { title: p.count, align: 'right', dataIndex: 'count' },
              { title: p.open, align: 'right', render: (_, it) => <Money minor={it.open} currency={currency} /> },
              {
                title: p.advanced,
                align: 'right',
                render: (_, it) => <Money minor={it.advanced} currency={currency} />,
              },
            ]}
          />
        </Scroller>
        <LazyChart label={p.chart.ageing(currency)} option={option} />
      </div>
    </Card>
  )
}

/** As many as a chart can name. */
const BARS = 8

export function Concentration({ of, most }: TableProps & { readonly most: string }) {
  const t = useText()
  const p = t.portfolio
  const { nameOf } = useOrganizations()
  const { buyers, sellers, currency } = of
  const option = barsOf(
    buyers.slice(0, BARS).map(it => ({
      name: it.of === null ? p.unknownBuyer : nameOf(it.of),
      minor: it.eligible,
      tone: it.over === '0' ? 'plain' : 'bad',
    })),
    currency,
  )
  return (
    <Card size="small" title={p.concentration}>
      <Typography.Paragraph type="secondary">{p.concentrationLead(percent(most))}</Typography.Paragraph>
      <div className="beside">
        <Flex vertical gap="middle">
          <Shares of={buyers} title={p.buyer} currency={currency} limited />
          <Shares of={sellers} title={p.seller} currency={currency} />
        </Flex>
        <LazyChart
          label={p.chart.concentration(currency)}
          option={option}
          height={40 + 36 * Math.min(BARS, buyers.length)}
        />
      </div>
    </Card>
  )
}

type SharesProps = {
  readonly of: PortfolioInCurrency['buyers']
  readonly title: string
  readonly currency: string
  readonly limited?: true
}

function Shares({ of, title, currency, limited }: SharesProps) {
  const { portfolio: p, common } = useText()
  return (
    <Scroller label={`${p.concentration} ${title}`}>
      <Table
        rowKey={it => it.of ?? ''}
        size="small"
        dataSource={[...of]}
        pagination={{ pageSize: 10, hideOnSinglePage: true }}
        columns={[
          { title, render: (_, it) => (it.of === null ? p.unknownBuyer : <Organization uscc={it.of} />) },
          { title: p.count, align: 'right', dataIndex: 'count' },
          { title: p.eligible, align: 'right', render: (_, it) => <Money minor={it.eligible} currency={currency} /> },
          {
            title: p.share,
            align: 'right',
            render: (_, it) => <span className="figure">{it.share === null ? common.none : percent(it.share)}</span>,
          },
          ...(limited
            ? [
                {
                  title: common.state,
                  render: (_: unknown, it: SharesProps['of'][number]) =>
                    it.over === '0' ? (
                      <Mark tone="good">{p.within}</Mark>
                    ) : (
                      <Mark tone="bad">
                        {p.isOver} <Money minor={it.over} currency={currency} />
                      </Mark>
                    ),
                },
              ]
            : []),
        ]}
      />
    </Scroller>
  )
}
