import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Alert, Button, Card, Checkbox, Flex, Form, InputNumber, Select, Typography } from 'antd'
import { useState } from 'react'
import { getOrganization } from '../../../certs/contract.ts'
import { agreementText, withAgreementHash } from '../../../core/authorization/agreement.ts'
import { type AuthorizationTerms, authorizationSchema, resourceTypes } from '../../../core/authorization.ts'
import { canonical } from '../../../core/canonical.ts'
import { signGeneral } from '../../../core/jws-general.ts'
import { handIn } from '../../../core/statement-client.ts'
import { typ } from '../../../core/typ.ts'
import { submitAuthorization } from '../../../exchange/authorizations/contract.ts'
import { readApplication } from '../../../receivables/applications/contract.ts'
import { call } from '../api/call.ts'
import { useOrganizations } from '../api/lists.ts'
import { useAct, useAsk } from '../api/use.ts'
import { Page } from '../parts/page.tsx'
import { useSession } from '../session/session.tsx'
import { useSpoken } from '../text/text.tsx'
import { certificateIn, fieldsOf, termsOf, type Wishes } from './authorize-terms.ts'

const route = getRouteApi('/guarded/authorizations/new')

/** Says what may be seen by whom until when, shows the whole agreement, and signs it. */
export function AuthorizePage() {
  const { t, language } = useSpoken()
  const navigate = useNavigate()
  const session = useSession()
  const { list } = useOrganizations()
  const { application } = route.useSearch()
  const financed = useAsk(readApplication, { params: { id: application ?? '' } }, application !== undefined)
  const [terms, setTerms] = useState<AuthorizationTerms>()
  const [agreed, setAgreed] = useState(false)
  const previewing = useAct(async ({ client }, wishes: Wishes) => {
    const bank = await call(client, getOrganization, { params: { uscc: wishes.bank } })
    const certificate = certificateIn(bank.certificates)
    if (certificate === undefined) throw new Error(t.authorizations.noCertificate)
    const hospital = list.find(it => it.uscc === wishes.hospital)
    const drawn = termsOf(wishes, { session, bank: { ...bank, certificate }, hospital, language })
    // What the node would refuse is refused before anybody reads it.
    authorizationSchema.parse(withAgreementHash(drawn))
    setTerms(drawn)
    setAgreed(false)
  })
  const signing = useAct(
    async ({ client, identity: { key, chain } }, of: AuthorizationTerms) => {
      const payload = withAgreementHash(of)
      return handIn(client, typ.authorization, payload, async place => {
        const body = await signGeneral(canonical(payload), { typ: typ.authorization, key, x5c: chain, place })
        return call(client, submitAuthorization, { body })
      })
    },
    ({ id }) => {
      void navigate({ to: '/authorizations/$id', params: { id } })
      return t.authorizations.signed
    },
  )
  const options = (role: 'bank' | 'hospital') =>
    list.filter(it => it.roles.includes(role)).map(({ uscc, name }) => ({ value: uscc, label: name }))
  return (
    <Page title={t.authorizations.create} lead={<Link to="/authorizations">{t.authorizations.title}</Link>}>
      <Card>
        <Form<Wishes>
          key={financed.data?.bank}
          layout="vertical"
          onValuesChange={() => setTerms(undefined)}
          onFinish={wishes => previewing.mutate(wishes)}
          initialValues={{
            application,
            bank: financed.data?.bank,
            resources: [...resourceTypes],
            from: new Date(Date.now() - 365 * 86_400_000).toISOString().slice(0, 10),
            to: new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10),
            open: true,
            months: 6,
            uses: 100,
            years: 5,
          }}
        >
          <Flex gap="large" wrap>
            <Form.Item
              name="bank"
              label={t.authorizations.who}
              rules={[{ required: true, message: t.authorizations.who }]}
            >
              <Select
                style={{ width: 300 }}
                options={options('bank')}
                aria-label={t.authorizations.who}
                disabled={application !== undefined}
              />
            </Form.Item>
            {application !== undefined && (
              <Form.Item name="application" label={t.authorizations.purpose}>
                <Select
                  style={{ width: 300 }}
                  aria-label={t.authorizations.purpose}
                  options={[{ value: application, label: t.authorizations.monitoring(application.slice(0, 8)) }]}
                />
              </Form.Item>
            )}
            <Form.Item
              name="hospital"
              label={t.authorizations.hospital}
              rules={[{ required: true, message: t.authorizations.hospital }]}
            >
              <Select style={{ width: 300 }} options={options('hospital')} aria-label={t.authorizations.hospital} />
            </Form.Item>
          </Flex>
          <Form.Item
            name="resources"
            label={t.authorizations.leaves}
            rules={[{ type: 'array', min: 1, message: t.authorizations.what }]}
          >
            <Checkbox.Group>
              <Flex vertical gap="small">
                {resourceTypes.map(type => (
                  <Checkbox key={type} value={type}>
                    {t.authorizations.resources[type]}
                    <Typography.Text type="secondary">
                      {' '}
                      — {t.authorizations.fields}
                      {t.common.colon}
                      {fieldsOf[type].map(field => t.authorizations.fieldNames[field]).join(t.common.list)}
                    </Typography.Text>
                  </Checkbox>
                ))}
              </Flex>
            </Checkbox.Group>
          </Form.Item>
          <Flex gap="large" wrap>
            <Form.Item label={t.authorizations.period}>
              <Flex gap="small" align="center">
                <Form.Item name="from" noStyle>
                  <DayInput label={t.authorizations.period} />
                </Form.Item>
                –
                <Form.Item name="to" noStyle>
                  <DayInput label={t.authorizations.period} />
                </Form.Item>
              </Flex>
            </Form.Item>
            <Form.Item name="months" label={t.authorizations.validMonths}>
              <Select
                style={{ width: 140 }}
                options={[1, 3, 6, 12].map(value => ({ value, label: t.authorizations.months(value) }))}
              />
            </Form.Item>
            <Form.Item name="years" label={t.authorizations.retention}>
              <Select
                style={{ width: 140 }}
                options={[1, 3, 5, 10].map(value => ({ value, label: t.authorizations.years(value) }))}
              />
            </Form.Item>
            <Form.Item name="uses" label={t.authorizations.maxUses}>
              <InputNumber min={1} max={1000} precision={0} />
            </Form.Item>
          </Flex>
          <Form.Item name="open" valuePropName="checked">
            <Checkbox>{t.authorizations.open}</Checkbox>
          </Form.Item>
          <Button htmlType="submit" type={terms ? 'default' : 'primary'} loading={previewing.isPending}>
            {t.authorizations.preview}
          </Button>
        </Form>
      </Card>
      {terms && (
        <Card title={t.authorizations.text}>
          <Flex vertical gap="middle" align="flex-start">
            <Alert type="info" showIcon title={t.authorizations.readFirst} />
            <pre className="agreement" lang={terms.agreement.language} style={{ width: '100%' }}>
              {agreementText(terms)}
            </pre>
            <Checkbox checked={agreed} onChange={event => setAgreed(event.target.checked)}>
              {t.authorizations.agree}
            </Checkbox>
            <span>{t.common.signedBy(session.identity.name)}</span>
            <Button type="primary" disabled={!agreed} loading={signing.isPending} onClick={() => signing.mutate(terms)}>
              {t.authorizations.sign}
            </Button>
          </Flex>
        </Card>
      )}
    </Page>
  )
}

type DayInputProps = { readonly label: string; readonly value?: string; readonly onChange?: (day: string) => void }

/** The browser's own date field: it has a keyboard and a language. */
function DayInput({ label, value, onChange }: DayInputProps) {
  return (
    <input
      type="date"
      className="ant-input css-var-root"
      style={{ padding: '4px 8px', borderRadius: 6, border: '1px solid #c4ccd2', font: 'inherit' }}
      aria-label={label}
      required
      value={value ?? ''}
      onChange={event => onChange?.(event.target.value)}
    />
  )
}
