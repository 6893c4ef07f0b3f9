import { sql } from 'kysely'
import { readAct } from '../core/act.ts'
import { mayMove, moveSchema, revocationSchema, states } from '../core/authorization/states.ts'
import { parseAuthorization } from '../core/authorization.ts'
import { fromUtf8 } from '../core/bytes.ts'
import { canonicalText } from '../core/canonical.ts'
import { parseCompact } from '../core/jws.ts'
import { parseGeneral } from '../core/jws-general.ts'
import { denialSchema, type ReleaseReceipt, releaseReceiptSchema } from '../core/release.ts'
import type { Tx } from '../db/database.ts'
import {
  bytea,
  type Derived,
  fromBody,
  type ProjectedRow,
  type Projection,
  type ReadableRow,
} from '../db/projection.ts'
import { partiesOf } from './authorizations/store.ts'

const agreementIn = (body: Uint8Array) => {
  const jws = parseGeneral(fromUtf8(body))
  if (!jws.ok) throw new SyntaxError(jws.detail)
  return parseAuthorization(jws.payload)
}

const receiptIn = (text: string): ReleaseReceipt => {
  const jws = parseCompact(text)
  if (!jws.ok) throw new SyntaxError(jws.detail)
  return readAct(releaseReceiptSchema, jws.payload)
}

/** What moves and releases have made of an authorization. */
type Standing = {
  readonly id: string
  readonly held: bigint | null
  readonly state: string | null
  readonly activated: Buffer | null
  readonly receipts: readonly string[]
}

const standings = async (tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, Standing>> => {
  const { rows } = await sql<Standing>`
    select id::text, (select record_index from authorizations where authorizations.id = it.id) as held,
      (select to_state from authorization_moves m where m.authorization_id = it.id order by record_index desc limit 1) as state,
      (select body from records where index = (select min(record_index) from authorization_moves m
        where m.authorization_id = it.id and to_state = 'active')) as activated,
      array(select receipt from releases r where r.authorization_id = it.id order by record_index) as receipts
    from unnest(${[...new Set(ids)]}::uuid[]) as it (id)`.execute(tx)
  return new Map(rows.map(row => [row.id, row]))
}

const used = (receipts: readonly string[]): ProjectedRow => {
  const days = receipts.map(text => receiptIn(text).at.slice(0, 10))
  const last = days.at(-1)
  // Counted from the last release on another day back: the counter starts anew when the day changes.
  const other = days.findLastIndex(day => day !== last)
  return { uses: days.length, used_on: last ?? null, uses_that_day: days.length - 1 - other }
}

const authorizationRows: Projection['rows'] = async (records, tx) => {
  const made = await fromBody(({ body }) => [{ payload: agreementIn(body) }])(records, tx)
  const payloads = made.map(it => (it instanceof Error ? it : (it[0]?.payload as ReturnType<typeof agreementIn>)))
  const found = await standings(
    tx,
    payloads.flatMap(it => (it instanceof Error ? [] : it.id)),
  )
  return records.map(({ index, body, digest }, i) => {
    const payload = payloads[i]!
    if (payload instanceof Error) return payload
    const { held, state, activated, receipts } = found.get(payload.id)!
    // The countersigned text takes the place of the one with a single signature.
    if (held !== null && held > index) return []
    try {
      const frozen = activated === null ? null : (readAct(moveSchema, activated).frozen ?? null)
      return [
        {
          id: payload.id,
          subject: payload.subject.uscc,
          grantee: payload.grantee.uscc,
          parties: partiesOf(payload),
          state,
          payload: canonicalText(payload),
          signed: fromUtf8(body),
          record_index: `${index}`,
          record_digest: bytea(digest),
          nonce: payload.nonce,
          application: payload.purpose.application ?? null,
          supersedes: payload.supersedes ?? null,
          not_before: payload.notBefore,
          not_after: payload.notAfter,
          frozen,
          max_uses: payload.maxUses,
          max_per_day: payload.maxReleasesPerDay,
          ...used(receipts),
        },
      ]
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  })
}

const moveRows: Projection['rows'] = async (records, tx) => {
  const { rows } = await sql<{ nonce: string }>`
    select nonce from authorization_act_nonces where nonce = any(${records.flatMap(nonceIn)}::text[])`.execute(tx)
  const kept = new Set(rows.map(row => row.nonce))
  return fromBody(record => {
    const { authorization, from, to, at, by, reason } = readAct(moveSchema, record.body)
    const [nonce] = nonceIn(record)
    if (nonce !== undefined && !kept.has(nonce)) throw new Error('the nonce of its act is not kept')
    return [
      {
        record_index: `${record.index}`,
        authorization_id: authorization,
        ...{ from_state: from, to_state: to, at, by, reason: reason ?? null },
      },
    ]
  })(records, tx)
}

/** Of the signed act that made the move, where one did. */
const nonceIn = ({ body }: ReadableRow): readonly string[] => {
  try {
    const { statement } = readAct(moveSchema, body)
    const jws = statement === undefined ? undefined : parseCompact(statement)
    return jws?.ok ? [readAct(revocationSchema, jws.payload).nonce] : []
  } catch {
    // Unreadable moves are found where their rows are made.
    return []
  }
}

const releaseRows: Projection['rows'] = async (records, tx) => {
  const { rows } = await sql<{ record_index: bigint; records: readonly bigint[]; digests: readonly string[] }>`
    select record_index, records, array(select encode(digest, 'hex') from unnest(releases.records) with ordinality as it (index, place)
        join records using (index) order by place) as digests
      from releases where record_index = any(${records.map(({ index }) => index)}::bigint[])`.execute(tx)
  const held = new Map(rows.map(row => [row.record_index, row]))
  return fromBody(({ index, body, parties, loggedAt }) => {
    const receipt = receiptIn(fromUtf8(body))
    const { id, authorization, grantee, subject, application, action } = receipt
    const row = held.get(index)
    // Positions are the log's own; what stands there must be what the receipt names.
    const named = receipt.records.map(it => it.id).join()
    if (row !== undefined && row.digests.join() !== named) throw new Error('records: not those that the receipt names')
    return [
      {
        ...{
          id,
          record_index: `${index}`,
          authorization_id: authorization,
          grantee,
          subject,
          parties,
          application,
          action,
        },
        ...{ records: row?.records.map(String) ?? [], receipt: fromUtf8(body), released_at: loggedAt },
      },
    ]
  })(records, tx)
}

export const exchangeProjections: readonly Projection[] = [
  {
    table: 'authorizations',
    types: ['authorization'],
    from: 'authorizations t',
    index: 't.record_index',
    unlogged: "t.state = 'draft'",
    rows: authorizationRows,
    adds: { created_at: 'when it was drafted, which nobody signed' },
    envelope: ({ body }) => {
      const payload = agreementIn(body)
      return { org: payload.subject.uscc, parties: partiesOf(payload), clientKey: null }
    },
  },
  {
    table: 'authorization_moves',
    types: ['authorization-state'],
    from: 'authorization_moves t',
    index: 't.record_index',
    rows: moveRows,
    adds: {},
    envelope: () => ({ clientKey: null }),
  },
  {
    table: 'releases',
    types: ['release'],
    from: 'releases t',
    index: 't.record_index',
    rows: releaseRows,
    adds: {},
    envelope: ({ body }) => ({ org: receiptIn(fromUtf8(body)).subject, clientKey: null }),
  },
  {
    table: 'denials',
    types: ['denial'],
    from: 'denials t',
    index: 't.record_index',
    rows: fromBody(({ index, body, parties, loggedAt }) => {
      const { caller, subject, authorization, application, code, detail } = readAct(denialSchema, body)
      return [
        {
          ...{ record_index: `${index}`, caller, subject, parties, code, detail, denied_at: loggedAt },
          ...{ authorization_id: authorization ?? null, application: application ?? null },
        },
      ]
    }),
    adds: {},
    envelope: ({ body }) => ({ org: readAct(denialSchema, body).subject, clientKey: null }),
    erased: 'gone',
  },
]

/** The table of moves stands in code too. */
export const legalMoves: Derived = {
  table: 'authorization_legal_moves',
  columns: ['from_state', 'to_state'],
  contradictions: async tx => {
    const { rows } = await sql<{ from_state: string; to_state: string }>`
      select from_state, to_state from authorization_legal_moves`.execute(tx)
    const held = rows.map(row => `${row.from_state} → ${row.to_state}`)
    const legal = states.flatMap(from => states.filter(to => mayMove(from, to)).map(to => `${from} → ${to}`))
    return [
      ...held.filter(move => !legal.includes(move)).map(at => ({ at, what: 'not a legal move' })),
      ...legal.filter(move => !held.includes(move)).map(at => ({ at, what: 'a legal move is missing' })),
    ]
  },
}
