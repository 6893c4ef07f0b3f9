import { Link } from '@tanstack/react-router'
import { App, Button, Select } from 'antd'
import { useState } from 'react'
import type { MarkState } from '../../../core/financing.ts'
import { typ } from '../../../core/typ.ts'
import { releaseFinancing } from '../../../receivables/financings/contract.ts'
import { call } from '../api/call.ts'
import { type Financing, financingsOf } from '../api/lists.ts'
import { useAct, usePages } from '../api/use.ts'
import { List } from '../parts/list.tsx'
import { Mark, type Tone } from '../parts/mark.tsx'
import { Page } from '../parts/page.tsx'
import { Code, Money, Organization, When } from '../parts/values.tsx'
import { useSession } from '../session/session.tsx'
import { handInAct, instantOf, newNonce } from '../session/signing.ts'
import { useText } from '../text/text.tsx'

const tones = {
  REGU: 'open',
  REDU: 'warn',
  DFIN: 'bad',
  PNDG: 'open',
  FNCD: 'good',
  CANC: 'unknown',
} as const satisfies Record<MarkState, Tone>

export function FinancingMark({ state }: { readonly state: MarkState }) {
  const t = useText()
  return <Mark tone={tones[state]}>{t.financings.states[state]}</Mark>
}

export function FinancingsPage() {
  const t = useText()
  const { roles } = useSession()
  const financings = usePages<Financing>(['listFinancings'], financingsOf, it => it.state === 'PNDG')
  return (
    <Page title={t.financings.title} lead={t.financings.lead}>
      <List<Financing>
        of={financings}
        rowKey="id"
        columns={[
          { title: t.documents.kinds.invoice, render: (_, it) => <Code text={it.invoice} /> },
          { title: t.applications.bank, render: (_, it) => <Organization uscc={it.bank} /> },
          { title: t.documents.seller, render: (_, it) => <Organization uscc={it.seller} /> },
          {
            title: t.common.amount,
            align: 'right',
            render: (_, it) => <Money minor={it.amount} currency={it.currency} />,
          },
          { title: t.applications.mode, dataIndex: 'mode' },
          {
            title: t.common.state,
            render: (_, it) => (
              <>
                <FinancingMark state={it.state} />
                {it.expiresAt !== null && (
                  <div className="check-code">
                    {t.financings.until} <When at={it.expiresAt} />
                  </div>
                )}
              </>
            ),
          },
          { title: t.common.time, render: (_, it) => <When at={it.changedAt} /> },
          {
            title: t.applications.title,
            render: (_, it) => (
              <Link to="/applications/$id" params={{ id: it.application }}>
                {t.common.details}
              </Link>
            ),
          },
          {
            title: t.common.action,
            render: (_, it) => roles.includes('bank') && it.state !== 'CANC' && <Release financing={it} />,
          },
        ]}
      />
    </Page>
  )
}

const reasons = ['repaid', 'withdrawn', 'recourse', 'mistake'] as const
type Reason = (typeof reasons)[number]

function Release({ financing }: { readonly financing: Financing }) {
  const t = useText()
  const { modal } = App.useApp()
  const [open, setOpen] = useState(false)
  const releasing = useAct(
    async (session, reason: Reason) => {
      const release = {
        financing: financing.id,
        bank: session.identity.uscc,
        reason,
        nonce: newNonce(),
        iat: instantOf(),
      }
      return handInAct(session, typ.financingRelease, release, body =>
        call(session.client, releaseFinancing, { params: { id: financing.id }, body }),
      )
    },
    () => t.financings.released,
  )
  if (!open) {
    return (
      <Button size="small" onClick={() => setOpen(true)}>
        {t.financings.release}
      </Button>
    )
  }
  return (
    <Select<Reason>
      autoFocus
      defaultOpen
      style={{ minWidth: 160 }}
      placeholder={t.common.reason}
      loading={releasing.isPending}
      onBlur={() => setOpen(false)}
      onChange={reason =>
        modal.confirm({
          title: t.financings.releaseTitle,
          content: t.financings.releaseReasons[reason],
          okText: t.financings.release,
          onOk: () => releasing.mutateAsync(reason).catch(() => undefined),
        })
      }
      options={reasons.map(value => ({ value, label: t.financings.releaseReasons[value] }))}
    />
  )
}
