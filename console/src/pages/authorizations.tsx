import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import type { z } from 'zod'
import type { AuthorizationState } from '../../../core/authorization/states.ts'
import { type authorizationView, listAuthorizations } from '../../../exchange/authorizations/contract.ts'
import { call } from '../api/call.ts'
import { type Paged, usePages } from '../api/use.ts'
import { List } from '../parts/list.tsx'
import { Mark, type Tone } from '../parts/mark.tsx'
import { Page } from '../parts/page.tsx'
import { Organization, When } from '../parts/values.tsx'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'

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

export function AuthorizationsPage() {
  const t = useText()
  const { roles } = useSession()
  const seller = roles.includes('distributor')
  const authorizations = usePages(['listAuthorizations'], authorizationsOf())
  return (
    <Page
      title={t.authorizations.title}
      lead={seller ? t.authorizations.leadSeller : t.authorizations.leadBank}
      actions={
        seller && (
          <Link to="/authorizations/new">
            <Button type="primary">{t.authorizations.create}</Button>
          </Link>
        )
      }
    >
      <List<AuthorizationView>
        of={authorizations}
        rowKey="id"
        columns={[
          { title: t.authorizations.supplier, render: (_, it) => <Organization uscc={it.payload.subject.uscc} /> },
          { title: t.authorizations.bank, render: (_, it) => <Organization uscc={it.payload.grantee.uscc} /> },
          { title: t.authorizations.purpose, render: (_, it) => t.authorizations.purposes[it.payload.purpose.code] },
          { title: t.authorizations.until, render: (_, it) => <When at={it.payload.notAfter} /> },
          { title: t.authorizations.uses, render: (_, it) => t.authorizations.usesOf(it.uses, it.payload.maxUses) },
          { title: t.common.state, render: (_, it) => <AuthorizationMark state={it.state} /> },
          {
            title: t.common.action,
            render: (_, it) => (
              <Link to="/authorizations/$id" params={{ id: it.id }}>
                {t.common.details}
              </Link>
            ),
          },
        ]}
      />
    </Page>
  )
}
