import { useQuery } from '@tanstack/react-query'
import { Alert, Descriptions, Flex, Table, Typography } from 'antd'
import type { z } from 'zod'
import { getNode } from '../../../api/node-contract.ts'
import { getWitnesses } from '../../../ledger/witness/contract.ts'
import { call } from '../api/call.ts'
import { Mark } from '../parts/mark.tsx'
import { Loaded, Page } from '../parts/page.tsx'
import { Scroller } from '../parts/scroller.tsx'
import { Digest, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'
import { LogAnchors } from './log-anchors.tsx'
import { LogGrowth } from './log-growth.tsx'

type Standing = z.output<typeof getWitnesses.reply.schema>
type Node = z.output<typeof getNode.reply.schema>

const read = async () => {
  const [node, standing] = await Promise.all([call(undefined, getNode, {}), call(undefined, getWitnesses, {})])
  return { node, standing }
}

/** How the log stands, who cosigns its heads, and which logs are witnessed here. */
export function LogPage() {
  const t = useText()
  const log = useQuery({ queryKey: ['log'], queryFn: read, refetchInterval: 5_000 })
  return (
    <Page title={t.log.title} lead={t.log.lead}>
      <Loaded from={log}>
        {({ node, standing }) => (
          <Flex vertical gap="large">
            {node.log.halted !== null && (
              <Alert type="error" showIcon title={t.log.halted} description={node.log.halted} />
            )}
            <Head node={node} standing={standing} />
            <LogGrowth />
            <LogAnchors />
            <Witnesses of={standing.witnesses} />
            <Witnessed of={standing.logs} />
            {standing.refused.length > 0 && <Refused of={standing.refused} />}
          </Flex>
        )}
      </Loaded>
    </Page>
  )
}

function Head({ node, standing }: { readonly node: Node; readonly standing: Standing }) {
  const t = useText()
  const { witnessed, quorum, of } = standing
  return (
    <Descriptions
      bordered
      size="small"
      column={1}
      items={[
        { key: 'origin', label: t.log.origin, children: <span className="code">{node.origin}</span> },
        { key: 'size', label: t.log.size, children: node.log.size },
        {
          key: 'age',
          label: t.find.anchors.age,
          children: t.find.anchors.seconds(Math.round(node.log.checkpointAgeSeconds)),
        },
        { key: 'lag', label: t.find.anchors.lag, children: node.log.anchorLagEntries },
        {
          key: 'witnessed',
          label: t.log.witnessed,
          children:
            quorum === 0 ? (
              t.log.notAsked
            ) : witnessed === null ? (
              t.log.notYet
            ) : (
              <>
                {witnessed.size} · <When at={witnessed.at} />
              </>
            ),
        },
        { key: 'quorum', label: t.log.quorum, children: t.log.quorumOf(quorum, of) },
      ]}
    />
  )
}

function Witnesses({ of }: { readonly of: Standing['witnesses'] }) {
  const t = useText()
  return (
    <section>
      <Typography.Title level={3}>{t.log.witnesses}</Typography.Title>
      <Scroller label={t.log.witnesses}>
        <Table
          rowKey="key"
          size="middle"
          dataSource={[...of]}
          pagination={false}
          locale={{ emptyText: t.log.noWitnesses }}
          columns={[
            { title: t.log.name, dataIndex: 'name', render: name => <span className="code">{name}</span> },
            { title: t.log.cosignedSize, dataIndex: 'size', render: size => size ?? t.common.none },
            {
              title: t.log.cosignedAt,
              render: (_, it) => (it.cosignedAt === null ? null : <When at={it.cosignedAt} />),
            },
            {
              title: t.common.state,
              render: (_, it) =>
                it.trouble === null ? (
                  <Mark tone="good">{t.log.current}</Mark>
                ) : (
                  <Mark tone={it.trouble === 'unreachable' || it.trouble === 'refused' ? 'warn' : 'bad'}>
                    {t.log.troubles[it.trouble]}
                  </Mark>
                ),
            },
          ]}
        />
      </Scroller>
    </section>
  )
}

function Witnessed({ of }: { readonly of: Standing['logs'] }) {
  const t = useText()
  return (
    <section>
      <Typography.Title level={3}>{t.log.logs}</Typography.Title>
      <Scroller label={t.log.logs}>
        <Table
          rowKey="origin"
          size="middle"
          dataSource={[...of]}
          pagination={false}
          locale={{ emptyText: t.log.noLogs }}
          columns={[
            { title: t.log.origin, dataIndex: 'origin', render: origin => <span className="code">{origin}</span> },
            { title: t.log.cosignedSize, dataIndex: 'size', render: size => size ?? t.common.none },
            { title: t.log.root, render: (_, it) => (it.root === null ? null : <Digest text={it.root} />) },
            {
              title: t.log.cosignedAt,
              render: (_, it) => (it.cosignedAt === null ? null : <When at={it.cosignedAt} />),
            },
          ]}
        />
      </Scroller>
    </section>
  )
}

function Refused({ of }: { readonly of: Standing['refused'] }) {
  const t = useText()
  return (
    <section>
      <Typography.Title level={3}>{t.log.refused}</Typography.Title>
      <Scroller label={t.log.refused}>
        <Table
          rowKey={({ origin, kind, size, root }) => `${origin} ${kind} ${size} ${root}`}
          size="middle"
          dataSource={[...of]}
          pagination={{ pageSize: 20, hideOnSinglePage: true }}
          columns={[
            { title: t.log.origin, dataIndex: 'origin', render: origin => <span className="code">{origin}</span> },
            {
              title: t.common.reason,
              render: (_, it) => <Mark tone={it.kind === 'fork' ? 'bad' : 'warn'}>{t.log.refusals[it.kind]}</Mark>,
            },
            { title: t.log.offeredSize, dataIndex: 'size' },
            { title: t.log.heldSize, dataIndex: 'heldSize' },
            { title: t.common.time, render: (_, it) => <When at={it.refusedAt} /> },
            { title: t.log.checkpoint, render: (_, it) => <Digest text={it.checkpoint} /> },
          ]}
        />
      </Scroller>
    </section>
  )
}
