import { Link } from '@tanstack/react-router'
import { Card } from 'antd'
import type { z } from 'zod'
import { refusals } from '../../../core/errors.ts'
import { listDenials, listReleases } from '../../../exchange/releases/contract.ts'
import { call } from '../api/call.ts'
import { type Paged, usePages } from '../api/use.ts'
import { List } from '../parts/list.tsx'
import { Page } from '../parts/page.tsx'
import { Digest, Organization, When } from '../parts/values.tsx'
import { useText } from '../text/text.tsx'

type Release = z.input<typeof listReleases.reply.schema>['releases'][number]
type Denial = z.input<typeof listDenials.reply.schema>['denials'][number]

const releasesOf: Paged<Release> = async ({ client }, before) => {
  const { releases, next } = await call(client, listReleases, { query: { before } })
  return { items: releases, next: next ?? null }
}
const denialsOf: Paged<Denial> = async ({ client }, before) => {
  const { denials, next } = await call(client, listDenials, { query: { before } })
  return { items: denials, next: next ?? null }
}

/** What left, under which authorization, to whom; and what was asked for and refused. */
export function ReleasesPage() {
  const t = useText()
  const releases = usePages(['listReleases'], releasesOf)
  const denials = usePages(['listDenials'], denialsOf)
  const wordsOf = (code: string) => (isRefusal(code) ? t.refusals[code] : code)
  return (
    <Page title={t.releases.title} lead={t.releases.lead}>
      <List<Release>
        of={releases}
        rowKey="id"
        columns={[
          { title: t.common.time, render: (_, it) => <When at={it.releasedAt} /> },
          { title: t.releases.to, render: (_, it) => <Organization uscc={it.grantee} /> },
          { title: t.authorizations.supplier, render: (_, it) => <Organization uscc={it.subject} /> },
          { title: t.releases.records, align: 'right', render: (_, it) => t.common.count(it.records.length) },
          {
            title: t.releases.authorization,
            render: (_, it) => (
              <Link to="/authorizations/$id" params={{ id: it.authorization }}>
                <Digest text={it.authorization} />
              </Link>
            ),
          },
          { title: t.common.logIndex, render: (_, it) => <span className="figure">{it.index}</span> },
        ]}
      />
      <Card title={t.releases.denied} size="small">
        <List<Denial>
          of={denials}
          rowKey="index"
          columns={[
            { title: t.common.time, render: (_, it) => <When at={it.deniedAt} /> },
            { title: t.releases.caller, render: (_, it) => <Organization uscc={it.caller} /> },
            { title: t.authorizations.supplier, render: (_, it) => <Organization uscc={it.subject} /> },
            { title: t.releases.code, render: (_, it) => wordsOf(it.code) },
            { title: t.common.logIndex, render: (_, it) => <span className="figure">{it.index}</span> },
          ]}
        />
      </Card>
    </Page>
  )
}

const isRefusal = (code: string): code is keyof typeof refusals => Object.hasOwn(refusals, code)
