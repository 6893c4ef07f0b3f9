import { Link } from '@tanstack/react-router'
import { Button, Flex, Popover, Table, Tag } from 'antd'
import type { Check } from '../../../core/report/report.ts'
import { useOrganizations } from '../api/lists.ts'
import { measuresText } from '../format/measure.ts'
import { Mark, type Tone } from '../parts/mark.tsx'
import { Scroller } from '../parts/scroller.tsx'
import { Strength } from '../parts/strength.tsx'
import { Digest, Organization, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

const tones = { pass: 'good', fail: 'bad', warn: 'warn', not_evaluable: 'unknown' } as const satisfies Record<
  Check['outcome'],
  Tone
>

type ChecksProps = { readonly checks: readonly Check[]; readonly currency: string }

/** Every check: outcome in shape and word, why, how strong, on which records. */
export function Checks({ checks, currency }: ChecksProps) {
  const t = useText()
  return (
    <Scroller label={t.report.check}>
      <Table<Check>
        rowKey="code"
        size="small"
        dataSource={checks}
        pagination={false}
        columns={[
          {
            title: t.report.check,
            render: (_, it) => (
              <>
                {t.checks[it.code]}
                <div className="check-code">{it.code}</div>
              </>
            ),
          },
          {
            title: t.report.outcome,
            render: (_, it) => <Mark tone={tones[it.outcome]}>{t.report.outcomes[it.outcome]}</Mark>,
          },
          {
            title: t.report.gating,
            render: (_, it) => <Tag>{it.gating ? t.report.gating : t.report.notGating}</Tag>,
          },
          {
            title: t.report.why,
            render: (_, it) => (
              <div style={{ maxWidth: 380, minWidth: 180 }}>
                <Why check={it} currency={currency} />
              </div>
            ),
          },
          { title: t.report.strength, render: (_, it) => <Strength of={it.strength} bare /> },
          { title: t.report.evidence, render: (_, it) => <Evidence check={it} /> },
        ]}
      />
    </Scroller>
  )
}

function Why({ check, currency }: { readonly check: Check; readonly currency: string }) {
  const t = useText()
  const { nameOf } = useOrganizations()
  const { reasons, measure, threshold } = check
  const say = (values: Readonly<Record<string, string>>) => measuresText(values, { t, nameOf, currency })
  const [measured, limits] = [say(measure), say(threshold)]
  return (
    <>
      {reasons.length > 0 && (
        <ul className="reasons">
          {[...new Map(reasons.map(reason => [JSON.stringify(reason), reason]))].map(([key, { code, params }]) => (
            <li key={key}>
              {t.reasons[code]}
              {params && <span className="check-code"> {say(params)}</span>}
            </li>
          ))}
        </ul>
      )}
      {measured && (
        <div className="check-code">
          {t.report.measured}
          {t.common.colon}
          {measured}
        </div>
      )}
      {limits && (
        <div className="check-code">
          {t.report.threshold}
          {t.common.colon}
          {limits}
        </div>
      )}
    </>
  )
}

/** Pointers that an auditor can follow: place in the log, commitment, signer, and when it existed for certain. */
function Evidence({ check: { evidence } }: { readonly check: Check }) {
  const t = useText()
  if (evidence.length === 0) return t.common.none
  return (
    <Flex vertical gap={4} align="flex-start">
      <Popover
        trigger="click"
        title={t.report.evidence}
        content={
          <Table
            rowKey="index"
            size="small"
            dataSource={evidence}
            pagination={{ pageSize: 8, hideOnSinglePage: true }}
            scroll={{ x: 'max-content' }}
            style={{ maxWidth: 'min(860px, 80vw)' }}
            columns={[
              { title: t.common.logIndex, render: (_, it) => <EntryLink index={it.index} /> },
              { title: t.common.digest, render: (_, it) => <Digest text={it.digest} /> },
              {
                title: t.report.signer,
                render: (_, it) => (it.signer === null ? t.common.none : <Organization uscc={it.signer} />),
              },
              { title: t.report.capturedAt, render: (_, it) => <When at={it.capturedAt} /> },
              {
                title: t.report.anchoredAt,
                render: (_, it) => (it.anchoredAt === undefined ? t.report.notAnchored : <When at={it.anchoredAt} />),
              },
            ]}
          />
        }
      >
        <Button size="small">{t.report.evidenceCount(evidence.length)}</Button>
      </Popover>
      <Flex gap={8} wrap>
        {evidence.slice(0, FIRST).map(it => (
          <EntryLink key={it.index} index={it.index} />
        ))}
      </Flex>
    </Flex>
  )
}

/** Shown without being asked for; the others are in the list. */
const FIRST = 3

/** To the record's place in the log: inclusion proof, anchor and block. */
function EntryLink({ index }: { readonly index: string }) {
  const t = useText()
  return (
    <Link to="/entry/$index" params={{ index }} className="figure">
      {t.bankDesk.course.evidence(index)}
    </Link>
  )
}
