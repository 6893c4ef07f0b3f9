import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import type { ApplicationState } from '../../../core/application.ts'
import { type Application, applicationsOf } from '../api/lists.ts'
import { usePages } from '../api/use.ts'
import { List } from '../parts/list.tsx'
import { Mark, type Tone } from '../parts/mark.tsx'
import { Page } from '../parts/page.tsx'
import { Organization, When } from '../parts/values.tsx'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'

const tones = {
  submitted: 'open',
  reported: 'open',
  referred: 'warn',
  approved: 'good',
  declined: 'bad',
  financed: 'good',
  released: 'unknown',
} as const satisfies Record<ApplicationState, Tone>

export function ApplicationMark({ state }: { readonly state: ApplicationState }) {
  const t = useText()
  return <Mark tone={tones[state]}>{t.applications.states[state]}</Mark>
}

export function ApplicationsPage() {
  const t = useText()
  const { roles } = useSession()
  const bank = roles.includes('bank')
  const applications = usePages<Application>(['listApplications'], applicationsOf)
  return (
    <Page
      title={t.applications.title}
      lead={bank ? t.applications.leadBank : t.applications.leadSeller}
      actions={
        !bank && (
          <Link to="/invoices">
            <Button type="primary">{t.applications.create}</Button>
          </Link>
        )
      }
    >
      <List<Application>
        of={applications}
        rowKey="id"
        columns={[
          {
            title: t.applications.title,
            render: (_, it) => (
              <Link to="/applications/$id" params={{ id: it.id }} className="code">
                {it.id.slice(0, 8)}
              </Link>
            ),
          },
          bank
            ? { title: t.applications.seller, render: (_, it) => <Organization uscc={it.seller} /> }
            : { title: t.applications.bank, render: (_, it) => <Organization uscc={it.bank} /> },
          { title: t.applications.invoices, align: 'right', render: (_, it) => it.invoices.length },
          { title: t.applications.mode, dataIndex: 'mode' },
          { title: t.applications.submittedAt, render: (_, it) => <When at={it.createdAt} /> },
          { title: t.common.state, render: (_, it) => <ApplicationMark state={it.state} /> },
          {
            title: t.common.action,
            render: (_, it) => (
              <Link to="/applications/$id" params={{ id: it.id }}>
                <Button size="small">{t.common.details}</Button>
              </Link>
            ),
          },
        ]}
      />
    </Page>
  )
}
