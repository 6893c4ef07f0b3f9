import { sql } from 'kysely'
import { sha256 } from '#sha256'
import { base64url, fromUtf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { type DocumentClaims, documentSchema, readersOf } from '../../core/document.ts'
import { joinSdJwt, parseSdJwt } from '../../core/sd-jwt.ts'
import { bytea, type Projection, type ReadableRow } from '../../db/projection.ts'
import { contentOf, mentionsOf } from './read.ts'
import { references } from './store.ts'

/**
 * The log keeps what the issuer signed; the disclosures are kept beside it, and each must be one whose digest was
 * signed. A document's claims follow from both.
 */
const withClaims =
  (
    of: (claims: DocumentClaims, record: ReadableRow, disclosures: readonly string[]) => readonly object[],
  ): Projection['rows'] =>
  async (records, tx) => {
    const { rows } = await sql<{ record_index: bigint; disclosures: readonly string[] }>`
      select record_index, disclosures from documents
      where record_index = any(${records.map(({ index }) => index)}::bigint[])`.execute(tx)
    const held = new Map(rows.map(row => [row.record_index, row.disclosures]))
    return records.map(record => {
      const disclosures = held.get(record.index)
      if (disclosures === undefined) return [{ record_index: `${record.index}` }]
      const read = parseSdJwt(joinSdJwt(fromUtf8(record.body), disclosures))
      if (!read.ok) return new Error(read.detail)
      if (read.hidden > 0) return new Error('a disclosure is missing')
      const claims = documentSchema.safeParse(read.claims)
      return claims.success
        ? [...of(claims.data, record, disclosures)].map(row => ({ ...row }))
        : new Error('its claims are no document')
    })
  }

export const documentProjections: readonly Projection[] = [
  {
    table: 'documents',
    types: ['document'],
    from: 'documents t',
    index: 't.record_index',
    rows: withClaims((claims, record, disclosures) => {
      const { seller, buyer } = claims.parties
      const of = references(claims)
      return [
        {
          record_index: `${record.index}`,
          code: claims.code,
          issuer: claims.iss,
          kind: claims.kind,
          number: claims.number,
          version: claims.version,
          seller,
          buyer,
          parties: readersOf(claims),
          issue_date: claims.issueDate,
          order_code: of.order,
          invoice_code: of.invoice,
          currency: of.currency,
          gross: of.gross,
          digest: bytea(record.digest),
          content: bytea(contentOf(claims)),
          claims,
          disclosures,
          logged_at: record.loggedAt,
        },
      ]
    }),
    adds: { peer: 'the node that a copy was taken from' },
    // What is always in the clear names issuer and parties, whatever was disclosed.
    envelope: ({ body }) => {
      const read = parseSdJwt(joinSdJwt(fromUtf8(body), []))
      if (!read.ok) return {}
      const claims = read.claims as DocumentClaims
      const { iss, kind, number, version } = claims
      const clientKey = base64url(sha256(canonical([kind, number, version])))
      return { org: iss, parties: [...readersOf(claims)], clientKey }
    },
    // That the code and number were used stays, so that neither is used again.
    erased: {
      claims: null,
      disclosures: [],
      content: null,
      issue_date: null,
      order_code: null,
      invoice_code: null,
      currency: null,
      gross: null,
    },
  },
  {
    table: 'document_mentions',
    types: ['document'],
    from: 'document_mentions t',
    index: 't.record_index',
    key: ['code'],
    rows: withClaims((claims, { index }) => mentionsOf(claims).map(code => ({ record_index: `${index}`, code }))),
    adds: {},
    erased: 'gone',
  },
  {
    table: 'document_codes',
    types: ['document'],
    from: 'document_codes t left join documents d on d.code = t.code and d.version = 1',
    index: 'd.record_index',
    rows: withClaims(({ code, iss, kind, number, version, parties }) =>
      version === 1 ? [{ code, issuer: iss, kind, number, ...parties }] : [],
    ),
    adds: {},
    erased: {},
  },
]
