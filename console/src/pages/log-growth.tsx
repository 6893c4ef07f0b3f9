import { Collapse, Table, Typography } from 'antd'
import { useMemo } from 'react'
import { getGrowth } from '../../../ledger/find/contract.ts'
import { usePublic } from '../api/public-log.ts'
import { LazyChart } from '../charts/lazy.tsx'
import { timeText } from '../format/when.ts'
import { Loaded } from '../parts/page.tsx'
import { Scroller } from '../parts/scroller.tsx'
import { When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

type Point = { readonly size: string; readonly signedAt: string }

/** Entries over time, by the heads that were signed. */
export function LogGrowth() {
  const { find } = useText()
  const growth = usePublic(getGrowth, {}, 60_000)
  return (
    <section>
      <Typography.Title level={3}>{find.growth.title}</Typography.Title>
      <Loaded from={growth}>{({ items }) => (items.length === 0 ? find.growth.none : <Drawn items={items} />)}</Loaded>
    </section>
  )
}

function Drawn({ items }: { readonly items: readonly Point[] }) {
  const { find, log } = useText()
  const option = useMemo(() => lineOf(items), [items])
  const [first, last] = [items[0], items.at(-1)]
  if (first === undefined || last === undefined) return null
  return (
    <>
      <LazyChart
        label={find.growth.label(last.size, timeText(first.signedAt), timeText(last.signedAt))}
        option={option}
        height={200}
      />
      <Collapse
        size="small"
        items={[
          {
            key: 'table',
            label: find.growth.asTable,
            children: (
              <Scroller label={find.growth.title}>
                <Table
                  size="small"
                  rowKey="size"
                  dataSource={items.toReversed()}
                  pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }}
                  columns={[
                    { title: log.size, dataIndex: 'size' },
                    { title: find.growth.at, render: (_, it) => <When at={it.signedAt} /> },
                  ]}
                />
              </Scroller>
            ),
          },
        ]}
      />
    </>
  )
}

/** Between two signed heads nobody knows when entries came, so the line steps. Only what is drawn is a float. */
const lineOf = (items: readonly Point[]) => ({
  grid: { left: 8, right: 16, top: 12, bottom: 8, containLabel: true },
  tooltip: { trigger: 'axis' },
  xAxis: { type: 'time', axisLabel: { color: '#33424c', hideOverlap: true } },
  yAxis: { type: 'value', min: 0, minInterval: 1, axisLabel: { color: '#33424c' } },
  series: [
    {
      type: 'line',
      step: 'end',
      showSymbol: false,
      lineStyle: { color: '#14506b', width: 2 },
      areaStyle: { color: '#14506b', opacity: 0.12 },
      data: items.map(it => [Date.parse(it.signedAt), Number(it.size)]),
    },
  ],
})
