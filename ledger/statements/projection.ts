import { sql } from 'kysely'
import { base64url, equal, fromBase64url, fromUtf8 } from '../../core/bytes.ts'
import { aboutOf, hashOfHalves, type MatterKind } from '../../core/statement.ts'
import { parseJson } from '../../core/strict-json.ts'
import type { Derived } from '../../db/projection.ts'
import type { StatementRow } from './store.ts'

type Row = StatementRow & { readonly record_index: bigint; readonly stands: boolean }

const PORTION = 500

/** A numbered statement proves itself: its header says number and predecessor, and header and payload hash give its name. */
export const numberedStatements: Derived = {
  table: 'statements',
  columns: ['about', 'seq', 'kind', 'matter', 'hash', 'prev', 'header', 'payload_hash', 'record_index'],
  adds: { signer: 'whose certificate stands in the header' },
  contradictions: async tx => {
    const found: { at: string; what: string }[] = []
    let after: Pick<Row, 'signer' | 'about' | 'seq'> = { signer: '', about: new Uint8Array(32), seq: 0n }
    for (;;) {
      const { rows } = await sql<Row>`
        select signer, about, seq, kind, matter, hash, prev, header, payload_hash, record_index, exists (
            select from records where index = record_index
              and (body is null or position(convert_to(header, 'UTF8') in body) > 0)) as stands
        from statements where (signer, about, seq) > (${after.signer}, ${after.about}, ${after.seq})
        order by signer, about, seq limit ${PORTION}`.execute(tx)
      for (const row of rows) {
        const what = contradicted(row)
        if (what !== undefined && found.length < 100) {
          found.push({ at: `${row.signer} ${base64url(row.about)} ${row.seq}`, what })
        }
      }
      const last = rows.at(-1)
      if (last === undefined || rows.length < PORTION) return found
      after = last
    }
  },
}

const contradicted = ({
  about,
  seq,
  kind,
  matter,
  hash,
  prev,
  header,
  payload_hash,
  stands,
}: Row): string | undefined => {
  if (!stands) return 'record_index: the record there is not this statement'
  if (!equal(hashOfHalves(header, payload_hash), hash)) return 'header, payload_hash, hash: they do not fit together'
  if (aboutOf({ kind: kind as MatterKind, id: matter }) !== base64url(about))
    return 'about, kind, matter: another matter'
  const said = placeIn(header)
  if (said.seq !== Number(seq)) return 'seq: the signer gave another number'
  return said.prev === (prev === null ? undefined : base64url(prev)) ? undefined : 'prev: the signer named another'
}

const placeIn = (header: string): { readonly seq?: unknown; readonly prev?: unknown } => {
  try {
    const value = parseJson(fromUtf8(fromBase64url(header)))
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
