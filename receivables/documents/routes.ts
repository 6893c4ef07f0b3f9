import { base64url, fromUtf8, hex } from '../../core/bytes.ts'
import { type Route, route } from '../../core/contract.ts'
import { joinSdJwt } from '../../core/sd-jwt.ts'
import { asOrganization } from '../../db/database.ts'
import { toPage } from '../page.ts'
import { type DocumentItem, listDocuments, readDocument, submitDocument as submit } from './contract.ts'
import { documentOf, documentsOf, type LoggedDocument } from './store.ts'
import { type DocumentDeps, submitDocument } from './submit.ts'

export const documentRoutes = (deps: DocumentDeps): Route[] => [
  route(submit, async ({ caller, body }) => {
    const { row, logged } = await submitDocument(deps, caller.uscc, body)
    const { receipt, repeated } = logged
    return { status: repeated ? 200 : 201, body: { ...show(row), receipt, repeated } }
  }),
  route(listDocuments, async ({ caller, query }) => {
    const rows = await asOrganization(deps.db, caller.uscc, tx => documentsOf(tx, caller.uscc, query))
    return { body: toPage(rows, query, show) }
  }),
  route(readDocument, async ({ caller, params, query }) => ({
    body: show(await asOrganization(deps.db, caller.uscc, tx => documentOf(tx, params.code, query.version))),
  })),
]

const show = (row: LoggedDocument): DocumentItem => ({
  code: row.code,
  kind: row.kind,
  number: row.number,
  version: row.version,
  issuer: row.issuer,
  seller: row.seller,
  buyer: row.buyer,
  index: String(row.record_index),
  commitment: hex(row.digest),
  salt: base64url(row.salt),
  loggedAt: row.logged_at.toISOString(),
  sdJwt: joinSdJwt(fromUtf8(row.body), row.disclosures),
  claims: row.claims,
})
