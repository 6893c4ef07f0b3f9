import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Alert, Button, Card, Form, Radio, Select, Table } from 'antd'
import { type Mode, modes } from '../../../core/financing.ts'
import { typ } from '../../../core/typ.ts'
import { submitApplication } from '../../../receivables/applications/contract.ts'
import { readDocument } from '../../../receivables/documents/contract.ts'
import { call } from '../api/call.ts'
import { type Document, useOrganizations } from '../api/lists.ts'
import { useAct, useWhole } from '../api/use.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Money, Organization } from '../parts/values.tsx'
import { useSession } from '../session/session.tsx'
import { instantOf, newNonce, publishHeads, signAct } from '../session/signing.ts'
import { useText } from '../text/text.tsx'
import { authorizationsOf } from './authorizations.tsx'

const route = getRouteApi('/guarded/applications/new')

type Values = { readonly authorization: string; readonly mode: Mode; readonly recourse: boolean }

/** The chosen invoices, put to the bank of an authorization that is in force. */
export function ApplyPage() {
  const t = useText()
  const { client } = useSession()
  const { code = '' } = route.useSearch()
  const codes = code.split(' ').filter(Boolean)
  const invoices = useQuery({
    queryKey: ['getDocument', codes],
    queryFn: () => Promise.all(codes.map(it => call(client, readDocument, { params: { code: it } }))),
  })
  return (
    <Page title={t.applications.create} lead={<Link to="/invoices">{t.invoices.title}</Link>}>
      <Loaded from={invoices}>
        {list => (
          <>
            <Card title={t.applications.invoices} size="small">
              <Table<Document>
                rowKey="code"
                size="small"
                dataSource={list}
                pagination={false}
                scroll={{ x: 'max-content' }}
                columns={[
                  { title: t.documents.number, dataIndex: 'number' },
                  { title: t.documents.buyer, render: (_, it) => <Organization uscc={it.buyer} /> },
                  { title: t.documents.issueDate, render: (_, it) => it.claims.issueDate },
                  {
                    title: t.documents.gross,
                    align: 'right',
                    render: (_, { claims }) =>
                      'gross' in claims && <Money minor={claims.gross} currency={claims.currency} />,
                  },
                ]}
              />
            </Card>
            <Card>
              <ApplyForm invoices={list} />
            </Card>
          </>
        )}
      </Loaded>
    </Page>
  )
}

function ApplyForm({ invoices }: { readonly invoices: readonly Document[] }) {
  const t = useText()
  const navigate = useNavigate()
  const { identity } = useSession()
  const { nameOf } = useOrganizations()
  const active = useWhole(['listAuthorizations', 'active'], authorizationsOf('active'))
  const currencies = new Set(invoices.map(({ claims }) => ('currency' in claims ? claims.currency : '')))
  const [currency = ''] = currencies
  const applying = useAct(
    async ({ client, identity }, { authorization, mode, recourse }: Values) => {
      const bank = active.data?.find(it => it.id === authorization)?.payload.grantee.uscc
      const application = {
        id: crypto.randomUUID(),
        seller: identity.uscc,
        bank,
        authorization,
        invoices: invoices.map(({ code, commitment }) => ({ code, commitment })),
        mode,
        recourse,
        currency,
        nonce: newNonce(),
        iat: instantOf(),
      }
      const body = await signAct(identity, typ.application, application)
      const submitted = await call(client, submitApplication, { body })
      await publishHeads({ client, identity }, `/api/v1/applications/${application.id}`)
      return submitted
    },
    ({ id }) => {
      void navigate({ to: '/applications/$id', params: { id } })
      return t.applications.submitted
    },
  )
  if (currencies.size > 1) return <Alert type="warning" showIcon title={t.applications.currencyMixed} />
  if (active.data?.length === 0) {
    return (
      <Alert
        type="info"
        showIcon
        title={t.applications.noAuthorization}
        action={<Link to="/authorizations/new">{t.authorizations.create}</Link>}
      />
    )
  }
  return (
    <Form<Values>
      layout="vertical"
      onFinish={values => applying.mutate(values)}
      initialValues={{ mode: '明保理', recourse: true }}
    >
      <Form.Item
        name="authorization"
        label={`${t.applications.bank} · ${t.applications.authorization}`}
        rules={[{ required: true, message: t.applications.authorization }]}
      >
        <Select
          style={{ maxWidth: 520 }}
          loading={active.isPending}
          options={(active.data ?? []).map(it => ({
            value: it.id,
            label: `${nameOf(it.payload.grantee.uscc)} · ${t.authorizations.until} ${it.payload.notAfter.slice(0, 10)}`,
          }))}
        />
      </Form.Item>
      <Form.Item name="mode" label={t.applications.mode}>
        <Radio.Group
          vertical
          options={(Object.keys(modes) as Mode[]).map(value => ({
            value,
            label: `${value} — ${t.applications.modeNotes[value]}`,
          }))}
        />
      </Form.Item>
      <Form.Item name="recourse" label={t.applications.recourse}>
        <Radio.Group
          options={[
            { value: true, label: t.applications.recourse },
            { value: false, label: t.applications.noRecourse },
          ]}
        />
      </Form.Item>
      <p>{t.common.signedBy(identity.name)}</p>
      <Button type="primary" htmlType="submit" loading={applying.isPending}>
        {t.applications.submit}
      </Button>
    </Form>
  )
}
