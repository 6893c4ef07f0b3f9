import { sql } from 'kysely'
import { fromHex } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import type { Mark, MarkedGoods, MarkState, Mode } from '../../core/financing.ts'
import type { Uscc } from '../../core/uscc.ts'
import type { Tx } from '../../db/database.ts'
import { type Page, pageClause } from '../page.ts'
import type { Entry } from '../seams.ts'
import type { Fingerprint } from './fingerprint.ts'

export type FinancingRow = {
  readonly record_index: bigint
  readonly id: string
  readonly application: string
  readonly bank: Uscc
  readonly seller: Uscc
  readonly invoice: string
  readonly commitment: Uint8Array
  readonly amount: bigint
  readonly currency: string
  readonly mode: Mode
  readonly recourse: boolean
  readonly zhongdeng: string | null
  readonly state: MarkState
  readonly live: boolean
  /** Until when it must be financed, or it ends. */
  readonly expires_at: Date | null
  readonly created_at: Date
  readonly changed_at: Date
}

const columns = sql`record_index, id, application, bank, seller, invoice, commitment, amount, currency, mode, recourse,
  zhongdeng, state, live, expires_at, created_at, changed_at`

export const findFinancing = async (tx: Tx, id: string): Promise<FinancingRow | undefined> =>
  (await sql<FinancingRow>`select ${columns} from financings where id = ${id}`.execute(tx)).rows[0]

/** Of one party, by the indexes financings_of_bank and financings_of_seller. */
export const financingsOf = async (
  tx: Tx,
  party: string,
  { state, application, ...page }: Page & { state?: MarkState | undefined; application?: string | undefined },
): Promise<readonly FinancingRow[]> => {
  const { rows } = await sql<FinancingRow>`select ${columns} from financings
    where (bank = ${party} or seller = ${party})
      and (${state ?? null}::text is null or state = ${state ?? null})
      and (${application ?? null}::uuid is null or application = ${application ?? null})
    ${pageClause(page)}`.execute(tx)
  return rows
}

/** Whether a live mark other than this holds the invoice, one of the serials, or too much of an order line. */
export const isHeld = async (
  tx: Tx,
  id: string,
  goods: MarkedGoods,
  fingerprints: readonly Fingerprint[],
): Promise<boolean> => {
  const { rows } = await sql<{ held: boolean }>`select
    exists (
      select from ${fingerprintRows(fingerprints)}
        join financing_keys using (kind, key_version, fingerprint)
        where live and financing <> ${id}
    ) or exists (
      select from ${lineRows(goods)}
        where quantity + (
          select coalesce(sum(held.quantity), 0) from financing_lines held
            where live and financing <> ${id} and held.order_code = mine.order_code and held.line = mine.line
              and held.unit = mine.unit
        ) > accepted
    ) as held`.execute(tx)
  return rows[0]?.held === true
}

/**
 * Writes what the mark says, as new or over what the financing held before. Until when it must be financed its first
 * mark decides. The state must be a legal one here: SQL
 * refuses any other, and a second live mark, with an error of its own.
 */
export const putMark = async (
  tx: Tx,
  entry: Entry,
  mark: Mark,
  state: MarkState,
  fingerprints: readonly Fingerprint[],
  expires: Date,
): Promise<void> => {
  const { id, application, bank, seller, invoice, amount, mode, recourse, zhongdeng } = mark
  await sql`delete from financing_keys where financing = ${id}`.execute(tx)
  await sql`delete from financing_lines where financing = ${id}`.execute(tx)
  await sql`insert into financings (id, record_index, application, bank, seller, parties, invoice, commitment, issue_date,
      gross, currency, amount, mode, recourse, zhongdeng, state, expires_at, created_at, changed_at)
    values (${id}, ${entry.index}, ${application}, ${bank}, ${seller}, ${[bank, seller]}, ${invoice.code},
      ${fromHex(invoice.commitment)}, ${invoice.issueDate}, ${invoice.gross}, ${invoice.currency}, ${amount}, ${mode},
      ${recourse}, ${zhongdeng ?? null}, ${state}, ${expires}, ${entry.loggedAt}, ${entry.loggedAt})
    on conflict (id) do update set amount = excluded.amount, mode = excluded.mode, recourse = excluded.recourse,
      zhongdeng = excluded.zhongdeng, state = excluded.state, changed_at = excluded.changed_at`.execute(tx)
  await sql`insert into financing_keys (financing, live, kind, key_version, fingerprint)
    select id, live, kind, key_version, fingerprint from financings, ${fingerprintRows(fingerprints)}
    where id = ${id}`.execute(tx)
  await sql`insert into financing_lines (financing, live, order_code, line, unit, quantity, accepted)
    select id, live, order_code, line, unit, quantity, accepted from financings, ${lineRows(mark.goods)}
    where id = ${id}`.execute(tx)
}

/**
 * After something changed around this financing: marks that hold nothing become REGU, REDU or DFIN by what else there is
 * on their invoice and serials.
 */
export const restand = async (tx: Tx, id: string, at: Date): Promise<void> => {
  await sql`with near as (
      select distinct other.financing from financing_keys mine
        join financing_keys other using (kind, key_version, fingerprint)
        where mine.financing = ${id}
    ), standing as (
      select near.financing, case
        when exists (
          select from financing_keys mine join financing_keys other using (kind, key_version, fingerprint)
            where mine.financing = near.financing and other.financing <> near.financing and other.live
        ) then 'DFIN'
        when exists (
          select from financing_keys mine join financing_keys other using (kind, key_version, fingerprint)
            join financings on id = other.financing
            where mine.financing = near.financing and other.financing <> near.financing and kind = 'invoice'
              and state <> 'CANC'
        ) then 'REDU'
        else 'REGU' end as state
      from near
    )
    update financings set state = standing.state, changed_at = ${at} from standing
      where id = standing.financing and financings.state in ('REGU', 'REDU', 'DFIN')
        and financings.state <> standing.state`.execute(tx)
}

/** `kind` and nonce of a signed act, kept for good. Refusal NONCE_REPLAYED when it served another financing. */
export const putAct = async (
  tx: Tx,
  entry: Entry,
  act: {
    financing: string
    /** Null where the registry itself says it. */
    signer: Uscc | null
    kind: 'mark' | 'consent' | 'release' | 'expiry'
    nonce: string
  },
): Promise<void> => {
  const { rows } = await sql<{ financing: string; kind: string }>`
    select financing, kind from financing_acts where signer = ${act.signer} and nonce = ${act.nonce}`.execute(tx)
  const [before] = rows
  // A consent stands for the whole way of one financing, from registered to financed.
  if (before?.financing === act.financing && before.kind === 'consent' && act.kind === 'consent') return
  if (before !== undefined) throw new Refusal('NONCE_REPLAYED')
  await sql`insert into financing_acts (record_index, financing, signer, kind, nonce, logged_at)
    values (${entry.index}, ${act.financing}, ${act.signer}, ${act.kind}, ${act.nonce}, ${entry.loggedAt})`.execute(tx)
}

/** Stands, and ends when it is not financed in time. */
export const isUnfunded = (state: MarkState): boolean => state !== 'FNCD' && state !== 'CANC'

export const cancel = async (tx: Tx, id: string, at: Date): Promise<void> => {
  await sql`update financings set state = 'CANC', changed_at = ${at} where id = ${id}`.execute(tx)
}

/** Whether an application has a mark on the invoice that is not cancelled. */
export const hasMark = async (tx: Tx, application: string, invoice: string): Promise<boolean> =>
  (
    await sql`select from financings where application = ${application} and invoice = ${invoice}
      and state <> 'CANC'`.execute(tx)
  ).rows.length > 0

/** Why the invoice with this commitment must stay for now; undefined where no bank holds it. */
export const heldByMark = async (tx: Tx, { digest }: { readonly digest: Uint8Array }): Promise<string | undefined> => {
  const { rows } = await sql`select from financings where live and commitment = ${digest} limit 1`.execute(tx)
  return rows.length > 0 ? 'A bank holds the invoice: it can be erased once the financing is released' : undefined
}

export const hasLiveMarks = async (tx: Tx, application: string): Promise<boolean> =>
  (await sql`select from financings where application = ${application} and live limit 1`.execute(tx)).rows.length > 0

export const fingerprintRows = (fingerprints: readonly Fingerprint[]) => sql`unnest(
    ${fingerprints.map(({ kind }) => kind)}::text[], ${fingerprints.map(({ version }) => version)}::int[],
    ${fingerprints.map(({ fingerprint }) => Buffer.from(fingerprint))}::bytea[]) as mine (kind, key_version, fingerprint)`

/** A row for each line as a whole, with unit '', and one for each of its lots and logistic units. */
const lineRows = ({ lines }: MarkedGoods) => {
  const rows = lines.flatMap(({ order, line, quantity, accepted, units }) =>
    [{ code: '', quantity, accepted }, ...units].map(unit => ({ order, line, ...unit })),
  )
  return sql`unnest(
    ${rows.map(({ order }) => order)}::text[], ${rows.map(({ line }) => line)}::text[], ${rows.map(({ code }) => code)}::text[],
    ${rows.map(({ quantity }) => quantity)}::numeric[], ${rows.map(({ accepted }) => accepted)}::numeric[]
  ) as mine (order_code, line, unit, quantity, accepted)`
}
