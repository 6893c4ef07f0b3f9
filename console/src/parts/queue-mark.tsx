import { Link } from '@tanstack/react-router'
import { useQueue } from '../scan/queue.tsx'
import { useText } from '../text/text.tsx'
import { Mark } from './mark.tsx'

/** On every page: that there is no network, and how many scans wait on this device. Nothing where neither is so. */
export function QueueMark() {
  const { scan: t } = useText()
  const { waiting, online } = useQueue()
  const words = [...(online ? [] : [t.offline]), ...(waiting === 0 ? [] : [t.queueWaiting(waiting)])]
  if (words.length === 0) return null
  const mark = <Mark tone={online ? 'open' : 'warn'}>{words.join(' · ')}</Mark>
  return <span role="status">{waiting === 0 ? mark : <Link to="/scan">{mark}</Link>}</span>
}
