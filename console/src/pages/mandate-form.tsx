import { Button, Checkbox, Flex, Form, Input, Select } from 'antd'
import { giveMandate } from '../../../certs/mandates/contract.ts'
import { publicJwk } from '../../../core/jwk.ts'
import type { Mandate, MandatedAct } from '../../../core/mandate.ts'
import { isCurrency, parseAmount } from '../../../core/money.ts'
import { typ } from '../../../core/typ.ts'
import { call } from '../api/call.ts'
import { useAct } from '../api/use.ts'
import { useSession } from '../session/session.tsx'
import { DAY, instantOf, newNonce, signAct } from '../session/signing.ts'
import { useText } from '../text/text.tsx'

type Values = {
  readonly name: string
  readonly key: string
  readonly acts: readonly MandatedAct[]
  readonly amount?: string
  readonly currency: string
  readonly months: number
  readonly twoPersons?: boolean
}

/** What each role has to sign; another act would be refused at its own address. */
const actsOf: Readonly<Record<string, readonly MandatedAct[]>> = {
  bank: ['decision', 'financing-mark', 'financing-release', 'authorization', 'authorization-revocation'],
  distributor: ['question', 'application', 'financing-consent', 'authorization', 'authorization-revocation'],
  hospital: ['confirmation'],
}

/** `private`: the file holds what should never have left the clerk. */
const keyIn = (text: string) => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    // As `tallystick clerk key` writes it, or the bare key.
    const key = 'jwk' in value && typeof value.jwk === 'object' && value.jwk !== null ? value.jwk : value
    if ('d' in key) return 'private'
    const { kty, crv, x, y } = key as Record<string, unknown>
    return publicJwk.safeParse({ kty, crv, x, y }).data
  } catch {
    return undefined
  }
}

const limitOf = (amount: string | undefined, currency: string): Mandate['limit'] | 'wrong' => {
  if (amount === undefined || amount.trim() === '') return undefined
  try {
    if (!isCurrency(currency)) return 'wrong'
    const { minor } = parseAmount(amount.replaceAll(',', ''), currency)
    return minor > 0n ? { amount: String(minor), currency } : 'wrong'
  } catch {
    return 'wrong'
  }
}

/** Lets a clerk sign, under the organization's certificate; the clerk's private key is nobody else's. */
export function MandateForm() {
  const t = useText()
  const text = t.bankDesk.mandates
  const { identity, roles } = useSession()
  const [form] = Form.useForm<Values>()
  const giving = useAct(
    async ({ client, identity: by }, { name, key, acts, amount, currency, months, twoPersons }: Values) => {
      const jwk = keyIn(key)
      const limit = limitOf(amount, currency)
      if (jwk === undefined || jwk === 'private' || limit === 'wrong') throw new Error(text.keyInvalid)
      const now = Date.now()
      const mandate = {
        ...{ id: crypto.randomUUID(), version: 1, organization: by.uscc, clerk: { name: name.trim(), jwk }, acts },
        ...(limit === undefined ? {} : { limit }),
        ...(twoPersons ? { twoPersons: true } : {}),
        ...{ notBefore: instantOf(now), notAfter: instantOf(now + months * 30 * DAY) },
        ...{ nonce: newNonce(), iat: instantOf(now) },
      }
      const given = await call(client, giveMandate, { body: await signAct(by, typ.mandate, mandate) })
      form.resetFields()
      return given
    },
    () => text.given,
  )
  const acts = [...new Set(roles.flatMap(role => actsOf[role] ?? []))]
  return (
    <Form<Values>
      form={form}
      layout="vertical"
      onFinish={values => giving.mutate(values)}
      initialValues={{ currency: 'CNY', months: 12 }}
    >
      <Form.Item name="name" label={text.name} rules={[{ required: true, whitespace: true, message: text.name }]}>
        <Input maxLength={100} style={{ maxWidth: 320 }} />
      </Form.Item>
      <Form.Item
        name="key"
        label={text.key}
        rules={[
          {
            required: true,
            validator: (_, value?: string) => {
              const key = keyIn(value ?? '')
              if (key === 'private') return Promise.reject(new Error(text.keyPrivate))
              return key === undefined ? Promise.reject(new Error(text.keyInvalid)) : Promise.resolve()
            },
          },
        ]}
      >
        <Input.TextArea rows={3} maxLength={2000} className="code" style={{ maxWidth: 640 }} />
      </Form.Item>
      <Form.Item
        name="acts"
        label={text.acts}
        rules={[
          {
            // Not `required`: that would say so of a group, which has no such state.
            validator: (_, value?: readonly string[]) =>
              value?.length ? Promise.resolve() : Promise.reject(new Error(text.acts)),
          },
        ]}
      >
        <Checkbox.Group options={acts.map(value => ({ value, label: text.actNames[value] }))} />
      </Form.Item>
      <Flex gap="middle" wrap>
        <Form.Item
          name="amount"
          label={text.limit}
          extra={text.noLimit}
          dependencies={['currency']}
          rules={[
            {
              validator: (_, value?: string) =>
                limitOf(value, form.getFieldValue('currency')) === 'wrong'
                  ? Promise.reject(new Error(text.amountInvalid))
                  : Promise.resolve(),
            },
          ]}
        >
          <Input inputMode="decimal" style={{ maxWidth: 200 }} />
        </Form.Item>
        <Form.Item name="currency" label={text.currency}>
          <Input maxLength={3} style={{ width: 90 }} />
        </Form.Item>
        <Form.Item name="months" label={text.validFor}>
          <Select
            style={{ minWidth: 120 }}
            options={[1, 3, 6, 12, 24].map(value => ({ value, label: text.months(value) }))}
          />
        </Form.Item>
      </Flex>
      <Form.Item name="twoPersons" valuePropName="checked">
        <Checkbox>{text.twoPersons}</Checkbox>
      </Form.Item>
      <p>{t.common.signedBy(identity.name)}</p>
      <Button type="primary" htmlType="submit" loading={giving.isPending}>
        {text.sign}
      </Button>
    </Form>
  )
}
