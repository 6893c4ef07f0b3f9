import { useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Checkbox, Flex, Form, Radio, Select, Typography } from 'antd'
import {
  type AnswerStatus,
  type DisputeReason,
  disputeReasons,
  isDispute,
  laterStatuses,
} from '../../../core/confirmation.ts'
import { Refusal } from '../../../core/errors.ts'
import type { Question } from '../api/lists.ts'
import { useAct } from '../api/use.ts'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'
import { type AnswerValues, giveAnswer, suggested } from './pending-answer.ts'
import type { Comparison } from './pending-scans.tsx'

/** What a clerk can choose; paid and under query come from the books, later. */
const choices = ['AP', 'CA', 'RE', 'IP'] as const satisfies readonly AnswerStatus[]

type AnswerFormProps = { readonly question: Question; readonly compared: Comparison | undefined }

/** The hospital's yes and no, put under its certificate. What its scans and books say is filled in; the clerk decides. */
export function AnswerForm({ question, compared }: AnswerFormProps) {
  const t = useText()
  const { identity } = useSession()
  const queries = useQueryClient()
  const [form] = Form.useForm<AnswerValues>()
  const status = Form.useWatch('status', form) ?? 'AP'
  const covers = Form.useWatch('acceptedQtyCoversInvoiced', form)
  const words = { AP: t.pending.confirm, CA: t.pending.partly, RE: t.pending.dispute, IP: t.pending.received_only }
  const last = question.answer?.answer.status
  const allowed: readonly AnswerStatus[] = last === undefined ? choices : laterStatuses[last]
  const needsReason = status === 'CA' || isDispute({ status, disputeOpen: false })
  const answering = useAct(
    async (session, values: AnswerValues) => {
      try {
        return await giveAnswer(session, question, values)
      } catch (error) {
        // A colleague's answer is shown in the place of this form.
        if (error instanceof Refusal && error.code === 'ANSWER_EXISTS') await queries.invalidateQueries()
        throw error
      }
    },
    () => t.pending.done,
  )
  return (
    <Form<AnswerValues>
      form={form}
      layout="vertical"
      onFinish={values => answering.mutate(values)}
      initialValues={{
        status: 'AP',
        ...suggested(compared),
        days: 90,
      }}
    >
      <Form.Item name="status" label={t.pending.yourAnswer}>
        <Radio.Group
          optionType="button"
          buttonStyle="solid"
          options={choices.map(value => ({ value, label: words[value], disabled: !allowed.includes(value) }))}
        />
      </Form.Item>
      {needsReason && (
        <Form.Item name="reason" label={t.pending.why} rules={[{ required: true, message: t.pending.whyNeeded }]}>
          <Select
            style={{ maxWidth: 360 }}
            options={Object.keys(disputeReasons).map(value => ({
              value,
              label: t.answer.reasons[value as DisputeReason],
            }))}
          />
        </Form.Item>
      )}
      <Flex vertical gap={4} style={{ marginBottom: 16 }}>
        {(
          [
            ['number', t.pending.number],
            ['grossAmount', t.pending.gross],
            ['acceptedQtyCoversInvoiced', t.pending.quantity],
            ['dueConfirmed', t.pending.due],
            ['payeeAccountMatch', t.pending.payee],
          ] as const
        ).map(([name, label]) => (
          <Form.Item key={name} name={name} valuePropName="checked" noStyle>
            <Checkbox>{label}</Checkbox>
          </Form.Item>
        ))}
      </Flex>
      {status === 'AP' && covers === false && (
        <Alert type="warning" showIcon title={t.pending.quantityWarning} style={{ marginBottom: 16 }} />
      )}
      <Form.Item name="days" label={t.pending.validDays}>
        <Select
          style={{ maxWidth: 200 }}
          options={[30, 60, 90, 180].map(value => ({ value, label: t.pending.days(value) }))}
        />
      </Form.Item>
      <Typography.Paragraph type="secondary">
        {t.pending.leaves} {t.common.signedBy(identity.name)}
      </Typography.Paragraph>
      <Button type="primary" htmlType="submit" loading={answering.isPending}>
        {t.pending.sign}
      </Button>
    </Form>
  )
}
