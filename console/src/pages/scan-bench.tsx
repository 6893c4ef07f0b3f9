import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Flex, Input, Progress, Skeleton, Space } from 'antd'
import { type KeyboardEvent, lazy, Suspense, useEffect, useMemo, useState } from 'react'
import type { Document } from '../api/lists.ts'
import { useAct } from '../api/use.ts'
import { benchId, readBench } from '../scan/bench-store.ts'
import { type Expected, expectedOf, type Scanned, type ScanStep } from '../scan/event.ts'
import { enqueue, listHandIns } from '../scan/hand-in.ts'
import { elsewhereOf, standingsOf } from '../scan/known.ts'
import { useQueue } from '../scan/queue.tsx'
import { useBench } from '../scan/use-bench.ts'
import { TYPING, useHandheld } from '../scan/use-keys.ts'
import type { Bench as Known } from '../scan/verdict.ts'
import type { Device } from '../session/device.ts'
import { type Session, useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'
import { ScanList } from './scan-list.tsx'
import { ScanVerdict } from './scan-verdict.tsx'

const ScanCamera = lazy(async () => ({ default: (await import('./scan-camera.tsx')).ScanCamera }))

type Claims = Extract<Document['claims'], { kind: 'despatch' }>
type ScanBenchProps = {
  readonly claims: Claims
  /** All that this device knows. */
  readonly despatches: readonly Document[]
  readonly step: ScanStep
  readonly device: Device
  readonly loud: boolean
}

/** Reads what an earlier page left on the device, and how the goods stand in the register; then it can begin. */
export function ScanBench(props: ScanBenchProps) {
  const session = useSession()
  const { claims, despatches, step } = props
  const id = benchId(session.identity.uscc, claims.code, step)
  const expected = useMemo(() => expectedOf(claims), [claims])
  const elsewhere = useMemo(() => elsewhereOf(despatches.filter(it => it.code !== claims.code)), [despatches, claims])
  const [kept, setKept] = useState<Scanned>()
  // Once: from then on what is shown is what counts. A query would be read again with every act.
  useEffect(() => {
    let left = false
    void readBench(id).then(it => {
      if (!left) setKept(it)
    })
    return () => {
      left = true
    }
  }, [id])
  const standings = useQuery({
    queryKey: ['codeStandings', claims.code],
    queryFn: () => standingsOf(session, expected),
    staleTime: 60_000,
    retry: 1,
  })
  if (kept === undefined) return <Skeleton active />
  return (
    <Bench
      {...props}
      id={id}
      kept={kept}
      expected={expected}
      elsewhere={elsewhere}
      standings={standings.data ?? nothing}
      unchecked={standings.data === undefined && !standings.isLoading}
    />
  )
}

const nothing: Known['standings'] = new Map()
type Ready = ScanBenchProps & {
  readonly id: string
  readonly kept: Scanned
  readonly expected: readonly Expected[]
  readonly elsewhere: Known['elsewhere']
  readonly standings: Known['standings']
  readonly unchecked: boolean
}

function Bench({ claims, step, device, loud, id, kept, expected, elsewhere, standings, unchecked }: Ready) {
  const t = useText()
  const session = useSession()
  const { flush } = useQueue()
  const bench = useBench({ session, id, expected, elsewhere, standings, kept, loud })
  const { scanned } = bench
  const [text, setText] = useState('')
  const [camera, setCamera] = useState(false)
  const scan = (code: string) => void bench.scan(code)
  const composed = useHandheld(code => {
    emptyField(() => setText(''))
    scan(code)
  })
  const submitting = useAct(
    async ({ identity: { uscc } }: Session) => {
      const { code: despatch, number } = claims
      const queued = await bench.handIn(of =>
        enqueue({ ...{ uscc, device, step, despatch, number, scanned: of, bench: id } }),
      )
      await flush()
      return (await listHandIns(uscc)).find(it => it.id === queued.id)?.state
    },
    state =>
      state?.name === 'taken'
        ? t.scan.submitted(1)
        : state?.name === 'refused'
          ? t.refusals[state.code]
          : t.scan.stored,
  )
  const add = () => {
    for (const line of text.split(/[\r\n]+/)) if (line.trim() !== '') scan(line)
    setText('')
  }
  const found = expected.filter(it => scanned.has(it.code)).length
  const extra = [...scanned.keys()].filter(code => !expected.some(it => it.code === code))
  const isLot = (code: string) => expected.some(it => it.code === code && it.quantity !== undefined)
  return (
    <Flex vertical gap="middle">
      <div className="scan-count">
        <strong aria-live="polite">{t.scan.progress(found, expected.length)}</strong>
        {extra.length > 0 && <span>{t.scan.extras(extra.length)}</span>}
        <Progress
          percent={Math.round((found / expected.length) * 100)}
          showInfo={false}
          aria-label={t.scan.progress(found, expected.length)}
        />
      </div>
      <ScanVerdict said={bench.said} isLot={isLot} take={code => void bench.take(code)} />
      {composed && <Alert type="warning" showIcon role="alert" title={t.scan.composed} />}
      {[...kept.keys()].some(code => scanned.has(code)) && (
        <Alert type="info" showIcon closable title={t.scan.restored(kept.size)} />
      )}
      {unchecked && <Alert type="info" showIcon title={t.scan.unchecked} />}
      {camera && (
        <Suspense fallback={<span role="status">{t.scan.cameraStarting}</span>}>
          <ScanCamera seen={scan} />
        </Suspense>
      )}
      <div>
        <label htmlFor={TYPING}>{t.scan.codes}</label>
        <Space.Compact style={{ width: '100%' }}>
          <Input.TextArea
            id={TYPING}
            autoSize={{ minRows: 1, maxRows: 4 }}
            className="code"
            spellCheck={false}
            autoCapitalize="off"
            value={text}
            onChange={event => setText(event.target.value)}
            onKeyDown={(event: KeyboardEvent) => {
              if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
              event.preventDefault()
              add()
            }}
          />
          <Button onClick={add} style={{ height: 'auto' }}>
            {t.scan.add}
          </Button>
        </Space.Compact>
        <small className="hint">{t.scan.codesHint}</small>
      </div>
      <ScanList
        {...{ expected, extra, scanned }}
        count={(code, quantity, unit) => void bench.count(code, quantity, unit)}
        remove={code => void bench.remove(code)}
      />
      {scanned.size > 0 && found < expected.length && <Alert type="info" showIcon title={t.scan.short} />}
      <div className="thumb">
        <Button disabled={scanned.size === 0} onClick={() => void bench.undo()}>
          {t.scan.undo}
        </Button>
        <Button aria-pressed={camera} onClick={() => setCamera(!camera)}>
          {camera ? t.scan.cameraStop : t.scan.camera}
        </Button>
        <Button
          type="primary"
          disabled={scanned.size === 0}
          loading={submitting.isPending}
          onClick={() => submitting.mutate(session)}
        >
          {scanned.size === 0 ? t.scan.nothing : t.scan.submit}
        </Button>
      </div>
    </Flex>
  )
}

/** A scanner typed its first keys into the field before it was known for one, and an input method may still hold some. */
const emptyField = (empty: () => void): void => {
  const field = document.activeElement
  if (!(field instanceof HTMLElement) || field.id !== TYPING) return
  field.blur()
  setTimeout(() => {
    empty()
    field.focus()
  })
}
