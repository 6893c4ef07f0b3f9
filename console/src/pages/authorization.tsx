import { getRouteApi, Link } from '@tanstack/react-router'
import { Alert, Button, Card, Checkbox, Descriptions, Flex, Table } from 'antd'
import { useState } from 'react'
import { agreementText, showsWhatWasSigned } from '../../../core/authorization/agreement.ts'
import { type Authorization, parseAuthorization } from '../../../core/authorization.ts'
import { countersign, parseGeneral } from '../../../core/jws-general.ts'
import { handIn } from '../../../core/statement-client.ts'
import { typ } from '../../../core/typ.ts'
import { countersignAuthorization, getAuthorization } from '../../../exchange/authorizations/contract.ts'
import { call } from '../api/call.ts'
import { useAct, useAsk } from '../api/use.ts'
import { Mark } from '../parts/mark.tsx'
import { Loaded, Page } from '../parts/page.tsx'
import { Organization, When } from '../parts/values.tsx'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'
import { isRevocable, Revoke } from './authorization-revoke.tsx'
import { AuthorizationMark, type AuthorizationView } from './authorizations.tsx'

const route = getRouteApi('/guarded/authorizations/$id')

export function AuthorizationPage() {
  const { id } = route.useParams()
  const authorization = useAsk(getAuthorization, { params: { id } })
  return <Loaded from={authorization}>{it => <AuthorizationDetail view={it} />}</Loaded>
}

/** The terms that the signatures are over: what is shown must be what was signed. */
const signedTerms = (signed: string | undefined): Authorization | undefined => {
  if (signed === undefined) return undefined
  try {
    const jws = parseGeneral(signed)
    return jws.ok ? parseAuthorization(jws.payload) : undefined
  } catch {
    return undefined
  }
}

function AuthorizationDetail({ view }: { readonly view: AuthorizationView }) {
  const t = useText()
  const { identity } = useSession()
  const { payload, state, signed } = view
  const terms = signedTerms(signed)
  const matches = terms !== undefined && showsWhatWasSigned(terms)
  return (
    <Page
      title={t.authorizations.title}
      lead={<Link to="/authorizations">{t.common.back}</Link>}
      actions={
        <>
          <AuthorizationMark state={state} />
          {isRevocable(state) && <Revoke id={view.id} />}
        </>
      }
    >
      <Card>
        <Descriptions
          size="small"
          column={{ xs: 1, md: 2 }}
          items={[
            { key: 's', label: t.authorizations.supplier, children: <Organization uscc={payload.subject.uscc} /> },
            { key: 'g', label: t.authorizations.bank, children: <Organization uscc={payload.grantee.uscc} /> },
            { key: 'p', label: t.authorizations.purpose, children: t.authorizations.purposes[payload.purpose.code] },
            { key: 'u', label: t.authorizations.until, children: <When at={payload.notAfter} /> },
            {
              key: 'n',
              label: t.authorizations.uses,
              children: t.authorizations.usesOf(view.uses, payload.maxUses),
            },
            { key: 'i', label: t.common.logIndex, children: view.index },
          ]}
        />
      </Card>
      <Card
        title={t.authorizations.text}
        size="small"
        extra={
          <Mark tone={matches ? 'good' : 'bad'}>
            {matches ? t.authorizations.textMatches : t.authorizations.textDiffers}
          </Mark>
        }
      >
        <pre className="agreement" lang={payload.agreement.language}>
          {terms ? agreementText(terms) : view.text}
        </pre>
      </Card>
      {state === 'signed' && matches && signed && payload.grantee.uscc === identity.uscc && (
        <Countersign id={view.id} signed={signed} />
      )}
      {view.moves && (
        <Card title={t.authorizations.moves} size="small">
          <Table
            rowKey="index"
            size="small"
            dataSource={view.moves}
            pagination={false}
            scroll={{ x: 'max-content' }}
            columns={[
              { title: t.common.time, render: (_, it) => <When at={it.at} /> },
              { title: t.common.state, render: (_, it) => <AuthorizationMark state={it.to} /> },
              {
                title: t.report.signer,
                render: (_, it) => (it.by === 'node' ? t.report.node : <Organization uscc={it.by} />),
              },
              { title: t.common.reason, dataIndex: 'reason' },
              { title: t.common.logIndex, dataIndex: 'index' },
            ]}
          />
        </Card>
      )}
    </Page>
  )
}

function Countersign({ id, signed }: { readonly id: string; readonly signed: string }) {
  const t = useText()
  const { identity } = useSession()
  const [agreed, setAgreed] = useState(false)
  const signing = useAct(
    async ({ client, identity: { key, chain } }) =>
      handIn(client, typ.authorization, { id }, async place =>
        call(client, countersignAuthorization, {
          params: { id },
          body: await countersign(signed, { typ: typ.authorization, key, x5c: chain, place }),
        }),
      ),
    () => t.authorizations.inForce,
  )
  return (
    <Card>
      <Flex vertical gap="middle" align="flex-start">
        <Alert type="info" showIcon title={t.authorizations.readFirst} />
        <Checkbox checked={agreed} onChange={event => setAgreed(event.target.checked)}>
          {t.authorizations.agree}
        </Checkbox>
        <span>{t.common.signedBy(identity.name)}</span>
        <Button type="primary" disabled={!agreed} loading={signing.isPending} onClick={() => signing.mutate(undefined)}>
          {t.authorizations.countersign}
        </Button>
      </Flex>
    </Card>
  )
}
