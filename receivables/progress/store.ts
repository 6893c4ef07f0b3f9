import { sql } from 'kysely'
import type { ApplicationState, Decision } from '../../core/application.ts'
import type { MarkState } from '../../core/financing.ts'
import type { Tx } from '../../db/database.ts'

export type Put = {
  readonly id: string
  readonly bank: string
  readonly state: ApplicationState
  readonly authorization_id: string
  readonly record_index: bigint
  /** Commitment of the version that was put. */
  readonly digest: Uint8Array
  readonly created_at: Date
  /** When the bank had it verified last. That it did is the seller's to know, and what it found is the bank's. */
  readonly reported_at: Date | null
}

/** Applications with this invoice of the seller's, oldest first. Reads as the node. */
export const applicationsWith = async (tx: Tx, seller: string, invoice: string): Promise<readonly Put[]> =>
  (
    await sql<Put>`select applications.id, bank, state, authorization_id, applications.record_index, created_at,
        (select digest::bytea from documents where documents.record_index = document) as digest,
        (select max(made_at) from reports where reports.application = applications.id) as reported_at
      from application_invoices join applications on applications.id = application_invoices.application
      where application_invoices.invoice = ${invoice} and seller = ${seller}
      order by applications.record_index`.execute(tx)
  ).rows

type Decided = {
  readonly application: string
  readonly bank: string
  readonly record_index: bigint
  readonly outcome: Decision['outcome']
  readonly decided_at: Date
}

export const decisionsOn = async (tx: Tx, applications: readonly string[]): Promise<readonly Decided[]> =>
  (
    await sql<Decided>`select application, bank, record_index, outcome, decided_at from decisions
      where application = any(${[...applications]}::uuid[]) order by record_index`.execute(tx)
  ).rows

type Marked = {
  readonly application: string
  readonly bank: string
  readonly record_index: bigint
  readonly state: MarkState
  readonly created_at: Date
}

/** Marks on these applications' invoice, as far as this node's registry has them. */
export const marksOn = async (tx: Tx, applications: readonly string[], invoice: string): Promise<readonly Marked[]> =>
  (
    await sql<Marked>`select application, bank, record_index, state, created_at from financings
      where application = any(${[...applications]}::uuid[]) and invoice = ${invoice} order by record_index`.execute(tx)
  ).rows
