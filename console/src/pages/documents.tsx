import { Link } from '@tanstack/react-router'
import { Segmented } from 'antd'
import { useState } from 'react'
import { type DocumentKind, documentKinds } from '../../../core/document.ts'
import { type Document, documentsOf } from '../api/lists.ts'
import { usePages } from '../api/use.ts'
import { List } from '../parts/list.tsx'
import { Page } from '../parts/page.tsx'
import { Money, Organization, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

export function DocumentsPage() {
  const t = useText()
  const [kind, setKind] = useState<DocumentKind | 'all'>('all')
  const query = kind === 'all' ? {} : { kind }
  const documents = usePages<Document>(['listDocuments', query], documentsOf(query))
  return (
    <Page title={t.documents.title} lead={t.documents.lead}>
      <div>
        <Segmented
          aria-label={t.common.filter}
          value={kind}
          onChange={setKind}
          options={[
            { value: 'all' as const, label: t.common.all },
            ...documentKinds.map(value => ({ value, label: t.documents.kinds[value] })),
          ]}
        />
      </div>
      <List<Document>
        of={documents}
        rowKey="index"
        columns={[
          { title: t.documents.kind, render: (_, it) => t.documents.kinds[it.kind] },
          {
            title: t.documents.number,
            render: (_, it) => (
              <Link to="/document" search={{ code: it.code }}>
                {it.number}
              </Link>
            ),
          },
          { title: t.documents.issueDate, render: (_, it) => <span className="figure">{it.claims.issueDate}</span> },
          { title: t.documents.seller, render: (_, it) => <Organization uscc={it.seller} /> },
          { title: t.documents.buyer, render: (_, it) => <Organization uscc={it.buyer} /> },
          {
            title: t.documents.gross,
            align: 'right',
            render: (_, { claims }) => 'gross' in claims && <Money minor={claims.gross} currency={claims.currency} />,
          },
          { title: t.common.loggedAt, render: (_, it) => <When at={it.loggedAt} /> },
        ]}
      />
    </Page>
  )
}
