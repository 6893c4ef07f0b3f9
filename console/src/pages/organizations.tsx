import { Table } from 'antd'
import { type Organization, useOrganizations } from '../api/lists.ts'
import { Mark } from '../parts/mark.tsx'
import { Loaded, Page } from '../parts/page.tsx'
import { When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

export function OrganizationsPage() {
  const t = useText()
  const organizations = useOrganizations()
  const where = ({ hosted, node }: Organization) =>
    hosted ? t.organizations.here : node === null ? t.organizations.notHere : t.organizations.elsewhere(node)
  return (
    <Page title={t.organizations.title} lead={t.organizations.lead}>
      <Loaded from={organizations}>
        {list => (
          <Table<Organization>
            rowKey="uscc"
            dataSource={list}
            pagination={{ pageSize: 50, hideOnSinglePage: true }}
            scroll={{ x: 'max-content' }}
            columns={[
              { title: t.organizations.name, dataIndex: 'name' },
              { title: t.signIn.uscc, dataIndex: 'uscc', render: uscc => <span className="code">{uscc}</span> },
              { title: t.organizations.roles, render: (_, it) => it.roles.map(role => t.roles[role]).join(' · ') },
              { title: t.organizations.where, render: (_, it) => where(it) },
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
        )}
      </Loaded>
    </Page>
  )
}
