import { useQuery } from '@tanstack/react-query'
import { Alert, Descriptions, Flex, Table } from 'antd'
import type { z } from 'zod'
import { getEvidenceHealth } from '../../../certs/oversight/contract.ts'
import { call } from '../api/call.ts'
import { timeText } from '../format/when.ts'
import { Mark } from '../parts/mark.tsx'
import { Loaded } from '../parts/page.tsx'
import { Scroller } from '../parts/scroller.tsx'
import { When } from '../parts/values.tsx'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'

type Health = z.input<typeof getEvidenceHealth.reply.schema>
type List = Health['lists'][number]

/** Whether revocation lists and time-stamps keep coming: without them nobody signs in, and nothing leaves. */
export function EvidenceHealth() {
  const { client } = useSession()
  const health = useQuery({
    queryKey: ['getEvidenceHealth'],
    queryFn: () => call(client, getEvidenceHealth, {}),
    refetchInterval: 15_000,
  })
  return (
    <Loaded from={health}>
      {it => (
        <Flex vertical gap="middle">
          <Lists of={it.lists} />
          <Facts of={it} />
        </Flex>
      )}
    </Loaded>
  )
}

function Lists({ of }: { readonly of: readonly List[] }) {
  const { operations, common } = useText()
  if (of.length === 0) return <Alert type="error" showIcon title={operations.noLists} />
  return (
    <Scroller label={operations.lists}>
      <Table<List>
        size="small"
        rowKey={it => `${it.issuer} ${it.number}`}
        dataSource={[...of]}
        pagination={false}
        columns={[
          { title: `${operations.lists} · ${operations.issuer}`, dataIndex: 'issuer' },
          { title: common.state, render: (_, it) => <Freshness of={it} /> },
          { title: operations.number, dataIndex: 'number' },
          { title: operations.thisUpdate, render: (_, it) => <When at={it.thisUpdate} /> },
          { title: operations.nextUpdate, render: (_, it) => <When at={it.nextUpdate} /> },
        ]}
      />
    </Scroller>
  )
}

/** The last tenth of its time is soon: a newer one should have come. */
function Freshness({ of: { stale, thisUpdate, nextUpdate } }: { readonly of: List }) {
  const { operations } = useText()
  const [from, until] = [Date.parse(thisUpdate), Date.parse(nextUpdate)]
  if (stale) return <Mark tone="bad">{operations.stale}</Mark>
  const isSoon = until - Date.now() < (until - from) / 10
  return <Mark tone={isSoon ? 'warn' : 'good'}>{isSoon ? operations.soon : operations.fresh}</Mark>
}

function Facts({ of: { timestamps, waiting } }: { readonly of: Health }) {
  const { operations } = useText()
  return (
    <Descriptions
      bordered
      size="small"
      column={1}
      items={[
        {
          key: 'tsa',
          label: operations.timestamps,
          children:
            timestamps.authority === null ? (
              <Mark tone="unknown">{operations.noAuthority}</Mark>
            ) : (
              <span className="code">{timestamps.authority}</span>
            ),
        },
        {
          key: 'last',
          label: operations.lastStamp,
          children: timestamps.lastAt === null ? operations.never : <When at={timestamps.lastAt} />,
        },
        {
          key: 'waiting',
          label: operations.pendingEvidence,
          children:
            waiting.oldest === null ? (
              <Mark tone="good">0</Mark>
            ) : (
              <Mark tone="warn">{operations.pendingOf(waiting.count, timeText(waiting.oldest))}</Mark>
            ),
        },
        ...(waiting.troubles.length === 0
          ? []
          : [
              {
                key: 'why',
                label: operations.pendingTroubles,
                children: waiting.troubles.map(({ trouble, count }) => (
                  <div key={trouble}>
                    {count} × {trouble}
                  </div>
                )),
              },
            ]),
      ]}
    />
  )
}
