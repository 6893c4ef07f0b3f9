import { sql } from 'kysely'
import type { Application, ApplicationState, Decision } from '../../core/application.ts'
import { fromHex } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import type { Uscc } from '../../core/uscc.ts'
import type { Tx } from '../../db/database.ts'
import { type Page, pageClause } from '../page.ts'
import type { Entry } from '../seams.ts'

export type ApplicationRow = {
  readonly record_index: bigint
  readonly id: string
  readonly seller: Uscc
  readonly bank: Uscc
  readonly state: ApplicationState
  readonly application: Application
  readonly created_at: Date
  readonly changed_at: Date
}

const columns = sql`record_index, id, seller, bank, state, application, created_at, changed_at`

/** As far as the reader of the transaction may see. Refusal APPLICATION_UNKNOWN. */
export const applicationOf = async (tx: Tx, id: string): Promise<ApplicationRow> =>
  only((await sql<ApplicationRow>`select ${columns} from applications where id = ${id}`.execute(tx)).rows)

/** The same, kept from moving until the transaction ends. */
export const lockApplication = async (tx: Tx, id: string): Promise<ApplicationRow> =>
  only((await sql<ApplicationRow>`select ${columns} from applications where id = ${id} for update`.execute(tx)).rows)

const only = (rows: readonly ApplicationRow[]): ApplicationRow => {
  const [row] = rows
  if (row === undefined) throw new Refusal('APPLICATION_UNKNOWN')
  return row
}

/** Of one party, by the indexes applications_of_seller and applications_of_bank. */
export const listOf = async (
  tx: Tx,
  party: string,
  { state, ...page }: Page & { readonly state?: ApplicationState | undefined },
): Promise<readonly ApplicationRow[]> => {
  const { rows } = await sql<ApplicationRow>`select ${columns} from applications
    where (seller = ${party} or bank = ${party}) and (${state ?? null}::text is null or state = ${state ?? null})
    ${pageClause(page)}`.execute(tx)
  return rows
}

/** `documents` are the logged versions of the invoices, in their order. Refusal NONCE_REPLAYED where the id is taken. */
export const insertApplication = async (
  tx: Tx,
  entry: Entry,
  application: Application,
  documents: readonly bigint[],
): Promise<void> => {
  const { id, seller, bank, authorization, mode, recourse, currency, nonce } = application
  const { rows } = await sql`insert into applications
      (id, record_index, seller, bank, parties, authorization_id, mode, recourse, currency, nonce, application, created_at, changed_at)
    values (${id}, ${entry.index}, ${seller}, ${bank}, ${[seller, bank]}, ${authorization}, ${mode}, ${recourse},
      ${currency}, ${nonce}, ${JSON.stringify(application)}, ${entry.loggedAt}, ${entry.loggedAt})
    on conflict (id) do nothing returning id`.execute(tx)
  if (rows.length === 0) throw new Refusal('NONCE_REPLAYED', 'There is an application of this id')
  await sql`insert into application_invoices (application, invoice, document)
    select ${id}, invoice, document from unnest(
      ${application.invoices.map(({ code }) => code)}::text[], ${documents}::bigint[]) as it (invoice, document)`.execute(
    tx,
  )
}

/** The legal moves are the database's to know. Refusal APPLICATION_STATE. */
export const moveApplication = async (tx: Tx, id: string, to: ApplicationState, at: Date): Promise<void> => {
  const { rows } = await sql`update applications set state = ${to}, changed_at = ${at}
    where id = ${id} and application_may_move(state, ${to}) returning id`.execute(tx)
  if (rows.length === 0) throw new Refusal('APPLICATION_STATE', `The application can not become ${to} in its state`)
}

export const insertDecision = async (
  tx: Tx,
  entry: Entry,
  decision: Decision,
  parties: readonly Uscc[],
): Promise<void> => {
  const { application, bank, outcome, nonce } = decision
  await sql`insert into decisions (record_index, application, bank, parties, outcome, decision, nonce, decided_at)
    values (${entry.index}, ${application}, ${bank}, ${parties}, ${outcome}, ${JSON.stringify(decision)}, ${nonce},
      ${entry.loggedAt})`.execute(tx)
}

export type DecisionRow = { readonly record_index: bigint; readonly decision: Decision; readonly decided_at: Date }

export const decisionsOf = async (tx: Tx, application: string): Promise<readonly DecisionRow[]> => {
  const { rows } = await sql<DecisionRow>`select record_index, decision, decided_at from decisions
    where application = ${application} order by record_index`.execute(tx)
  return rows
}

/** Refusal REPORT_UNKNOWN unless this is the commitment of a report on this application. */
export const mustBeReportOn = async (tx: Tx, application: string, commitment: string): Promise<void> => {
  const { rows } = await sql`select from reports join records on records.index = reports.record_index
    where reports.application = ${application} and records.digest = ${fromHex(commitment)}`.execute(tx)
  if (rows.length === 0) throw new Refusal('REPORT_UNKNOWN', 'The decision names no report on this application')
}
