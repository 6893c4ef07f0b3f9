import { getRouteApi, Link } from '@tanstack/react-router'
import { Button, Card, Collapse, Descriptions, Flex, Typography } from 'antd'
import type { ReactNode } from 'react'
import { readDocument } from '../../../receivables/documents/contract.ts'
import type { Document } from '../api/lists.ts'
import { useAsk } from '../api/use.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Code, Digest, Money, Organization, When } from '../parts/values.tsx'
import { useSession } from '../session/session.tsx'
import { useText } from '../text/text.tsx'
import { DocumentLines } from './document-lines.tsx'
import { PaymentParts } from './payment-parts.tsx'
import { Scans } from './scans.tsx'
import { StatementBalances } from './statement-balances.tsx'

const route = getRouteApi('/guarded/document')

/** One document as its origin signed it, where it stands in the log, and the scans of what it shipped. */
export function DocumentPage() {
  const t = useText()
  const { code = '' } = route.useSearch()
  const document = useAsk(readDocument, { params: { code } })
  return <Loaded from={document}>{it => <DocumentView document={it} title={t.documents.kinds[it.kind]} />}</Loaded>
}

function DocumentView({ document, title }: { readonly document: Document; readonly title: string }) {
  const t = useText()
  const { identity } = useSession()
  const { claims, kind, number } = document
  return (
    <Page
      title={`${title} ${number}`}
      lead={claims.synthetic && `${t.documents.synthetic}${t.common.colon}${claims.synthetic}`}
      actions={
        kind === 'despatch' ? (
          <Link to="/scan" search={{ code: document.code }}>
            <Button type="primary">{t.shipments.scanThis}</Button>
          </Link>
        ) : (
          kind === 'invoice' &&
          document.seller === identity.uscc && (
            <Link to="/invoice" search={{ code: document.code }}>
              <Button>{t.progress.timeline}</Button>
            </Link>
          )
        )
      }
    >
      <Card>
        <Descriptions column={{ xs: 1, md: 2 }} size="small" items={facts(document, t)} />
      </Card>
      {'lines' in claims && (
        <Card title={t.documents.lines} size="small">
          <DocumentLines claims={claims} />
        </Card>
      )}
      {claims.kind === 'payment' && (
        <Card title={t.documents.allocations} size="small">
          <PaymentParts claims={claims} />
        </Card>
      )}
      {claims.kind === 'statement' && (
        <Card title={t.documents.balances} size="small">
          <StatementBalances claims={claims} />
        </Card>
      )}
      {claims.kind === 'despatch' && <Scans code={claims.shipment} />}
      <Collapse
        items={[
          {
            key: 'jwt',
            label: t.documents.copy,
            children: (
              <Typography.Paragraph className="code" copyable style={{ maxHeight: 260, overflowY: 'auto' }}>
                {document.sdJwt}
              </Typography.Paragraph>
            ),
          },
        ]}
      />
    </Page>
  )
}

const linkTo = (code: string) => (
  <Flex gap="small" wrap>
    <Link to="/document" search={{ code }}>
      <Code text={code} />
    </Link>
  </Flex>
)

const facts = (document: Document, t: ReturnType<typeof useText>) => {
  const { claims } = document
  const rows: [string, ReactNode][] = [
    [t.documents.seller, <Organization key="s" uscc={document.seller} />],
    [t.documents.buyer, <Organization key="b" uscc={document.buyer} />],
    [
      t.documents.issueDate,
      <span key="d" className="figure">
        {claims.issueDate}
      </span>,
    ],
    [t.documents.version, String(document.version)],
    [t.documents.code, <Code key="c" text={document.code} />],
  ]
  if ('order' in claims) rows.push([t.documents.order, linkTo(claims.order)])
  if ('shipment' in claims) rows.push([t.documents.shipment, <Code key="sh" text={claims.shipment} />])
  if ('invoice' in claims) rows.push([t.documents.invoice, linkTo(claims.invoice)])
  if ('gross' in claims) {
    for (const [label, minor] of [
      [t.documents.net, claims.net],
      [t.documents.tax, claims.tax],
      [t.documents.gross, claims.gross],
    ] as const)
      rows.push([label, <Money key={label} minor={minor} currency={claims.currency} />])
  }
  if ('dueDate' in claims && claims.dueDate) rows.push([t.documents.dueDate, claims.dueDate])
  if ('paymentTerm' in claims && claims.paymentTerm) {
    const { days, from } = claims.paymentTerm
    const words = from === 'acceptance' ? t.documents.fromAcceptance : t.documents.fromInvoice
    rows.push([t.documents.paymentTerm, t.documents.termOf(days, words)])
  }
  if (claims.kind === 'payment') {
    rows.push(
      [t.documents.amount, <Money key="a" minor={claims.amount} currency={claims.currency} />],
      [t.documents.payer, <Organization key="py" uscc={claims.payer} />],
      [t.documents.channel, t.documents.channels[claims.channel]],
    )
  }
  if (claims.kind === 'statement') rows.push([t.documents.until, claims.until])
  if (claims.kind === 'query') {
    rows.push(
      [t.documents.source, claims.source],
      [t.documents.result, t.documents.results[claims.result]],
      [t.documents.asOf, <When key="ao" at={claims.asOf} />],
    )
  }
  if ('payee' in claims && claims.payee) rows.push([t.documents.payee, <Digest key="p" text={claims.payee} />])
  rows.push(
    [
      t.common.logIndex,
      <span key="i" className="figure">
        {document.index}
      </span>,
    ],
    [t.common.loggedAt, <When key="l" at={document.loggedAt} />],
    [t.common.digest, <Digest key="h" text={document.commitment} />],
  )
  return rows.map(([label, children]) => ({ key: label, label, children }))
}
