import { Table } from 'antd'
import { getNode } from '../../../api/node-contract.ts'
import { type Organization, useOrganizations } from '../api/lists.ts'
import { useAsk } from '../api/use.ts'
import { CertificateEnd } from '../parts/certificate-end.tsx'
import { Mark } from '../parts/mark.tsx'
import { Loaded, Page } from '../parts/page.tsx'
import { Scroller } from '../parts/scroller.tsx'
import { When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'
import { InviteButton } from './invite.tsx'

/** Those whose certificate ends soonest, and last those who have used none. */
const expiringFirst = (list: readonly Organization[]): Organization[] =>
  list.toSorted((a, b) => (a.certificateUntil ?? '9').localeCompare(b.certificateUntil ?? '9'))

export function OrganizationsPage() {
  const t = useText()
  const organizations = useOrganizations()
  const node = useAsk(getNode, {})
  const where = ({ hosted, node }: Organization) =>
    hosted ? t.organizations.here : node === null ? t.organizations.notHere : t.organizations.elsewhere(node)
  return (
    <Page
      title={t.organizations.title}
      lead={t.organizations.lead}
      {...(node.data?.certifies ? { actions: <InviteButton /> } : {})}
    >
      <Loaded from={organizations}>
        {list => (
          <Scroller label={t.organizations.title}>
            <Table<Organization>
              rowKey="uscc"
              dataSource={expiringFirst(list)}
              pagination={{ pageSize: 50, hideOnSinglePage: true }}
              columns={[
                { title: t.organizations.name, dataIndex: 'name' },
                { title: t.signIn.uscc, dataIndex: 'uscc', render: uscc => <span className="code">{uscc}</span> },
                { title: t.organizations.roles, render: (_, it) => it.roles.map(role => t.roles[role]).join(' · ') },
                { title: t.organizations.where, render: (_, it) => where(it) },
                {
                  title: t.organizations.certificate,
                  render: (_, { certificateUntil: at }) =>
                    at === null ? t.organizations.noCertificate : <CertificateEnd at={at} />,
                },
                { title: t.organizations.since, dataIndex: 'createdAt', render: at => <When at={at} /> },
                {
                  title: t.common.state,
                  render: (_, it) =>
                    it.suspendedAt === null ? (
                      <Mark tone="good">{t.organizations.active}</Mark>
                    ) : (
                      <Mark tone="bad">{t.organizations.suspended}</Mark>
                    ),
                },
              ]}
            />
          </Scroller>
        )}
      </Loaded>
    </Page>
  )
}
