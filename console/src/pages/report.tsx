import { Alert, Collapse, Descriptions, Flex, Typography } from 'antd'
import { type Report, type ReportVerdict, reportSchema } from '../../../core/report/report.ts'
import type { ReportItem } from '../../../receivables/reports/contract.ts'
import { percent } from '../format/money.ts'
import { Mark, type Tone } from '../parts/mark.tsx'
import { Strength } from '../parts/strength.tsx'
import { Code, Money, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'
import { Checks } from './report-checks.tsx'
import { MatchTable } from './report-match.tsx'

const tones = { VERIFIED: 'good', REFER: 'warn', REJECT: 'bad' } as const satisfies Record<ReportVerdict, Tone>

/** A verification report: the verdict first, then every invoice with every check, nothing summed into a score. */
export function ReportView({ item }: { readonly item: ReportItem }) {
  const t = useText()
  const parsed = reportSchema.safeParse(item.report)
  if (!parsed.success) return <Alert type="error" showIcon title={t.common.failed} description={parsed.error.message} />
  const report = parsed.data
  return (
    <Flex vertical gap="middle">
      <Verdict report={report} />
      {report.policy.demonstration && <Alert type="warning" showIcon title={t.report.demonstrationNote} />}
      {report.missing.length > 0 && (
        <Alert
          type="error"
          showIcon
          title={`${t.report.missing}${t.common.colon}${report.missing.join(t.common.list)}`}
        />
      )}
      <Facts report={report} item={item} />
      <Collapse
        defaultActiveKey={report.receivables.slice(0, 1).map(it => it.commitment)}
        items={report.receivables.map(it => ({
          key: it.commitment,
          label: (
            <Flex gap="small" wrap align="center">
              <strong>
                {t.documents.kinds.invoice} {it.number}
              </strong>
              <Mark tone={tones[it.verdict]}>{t.report.verdict[it.verdict]}</Mark>
              <Strength of={it.strength} />
            </Flex>
          ),
          children: (
            <Flex vertical gap="middle">
              <Descriptions
                size="small"
                column={{ xs: 1, md: 2 }}
                items={[
                  { key: 'c', label: t.documents.code, children: <Code text={it.invoice} /> },
                  { key: 'g', label: t.documents.gross, children: <Amount minor={it.gross} currency={it.currency} /> },
                  { key: 'o', label: t.report.openAmount, children: <Amount minor={it.open} currency={it.currency} /> },
                  {
                    key: 'f',
                    label: t.report.financeable,
                    children: <Amount minor={it.financeable} currency={it.currency} />,
                  },
                ]}
              />
              <Checks checks={it.checks} currency={it.currency ?? ''} />
              <Typography.Text strong>{t.report.match}</Typography.Text>
              <MatchTable lines={it.match} currency={it.currency ?? ''} />
            </Flex>
          ),
        }))}
      />
    </Flex>
  )
}

function Verdict({ report: { verdict, strength } }: { readonly report: Report }) {
  const t = useText()
  return (
    <div className="verdict" role="status">
      <Mark tone={tones[verdict]}>{t.report.verdict[verdict]}</Mark>
      <span>{t.report.verdictLead[verdict]}</span>
      <Strength of={strength} />
    </div>
  )
}

const Amount = ({ minor, currency }: { readonly minor: string | null; readonly currency: string | null }) => {
  const t = useText()
  return minor === null || currency === null ? (
    t.report.outcomes.not_evaluable
  ) : (
    <Money minor={minor} currency={currency} />
  )
}

function Facts({ report, item }: { readonly report: Report; readonly item: ReportItem }) {
  const t = useText()
  const { eligible, policy } = report
  return (
    <Descriptions
      size="small"
      column={{ xs: 1, md: 2 }}
      items={[
        { key: 't', label: t.report.asOf, children: <When at={report.asOf} /> },
        {
          key: 'p',
          label: t.report.policy,
          children: `${policy.name} v${policy.version}${policy.demonstration ? ` (${t.report.policyDemo})` : ''}`,
        },
        ...(eligible === null
          ? []
          : [
              {
                key: 'a',
                label: t.report.availability,
                children: <Money minor={eligible.availability} currency={eligible.currency} />,
              },
              { key: 'r', label: t.report.advanceRate, children: percent(eligible.advanceRate) },
            ]),
        { key: 'i', label: t.common.logIndex, children: <span className="figure">{item.index}</span> },
      ]}
    />
  )
}
