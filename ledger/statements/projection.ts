import { sql } from 'kysely'
import { base64url, equal } from '../../core/bytes.ts'
import { readProtected } from '../../core/jws.ts'
import { aboutOf, hashOfHalves, type MatterKind } from '../../core/statement.ts'
import { carryingTypes } from '../../core/statements-in.ts'
import { parseCertificate } from '../../core/x509/certificate.ts'
import type { Tx } from '../../db/database.ts'
import type { Derived } from '../../db/projection.ts'
import type { StatementRow } from './store.ts'

type Row = StatementRow & { readonly record_index: bigint; readonly stands: boolean }

const PORTION = 500

/** A numbered statement proves itself: its header says number and predecessor, and header and payload hash give its name. */
export const numberedStatements: Derived = {
  table: 'statements',
  columns: ['signer', 'about', 'seq', 'kind', 'matter', 'hash', 'prev', 'header', 'payload_hash', 'record_index'],
  contradictions: async tx => {
    const found: { at: string; what: string }[] = []
    let after: Pick<Row, 'signer' | 'about' | 'seq'> = { signer: '', about: new Uint8Array(32), seq: 0n }
    for (;;) {
      const { rows } = await sql<Row>`
        select signer, about, seq, kind, matter, hash, prev, header, payload_hash, record_index, exists (
            select from records where index = record_index
              and type = any(${carryingTypes}::text[])
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
      if (last === undefined || rows.length < PORTION) return [...found, ...(await sharedWhereErased(tx))]
      after = last
    }
  },
}

/** Only records that carry a single statement are ever erased, and then nothing else tells which one it was. */
const sharedWhereErased = async (tx: Tx): Promise<readonly { readonly at: string; readonly what: string }[]> =>
  (
    await sql<{ at: string; what: string }>`
      select string_agg(signer || ' ' || seq, ', ') as at, 'record_index: an erased record carried one statement' as what
      from statements join records on index = record_index where body is null
      group by record_index having count(*) > 1 limit 100`.execute(tx)
  ).rows

const contradicted = ({
  signer,
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
  const said = saidIn(header)
  if (said.by !== undefined && !said.by.includes(signer)) return 'signer: the certificate is of another'
  if (said.seq !== Number(seq)) return 'seq: the signer gave another number'
  return said.prev === (prev === null ? undefined : base64url(prev)) ? undefined : 'prev: the signer named another'
}

/** Number, predecessor, and what the subject of the certificate is called. */
const saidIn = (
  header: string,
): { readonly seq?: number; readonly prev?: string; readonly by?: readonly unknown[] } => {
  const read = readProtected(header)
  if (!read.ok) return {}
  const { place, x5c } = read.header
  return { ...place, ...(x5c?.[0] !== undefined && { by: namesIn(x5c[0]) }) }
}

const namesIn = (certificate: Uint8Array): readonly unknown[] => {
  try {
    return [...parseCertificate(certificate).subject.attributes.values()].flat()
  } catch {
    return []
  }
}
