import { Alert, Button, Card, Checkbox, Flex, Form, Input, Select } from 'antd'
import { useState } from 'react'
import { isCurrency } from '../../../core/money.ts'
import type { Policy } from '../../../core/report/policy.ts'
import { typ } from '../../../core/typ.ts'
import { putPolicy } from '../../../receivables/reports/contract.ts'
import { call } from '../api/call.ts'
import { useAct } from '../api/use.ts'
import { useSession } from '../session/session.tsx'
import { signAct } from '../session/signing.ts'
import { useText } from '../text/text.tsx'
import { Changes } from './policy-changes.tsx'
import { Gates } from './policy-gates.tsx'
import {
  changesBetween,
  isNumberFor,
  type NumberPath,
  numberPaths,
  type PolicyValues,
  policyFrom,
  valuesOf,
} from './policy-terms.ts'

/** Changed, reviewed against what stands, and only then signed. */
export function PolicyForm({ before }: { readonly before: Policy }) {
  const t = useText()
  const { identity } = useSession()
  const [form] = Form.useForm<PolicyValues>()
  const start = valuesOf(before)
  const [hasFacility, setHasFacility] = useState(start.facility !== undefined)
  const [next, setNext] = useState<Policy>()
  const [trouble, setTrouble] = useState<string>()
  const signing = useAct(
    async ({ client, identity: by }, policy: Policy) =>
      call(client, putPolicy, { body: await signAct(by, typ.policy, policy) }),
    ({ policy }) => t.policy.done(policy.version),
  )
  const review = () => {
    setTrouble(undefined)
    setNext(undefined)
    try {
      setNext(policyFrom(before, form.getFieldsValue(true) as PolicyValues))
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error))
    }
  }
  const setFacility = (isWanted: boolean) => {
    setNext(undefined)
    setHasFacility(isWanted)
    const empty = { currency: 'CNY', limit: '', reserves: '0', outstanding: '0' }
    form.setFieldValue('facility', isWanted ? (start.facility ?? empty) : undefined)
  }
  const changes = next && changesBetween(before, next)
  return (
    <Form<PolicyValues>
      form={form}
      name="policy"
      layout="vertical"
      initialValues={start}
      onFinish={review}
      onValuesChange={() => setNext(undefined)}
      scrollToFirstError
    >
      <Flex vertical gap="middle">
        <Card size="small" title={t.policy.inForce(before.version)}>
          <Form.Item
            name="name"
            label={t.policy.name}
            rules={[{ required: true, whitespace: true, message: t.policy.nameNeeded }]}
          >
            <Input maxLength={100} style={{ maxWidth: 360 }} />
          </Form.Item>
          <Form.Item name="demonstration" valuePropName="checked" style={{ marginBottom: 0 }}>
            <Checkbox>{t.policy.demonstration}</Checkbox>
          </Form.Item>
        </Card>
        <Card size="small" title={t.policy.groups.eligibility}>
          <Numbers of={['eligibility.']} />
          <Checkbox checked={hasFacility} onChange={({ target }) => setFacility(target.checked)}>
            {t.policy.facility}
          </Checkbox>
          {hasFacility && <Facility />}
        </Card>
        <Card size="small" title={t.policy.groups.match}>
          <Numbers of={['coverage', 'match.', 'scans.']} />
        </Card>
        <Card size="small" title={t.policy.groups.freshness}>
          <Numbers of={['confirmation.', 'registry.', 'queries.', 'term.']} />
        </Card>
        <Card size="small" title={t.policy.groups.gates}>
          <Gates />
        </Card>
        <Card size="small" title={t.policy.groups.parties}>
          <Form.Item name="invoiceNumbers" label={t.policy.invoiceNumbers} rules={[{ required: true }]}>
            <Select
              mode="multiple"
              style={{ maxWidth: 480 }}
              options={(['full-digital', 'paper', 'seller'] as const).map(value => ({
                value,
                label: t.kinds[value] ?? value,
              }))}
            />
          </Form.Item>
          <Form.Item name="acceptOperatorOnly" valuePropName="checked">
            <Checkbox>{t.policy.acceptOperatorOnly}</Checkbox>
          </Form.Item>
          {(['origins', 'independent', 'affiliated'] as const).map(name => (
            <Form.Item key={name} name={name} label={t.policy[name]}>
              <Input.TextArea rows={2} className="code" style={{ maxWidth: 480 }} />
            </Form.Item>
          ))}
        </Card>
        {trouble !== undefined && (
          <Alert type="error" showIcon role="alert" title={t.policy.invalid} description={trouble} />
        )}
        {changes && (
          <Card size="small" title={`${t.policy.changes} · ${t.policy.next(before.version + 1)}`}>
            <Changes of={changes} />
          </Card>
        )}
        <p>{t.common.signedBy(identity.name)}</p>
        <Flex gap="small" wrap>
          <Button htmlType="submit">{t.policy.review}</Button>
          {next && changes && changes.length > 0 && (
            <Button type="primary" loading={signing.isPending} onClick={() => signing.mutate(next)}>
              {t.policy.sign(next.version)}
            </Button>
          )}
        </Flex>
      </Flex>
    </Form>
  )
}

function Numbers({ of }: { readonly of: readonly string[] }) {
  const t = useText()
  const paths = numberPaths.filter(path => of.some(start => path.startsWith(start)))
  return (
    <div className="fields">
      {paths.map(path => (
        <Form.Item
          key={path}
          name={['numbers', path]}
          label={t.policy.numbers[path]}
          rules={[{ validator: (_, text?: string) => mustBe(path, text ?? '', t.policy.numberInvalid) }]}
        >
          <Input inputMode="decimal" />
        </Form.Item>
      ))}
    </div>
  )
}

const mustBe = (path: NumberPath, text: string, message: string): Promise<void> =>
  isNumberFor(path, text) ? Promise.resolve() : Promise.reject(new Error(message))

function Facility() {
  const t = useText()
  return (
    <div className="fields" style={{ marginTop: 12 }}>
      <Form.Item
        name={['facility', 'currency']}
        label={t.policy.currency}
        rules={[
          {
            validator: (_, text?: string) =>
              isCurrency(text ?? '') ? Promise.resolve() : Promise.reject(new Error(t.policy.currencyInvalid)),
          },
        ]}
      >
        <Input maxLength={3} />
      </Form.Item>
      {(['limit', 'reserves', 'outstanding'] as const).map(name => (
        <Form.Item
          key={name}
          name={['facility', name]}
          label={t.policy[name]}
          rules={[
            {
              validator: (_, text?: string) =>
                /^\d[\d,]*(\.\d+)?$/.test((text ?? '').trim())
                  ? Promise.resolve()
                  : Promise.reject(new Error(t.refusals.AMOUNT_OUT_OF_RANGE)),
            },
          ]}
        >
          <Input inputMode="decimal" />
        </Form.Item>
      ))}
    </div>
  )
}
