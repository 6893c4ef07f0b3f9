import { Link } from '@tanstack/react-router'
import { Flex, Table } from 'antd'
import { relations } from '../../../core/access.ts'
import { Refusal } from '../../../core/errors.ts'
import { labelOf, parents, parseCode, pathOf } from '../../../core/identifier/code.ts'
import { codeHistory } from '../../../resolver/contract.ts'
import { usePublic } from '../api/public-log.ts'
import { Mark, type Tone } from '../parts/mark.tsx'
import { Loaded } from '../parts/page.tsx'
import { Scroller } from '../parts/scroller.tsx'
import { Code, When } from '../parts/values.tsx'
import { useSessions } from '../session/session.tsx'
import { useText } from '../text/text.tsx'
import { Scans } from './scans.tsx'

const tones = {
  registered: 'open',
  active: 'good',
  superseded: 'warn',
  withdrawn: 'bad',
} as const satisfies Record<string, Tone>

/** What a code has been, from its first registration on, each change with its place in the log. */
export function FoundCode({ code }: { readonly code: string }) {
  const { find, common, documents } = useText()
  const history = usePublic(codeHistory, { query: { code } })
  const isUnknown = history.error instanceof Refusal && history.error.code === 'NOT_FOUND'
  const parsed = parseCode(code)
  const { session } = useSessions()
  const readsScans = session !== undefined && relations('events:read', session.roles).length > 0
  return (
    <Flex vertical gap="small">
      <Code text={code} />
      {isUnknown ? (
        <>
          <Mark tone="unknown">{find.codeUnknown}</Mark>
          {parsed.ok &&
            parents(parsed.code).map(it => (
              <Link key={it.text} to="/find" search={{ q: it.text }}>
                {find.codeParent(labelOf(it))}
              </Link>
            ))}
        </>
      ) : (
        <Loaded from={history}>
          {({ versions }) => (
            <Scroller label={find.kinds.code}>
              <Table
                size="small"
                rowKey="version"
                dataSource={versions.toReversed()}
                pagination={{ pageSize: 20, hideOnSinglePage: true }}
                columns={[
                  { title: find.codeVersion, dataIndex: 'version' },
                  {
                    title: common.state,
                    render: (_, it) => <Mark tone={tones[it.state]}>{find.codeStates[it.state]}</Mark>,
                  },
                  { title: documents.description, dataIndex: 'description' },
                  { title: find.codeSince, render: (_, it) => <When at={it.since} /> },
                  { title: common.reason, render: (_, it) => it.reason ?? it.successor },
                  {
                    title: find.codeRecord,
                    render: (_, { record }) =>
                      record !== null && (
                        <Link to="/entry/$index" params={{ index: record }}>
                          {record}
                        </Link>
                      ),
                  },
                ]}
              />
            </Scroller>
          )}
        </Loaded>
      )}
      {!isUnknown && parsed.ok && (
        <a href={`${pathOf(parsed.code)}?linkType=linkset`} target="_blank" rel="noreferrer">
          {find.codeOpen}
        </a>
      )}
      {readsScans && <Scans code={code} />}
    </Flex>
  )
}
