import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'react'

use([BarChart, LineChart, GridComponent, TooltipComponent, SVGRenderer])

export type ChartProps = {
  readonly label: string
  readonly option: EChartsCoreOption
  readonly height?: number
}

/** Draws; the table beside it says the same to whoever can't see it. */
export default function Chart({ label, option, height = 240 }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (place.current === null) return
    const chart = init(place.current, undefined, { renderer: 'svg' })
    chart.setOption({ animation: false, ...option })
    const watch = new ResizeObserver(() => chart.resize())
    watch.observe(place.current)
    return () => {
      watch.disconnect()
      chart.dispose()
    }
  }, [option])
  return <div ref={place} role="img" aria-label={label} style={{ height, width: '100%' }} />
}
