import { Card, Table, Typography } from 'antd'
import type { z } from 'zod'
import { listSequences } from '../../../capture/sequence-contract.ts'
import { useAsk } from '../api/use.ts'
import { Mark } from '../parts/mark.tsx'
import { Loaded } from '../parts/page.tsx'
import { useText } from '../text/text.tsx'

type Device = z.input<typeof listSequences.reply.schema>['items'][number]

/** What the numbers of the organization's devices come to: a scan that was kept back leaves a gap. */
export function DeviceNumbers() {
  const { scan: t } = useText()
  const devices = useAsk(listSequences, {})
  return (
    <Card title={t.numbers} size="small">
      <Typography.Paragraph type="secondary">{t.numbersLead}</Typography.Paragraph>
      <Loaded from={devices}>
        {({ items }) => (
          <Table<Device>
            rowKey="device"
            size="small"
            dataSource={items}
            scroll={{ x: 'max-content' }}
            pagination={{ pageSize: 10, hideOnSinglePage: true }}
            columns={[
              { title: t.numbersDevice, render: (_, it) => <span title={it.device}>{it.label ?? it.device}</span> },
              { title: t.numbersLatest, render: (_, it) => <span className="figure">{it.latest}</span> },
              { title: t.numbers, render: (_, it) => <Findings of={it} /> },
            ]}
          />
        )}
      </Loaded>
    </Card>
  )
}

function Findings({ of: { missing, gaps, repeats, restarts } }: { readonly of: Device }) {
  const { scan: t, common } = useText()
  const found = [
    ...(missing === 0 ? [] : [t.numbersMissing(missing)]),
    ...(repeats.length === 0 ? [] : [t.numbersRepeated(repeats.slice(0, 10).join(', '))]),
    ...(restarts === 0 ? [] : [t.numbersRestarted(restarts)]),
  ]
  const where = gaps.map(({ from, to }) => (from === to ? from : `${from}–${to}`)).join(', ')
  return (
    <span title={where === '' ? undefined : `${t.numbersMissing(missing)}${common.colon}${where}`}>
      <Mark tone={found.length === 0 ? 'good' : 'warn'}>{found.length === 0 ? t.numbersWhole : found.join(' · ')}</Mark>
    </span>
  )
}
