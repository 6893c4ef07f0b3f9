import { Button, Collapse, Popconfirm } from 'antd'
import type { z } from 'zod'
import { listMandates, revokeMandate } from '../../../certs/mandates/contract.ts'
import { typ } from '../../../core/typ.ts'
import { call } from '../api/call.ts'
import { type Paged, useAct, usePages } from '../api/use.ts'
import { List } from '../parts/list.tsx'
import { Mark, type Tone } from '../parts/mark.tsx'
import { Page } from '../parts/page.tsx'
import { Money, Organization, When } from '../parts/values.tsx'
import { instantOf, newNonce, signAct } from '../session/signing.ts'
import { useText } from '../text/text.tsx'
import { MandateForm } from './mandate-form.tsx'

type Item = z.input<typeof listMandates.reply.schema>['items'][number]

const mandatesOf: Paged<Item> = ({ client }, after) => call(client, listMandates, { query: { after, limit: 50 } })

const tones = { active: 'good', future: 'open', ended: 'unknown', revoked: 'bad' } as const satisfies Record<
  string,
  Tone
>

const stateOf = ({ mandate, revokedAt }: Item): keyof typeof tones => {
  if (revokedAt !== null) return 'revoked'
  if (Date.parse(mandate.notAfter) < Date.now()) return 'ended'
  return Date.parse(mandate.notBefore) > Date.now() ? 'future' : 'active'
}

/** Who may sign for this organization, what, up to how much, until when. */
export function MandatesPage() {
  const t = useText()
  const { mandates: text } = t.bankDesk
  const mandates = usePages<Item>(['listMandates'], mandatesOf)
  return (
    <Page title={text.title} lead={text.lead}>
      <Collapse items={[{ key: 'give', label: text.give, children: <MandateForm /> }]} />
      <List<Item>
        of={mandates}
        rowKey="logIndex"
        columns={[
          { title: text.clerk, render: (_, { mandate }) => mandate.clerk.name },
          {
            title: text.acts,
            render: (_, { mandate }) => (
              <ul className="reasons">
                {mandate.acts.map(act => (
                  <li key={act}>{text.actNames[act]}</li>
                ))}
                {mandate.twoPersons && <li>{text.twoPersons}</li>}
                {mandate.counterparties?.map(uscc => (
                  <li key={uscc}>
                    {text.counterparties} <Organization uscc={uscc} />
                  </li>
                ))}
              </ul>
            ),
          },
          {
            title: text.limit,
            align: 'right',
            render: (_, { mandate: { limit } }) =>
              limit === undefined ? text.noLimit : <Money minor={limit.amount} currency={limit.currency} />,
          },
          {
            title: text.period,
            render: (_, { mandate }) => (
              <>
                <When at={mandate.notBefore} /> – <When at={mandate.notAfter} />
              </>
            ),
          },
          {
            title: t.common.state,
            render: (_, it) => <Mark tone={tones[stateOf(it)]}>{text.states[stateOf(it)]}</Mark>,
          },
          { title: t.common.logIndex, align: 'right', dataIndex: 'logIndex' },
          {
            title: t.common.action,
            render: (_, it) =>
              (stateOf(it) === 'active' || stateOf(it) === 'future') && <Withdraw mandate={it.mandate} />,
          },
        ]}
      />
    </Page>
  )
}

function Withdraw({ mandate: { id, clerk } }: { readonly mandate: Item['mandate'] }) {
  const { bankDesk, common } = useText()
  const text = bankDesk.mandates
  const withdrawing = useAct(
    async ({ client, identity }) => {
      const { uscc: organization } = identity
      const act = { mandate: id, organization, reason: text.withdraw, nonce: newNonce(), iat: instantOf() }
      return call(client, revokeMandate, { params: { id }, body: await signAct(identity, typ.mandateRevocation, act) })
    },
    () => text.withdrawn,
  )
  return (
    <Popconfirm
      title={text.withdrawTitle}
      okText={text.withdraw}
      cancelText={common.cancel}
      onConfirm={() => withdrawing.mutate(undefined)}
    >
      <Button size="small" danger aria-label={text.withdrawOf(clerk.name)} loading={withdrawing.isPending}>
        {text.withdraw}
      </Button>
    </Popconfirm>
  )
}
