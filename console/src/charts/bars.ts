import { isCurrency, placesOf } from '../../../core/money.ts'
import { moneyText } from '../format/money.ts'
import type { ChartProps } from './chart.tsx'

export type Bar = { readonly name: string; readonly minor: string; readonly tone: keyof typeof looks }

/** What is wrong has an edge, too, for whoever can't tell the colours. */
const looks = {
  plain: { color: '#14506b' },
  warn: { color: '#e0a94a', borderColor: '#5c3d00', borderWidth: 2 },
  bad: { color: '#d98a85', borderColor: '#7a1712', borderWidth: 2, borderType: 'dashed' },
} as const

/** One bar a row, with the exact amount beside it: only what is drawn is a float. */
export const barsOf = (bars: readonly Bar[], currency: string): ChartProps['option'] => {
  const unit = 10 ** (isCurrency(currency) ? placesOf(currency) : 0)
  const text = (at: number) => moneyText(bars[at]?.minor ?? '0', currency)
  return {
    grid: { left: 8, right: 150, top: 8, bottom: 8, containLabel: true },
    xAxis: { type: 'value', show: false },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(it => it.name),
      axisLabel: { width: 140, overflow: 'truncate', color: '#33424c' },
    },
    series: [
      {
        type: 'bar',
        barMaxWidth: 26,
        data: bars.map(it => ({
          value: Number(it.minor) / unit,
          itemStyle: looks[it.minor === '0' ? 'plain' : it.tone],
        })),
        label: {
          show: true,
          position: 'right',
          color: '#33424c',
          formatter: ({ dataIndex }: { readonly dataIndex: number }) => text(dataIndex),
        },
      },
    ],
  }
}
