import { sql } from 'kysely'
import type { Policy } from '../../core/report/policy.ts'
import { type Report, reportSchema } from '../../core/report/report.ts'
import type { Tx } from '../../db/database.ts'
import { type Page, pageClause } from '../page.ts'
import type { Entry } from '../seams.ts'

export type ReportRow = {
  readonly record_index: bigint
  readonly id: string
  readonly application: string
  readonly bank: string
  readonly digest: Uint8Array
  readonly verdict: 'VERIFIED' | 'REFER' | 'REJECT'
  readonly policy_version: number
  readonly as_of: Date
  readonly report: Record<string, unknown>
  /** JWS as logged; null once it is erased. */
  readonly body: Uint8Array | null
  readonly made_at: Date
}

const columns = sql`reports.record_index, id, application, bank, digest, verdict, policy_version, as_of, report, body,
  made_at`

export const findReport = async (tx: Tx, id: string): Promise<ReportRow | undefined> =>
  (
    await sql<ReportRow>`select ${columns} from reports join records on index = reports.record_index
      where id = ${id}`.execute(tx)
  ).rows[0]

/** The file as it was sealed; undefined for a report that the reader may not see. */
export const readBundle = async (tx: Tx, id: string): Promise<string | undefined> =>
  (await sql<{ bundle: string }>`select bundle from reports where id = ${id}`.execute(tx)).rows[0]?.bundle

/** Of one bank, by the indexes reports_of_bank and reports_of_application. */
export const reportsOf = async (
  tx: Tx,
  bank: string,
  { application, ...page }: Page & { readonly application?: string | undefined },
): Promise<readonly ReportRow[]> => {
  const { rows } = await sql<ReportRow>`select ${columns} from reports join records on index = reports.record_index
    where bank = ${bank} and body is not null and (${application ?? null}::uuid is null or application = ${application ?? null})
    ${pageClause(page)}`.execute(tx)
  return rows
}

/** What the newest report on an application found of one invoice, line by line; undefined where it found nothing. */
export const matchedLines = async (
  tx: Tx,
  application: string,
  commitment: string,
): Promise<Report['receivables'][number]['match'] | undefined> => {
  const { rows } = await sql<{ report: unknown }>`select report from reports where application = ${application}
    order by record_index desc limit 1`.execute(tx)
  const read = reportSchema.safeParse(rows[0]?.report)
  return read.data?.receivables.find(it => it.commitment === commitment)?.match
}

export type NewReport = {
  readonly id: string
  readonly application: string
  readonly bank: string
  readonly verdict: 'VERIFIED' | 'REFER' | 'REJECT'
  readonly policyVersion: number
  readonly asOf: Date
  readonly report: object
  /** The sealed evidence bundle with this report in it. */
  readonly bundle: string
}

export const insertReport = async (tx: Tx, entry: Entry, it: NewReport): Promise<void> => {
  await sql`insert into reports (id, record_index, application, bank, verdict, policy_version, as_of, report, bundle, made_at)
    values (${it.id}, ${entry.index}, ${it.application}, ${it.bank}, ${it.verdict}, ${it.policyVersion}, ${it.asOf},
      ${JSON.stringify(it.report)}, ${it.bundle}, ${entry.loggedAt})`.execute(tx)
}

export type PolicyRow = { readonly policy: Policy; readonly body: Uint8Array }

/** The newest one that the bank has signed. */
export const newestPolicy = async (tx: Tx, bank: string): Promise<PolicyRow | undefined> =>
  (
    await sql<PolicyRow>`select policy, body from policies join records on index = record_index
      where bank = ${bank} order by version desc limit 1`.execute(tx)
  ).rows[0]

/** False where the bank has this version already. */
export const insertPolicy = async (tx: Tx, entry: Entry, policy: Policy): Promise<boolean> => {
  const { rows } = await sql`insert into policies (bank, version, record_index, policy, logged_at)
    values (${policy.bank}, ${policy.version}, ${entry.index}, ${JSON.stringify(policy)}, ${entry.loggedAt})
    on conflict do nothing returning version`.execute(tx)
  return rows.length === 1
}

export type SignedPolicy = { readonly record_index: bigint; readonly policy: Policy; readonly logged_at: Date }

/** Of one bank, every version that it has signed. */
export const policiesOf = async (tx: Tx, bank: string, page: Page): Promise<readonly SignedPolicy[]> =>
  (
    await sql<SignedPolicy>`select record_index, policy, logged_at from policies
      where bank = ${bank} ${pageClause(page)}`.execute(tx)
  ).rows
