import { App, Button, Card, Flex } from 'antd'
import { Mark } from '../parts/mark.tsx'
import { When } from '../parts/values.tsx'
import { forget, type HandIn, keep } from '../scan/hand-in.ts'
import { useQueue } from '../scan/queue.tsx'
import { useText } from '../text/text.tsx'

/** What this device handed in, and what became of it. */
export function ScanQueue() {
  const t = useText()
  const { items } = useQueue()
  if (items.length === 0) return null
  return (
    <Card title={t.scan.queue} size="small">
      <p className="hint">{t.scan.queueLead}</p>
      <ul className="scan-list">
        {items.toReversed().map(it => (
          <Row key={it.id} of={it} />
        ))}
      </ul>
    </Card>
  )
}

const tones = { waiting: 'open', taken: 'good', refused: 'bad' } as const

function Row({ of }: { readonly of: HandIn }) {
  const t = useText()
  const { modal } = App.useApp()
  const { flush } = useQueue()
  const { state, number, step, codes, at, id } = of
  return (
    <li>
      <span>
        {number} · {t.shipments.steps[step]} · {t.scan.codeCount(codes)}
        <small className="hint">
          <When at={at} />
          {state.name === 'taken' && ` · ${t.common.logIndex} ${state.index}`}
        </small>
      </span>
      <Mark tone={tones[state.name]}>{t.scan.states[state.name]}</Mark>
      {state.name === 'taken' && state.said && <Said said={state.said} />}
      {state.name === 'refused' && (
        <>
          <span>{t.refusals[state.code]}</span>
          <Flex gap="small">
            <Button size="small" onClick={() => void keep({ ...of, state: { name: 'waiting' } }).then(flush)}>
              {t.scan.again}
            </Button>
            <Button
              size="small"
              onClick={() =>
                modal.confirm({
                  title: t.scan.discardTitle,
                  okText: t.scan.discard,
                  onOk: () => forget(id).then(flush),
                })
              }
            >
              {t.scan.discard}
            </Button>
          </Flex>
        </>
      )}
      {state.name === 'waiting' && <small className="hint">{t.scan.late}</small>}
    </li>
  )
}

type SaidProps = { readonly said: NonNullable<Extract<HandIn['state'], { name: 'taken' }>['said']> }

function Said({ said: { entitled, reason, findings } }: SaidProps) {
  const { shipments: t, scan, common } = useText()
  const reasons: Readonly<Record<string, string>> = t.notCountedReasons
  const words = [
    entitled ? scan.counts : `${t.notCounted}${common.colon}${reasons[reason ?? ''] ?? reason ?? ''}`,
    ...findings.map(it => t.findings[it]),
  ]
  return <Mark tone={entitled && findings.length === 0 ? 'good' : 'warn'}>{words.join(' · ')}</Mark>
}
