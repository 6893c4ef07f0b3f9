import { Link } from '@tanstack/react-router'
import { Empty, Table, Typography } from 'antd'
import type { z } from 'zod'
import { listAnchors } from '../../../ledger/contract.ts'
import { usePublic } from '../api/public-log.ts'
import { Mark, type Tone } from '../parts/mark.tsx'
import { Loaded } from '../parts/page.tsx'
import { Scroller } from '../parts/scroller.tsx'
import { Digest, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

type Anchors = z.input<typeof listAnchors.reply.schema>
type Anchor = Anchors['anchors'][number] | Anchors['pending'][number]

const tones = {
  pending: 'open',
  mined: 'open',
  final: 'good',
  'chain-forgotten': 'unknown',
  lost: 'bad',
} as const satisfies Record<Anchor['state'], Tone>

const chainOf = (it: Anchor) => `${it.chainId} ${it.genesis} ${it.contract}`

/** Heads on their way to a chain and the last that one has accepted, each with its block and a proof from the one before. */
export function LogAnchors() {
  const { find, log, common } = useText()
  const anchors = usePublic(listAnchors, { query: { order: 'newest', perPage: 20 } }, 10_000)
  return (
    <section>
      <Typography.Title level={3}>{find.anchors.title}</Typography.Title>
      <Loaded from={anchors}>
        {({ pending, anchors: accepted }) => {
          const rows: Anchor[] = [...pending, ...accepted]
          /** The one that this chain had before. */
          const before = (row: Anchor) =>
            accepted.find(it => chainOf(it) === chainOf(row) && BigInt(it.size) < BigInt(row.size))
          return (
            <Scroller label={find.anchors.title}>
              <Table<Anchor>
                size="small"
                rowKey={it => `${chainOf(it)} ${it.size} ${it.state}`}
                dataSource={rows}
                pagination={false}
                locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={find.anchors.none} /> }}
                columns={[
                  { title: log.size, dataIndex: 'size' },
                  {
                    title: common.state,
                    render: (_, it) => <Mark tone={tones[it.state]}>{find.anchors.states[it.state]}</Mark>,
                  },
                  { title: find.anchors.chain, dataIndex: 'chainId' },
                  { title: find.anchors.block, render: (_, it) => ('blockNumber' in it ? it.blockNumber : null) },
                  {
                    title: find.anchors.blockAt,
                    render: (_, it) => 'blockAt' in it && it.blockAt !== null && <When at={it.blockAt} />,
                  },
                  {
                    title: find.anchors.transaction,
                    render: (_, it) => 'transaction' in it && <Digest text={it.transaction} />,
                  },
                  { title: log.root, render: (_, it) => <Digest text={it.root} /> },
                  {
                    title: find.anchors.extends,
                    render: (_, it) => {
                      const old = before(it)
                      return (
                        old && (
                          <Link to="/consistency" search={{ old: old.size, size: it.size }}>
                            {find.consistency.title(old.size, it.size)}
                          </Link>
                        )
                      )
                    },
                  },
                ]}
              />
            </Scroller>
          )
        }}
      </Loaded>
    </section>
  )
}
