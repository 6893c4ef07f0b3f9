import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Alert, Button, Card, Checkbox, Collapse, Flex, Form, Radio, Select } from 'antd'
import { useState } from 'react'
import { type Document, documentsOf } from '../api/lists.ts'
import { useWhole } from '../api/use.ts'
import { Failure } from '../parts/failure.tsx'
import { Page } from '../parts/page.tsx'
import { type ScanStep, stepsOf } from '../scan/event.ts'
import { useQueue } from '../scan/queue.tsx'
import { readDevice } from '../session/device.ts'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'
import { ScanBench } from './scan-bench.tsx'
import { DeviceCard } from './scan-device.tsx'
import { DeviceNumbers } from './scan-numbers.tsx'
import { ScanQueue } from './scan-queue.tsx'

const route = getRouteApi('/guarded/scan')
const nothing: readonly Document[] = []
const SILENT = 'tallystick.silent'

const keepLoud = (loud: boolean): boolean => {
  if (loud) localStorage.removeItem(SILENT)
  else localStorage.setItem(SILENT, 'yes')
  return loud
}

/** Hand-over by scanning: which shipment and which step, and then scan, scan, scan. */
export function ScanPage() {
  const t = useText()
  const { code } = route.useSearch()
  const { identity, roles } = useSession()
  const { online } = useQueue()
  const device = useQuery({
    queryKey: ['device', identity.uscc],
    queryFn: async () => (await readDevice(identity.uscc)) ?? null,
    networkMode: 'always',
  })
  const despatches = useWhole<Document>(['listDocuments', { kind: 'despatch' }], documentsOf({ kind: 'despatch' }, 100))
  const steps = stepsOf(roles)
  const [chosen, setChosen] = useState(code)
  const [step, setStep] = useState<ScanStep | undefined>(steps.length === 1 ? steps[0] : undefined)
  const [loud, setLoud] = useState(localStorage.getItem(SILENT) === null)
  const despatch = despatches.data?.find(it => it.code === chosen)
  const claims = despatch?.claims
  const started = device.data && claims?.kind === 'despatch' && step !== undefined
  const about = (
    <Flex vertical gap="middle">
      <DeviceCard device={device.data} changed={() => void device.refetch()} />
      <DeviceNumbers />
    </Flex>
  )
  return (
    <Page title={t.scan.title} lead={started ? undefined : t.scan.lead}>
      {!online && (
        <Alert type="warning" showIcon role="alert" title={t.scan.offline} description={t.scan.offlineLead} />
      )}
      {despatches.error && <Failure error={despatches.error} retry={() => void despatches.refetch()} />}
      {device.data === null && about}
      {device.data && (
        <Card className="scan-card">
          {started ? (
            <Flex justify="space-between" align="center" gap="small" wrap className="scan-chosen">
              <strong>
                {despatch?.number} · {t.shipments.steps[step]}
              </strong>
              <Flex gap="small" align="center">
                <Checkbox checked={loud} onChange={event => setLoud(keepLoud(event.target.checked))}>
                  {t.scan.sound}
                </Checkbox>
                <Button size="small" onClick={() => setChosen(undefined)}>
                  {t.scan.change}
                </Button>
              </Flex>
            </Flex>
          ) : (
            <Form layout="vertical">
              <Form.Item label={t.scan.shipment} htmlFor="despatch">
                <Select
                  id="despatch"
                  showSearch={{ optionFilterProp: 'label' }}
                  loading={despatches.isPending}
                  placeholder={t.scan.chooseShipment}
                  {...(chosen === undefined ? {} : { value: chosen })}
                  onChange={setChosen}
                  options={(despatches.data ?? []).map(it => ({
                    value: it.code,
                    label: `${it.number} · ${it.claims.issueDate}`,
                  }))}
                />
              </Form.Item>
              <Form.Item label={t.scan.step} {...(step === undefined ? { extra: t.scan.stepNeeded } : {})}>
                <Radio.Group
                  optionType="button"
                  size="large"
                  value={step}
                  onChange={event => setStep(event.target.value)}
                  options={steps.map(value => ({ value, label: t.shipments.steps[value] }))}
                />
              </Form.Item>
            </Form>
          )}
          {started && (
            <ScanBench
              key={`${claims.code} ${step}`}
              {...{ claims, step, loud, device: device.data }}
              despatches={despatches.data ?? nothing}
            />
          )}
        </Card>
      )}
      <ScanQueue />
      {device.data && <Collapse items={[{ key: 'device', label: t.scan.deviceMore, children: about }]} />}
    </Page>
  )
}
