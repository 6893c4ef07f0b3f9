import { sql } from 'kysely'
import { z } from 'zod'
import { sha256 } from '#sha256'
import { readAct } from '../core/act.ts'
import { base64url, equal, fromUtf8, hex } from '../core/bytes.ts'
import { parseEndorsement } from '../core/endorsement.ts'
import { parseCompact } from '../core/jws.ts'
import { parseJsonBytes } from '../core/strict-json.ts'
import { usccSchema } from '../core/uscc.ts'
import { parseCertificate } from '../core/x509/certificate.ts'
import type { Tx } from '../db/database.ts'
import { bytea, type Cited, type Derived, fromBody, type Projection } from '../db/projection.ts'

/** Two kinds of records: what an organization signed about its key, and what the node wrote down when it took it back. */
const revocationSchema = z.strictObject({
  act: z.literal('revoke'),
  endorsement: z.uuid(),
  thumbprint: z.string(),
  uscc: usccSchema,
  via: z.string(),
})

const endorsementIn = (body: Uint8Array) => {
  const text = fromUtf8(body)
  if (text.startsWith('{')) return { revoked: readAct(revocationSchema, body) }
  const jws = parseCompact(text)
  if (!jws.ok) throw new SyntaxError(jws.detail)
  const [leaf] = jws.header.x5c ?? []
  if (leaf === undefined) throw new SyntaxError('the endorsement carries no certificate')
  return { endorsed: parseEndorsement(jws.payload), text, leaf, payload: jws.payload }
}

type Later = { readonly id: string; readonly superseded: string | null; readonly revoked: string | null }

/** When a later endorsement of the same key took its place, and when it was taken back. */
const laterOf = async (tx: Tx, indexes: readonly bigint[]): Promise<ReadonlyMap<string, Later>> => {
  const { rows } = await sql<Later>`
    select id::text, (select to_json(later.endorsed_at) #>> '{}' from keys later where later.thumbprint = keys.thumbprint
        and later.uscc = keys.uscc and later.log_index > keys.log_index order by later.log_index limit 1) as superseded,
      (select to_json(r.logged_at) #>> '{}' from records r where r.org = keys.uscc and r.type = 'endorsement'
        and r.client_key = 'revoke ' || keys.id) as revoked
    from keys where log_index = any(${indexes}::bigint[])`.execute(tx)
  return new Map(rows.map(row => [row.id, row]))
}

export const keyProjection: Projection = {
  table: 'keys',
  types: ['endorsement'],
  from: 'keys t',
  index: 't.log_index',
  rows: async (records, tx) => {
    const later = await laterOf(
      tx,
      records.map(({ index }) => index),
    )
    return fromBody(({ index, body, loggedAt }) => {
      const read = endorsementIn(body)
      if (read.revoked !== undefined) return []
      const { endorsed: it, text, leaf } = read
      return [
        {
          ...{ id: it.id, log_index: `${index}`, thumbprint: it.thumbprint, kind: it.kind, uscc: it.uscc },
          ...{ label: it.label, jwk: it.jwk, location: it.location ?? null, steps: it.steps ?? null },
          endorsement: text,
          certificate: bytea(sha256(leaf)),
          not_before: it.notBefore,
          not_after: it.notAfter,
          endorsed_at: loggedAt,
          superseded_at: later.get(it.id)?.superseded ?? null,
          revoked_at: later.get(it.id)?.revoked ?? null,
        },
      ]
    })(records, tx)
  },
  adds: {},
  envelope: ({ body }) => {
    const read = endorsementIn(body)
    if (read.revoked !== undefined) {
      return { org: read.revoked.uscc, parties: [read.revoked.uscc], clientKey: `revoke ${read.revoked.endorsement}` }
    }
    const { uscc } = read.endorsed
    return { org: uscc, parties: [uscc], clientKey: base64url(sha256(read.payload)) }
  },
}

type CertificateRow = {
  readonly thumbprint: Buffer
  readonly chain: readonly Buffer[]
  readonly serial: string
  readonly not_before: string
  readonly not_after: string
}

/** Certificates and revocation lists are named by their own digests. */
export const selfNamed: readonly Derived[] = [
  {
    table: 'certificates',
    columns: ['thumbprint', 'serial', 'not_before', 'not_after'],
    adds: {
      uscc: 'whose it is, by its subject',
      chain: 'issuers above the leaf, each checked by the signature below it when it is used',
      first_seen: 'when it came',
      renewed_from: 'its owner’s logged act names both',
    },
    contradictions: async tx => {
      const { rows } = await sql<CertificateRow>`
        select thumbprint, chain, serial, to_json(not_before) #>> '{}' as not_before, to_json(not_after) #>> '{}' as not_after
        from certificates`.execute(tx)
      return rows.flatMap(row => {
        const what = contradicted(row)
        return what === undefined ? [] : [{ at: hex(row.thumbprint), what }]
      })
    },
  },
  {
    table: 'revocation_lists',
    columns: ['digest', 'der'],
    adds: {
      seq: 'order of coming',
      issuer: 'found by it; read from the list when it is used',
      part: 'found by it; read from the list when it is used',
      number: 'found by it; read from the list when it is used',
      this_update: 'found by it; read from the list when it is used',
      next_update: 'found by it; read from the list when it is used',
    },
    contradictions: async tx =>
      (
        await sql<{ at: string; what: string }>`
          select seq::text as at, 'digest, der: the list is not the one that the digest names' as what
          from revocation_lists where digest <> pg_catalog.sha256(der)`.execute(tx)
      ).rows,
  },
]

const contradicted = ({ thumbprint, chain, serial, not_before, not_after }: CertificateRow): string | undefined => {
  const [leaf] = chain
  if (leaf === undefined || !equal(sha256(leaf), thumbprint))
    return 'thumbprint, chain: the leaf is another certificate'
  const read = parseCertificate(leaf)
  if (hex(read.serial) !== serial) return 'serial: the certificate has another'
  const period = [read.notBefore, read.notAfter].map(it => new Date(it).getTime())
  return [not_before, not_after].every((text, i) => new Date(text).getTime() === period[i])
    ? undefined
    : 'not_before, not_after: the certificate has others'
}

const registration = z.looseObject({
  act: z.string(),
  uscc: usccSchema,
  name: z.string().optional(),
  hosted: z.boolean().optional(),
  node: z.string().nullish(),
  gln: z.string().nullish(),
})

/** What the operator wrote down when it let an organization in. Its own row comes from the configuration. */
export const registrations: Cited = {
  table: 'organizations',
  types: ['organization'],
  columns: ['name', 'hosted', 'node', 'gln'],
  adds: {
    roles: 'may grow by configuration; those given at registration must be there',
    suspended_at: 'moves with the operator’s logged acts',
    created_at: 'when the row was made',
  },
  contradictions: async (records, tx) => {
    const { rows } = await sql<
      Record<'uscc' | 'name', string> & { hosted: boolean } & Record<'node' | 'gln', string | null>
    >`
      select uscc, name, hosted, node, gln from organizations where uscc = any(${records.map(({ org }) => org)}::text[])`.execute(
      tx,
    )
    const held = new Map(rows.map(row => [row.uscc, row]))
    return records.flatMap(({ index, org, body }) => {
      const read = registration.safeParse(parseJsonBytes(body))
      if (!read.success || read.data.uscc !== org)
        return [{ index, what: 'it can not be read as an act on this organization' }]
      if (read.data.act !== 'register') return []
      const row = held.get(org)
      const { name, hosted, node = null, gln = null } = read.data
      const wrong = Object.entries({ name, hosted, node, gln }).flatMap(([column, value]) =>
        row?.[column as 'name'] === value ? [] : [column],
      )
      return wrong.length === 0 ? [] : [{ index, what: `${org}: ${wrong.join(', ')}` }]
    })
  },
}
