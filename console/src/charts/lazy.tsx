import { Component, lazy, type ReactNode, Suspense } from 'react'
import { useText } from '../text/text.tsx'
import type { ChartProps } from './chart.tsx'

const Chart = lazy(() => import('./chart.tsx'))

/** What draws charts is large, and comes when the first one is looked at. Without it the page still has its tables. */
export function LazyChart(props: ChartProps) {
  const t = useText()
  return (
    <Missing instead={<p className="check-code">{t.portfolio.chart.failed}</p>}>
      <Suspense fallback={<p role="status">{t.portfolio.chart.loading}</p>}>
        <Chart {...props} />
      </Suspense>
    </Missing>
  )
}

type MissingProps = { readonly instead: ReactNode; readonly children: ReactNode }

/** A piece of the program that could not be fetched, as when the network is away. */
class Missing extends Component<MissingProps, { readonly isMissing: boolean }> {
  override state = { isMissing: false }
  static getDerivedStateFromError() {
    return { isMissing: true }
  }
  override render() {
    return this.state.isMissing ? this.props.instead : this.props.children
  }
}
