import { Button, Card, Form, Input, Radio, Select } from 'antd'
import { type DecisionReason, decisionReasons, outcomes } from '../../../core/application.ts'
import { isCurrency, parseAmount } from '../../../core/money.ts'
import { typ } from '../../../core/typ.ts'
import { decide } from '../../../receivables/applications/contract.ts'
import type { ReportSummary } from '../../../receivables/reports/contract.ts'
import { call } from '../api/call.ts'
import type { ApplicationView } from '../api/lists.ts'
import { useAct } from '../api/use.ts'
import { useSession } from '../session/session.tsx'
import { handInAct, instantOf, newNonce } from '../session/signing.ts'
import { useText } from '../text/text.tsx'

type Values = {
  readonly outcome: (typeof outcomes)[number]
  readonly amount?: string
  readonly code: DecisionReason
  readonly text: string
}

type DecideCardProps = { readonly application: ApplicationView; readonly report: ReportSummary | undefined }

/** The bank's word, under its certificate, on the report it rests on. Without a report it can only decline. */
export function DecideCard({ application, report }: DecideCardProps) {
  const t = useText()
  const { identity } = useSession()
  const [form] = Form.useForm<Values>()
  const outcome = Form.useWatch('outcome', form)
  const { currency, id } = application
  const minorOf = (text: string): string | undefined => {
    try {
      return isCurrency(currency) ? String(parseAmount(text.replaceAll(',', ''), currency).minor) : undefined
    } catch {
      return undefined
    }
  }
  const deciding = useAct(
    async (session, { outcome, amount, code, text }: Values) => {
      const decision = {
        application: id,
        bank: session.identity.uscc,
        outcome,
        ...(report ? { report: report.commitment } : {}),
        ...(outcome === 'approved' && amount ? { amount: minorOf(amount) } : {}),
        reason: { code, text },
        nonce: newNonce(),
        iat: instantOf(),
      }
      return handInAct(session, typ.decision, decision, body => call(session.client, decide, { params: { id }, body }))
    },
    () => t.applications.done,
  )
  return (
    <Card title={t.applications.decide} size="small">
      <Form<Values>
        form={form}
        layout="vertical"
        onFinish={values => deciding.mutate(values)}
        initialValues={{ code: 'REPORT' }}
      >
        <Form.Item
          name="outcome"
          label={t.applications.decided}
          rules={[{ required: true, message: t.applications.decided }]}
        >
          <Radio.Group
            optionType="button"
            options={outcomes.map(value => ({
              value,
              label: t.applications.outcomes[value],
              disabled: value !== 'declined' && report === undefined,
            }))}
          />
        </Form.Item>
        {outcome === 'approved' && (
          <Form.Item
            name="amount"
            label={`${t.applications.amount} (${currency})`}
            rules={[
              {
                required: true,
                validator: (_, text?: string) =>
                  text && minorOf(text) !== undefined
                    ? Promise.resolve()
                    : Promise.reject(new Error(t.refusals.AMOUNT_OUT_OF_RANGE)),
              },
            ]}
          >
            <Input inputMode="decimal" style={{ maxWidth: 240 }} />
          </Form.Item>
        )}
        <Form.Item name="code" label={t.applications.reasonCode}>
          <Select
            style={{ maxWidth: 320 }}
            options={(Object.keys(decisionReasons) as DecisionReason[]).map(value => ({
              value,
              label: t.applications.decisionReasons[value],
            }))}
          />
        </Form.Item>
        <Form.Item
          name="text"
          label={t.applications.reasonText}
          rules={[{ required: true, whitespace: true, message: t.applications.reasonTextNeeded }]}
        >
          <Input.TextArea rows={2} maxLength={500} style={{ maxWidth: 640 }} />
        </Form.Item>
        <p>{t.common.signedBy(identity.name)}</p>
        <Button type="primary" htmlType="submit" loading={deciding.isPending}>
          {t.applications.sign}
        </Button>
      </Form>
    </Card>
  )
}
