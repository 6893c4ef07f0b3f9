import { sql } from 'kysely'
import type { Severity } from '../../core/alert.ts'
import type { ApplicationState } from '../../core/application.ts'
import type { Mode } from '../../core/financing.ts'
import type { ReceivableReport, Report } from '../../core/report/report.ts'
import type { Uscc } from '../../core/uscc.ts'
import type { Tx } from '../../db/database.ts'

export type HeldRow = {
  readonly id: string
  readonly application: string
  readonly seller: Uscc
  readonly invoice: string
  readonly mode: Mode
  readonly state: 'PNDG' | 'FNCD'
  readonly amount: bigint
  readonly currency: string
  /** YYYY-MM-DD */
  readonly issued: string
  readonly report: string | null
  readonly as_of: Date | null
  readonly open: string | null
  readonly financeable: string | null
  readonly verdict: ReceivableReport['verdict'] | null
  readonly due: string | null
  readonly history: Readonly<Record<string, string>> | null
  /** What the report reckoned for the invoice, and in which currency. */
  readonly reckoned: (NonNullable<Report['eligible']>['invoices'][number] & { readonly currency: string }) | null
}

/**
 * The bank's live marks, each with what the newest report on its application found of the invoice; marks whose reports
 * are newest come last. Plan: financings_of_bank, then for each mark reports_of_application backwards to the first report
 * whose record is not erased.
 */
export const heldBy = async (tx: Tx, bank: string): Promise<readonly HeldRow[]> =>
  (
    await sql<HeldRow>`select financings.id, financings.application, seller, financings.invoice, mode, state, amount,
        financings.currency, to_char(issue_date, 'YYYY-MM-DD') as issued, newest.id as report, newest.as_of,
        found ->> 'open' as open, found ->> 'financeable' as financeable, found ->> 'verdict' as verdict,
        jsonb_path_query_first(found, '$.checks[*] ? (@.code == "TERM").measure.due') #>> '{}' as due,
        jsonb_path_query_first(found, '$.checks[*] ? (@.code == "HISTORY").measure') as history, reckoned
      from financings
        left join lateral (
          select reports.id, reports.record_index, as_of, report from reports join records on index = reports.record_index
            where application = financings.application and body is not null
            order by reports.record_index desc limit 1
        ) newest on true
        left join lateral (
          select value as found from jsonb_array_elements(newest.report -> 'receivables')
            where value ->> 'commitment' = encode(financings.commitment, 'hex') limit 1
        ) receivable on true
        left join lateral (
          select value || jsonb_build_object('currency', newest.report -> 'eligible' -> 'currency') as reckoned
            from jsonb_path_query(newest.report, '$.eligible.invoices[*]') as it (value)
            where value ->> 'invoice' = financings.invoice limit 1
        ) sum on true
      where bank = ${bank} and live
      order by newest.record_index nulls first, financings.record_index`.execute(tx)
  ).rows

/** As far as the reader of the transaction may see. */
export const statesOf = async (
  tx: Tx,
  bank: string,
): Promise<readonly { readonly state: ApplicationState; readonly count: number }[]> =>
  (
    await sql<{ state: ApplicationState; count: number }>`select state, count(*)::int as count from applications
      where bank = ${bank} group by state order by state`.execute(tx)
  ).rows

export const openAlertsOf = async (
  tx: Tx,
  bank: string,
): Promise<readonly { readonly severity: Severity; readonly count: number }[]> =>
  (
    await sql<{ severity: Severity; count: number }>`select severity, count(*)::int as count from alerts
      where bank = ${bank} and not exists (select from alert_acknowledgements where alert_index = record_index)
      group by severity order by severity`.execute(tx)
  ).rows
