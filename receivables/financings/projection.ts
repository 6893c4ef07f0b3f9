import { sql } from 'kysely'
import { fromUtf8 } from '../../core/bytes.ts'
import { consentSchema, type Mark, markExpirySchema, markReleaseSchema, markSchema } from '../../core/financing.ts'
import { parseCompact } from '../../core/jws.ts'
import { typ } from '../../core/typ.ts'
import type { Tx } from '../../db/database.ts'
import {
  bytea,
  type Derived,
  fromBody,
  type ProjectedRow,
  type Projection,
  type ReadableRow,
} from '../../db/projection.ts'
import { loggedAct } from '../signed-act.ts'
import { expiryOf } from './chain.ts'
import { type FingerprintKey, fingerprints } from './fingerprint.ts'

type Act =
  | { readonly kind: 'mark'; readonly mark: Mark }
  | {
      readonly kind: 'consent' | 'release' | 'expiry'
      /** Null where the registry itself says it. */
      readonly signer: string | null
      readonly org: string
      readonly nonce: string
      readonly financing?: string
    }

/** Four kinds of signed acts share one type of record; their `typ` tells them apart. */
const actOf = (body: Uint8Array): Act => {
  const jws = parseCompact(fromUtf8(body))
  if (!jws.ok) throw new SyntaxError(jws.detail)
  if (jws.header.typ === typ.financingMark) return { kind: 'mark', mark: loggedAct(markSchema, body) }
  if (jws.header.typ === typ.financingConsent) {
    const { seller, nonce } = loggedAct(consentSchema, body)
    return { kind: 'consent', signer: seller, org: seller, nonce }
  }
  if (jws.header.typ === typ.financingExpiry) {
    const { financing, bank } = loggedAct(markExpirySchema, body)
    return { kind: 'expiry', signer: null, org: bank, nonce: financing, financing }
  }
  if (jws.header.typ !== typ.financingRelease) throw new SyntaxError(`no act on a financing: ${jws.header.typ}`)
  const { bank, nonce, financing } = loggedAct(markReleaseSchema, body)
  return { kind: 'release', signer: bank, org: bank, nonce, financing }
}

type Standing = {
  readonly financing: string
  readonly first: bigint
  readonly latest: bigint
  readonly body: Buffer | null
  readonly created_at: string
  /** The consent that its first mark took up, logged right before it. */
  readonly consent: Buffer | null
  readonly released: boolean
  readonly holding: 'REGU' | 'REDU' | 'DFIN'
}

/** First and latest mark of each financing, and what a mark that holds nothing stands as (see `restand` in store.ts). */
const standings = async (tx: Tx, ids: readonly string[]): Promise<ReadonlyMap<string, Standing>> => {
  const { rows } = await sql<Standing>`
    select it.financing::text, it.first, it.latest, latest.body, to_json(first.logged_at) #>> '{}' as created_at,
      (select body from records where index = it.first - 1) as consent,
      exists (select from financing_acts a where a.financing = it.financing and a.kind in ('release', 'expiry')) as released,
      case
        when exists (select from financing_keys mine join financing_keys other using (kind, key_version, fingerprint)
          where mine.financing = it.financing and other.financing <> it.financing and other.live) then 'DFIN'
        when exists (select from financing_keys mine join financing_keys other using (kind, key_version, fingerprint)
            join financings on id = other.financing
          where mine.financing = it.financing and other.financing <> it.financing and kind = 'invoice'
            and state <> 'CANC') then 'REDU'
        else 'REGU' end as holding
    from (
      select financing, min(record_index) as first, max(record_index) as latest from financing_acts
        where kind = 'mark' and financing = any(${ids}::uuid[]) group by financing
    ) as it join records as latest on latest.index = it.latest join records as first on first.index = it.first`.execute(
    tx,
  )
  return new Map(rows.map(row => [row.financing, row]))
}

const stateOf = ({ released, holding }: Standing, { act }: Mark): string =>
  released ? 'CANC' : act === 'register' ? holding : act === 'hold' ? 'PNDG' : 'FNCD'

/** By the seller's consent, as `putMark` in store.ts has it. */
const expiresAt = ({ consent, created_at }: Standing): string => {
  if (consent === null) throw new SyntaxError('the consent to its first mark is missing')
  return expiryOf(loggedAct(consentSchema, consent), new Date(created_at)).toISOString()
}

const isLive = (state: string): boolean => state === 'PNDG' || state === 'FNCD'

/** Rows that a financing has by its marks together; `from` chooses the mark whose record they count as. */
const byMarks =
  (from: 'first' | 'latest', of: (mark: Mark, standing: Standing, record: ReadableRow) => readonly ProjectedRow[]) =>
  async (records: readonly ReadableRow[], tx: Tx): Promise<readonly (readonly ProjectedRow[] | Error)[]> => {
    const acts = await fromBody(({ body }) => [{ act: actOf(body) }])(records, tx)
    const marks = acts.map(it => {
      const act = it instanceof Error ? it : (it[0]?.act as Act)
      return act instanceof Error || act.kind !== 'mark' ? undefined : act.mark
    })
    const found = await standings(
      tx,
      marks.flatMap(mark => mark?.id ?? []),
    )
    return records.map((record, i) => {
      const mark = marks[i]
      if (mark === undefined) return acts[i] instanceof Error ? (acts[i] as Error) : []
      const standing = found.get(mark.id)
      if (standing === undefined) return new Error('its row in financing_acts is missing')
      if (standing[from] !== record.index || standing.body === null) return []
      try {
        return of(loggedAct(markSchema, standing.body), standing, record)
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error))
      }
    })
  }

/** @param keys of the registry; without them fingerprints can't be made again, and their table is left out */
export const financingProjections = (keys: readonly FingerprintKey[]): readonly Projection[] => [
  {
    table: 'financing_acts',
    types: ['financing'],
    from: 'financing_acts t',
    index: 't.record_index',
    rows: async (records, tx) => {
      // A consent is logged with the mark that took it up, right behind it.
      const { rows } = await sql<{ index: bigint; body: Buffer }>`
        select index, body from records
        where index = any(${records.map(({ index }) => index + 1n)}::bigint[]) and body is not null`.execute(tx)
      const behind = new Map(rows.map(row => [row.index, row.body]))
      return fromBody(({ index, body, loggedAt }) => {
        const act = actOf(body)
        const row = { record_index: `${index}`, kind: act.kind, logged_at: loggedAt }
        if (act.kind === 'mark') {
          const { id, bank, nonce } = act.mark
          return [{ ...row, financing: id, signer: bank, nonce }]
        }
        const financing = act.financing ?? markIn(behind.get(index + 1n))
        return [{ ...row, financing, signer: act.signer, nonce: act.nonce }]
      })(records, tx)
    },
    adds: {},
    envelope: ({ body }) => {
      const act = actOf(body)
      return act.kind === 'mark'
        ? { org: act.mark.bank, parties: [act.mark.bank, act.mark.seller], clientKey: act.mark.nonce }
        : { org: act.org, clientKey: act.kind === 'expiry' ? `expiry ${act.nonce}` : act.nonce }
    },
  },
  {
    table: 'financings',
    types: ['financing'],
    from: 'financings t',
    index: 't.record_index',
    rows: byMarks('first', (mark, standing, { index }) => {
      const { id, application, bank, seller, invoice, amount, mode, recourse, zhongdeng } = mark
      const state = stateOf(standing, mark)
      return [
        {
          ...{ id, application, bank, seller, amount, mode, recourse, state, live: isLive(state) },
          record_index: `${index}`,
          parties: [bank, seller],
          invoice: invoice.code,
          commitment: `\\x${invoice.commitment}`,
          issue_date: invoice.issueDate,
          gross: invoice.gross,
          currency: invoice.currency,
          zhongdeng: zhongdeng ?? null,
          created_at: standing.created_at,
          expires_at: expiresAt(standing),
        },
      ]
    }),
    adds: { changed_at: 'when an act on this or another mark last moved it' },
  },
  {
    table: 'financing_lines',
    types: ['financing'],
    from: `financing_lines t left join lateral (select max(record_index) as at from financing_acts a
      where a.financing = t.financing and a.kind = 'mark') latest on true`,
    index: 'latest.at',
    key: ['order_code', 'line', 'unit'],
    hanging: true,
    rows: byMarks('latest', (mark, standing) =>
      mark.goods.lines.flatMap(({ order, line, quantity, accepted, units }) =>
        [{ code: '', quantity, accepted }, ...units].map(unit => ({
          ...{ financing: mark.id, live: isLive(stateOf(standing, mark)), order_code: order, line, unit: unit.code },
          ...{ quantity: unit.quantity, accepted: unit.accepted },
        })),
      ),
    ),
    adds: {},
  },
  ...(keys.length === 0 ? [] : [fingerprintProjection(keys)]),
]

const fingerprintProjection = (keys: readonly FingerprintKey[]): Projection => ({
  table: 'financing_keys',
  types: ['financing'],
  from: `financing_keys t left join lateral (select max(record_index) as at from financing_acts a
    where a.financing = t.financing and a.kind = 'mark') latest on true`,
  index: 'latest.at',
  key: ['kind', 'key_version', 'fingerprint'],
  hanging: true,
  rows: byMarks('latest', (mark, standing) =>
    fingerprints(keys, {
      number: mark.invoice.number,
      seller: mark.seller,
      serials: mark.goods.serials,
    }).map(({ kind, version, fingerprint }) => ({
      ...{ financing: mark.id, live: isLive(stateOf(standing, mark)), kind },
      ...{ key_version: version, fingerprint: bytea(fingerprint) },
    })),
  ),
  adds: {},
})

const markIn = (body: Uint8Array | undefined): string => {
  const act = body && actOf(body)
  if (act?.kind !== 'mark') throw new SyntaxError('no mark follows the consent')
  return act.mark.id
}

export const financingTimes: Derived = {
  table: 'financings',
  columns: ['changed_at'],
  contradictions: async tx => {
    const { rows } = await sql<{ at: string; what: string }>`
      select id::text as at, 'changed_at: no act on a financing was at that time' as what from financings
      where not exists (select from financing_acts where logged_at = changed_at) limit 100`.execute(tx)
    return rows
  },
}
