import { sql } from 'kysely'
import { readAct } from '../../core/act.ts'
import { base64url, equal, fromBase64url, fromUtf8 } from '../../core/bytes.ts'
import { type Jws, parseCompact } from '../../core/jws.ts'
import { statementHash } from '../../core/statement.ts'
import { type StatusHead, statusHeadSchema } from '../../core/status-head.ts'
import { bytea, type Derived, fromBody, type Projection } from '../../db/projection.ts'
import type { ConflictRow } from './store.ts'

const headIn = (text: string): StatusHead => {
  const jws = parseCompact(text)
  if (!jws.ok) throw new SyntaxError(jws.detail)
  return readAct(statusHeadSchema, jws.payload)
}

/** One row for each matter that a published status head names. */
export const statusHeads: Projection = {
  table: 'status_heads',
  types: ['status-head'],
  from: 'status_heads t',
  index: 't.record_index',
  key: ['about'],
  rows: fromBody(({ index, body }) => {
    const jws = fromUtf8(body)
    const { signer, heads, iat } = headIn(jws)
    return heads.map(({ about, seq, hash }) => ({
      ...{ record_index: `${index}`, signer, about: bytea(fromBase64url(about)), seq, at: iat, jws },
      hash: hash === undefined ? null : bytea(fromBase64url(hash)),
    }))
  }),
  adds: {},
  envelope: ({ body }) => {
    const { signer, nonce } = headIn(fromUtf8(body))
    return { org: signer, parties: [signer], clientKey: nonce }
  },
}

type Held = Pick<ConflictRow, 'id' | 'signer' | 'about' | 'seq' | 'kind' | 'jws' | 'hash'> & {
  /** Names of the statements held before, under and after its number. */
  readonly before: Uint8Array | null
  readonly same: Uint8Array | null
  readonly after: Uint8Array | null
  readonly after_names: Uint8Array | null
}

/** What was refused stands in no record: it proves itself, as signed text that contradicts a statement held here. */
export const statementConflicts: Derived = {
  table: 'statement_conflicts',
  columns: ['signer', 'about', 'seq', 'kind', 'jws', 'hash'],
  adds: { id: 'order of coming', seen_at: 'when it came' },
  contradictions: async tx => {
    const found: { at: string; what: string }[] = []
    for (let after = -1n; ; ) {
      const { rows } = await sql<Held>`
        select c.id, c.signer, c.about, c.seq, c.kind, c.jws, c.hash, before.hash as before, same.hash as same,
          after.hash as after, after.prev as after_names
        from statement_conflicts c
          left join statements before on (before.signer, before.about, before.seq) = (c.signer, c.about, c.seq - 1)
          left join statements same on (same.signer, same.about, same.seq) = (c.signer, c.about, c.seq)
          left join statements after on (after.signer, after.about, after.seq) = (c.signer, c.about, c.seq + 1)
        where c.id > ${after} order by c.id limit 200`.execute(tx)
      for (const row of rows) {
        const what = contradicted(row)
        if (what !== undefined && found.length < 100) found.push({ at: `${row.id}`, what })
      }
      const last = rows.at(-1)
      if (last === undefined) return found
      after = last.id
    }
  },
}

const contradicted = (row: Held): string | undefined => {
  const jws = parseCompact(row.jws)
  if (!jws.ok) return `jws: ${jws.detail}`
  if (!equal(statementHash(jws), row.hash)) return 'jws, hash: they do not fit together'
  return row.kind === 'head' ? contradictedHead(row) : contradictedStatement(row, jws)
}

const contradictedHead = ({ signer, about, seq, jws, same }: Held): string | undefined => {
  const head = headIn(jws)
  if (head.signer !== signer) return 'signer: the head is of another'
  const item = head.heads.find(it => it.about === base64url(about))
  if (item === undefined || BigInt(item.seq) !== seq) return 'about, seq: the head names no such place'
  const contradicts = same !== null && item.hash !== undefined && item.hash !== base64url(same)
  return contradicts ? undefined : 'the head contradicts no statement held here'
}

const contradictedStatement = (
  { seq, kind, hash, before, same, after, after_names }: Held,
  { header: { place } }: Jws,
): string | undefined => {
  if (BigInt(place?.seq ?? 0) !== seq) return 'seq: it was signed under another number'
  if (kind === 'repeat') return same !== null && !equal(same, hash) ? undefined : 'it repeats no number held here'
  const otherBefore = before !== null && place?.prev !== base64url(before)
  const otherAfter = after !== null && after_names !== null && !equal(after_names, hash)
  return otherBefore || otherAfter ? undefined : 'it forks from no statement held here'
}
