import type { JWK } from 'jose'
import { sql } from 'kysely'
import { parseBundle, sealPayload } from '../../core/bundle.ts'
import { equal, fromUtf8 } from '../../core/bytes.ts'
import { parseCompact, verifyWithKey } from '../../core/jws.ts'
import { policySchema } from '../../core/report/policy.ts'
import { reportSchema } from '../../core/report/report.ts'
import { typ } from '../../core/typ.ts'
import { fromBody, type Projection, type ReadableRow } from '../../db/projection.ts'
import { loggedAct } from '../signed-act.ts'

/** @param nodeKeys under which bundles are sealed; without one the seal's payload is compared and its signature is not */
export const reportProjections = (nodeKeys: readonly JWK[]): readonly Projection[] => [
  {
    table: 'policies',
    types: ['policy'],
    from: 'policies t',
    index: 't.record_index',
    rows: fromBody(({ index, body, loggedAt }) => {
      const policy = loggedAct(policySchema, body)
      return [{ bank: policy.bank, version: policy.version, record_index: `${index}`, policy, logged_at: loggedAt }]
    }),
    adds: {},
    envelope: ({ body }) => {
      const { bank, version } = loggedAct(policySchema, body)
      return { org: bank, parties: [bank], clientKey: `${version}` }
    },
  },
  {
    table: 'reports',
    types: ['report'],
    from: 'reports t',
    index: 't.record_index',
    rows: async (records, tx) => {
      const made = await fromBody(({ index, body, clientKey, loggedAt }) => {
        const report = loggedAct(reportSchema, body)
        return [
          {
            id: clientKey,
            record_index: `${index}`,
            application: report.application,
            bank: report.bank,
            verdict: report.verdict,
            policy_version: report.policy.version,
            as_of: report.asOf,
            report,
            made_at: loggedAt,
          },
        ]
      })(records, tx)
      const { rows } = await sql<{ record_index: bigint; bundle: string; emptied: boolean }>`
        select record_index, bundle, bundle = '' and exists (select from releases where releases.id = reports.id
            and exists (select from unnest(releases.records) as it (index) where record_erased(it.index))) as emptied
          from reports where record_index = any(${records.map(({ index }) => index)}::bigint[])`.execute(tx)
      const held = new Map(rows.map(row => [row.record_index, row]))
      return Promise.all(
        made.map(async (it, i) => {
          const row = held.get(records[i]!.index)
          if (it instanceof Error || row === undefined || row.emptied) return it
          return (await brokenBundle(row.bundle, records[i]!, nodeKeys)) ?? it
        }),
      )
    },
    // Sealed: it proves itself, and the report in it is the record.
    adds: { bundle: 'the file with the report, checked by its own seal; empty once a record in it was erased' },
    envelope: ({ body }) => {
      const { bank } = loggedAct(reportSchema, body)
      return { org: bank, parties: [bank] }
    },
    erased: { report: {}, bundle: '' },
  },
]

const brokenBundle = async (
  text: string,
  { body }: ReadableRow,
  nodeKeys: readonly JWK[],
): Promise<Error | undefined> => {
  try {
    const { seal, ...contents } = parseBundle(text)
    if (contents.report !== fromUtf8(body)) return new Error('the bundle holds another report than was logged')
    const jws = parseCompact(seal)
    if (!jws.ok || !equal(jws.payload, sealPayload(contents))) return new Error('the bundle is not what was sealed')
    const verified = await Promise.all(nodeKeys.map(key => verifyWithKey(jws, key, typ.bundleSeal)))
    return verified.length === 0 || verified.some(({ ok }) => ok)
      ? undefined
      : new Error('the seal of the bundle does not verify')
  } catch (error) {
    return error instanceof Error ? error : new Error('the bundle is unreadable')
  }
}
