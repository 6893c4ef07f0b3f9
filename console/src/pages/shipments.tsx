import { Link } from '@tanstack/react-router'
import { Button, Space } from 'antd'
import { type Document, documentsOf } from '../api/lists.ts'
import { usePages } from '../api/use.ts'
import { List } from '../parts/list.tsx'
import { Page } from '../parts/page.tsx'
import { Code, Organization, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

export function ShipmentsPage() {
  const t = useText()
  const despatches = usePages<Document>(['listDocuments', { kind: 'despatch' }], documentsOf({ kind: 'despatch' }))
  return (
    <Page title={t.shipments.title} lead={t.shipments.lead}>
      <List<Document>
        of={despatches}
        rowKey="index"
        columns={[
          {
            title: t.documents.kinds.despatch,
            render: (_, it) => (
              <Link to="/document" search={{ code: it.code }}>
                {it.number}
              </Link>
            ),
          },
          {
            title: t.documents.shipment,
            render: (_, { claims }) => claims.kind === 'despatch' && <Code text={claims.shipment} />,
          },
          { title: t.documents.issueDate, render: (_, it) => <span className="figure">{it.claims.issueDate}</span> },
          { title: t.documents.buyer, render: (_, it) => <Organization uscc={it.buyer} /> },
          { title: t.common.loggedAt, render: (_, it) => <When at={it.loggedAt} /> },
          {
            title: t.common.action,
            render: (_, it) => (
              <Space>
                <Link to="/scan" search={{ code: it.code }}>
                  <Button size="small">{t.shipments.scanThis}</Button>
                </Link>
              </Space>
            ),
          },
        ]}
      />
    </Page>
  )
}
