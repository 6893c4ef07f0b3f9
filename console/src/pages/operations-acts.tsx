import { Link } from '@tanstack/react-router'
import { Empty, Table } from 'antd'
import type { z } from 'zod'
import { listOperatorActs, listRevocations } from '../../../certs/oversight/contract.ts'
import { type Role, roles } from '../../../core/access.ts'
import { listOwnPrefixes } from '../../../resolver/contract.ts'
import { call } from '../api/call.ts'
import { type Paged, useAsk, usePages } from '../api/use.ts'
import { List } from '../parts/list.tsx'
import { Loaded } from '../parts/page.tsx'
import { Scroller } from '../parts/scroller.tsx'
import { Organization, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

type Act = z.input<typeof listOperatorActs.reply.schema>['items'][number]
type Prefix = z.input<typeof listOwnPrefixes.reply.schema>['items'][number]
type Revocation = z.input<typeof listRevocations.reply.schema>['items'][number]

const prefixesOf: Paged<Prefix> = ({ client }, after) =>
  call(client, listOwnPrefixes, { query: { after: after ?? '', limit: 50 } })
const actsOf: Paged<Act> = ({ client }, before) => call(client, listOperatorActs, { query: { before, limit: 20 } })

export function Prefixes() {
  const { operations } = useText()
  const prefixes = usePages(['listPrefixes'], prefixesOf)
  return (
    <List<Prefix>
      of={prefixes}
      rowKey="prefix"
      size="small"
      empty={operations.noPrefixes}
      columns={[
        { title: operations.prefix, render: (_, it) => <span className="code">{it.prefix}</span> },
        { title: operations.holder, render: (_, it) => <Organization uscc={it.uscc} /> },
        { title: operations.allocatedAt, render: (_, it) => <When at={it.allocatedAt} /> },
      ]}
    />
  )
}

/** What operators decided, as the log keeps it. */
export function OperatorActs() {
  const { operations, common, roles: words } = useText()
  const acts = usePages(['listOperatorActs'], actsOf)
  const isRole = (text: string): text is Role => (roles as readonly string[]).includes(text)
  const detail = (it: Act) =>
    it.prefix ?? it.roles?.map(role => (isRole(role) ? words[role] : role)).join(common.list) ?? ''
  return (
    <List<Act>
      of={acts}
      rowKey="index"
      size="small"
      empty={operations.noActs}
      columns={[
        { title: common.time, render: (_, it) => <When at={it.loggedAt} /> },
        {
          title: operations.act,
          render: (_, it) => (it.act === null ? operations.erased : operations.actNames[it.act]),
        },
        { title: operations.about, render: (_, it) => <Organization uscc={it.uscc} /> },
        { title: common.details, render: (_, it) => <div className="prose">{detail(it)}</div> },
        { title: operations.by, render: (_, it) => it.by && <Organization uscc={it.by} /> },
        {
          title: common.logIndex,
          render: (_, { index }) => (
            <Link to="/entry/$index" params={{ index }}>
              {index}
            </Link>
          ),
        },
      ]}
    />
  )
}

export function Revocations() {
  const { operations, common, find } = useText()
  const revocations = useAsk(listRevocations, {})
  return (
    <Loaded from={revocations}>
      {({ items }) => (
        <Scroller label={operations.revocations}>
          <Table<Revocation>
            size="small"
            rowKey="serial"
            dataSource={items}
            pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
            locale={{
              emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={operations.noRevocations} />,
            }}
            columns={[
              { title: common.time, render: (_, it) => <When at={it.revokedAt} /> },
              { title: find.serial, render: (_, it) => <span className="code">{it.serial}</span> },
              { title: operations.about, render: (_, it) => it.uscc && <Organization uscc={it.uscc} /> },
              { title: common.reason, render: (_, it) => operations.reasons[it.reason] ?? it.reason },
              { title: operations.by, render: (_, it) => <Organization uscc={it.by} /> },
            ]}
          />
        </Scroller>
      )}
    </Loaded>
  )
}
