import { Button, Card, Empty, Flex, Select } from 'antd'
import { lazy, Suspense, useState } from 'react'
import {
  listReports,
  makeReport,
  readReport,
  readReportBundle,
  readReportDossier,
} from '../../../receivables/reports/contract.ts'
import { call, fetchBytes, fetchText, fill } from '../api/call.ts'
import type { ApplicationView } from '../api/lists.ts'
import { useAct, useAsk } from '../api/use.ts'
import { saveFile } from '../format/save.ts'
import { timeText } from '../format/when.ts'
import { Loaded } from '../parts/page.tsx'
import { publishHeads } from '../session/signing.ts'
import { useText } from '../text/text.tsx'
import { DecideCard } from './decide.tsx'
import { Decisions } from './decisions.tsx'
import { MarkCard } from './mark-financed.tsx'
import { ReportView } from './report.tsx'

/** What reads bundles is large, and the verdict doesn't wait for it. */
const CaseEvidence = lazy(() => import('./case-evidence.tsx'))

type BankDeskProps = {
  readonly application: ApplicationView
  /** The one to begin with; the newest, where nothing is said. */
  readonly report: string | undefined
}

/** The bank's work on an application: evidence and report, decision, mark. */
export function BankDesk({ application, report }: BankDeskProps) {
  const t = useText()
  const { id, state } = application
  const reports = useAsk(listReports, { query: { application: id, order: 'newest' } })
  const [chosen, setChosen] = useState(report)
  const newest = reports.data?.items[0]
  const shown = chosen ?? newest?.id
  const making = useAct(
    async session => {
      await publishHeads(session, `/api/v1/applications/${id}`)
      return call(session.client, makeReport, { body: { application: id } })
    },
    made => {
      setChosen(made.id)
      return t.report.made
    },
  )
  const downloading = useAct(async ({ client }, report: string) => {
    const file = await fetchText(client, fill(readReportBundle.path, { id: report }))
    saveFile(`tallystick-${id.slice(0, 8)}-${report.slice(0, 8)}.json`, file)
  })
  const opening = useAct(async ({ client }, report: string) => {
    const file = await fetchBytes(client, fill(readReportDossier.path, { id: report }))
    saveFile(`tallystick-${id.slice(0, 8)}-${report.slice(0, 8)}.zip`, file, 'application/zip')
  })
  const decidable = state === 'submitted' || state === 'reported' || state === 'referred'
  return (
    <>
      <Card
        title={t.report.title}
        size="small"
        extra={
          <Flex gap="small" wrap>
            {reports.data && reports.data.items.length > 1 && (
              <Select
                aria-label={t.report.older}
                value={shown}
                onChange={setChosen}
                options={reports.data.items.map(it => ({
                  value: it.id,
                  label: `${timeText(it.madeAt)} · ${t.report.verdict[it.verdict]}`,
                }))}
              />
            )}
            {shown !== undefined && (
              <Button loading={downloading.isPending} onClick={() => downloading.mutate(shown)}>
                {t.report.bundle}
              </Button>
            )}
            {shown !== undefined && (
              <Button loading={opening.isPending} onClick={() => opening.mutate(shown)}>
                {t.report.dossier}
              </Button>
            )}
            {decidable && (
              <Button
                type={newest ? 'default' : 'primary'}
                loading={making.isPending}
                onClick={() => making.mutate(undefined)}
              >
                {making.isPending ? t.report.making : newest ? t.report.remake : t.report.make}
              </Button>
            )}
          </Flex>
        }
      >
        <Loaded from={reports}>
          {() =>
            shown === undefined ? (
              <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t.report.none} />
            ) : (
              <OneReport id={shown} />
            )
          }
        </Loaded>
      </Card>
      {shown !== undefined && (
        <Suspense fallback={<p role="status">{t.bankDesk.course.loading}</p>}>
          <CaseEvidence application={application} report={shown} />
        </Suspense>
      )}
      <Decisions application={application} />
      {decidable && <DecideCard application={application} report={newest} />}
      {state === 'approved' && newest && <MarkCard application={application} report={newest.id} />}
    </>
  )
}

function OneReport({ id }: { readonly id: string }) {
  const report = useAsk(readReport, { params: { id } })
  return <Loaded from={report}>{it => <ReportView item={it} />}</Loaded>
}
