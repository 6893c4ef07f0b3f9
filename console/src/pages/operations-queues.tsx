import { useQuery } from '@tanstack/react-query'
import { Button, Empty, Table } from 'antd'
import type { z } from 'zod'
import { listDeliveries, replayDelivery } from '../../../exchange/peers/contract.ts'
import { call } from '../api/call.ts'
import { useAct } from '../api/use.ts'
import { Mark } from '../parts/mark.tsx'
import { Loaded } from '../parts/page.tsx'
import { Scroller } from '../parts/scroller.tsx'
import { When } from '../parts/values.tsx'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'

type Delivery = z.input<typeof listDeliveries.reply.schema>['items'][number]

/** What other nodes have not been told yet, what was given up in front, each with a way to try it again. */
export function Queues() {
  const { operations, common } = useText()
  const { client } = useSession()
  const deliveries = useQuery({
    queryKey: ['listDeliveries'],
    queryFn: () => call(client, listDeliveries, { query: { limit: 200 } }),
    refetchInterval: 5_000,
  })
  const replaying = useAct(
    (session, id: string) => call(session.client, replayDelivery, { params: { id } }),
    () => operations.replayed,
  )
  return (
    <Loaded from={deliveries}>
      {({ items }) => (
        <Scroller label={operations.queues}>
          <Table<Delivery>
            size="small"
            rowKey="id"
            dataSource={items}
            pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
            locale={{
              emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={operations.noQueue} />,
            }}
            columns={[
              { title: common.state, render: (_, it) => <State of={it} /> },
              { title: operations.peer, dataIndex: 'peer' },
              {
                title: operations.path,
                render: (_, it) => (
                  <span className="code">
                    {it.method} {it.path}
                  </span>
                ),
              },
              { title: operations.since, render: (_, it) => <When at={it.createdAt} /> },
              { title: operations.attempts, align: 'right', dataIndex: 'attempts' },
              { title: operations.next, render: (_, it) => it.deadAt === null && <When at={it.nextAt} /> },
              { title: operations.trouble, render: (_, it) => <div className="prose">{it.lastError}</div> },
              {
                title: common.action,
                render: (_, it) =>
                  it.deadAt !== null && (
                    <Button
                      size="small"
                      aria-label={operations.replayOf(it.peer)}
                      loading={replaying.isPending && replaying.variables === it.id}
                      onClick={() => replaying.mutate(it.id)}
                    >
                      {operations.replay}
                    </Button>
                  ),
              },
            ]}
          />
        </Scroller>
      )}
    </Loaded>
  )
}

function State({ of }: { readonly of: Delivery }) {
  const { operations } = useText()
  if (of.deadAt !== null) return <Mark tone="bad">{operations.dead}</Mark>
  return of.attempts > 0 ? (
    <Mark tone="warn">{operations.retrying}</Mark>
  ) : (
    <Mark tone="open">{operations.waiting}</Mark>
  )
}
