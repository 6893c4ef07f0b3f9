import { Alert, Button, Checkbox, Flex, Form, Radio, Select, Typography } from 'antd'
import {
  type AnswerStatus,
  type DisputeReason,
  disputeReasons,
  isDispute,
  laterStatuses,
} from '../../../core/confirmation.ts'
import { typ } from '../../../core/typ.ts'
import { confirm } from '../../../receivables/confirmations/contract.ts'
import { call } from '../api/call.ts'
import type { Question } from '../api/lists.ts'
import { useAct } from '../api/use.ts'
import { useSession } from '../session/session.tsx'
import { DAY, handInAct, instantOf, newNonce, publishHeads } from '../session/signing.ts'
import { useText } from '../text/text.tsx'
import type { Comparison } from './pending-scans.tsx'

type Values = {
  readonly status: AnswerStatus
  readonly reason?: DisputeReason
  readonly number: boolean
  readonly grossAmount: boolean
  readonly acceptedQtyCoversInvoiced: boolean
  readonly dueConfirmed: boolean
  readonly payeeAccountMatch: boolean
  readonly days: number
}

/** What a clerk can choose; paid and under query come from the books, later. */
const choices = ['AP', 'CA', 'RE', 'IP'] as const satisfies readonly AnswerStatus[]

type AnswerFormProps = { readonly question: Question; readonly compared: Comparison | undefined }

/** The hospital's yes and no, put under its certificate. What its scans and books say is filled in; the clerk decides. */
export function AnswerForm({ question, compared }: AnswerFormProps) {
  const t = useText()
  const { identity } = useSession()
  const [form] = Form.useForm<Values>()
  const status = Form.useWatch('status', form) ?? 'AP'
  const covers = Form.useWatch('acceptedQtyCoversInvoiced', form)
  const words = { AP: t.pending.confirm, CA: t.pending.partly, RE: t.pending.dispute, IP: t.pending.received_only }
  const last = question.answer?.answer.status
  const allowed: readonly AnswerStatus[] = last === undefined ? choices : laterStatuses[last]
  const needsReason = status === 'CA' || isDispute({ status, disputeOpen: false })
  const answering = useAct(
    async (session, values: Values) =>
      handInAct(session, typ.confirmation, answerOf(question, values), async body => {
        const answer = await call(session.client, confirm, { body })
        await publishHeads(session, `/api/v1/questions/${question.id}`)
        return answer
      }),
    () => t.pending.done,
  )
  return (
    <Form<Values>
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

/** Yes only where whatever can tell says yes. About due date and account only the books can, and else the clerk. */
const suggested = (compared: Comparison | undefined) => {
  const { match, books } = compared ?? {}
  const booked = books?.state === 'booked' ? books : undefined
  return {
    number: match?.number === true && books?.state !== 'unknown',
    grossAmount: match?.grossAmount === true && booked?.grossAmount !== false,
    acceptedQtyCoversInvoiced: match?.acceptedQtyCoversInvoiced === true && booked?.acceptedQtyCoversInvoiced !== false,
    dueConfirmed: booked?.dueConfirmed ?? true,
    payeeAccountMatch: booked?.payeeAccountMatch ?? true,
  }
}

const answerOf = ({ question }: Question, values: Values) => {
  const now = Date.now()
  const { status, reason, number, grossAmount, acceptedQtyCoversInvoiced, dueConfirmed, payeeAccountMatch } = values
  const disputeOpen = status === 'RE'
  return {
    invoice: question.invoice,
    commitment: question.commitment,
    opened: question.opened,
    status,
    match: { number, grossAmount, acceptedQtyCoversInvoiced },
    dueConfirmed,
    payeeAccountMatch,
    disputeOpen,
    ...(status === 'CA' || isDispute({ status, disputeOpen }) ? { reason } : {}),
    asOf: instantOf(now),
    expires: instantOf(now + values.days * DAY),
    nonce: newNonce(),
  }
}
