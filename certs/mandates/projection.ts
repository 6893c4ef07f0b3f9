import { sql } from 'kysely'
import { sha256 } from '#sha256'
import { readAct } from '../../core/act.ts'
import { base64url, fromUtf8 } from '../../core/bytes.ts'
import { jwkThumbprint } from '../../core/jwk.ts'
import { parseCompact } from '../../core/jws.ts'
import { mandateRevocationSchema, parseMandate } from '../../core/mandate.ts'
import { typ } from '../../core/typ.ts'
import { bytea, fromBody, type Projection } from '../../db/projection.ts'

/** Two kinds of records, told apart by what was signed: a mandate, and its end. */
const signedIn = (body: Uint8Array) => {
  const text = fromUtf8(body)
  const jws = parseCompact(text)
  if (!jws.ok) throw new SyntaxError(jws.detail)
  return jws.header.typ === typ.mandateRevocation
    ? { revoked: readAct(mandateRevocationSchema, jws.payload) }
    : { given: parseMandate(jws.payload), text, payload: jws.payload }
}

export const mandateProjection: Projection = {
  table: 'mandates',
  types: ['mandate'],
  from: 'mandates t',
  index: 't.log_index',
  rows: async (records, tx) => {
    const { rows } = await sql<{ id: string; revoked: string }>`
      select m.id::text, to_json(r.logged_at) #>> '{}' as revoked from mandates m
        join records r on r.org = m.uscc and r.type = 'mandate' and r.client_key = 'revoke ' || m.id
      where m.log_index = any(${records.map(({ index }) => index)}::bigint[])`.execute(tx)
    const revoked = new Map(rows.map(row => [row.id, row.revoked]))
    return fromBody(({ index, body, loggedAt }) => {
      const read = signedIn(body)
      if (read.revoked !== undefined) return []
      const { given: it, text, payload } = read
      return [
        {
          ...{ id: it.id, log_index: `${index}`, uscc: it.organization, clerk: it.clerk.name },
          ...{ key: jwkThumbprint(it.clerk.jwk), mandate: text, payload: bytea(sha256(payload)) },
          ...{ not_before: it.notBefore, not_after: it.notAfter, logged_at: loggedAt },
          revoked_at: revoked.get(it.id) ?? null,
        },
      ]
    })(records, tx)
  },
  adds: {},
  envelope: ({ body }) => {
    const read = signedIn(body)
    if (read.revoked !== undefined) {
      const { organization, mandate } = read.revoked
      return { org: organization, parties: [organization], clientKey: `revoke ${mandate}` }
    }
    const { organization } = read.given
    return { org: organization, parties: [organization], clientKey: base64url(sha256(read.payload)) }
  },
}
