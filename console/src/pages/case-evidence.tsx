import { useQuery } from '@tanstack/react-query'
import { Alert, Card, Flex, Typography } from 'antd'
import { type Bundle, parseBundle } from '../../../core/bundle.ts'
import { courseOf } from '../../../core/course.ts'
import { readReportBundle } from '../../../receivables/reports/contract.ts'
import { fetchText, fill } from '../api/call.ts'
import type { ApplicationView } from '../api/lists.ts'
import { codeLabel } from '../format/code.ts'
import { Loaded } from '../parts/page.tsx'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'
import { Marks } from './case-marks.tsx'
import { placeOf } from './case-place.ts'
import { Step } from './case-step.tsx'
import '../bank.css'

type CaseEvidenceProps = { readonly application: ApplicationView; readonly report: string }

/**
 * What the report rests on, invoice by invoice, out of the bundle that the bank was given under its authorization: nothing
 * else is asked for, so nothing else can show.
 */
export default function CaseEvidence({ application, report }: CaseEvidenceProps) {
  const { course } = useText().bankDesk
  const { client } = useSession()
  const bundle = useQuery({
    queryKey: [readReportBundle.operation, report],
    queryFn: async () => parseBundle(await fetchText(client, fill(readReportBundle.path, { id: report }))),
    // A report's bundle never changes.
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <>
      <Card title={course.title} size="small">
        <Typography.Paragraph type="secondary">{course.lead}</Typography.Paragraph>
        <Loaded from={bundle}>
          {it => (
            <Flex vertical gap="large">
              {application.invoices.map(({ code }) => (
                <Course key={code} bundle={it} invoice={code} />
              ))}
            </Flex>
          )}
        </Loaded>
      </Card>
      <Marks application={application} registry={bundle.data?.registry} isRead={bundle.isSuccess} />
    </>
  )
}

function Course({ bundle, invoice }: { readonly bundle: Bundle; readonly invoice: string }) {
  const { course } = useText().bankDesk
  const steps = courseOf(bundle, invoice)
  const own = steps.find(it => it.what === 'document' && it.kind === 'invoice')
  const records = new Map(bundle.records.map(it => [it.index, it]))
  const title = course.of(own?.what === 'document' ? own.number : codeLabel(invoice))
  return (
    <section aria-label={title}>
      <Typography.Title level={3} style={{ fontSize: 15 }}>
        {title}
      </Typography.Title>
      {steps.length === 0 ? (
        <Alert type="warning" showIcon title={course.none} />
      ) : (
        <ol className="course">
          {steps.map(it => {
            const record = records.get(it.index)
            return record && <Step key={it.index} of={it} placed={placeOf(record, bundle)} />
          })}
        </ol>
      )}
    </section>
  )
}
