import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Card, Flex, Form, Radio, Select } from 'antd'
import { useState } from 'react'
import { type Document, documentsOf } from '../api/lists.ts'
import { useWhole } from '../api/use.ts'
import { Failure } from '../parts/failure.tsx'
import { Page } from '../parts/page.tsx'
import { readDevice } from '../session/device.ts'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'
import { ScanBench } from './scan-bench.tsx'
import { DeviceCard } from './scan-device.tsx'
import { type ScanStep, stepsOf } from './scan-event.ts'
import { DeviceNumbers } from './scan-numbers.tsx'

const route = getRouteApi('/guarded/scan')

/** Hand-over by scanning: this browser as the device, one despatch advice, one step, then codes. */
export function ScanPage() {
  const t = useText()
  const { code } = route.useSearch()
  const { identity, roles } = useSession()
  const device = useQuery({
    queryKey: ['device', identity.uscc],
    queryFn: async () => (await readDevice(identity.uscc)) ?? null,
  })
  const despatches = useWhole<Document>(['listDocuments', { kind: 'despatch' }], documentsOf({ kind: 'despatch' }, 100))
  const steps = stepsOf(roles)
  const [chosen, setChosen] = useState(code)
  const [step, setStep] = useState<ScanStep>(steps[0] ?? 'shipping')
  const despatch = despatches.data?.find(it => it.code === chosen)
  return (
    <Page title={t.scan.title} lead={t.scan.lead}>
      <DeviceCard device={device.data} changed={() => void device.refetch()} />
      <DeviceNumbers />
      {despatches.error && <Failure error={despatches.error} retry={() => void despatches.refetch()} />}
      {device.data && (
        <Card>
          <Form layout="vertical">
            <Flex gap="large" wrap>
              <Form.Item label={t.scan.shipment} htmlFor="despatch" style={{ flex: '1 1 320px' }}>
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
              <Form.Item label={t.scan.step}>
                <Radio.Group
                  optionType="button"
                  value={step}
                  onChange={event => setStep(event.target.value)}
                  options={steps.map(value => ({ value, label: t.shipments.steps[value] }))}
                />
              </Form.Item>
            </Flex>
          </Form>
          {despatch?.claims.kind === 'despatch' && (
            <ScanBench key={`${despatch.code} ${step}`} claims={despatch.claims} step={step} device={device.data} />
          )}
        </Card>
      )}
    </Page>
  )
}
