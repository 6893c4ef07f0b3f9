import { sql } from 'kysely'
import { readAct } from '../../core/act.ts'
import { fromUtf8, hex } from '../../core/bytes.ts'
import { tombstoneSchema } from '../../core/erasure.ts'
import { parseCompact } from '../../core/jws.ts'
import { fromBody, type Projection } from '../../db/projection.ts'

const tombstoneIn = (body: Uint8Array) => {
  const jws = parseCompact(fromUtf8(body))
  if (!jws.ok) throw new SyntaxError(jws.detail)
  return readAct(tombstoneSchema, jws.payload)
}

/** The row follows from the tombstone, and the tombstone must name what stands at that place of the log. */
export const erasureProjection: Projection = {
  table: 'erasures',
  types: ['tombstone'],
  from: 'erasures t',
  index: 't.tombstone',
  rows: async (records, tx) => {
    const made = await fromBody(({ body }) => [{ index: tombstoneIn(body).index }])(records, tx)
    const named = made.flatMap(it => (it instanceof Error ? [] : it.map(({ index }) => index)))
    const { rows } = await sql<{
      index: bigint
      digest: Buffer
      type: string
      org: string
      parties: readonly string[]
    }>`
      select index, digest, type, org, parties from records where index = any(${named}::bigint[])`.execute(tx)
    const targets = new Map(rows.map(row => [row.index, row]))
    return fromBody(({ index, body, org, parties, loggedAt }) => {
      const { index: at, commitment, by, basis, reason } = tombstoneIn(body)
      const target = targets.get(BigInt(at))
      if (target === undefined || hex(target.digest) !== commitment) throw new Error('it names no record of this log')
      return [
        {
          ...{ record_index: at, tombstone: `${index}`, erased_type: target.type, org, parties },
          ...{ signed_by: by, basis, reason, erased_at: loggedAt },
        },
      ]
    })(records, tx)
  },
  adds: {},
  envelope: ({ body }) => ({ clientKey: tombstoneIn(body).nonce }),
}
