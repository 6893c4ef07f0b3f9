import { Link } from '@tanstack/react-router'
import { Button, Card, Descriptions, Flex, Form, Input } from 'antd'
import { Refusal } from '../../../core/errors.ts'
import { typ } from '../../../core/typ.ts'
import {
  listPushes,
  type PushState,
  putDestination,
  readDestination,
  type ShownPush,
} from '../../../exchange/pushes/contract.ts'
import { call } from '../api/call.ts'
import { type Paged, useAct, useAsk, usePages } from '../api/use.ts'
import { Failure } from '../parts/failure.tsx'
import { List } from '../parts/list.tsx'
import { Mark, type Tone } from '../parts/mark.tsx'
import { Page } from '../parts/page.tsx'
import { Organization, When } from '../parts/values.tsx'
import { useSession } from '../session/session.tsx'
import { instantOf, newNonce, signAct } from '../session/signing.ts'
import { useText } from '../text/text.tsx'

const tones = {
  queued: 'open',
  unacknowledged: 'warn',
  acknowledged: 'good',
  'given-up': 'bad',
} as const satisfies Record<PushState, Tone>

const pushesOf: Paged<ShownPush> = async ({ client }, before) => {
  const { pushes, next } = await call(client, listPushes, { query: { before, limit: 50 } })
  return { items: pushes, next: next ?? null }
}

/** What was pushed to the bank, evidence and alerts, and whether it has signed for it; and where it takes them. */
export function PushesPage() {
  const t = useText()
  const { roles } = useSession()
  const { pushes: text } = t.bankDesk
  const pushes = usePages<ShownPush>(['listPushes'], pushesOf)
  return (
    <Page title={text.title} lead={text.lead}>
      {roles.includes('bank') && <Destination />}
      <List<ShownPush>
        of={pushes}
        rowKey="id"
        columns={[
          { title: text.askedAt, render: (_, it) => <When at={it.askedAt} /> },
          { title: text.what, render: (_, it) => (it.alert === null ? text.evidence : text.alert) },
          {
            title: t.applications.title,
            render: (_, it) => (
              <Link to="/applications/$id" params={{ id: it.application }} className="code">
                {it.application.slice(0, 8)}
              </Link>
            ),
          },
          { title: t.authorizations.supplier, render: (_, it) => <Organization uscc={it.seller} /> },
          { title: t.common.state, render: (_, it) => <Mark tone={tones[it.state]}>{text.states[it.state]}</Mark> },
          { title: text.attempts, align: 'right', dataIndex: 'attempts' },
          { title: text.trouble, render: (_, it) => it.trouble ?? t.common.none },
          {
            title: text.receipt,
            render: (_, it) =>
              it.receipt === null ? (
                t.common.none
              ) : (
                <Link to="/entry/$index" params={{ index: it.receipt }} className="figure">
                  {it.receipt}
                </Link>
              ),
          },
        ]}
      />
    </Page>
  )
}

type Values = { readonly url: string }

/** Signed by the bank's certificate: whoever only has its token can't lead its data elsewhere. */
function Destination() {
  const t = useText()
  const { pushes: text } = t.bankDesk
  const { identity } = useSession()
  const destination = useAsk(readDestination, {})
  const isNone = destination.error instanceof Refusal && destination.error.code === 'DESTINATION_UNKNOWN'
  const saving = useAct(
    async ({ client, identity: by }, { url }: Values) =>
      call(client, putDestination, {
        body: await signAct(by, typ.pushDestination, { bank: by.uscc, url, nonce: newNonce(), iat: instantOf() }),
      }),
    () => text.saved,
  )
  return (
    <Card title={text.destination} size="small">
      <Flex vertical gap="middle">
        {destination.data && !isNone && (
          <Descriptions
            size="small"
            column={1}
            items={[
              {
                key: 'u',
                label: text.destination,
                children: <span className="code">{destination.data.url}</span>,
              },
              { key: 's', label: text.since, children: <When at={destination.data.registeredAt} /> },
              { key: 'i', label: t.common.logIndex, children: destination.data.index },
            ]}
          />
        )}
        {isNone && <p>{text.noDestination}</p>}
        {destination.error && !isNone && <Failure error={destination.error} retry={() => void destination.refetch()} />}
        <Form<Values> layout="vertical" onFinish={values => saving.mutate(values)}>
          <Form.Item
            name="url"
            label={text.newAddress}
            rules={[{ required: true, type: 'url', message: text.newAddress }]}
          >
            <Input inputMode="url" maxLength={2000} style={{ maxWidth: 560 }} />
          </Form.Item>
          <p>{t.common.signedBy(identity.name)}</p>
          <Button htmlType="submit" loading={saving.isPending}>
            {text.save}
          </Button>
        </Form>
      </Flex>
    </Card>
  )
}
