import { useQuery } from '@tanstack/react-query'
import { listAlerts } from '../../../receivables/watch/contract.ts'
import { call } from '../api/call.ts'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'

/** More are shown as "so many and more". */
const MOST = 100

/** How many alerts wait for somebody at the bank, asked for again while the page is open; nothing for none. */
export function OpenAlerts() {
  const t = useText()
  const { client } = useSession()
  const { data } = useQuery({
    queryKey: ['listAlerts', 'count'],
    queryFn: () => call(client, listAlerts, { query: { limit: MOST, state: 'open' } }),
    refetchInterval: 15_000,
  })
  if (data === undefined || data.items.length === 0) return null
  return (
    <span className="mark mark-bad">{t.alerts.openCount(`${data.items.length}${data.next === null ? '' : '+'}`)}</span>
  )
}
