import { Button, Card, Flex, Form, Input, Typography } from 'antd'
import { useState } from 'react'
import { modes } from '../../../core/financing.ts'
import { typ } from '../../../core/typ.ts'
import { markFinancing } from '../../../receivables/financings/contract.ts'
import { readReport, readReportBundle } from '../../../receivables/reports/contract.ts'
import { call, fetchText, fill } from '../api/call.ts'
import type { ApplicationView } from '../api/lists.ts'
import { useAct } from '../api/use.ts'
import { FileDrop } from '../parts/file-drop.tsx'
import { useSession } from '../session/session.tsx'
import { handInAct } from '../session/signing.ts'
import { useText } from '../text/text.tsx'
import { markOf, readConsent } from './mark-terms.ts'

type MarkCardProps = { readonly application: ApplicationView; readonly report: string }

/** Registers an invoice and its goods as financed, by the seller's consent and what the report found. */
export function MarkCard({ application, report }: MarkCardProps) {
  const t = useText()
  const { identity } = useSession()
  const [file, setFile] = useState<File>()
  const [zhongdeng, setZhongdeng] = useState('')
  const needed = modes[application.mode].zhongdeng
  const marking = useAct(
    async (session, chosen: File) => {
      const { client } = session
      const jws = (await chosen.text()).trim()
      const consent = readConsent(jws, application.id)
      if (consent === undefined) throw new Error(t.applications.consentInvalid)
      const bundle = await fetchText(client, fill(readReportBundle.path, { id: report }))
      const { report: made } = await call(client, readReport, { params: { id: report } })
      const approved = application.decisions.find(({ decision }) => decision.outcome === 'approved')?.decision.amount
      const mark = markOf({ consent, bundle, report: made, approved, ...(needed ? { zhongdeng } : {}) })
      if (mark === undefined) throw new Error(t.applications.evidenceUnread)
      return handInAct(session, typ.financingMark, mark, signed =>
        call(client, markFinancing, { body: { mark: signed, consent: jws } }),
      )
    },
    () => t.applications.marked,
  )
  const complete = file !== undefined && (!needed || /^\d{16,30}$/.test(zhongdeng))
  return (
    <Card title={t.applications.mark} size="small">
      <Typography.Paragraph type="secondary">{t.applications.markLead}</Typography.Paragraph>
      <Form layout="vertical" onFinish={() => file && marking.mutate(file)}>
        <Flex vertical gap="middle" style={{ maxWidth: 480 }}>
          <FileDrop label={t.applications.chooseConsent} accept=".jws,.txt" file={file} choose={setFile} />
          {needed && (
            <Form.Item
              label={t.applications.zhongdeng}
              htmlFor="zhongdeng"
              extra={t.applications.zhongdengNeeded}
              style={{ margin: 0 }}
            >
              <Input
                id="zhongdeng"
                inputMode="numeric"
                maxLength={30}
                value={zhongdeng}
                onChange={event => setZhongdeng(event.target.value.trim())}
              />
            </Form.Item>
          )}
          <span>{t.common.signedBy(identity.name)}</span>
          <Button type="primary" htmlType="submit" disabled={!complete} loading={marking.isPending}>
            {t.applications.mark}
          </Button>
        </Flex>
      </Form>
    </Card>
  )
}
