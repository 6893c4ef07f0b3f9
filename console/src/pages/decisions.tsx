import { Card, Empty, Table } from 'antd'
import type { ApplicationView } from '../api/lists.ts'
import { Scroller } from '../parts/scroller.tsx'
import { Money, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'
import { ApplicationMark } from './applications.tsx'

/** What the bank decided, and why, in its own words. */
export function Decisions({ application: it }: { readonly application: ApplicationView }) {
  const t = useText()
  return (
    <Card title={t.applications.decisions} size="small">
      <Scroller label={t.applications.decisions}>
        <Table
          rowKey="index"
          size="small"
          dataSource={it.decisions}
          pagination={false}
          locale={{
            emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.applications.noDecision} />,
          }}
          columns={[
            { title: t.common.time, render: (_, { decidedAt }) => <When at={decidedAt} /> },
            {
              title: t.applications.decided,
              render: (_, { decision }) => <ApplicationMark state={decision.outcome} />,
            },
            {
              title: t.applications.amount,
              align: 'right',
              render: (_, { decision }) =>
                decision.amount !== undefined && <Money minor={decision.amount} currency={it.currency} />,
            },
            {
              title: t.common.reason,
              render: (_, { decision: { reason } }) =>
                `${t.applications.decisionReasons[reason.code]}${t.common.colon}${reason.text}`,
            },
            { title: t.common.logIndex, dataIndex: 'index' },
          ]}
        />
      </Scroller>
    </Card>
  )
}
