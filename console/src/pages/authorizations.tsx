import { Link } from '@tanstack/react-router'
import { Button, Flex, Segmented } from 'antd'
import { useState } from 'react'
import type { z } from 'zod'
import type { AuthorizationState } from '../../../core/authorization/states.ts'
import { type authorizationView, listAuthorizations } from '../../../exchange/authorizations/contract.ts'
import { call } from '../api/call.ts'
import { useOrganizations } from '../api/lists.ts'
import { type Paged, usePages } from '../api/use.ts'
import { List } from '../parts/list.tsx'
import { Mark, type Tone } from '../parts/mark.tsx'
import { Page } from '../parts/page.tsx'
import { Organization, When } from '../parts/values.tsx'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'
import { isRevocable, Revoke } from './authorization-revoke.tsx'

export type AuthorizationView = z.input<typeof authorizationView>

export const authorizationsOf =
  (state?: AuthorizationState): Paged<AuthorizationView> =>
  async ({ client }, cursor) => {
    const { authorizations, next } = await call(client, listAuthorizations, { query: { cursor, state, limit: 50 } })
    return { items: authorizations, next: next ?? null }
  }

const tones = {
  draft: 'unknown',
  signed: 'open',
  countersigned: 'open',
  active: 'good',
  suspended: 'warn',
  revoked: 'bad',
  expired: 'unknown',
  exhausted: 'unknown',
  superseded: 'unknown',
} as const satisfies Record<AuthorizationState, Tone>

export function AuthorizationMark({ state }: { readonly state: AuthorizationState }) {
  const t = useText()
  return <Mark tone={tones[state]}>{t.authorizations.states[state]}</Mark>
}

/** Kinds of records, each with the fields that may be seen of it. */
function What({ of: { resources } }: { readonly of: AuthorizationView['payload'] }) {
  const t = useText()
  const names: Readonly<Record<string, string>> = t.authorizations.fieldNames
  return (
    <ul className="reasons" style={{ minWidth: 200, maxWidth: 360, whiteSpace: 'normal' }}>
      {resources.map(({ type, fields }) => (
        <li key={`${type} ${fields.join()}`}>
          {t.authorizations.resources[type]}
          {t.common.colon}
          {fields.map(field => names[field] ?? field).join(t.common.list)}
        </li>
      ))}
    </ul>
  )
}

function Uses({ of: { uses, payload } }: { readonly of: AuthorizationView }) {
  const t = useText()
  return (
    <>
      {t.bankDesk.consents.left(Math.max(0, payload.maxUses - uses))}
      <div className="check-code">{t.authorizations.usesOf(uses, payload.maxUses)}</div>
    </>
  )
}

export function AuthorizationsPage() {
  const t = useText()
  const { roles, identity } = useSession()
  const { nameOf } = useOrganizations()
  const seller = roles.includes('distributor')
  const [shown, setShown] = useState<'active' | 'all'>('all')
  const authorizations = usePages(
    ['listAuthorizations', shown],
    authorizationsOf(shown === 'active' ? 'active' : undefined),
  )
  return (
    <Page
      title={t.authorizations.title}
      lead={seller ? t.authorizations.leadSeller : t.authorizations.leadBank}
      actions={
        <>
          <Segmented<'active' | 'all'>
            aria-label={t.common.state}
            value={shown}
            onChange={setShown}
            options={[
              { value: 'active', label: t.authorizations.states.active },
              { value: 'all', label: t.common.all },
            ]}
          />
          {seller && (
            <Link to="/authorizations/new">
              <Button type="primary">{t.authorizations.create}</Button>
            </Link>
          )}
        </>
      }
    >
      <List<AuthorizationView>
        of={authorizations}
        rowKey="id"
        columns={[
          {
            // One of the two is the reader, who knows.
            title: seller ? t.authorizations.bank : t.authorizations.supplier,
            render: (_, { payload: { subject, grantee, purpose } }) => (
              <div style={{ maxWidth: 240, whiteSpace: 'normal' }}>
                <Organization uscc={subject.uscc === identity.uscc ? grantee.uscc : subject.uscc} />
                <div className="check-code">{t.authorizations.purposes[purpose.code]}</div>
              </div>
            ),
          },
          { title: t.authorizations.what, render: (_, it) => <What of={it.payload} /> },
          { title: t.authorizations.until, render: (_, it) => <When at={it.payload.notAfter} /> },
          { title: t.authorizations.uses, render: (_, it) => <Uses of={it} /> },
          { title: t.common.state, render: (_, it) => <AuthorizationMark state={it.state} /> },
          {
            title: t.common.action,
            render: (_, it) => (
              <Flex gap="small" align="center" wrap>
                <Link to="/authorizations/$id" params={{ id: it.id }}>
                  {t.common.details}
                </Link>
                {isRevocable(it.state) && (
                  <Revoke id={it.id} label={t.bankDesk.consents.revokeOf(nameOf(it.payload.grantee.uscc))} />
                )}
              </Flex>
            ),
          },
        ]}
      />
    </Page>
  )
}
