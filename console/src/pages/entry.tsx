import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Alert, Card, Descriptions, Flex, Typography } from 'antd'
import { base64, hex } from '../../../core/bytes.ts'
import { traceInclusion } from '../../../core/merkle/trace.ts'
import { type RecordType, recordTypes } from '../../../core/record.ts'
import { listAnchors } from '../../../ledger/contract.ts'
import { readRecordPlace } from '../../../ledger/find/contract.ts'
import { call } from '../api/call.ts'
import { type ShownEntry, useEntry, usePublic } from '../api/public-log.ts'
import { Mark } from '../parts/mark.tsx'
import { Loaded, Page } from '../parts/page.tsx'
import { ProofPath } from '../parts/proof-path.tsx'
import { Digest, Organization, When } from '../parts/values.tsx'
import { useSessions } from '../session/session.tsx'
import { useText } from '../text/text.tsx'

const route = getRouteApi('/entry/$index')

/** One entry of the log, for anybody: what is public of it, and the way from it to the root, recomputed here. */
export function EntryPage() {
  const { index } = route.useParams()
  const { size } = route.useSearch()
  const { find } = useText()
  const entry = useEntry(index, size)
  return (
    <Page title={find.entry.title(index)} lead={find.entry.lead}>
      <Loaded from={entry}>
        {it =>
          'beyond' in it ? (
            <Alert type="warning" showIcon title={find.beyond(it.beyond)} />
          ) : (
            <>
              <Entry index={index} entry={it} />
              <Anchors index={index} />
              <Yours index={index} />
            </>
          )
        }
      </Loaded>
    </Page>
  )
}

function Entry({ index, entry }: { readonly index: string; readonly entry: ShownEntry }) {
  const { find } = useText()
  const { leaf, size, hashes, root, holds } = entry
  const trace = traceInclusion(leaf, BigInt(index), BigInt(size), hashes)
  return (
    <>
      <Card>
        <Flex vertical gap="middle">
          <div className="told">
            <Mark tone={holds ? 'good' : 'bad'}>{holds ? find.entry.holds : find.entry.fails}</Mark>
          </div>
          <Descriptions
            size="small"
            column={1}
            items={[
              { key: 'c', label: find.entry.commitment, children: <Digest text={hex(entry.commitment)} /> },
              { key: 'l', label: find.entry.leaf, children: <Digest text={base64(leaf)} /> },
              { key: 's', label: find.entry.tree, children: find.entry.treeOf(size) },
              { key: 'r', label: find.entry.root, children: <Digest text={base64(root)} /> },
            ]}
          />
          <a href={`/log/proof/${index}`} download={`entry-${index}.tlog-proof`}>
            {find.entry.download}
          </a>
        </Flex>
      </Card>
      {trace && (
        <Card title={find.entry.path} size="small">
          {trace.steps.length === 0 && <Typography.Paragraph>{find.drawing.noSteps}</Typography.Paragraph>}
          <ProofPath
            trace={trace}
            from={find.drawing.leaf}
            label={find.drawing.inclusionLabel(index, trace.steps.length, hex(root).slice(0, 10))}
          />
        </Card>
      )}
    </>
  )
}

/** The first of the last hundred that reaches so far, on each chain. */
function Anchors({ index }: { readonly index: string }) {
  const { find } = useText()
  const anchors = usePublic(listAnchors, { query: { order: 'newest', perPage: 100 } })
  return (
    <Card title={find.entry.anchors} size="small">
      <Loaded from={anchors}>
        {({ anchors: list }) => {
          const covering = list.filter(it => BigInt(it.size) > BigInt(index) && it.state !== 'lost')
          const chains = [...new Set(covering.map(it => `${it.chainId} ${it.genesis} ${it.contract}`))]
          const first = chains.map(chain =>
            covering.findLast(it => `${it.chainId} ${it.genesis} ${it.contract}` === chain),
          )
          if (first.length === 0) return find.entry.noAnchor
          return (
            <ul className="found">
              {first.map(
                it =>
                  it && (
                    <li key={it.transaction}>
                      <Mark tone={it.state === 'final' ? 'good' : it.state === 'mined' ? 'open' : 'unknown'}>
                        {find.anchors.states[it.state]}
                      </Mark>{' '}
                      {find.entry.treeOf(it.size)} · {find.anchors.block} {it.blockNumber} ·{' '}
                      {it.blockAt && <When at={it.blockAt} />} ·{' '}
                      <Link to="/entry/$index" params={{ index }} search={{ size: it.size }}>
                        {find.anchors.show}
                      </Link>
                    </li>
                  ),
              )}
            </ul>
          )
        }}
      </Loaded>
    </Card>
  )
}

/** What a party is told beyond what is public. */
function Yours({ index }: { readonly index: string }) {
  const { find, signIn } = useText()
  const { session } = useSessions()
  const place = useQuery({
    queryKey: ['readRecordPlace', index],
    enabled: session !== undefined,
    queryFn: () => call(session?.client, readRecordPlace, { params: { index } }),
  })
  if (session === undefined) return null
  return (
    <Card title={find.entry.yours} size="small">
      <Loaded from={place}>
        {({ record: it }) =>
          it === null ? (
            find.entry.notYours
          ) : (
            <Flex vertical gap="small">
              {it.erased && <Alert type="info" showIcon title={find.entry.erased} />}
              <Descriptions
                size="small"
                column={1}
                items={[
                  {
                    key: 'k',
                    label: find.entry.kind,
                    children: isRecordType(it.type) ? find.recordTypes[it.type] : it.type,
                  },
                  { key: 'o', label: find.entry.owner, children: <Organization uscc={it.org} /> },
                  { key: 'u', label: signIn.uscc, children: <span className="code">{it.org}</span> },
                  { key: 't', label: find.growth.at, children: <When at={it.loggedAt} /> },
                ]}
              />
            </Flex>
          )
        }
      </Loaded>
    </Card>
  )
}

const isRecordType = (text: string): text is RecordType => (recordTypes as readonly string[]).includes(text)
