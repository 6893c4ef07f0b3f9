import { randomUUID } from 'node:crypto'
import { type Alert, alertSchema } from '../../core/alert.ts'
import { utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { Refusal } from '../../core/errors.ts'
import { signCompact } from '../../core/jws.ts'
import { reportSchema } from '../../core/report/report.ts'
import { worsenings } from '../../core/report/worse.ts'
import { typ } from '../../core/typ.ts'
import { asNode, type Tx } from '../../db/database.ts'
import { makeReport, type ReportDeps } from '../reports/make.ts'
import { type ApplicationMaterial, applicationMaterial } from '../reports/material.ts'
import { findReport, type ReportRow } from '../reports/store.ts'
import { decidedBy, insertAlert, inTurn, passTurn, putWatch, type WatchRow } from './store.ts'

export type WatchDeps = ReportDeps & {
  /** Whether the seller has agreed to be watched, be the agreement in force or over. Reads as the node. */
  readonly isMonitored: (tx: Tx, application: ApplicationMaterial) => Promise<boolean>
  /** Whether the record at this position is only on its way to a chain. */
  readonly waitsForAnchor: (index: bigint) => Promise<boolean>
  readonly onFault: (error: unknown) => void
  /** Has an alert taken to the bank's own endpoint, if it has one, with this transaction or not at all. */
  readonly pushAlert: (
    tx: Tx,
    alert: { readonly id: string; readonly application: string; readonly seller: string; readonly bank: string },
    at: Date,
  ) => Promise<void>
}

/** Applications whose turn comes in one round: a round a minute asks for each of 70,000 once a day. */
const EACH_ROUND = 50
/** Time alone changes things, too: an invoice falls due, an answer expires, a certificate is revoked. */
const LOOK_ANYWAY_MS = 86_400_000

/**
 * Watches over what was financed: where something new bears on an application, or a day has gone by, the report is made
 * again under the seller's authorization for monitoring, and what reads worse than before is an alert to the bank. It
 * sees what the bank may see and no more; each look is a release, logged as any. Alerts and the report that the next
 * look compares with are written together, so that a crash between the two repeats the look and loses no alert.
 */
export const watchFinanced = async (deps: WatchDeps): Promise<void> => {
  for (const watch of await asNode(deps.db, tx => inTurn(tx, EACH_ROUND))) {
    try {
      await turn(deps, watch)
    } catch (error) {
      // The others must not wait for it; its own look is due as before.
      await asNode(deps.db, tx => passTurn(tx, watch.application, deps.now()))
      if (!passes(error)) deps.onFault(error)
    }
  }
}

/** A busy log, evidence that is still to come, an application that was just released: nothing that anybody has to mend. */
const passes = (error: unknown): boolean =>
  error instanceof Refusal && (error.status === 503 || error.code === 'APPLICATION_STATE')

const turn = async (deps: WatchDeps, watch: WatchRow): Promise<void> => {
  const at = deps.now()
  const { application: id, seen, looked_at: lookedAt } = watch
  const material = await asNode(deps.db, tx => applicationMaterial(deps, tx, id))
  if (material === undefined) throw new TypeError(`application ${id} is financed and not there`)
  const newest = material.records.at(-1) ?? 0n
  const isDue = seen === null || newest > seen || at.getTime() - (lookedAt?.getTime() ?? 0) >= LOOK_ANYWAY_MS
  if (!isDue || !(await asNode(deps.db, tx => deps.isMonitored(tx, material))) || (await deps.waitsForAnchor(newest))) {
    return asNode(deps.db, tx => passTurn(tx, id, at))
  }
  const found = await look(deps, material, watch)
  const place = { seen: newest, compared: found.compared, blind: found.blind, at }
  if (found.alerts.length === 0) return asNode(deps.db, tx => putWatch(tx, watch, place))
  const bodies = await Promise.all(
    found.alerts.map(alert => signCompact({ typ: typ.alert, payload: canonical(alert), ...deps.nodeKey })),
  )
  await deps.appendAll(
    found.alerts.map((alert, i) => ({
      type: 'alert' as const,
      org: material.bank,
      parties: [material.bank],
      body: utf8(bodies[i]!),
      clientKey: alert.id,
      effect: async (tx, entry) => {
        await insertAlert(tx, entry, alert)
        await deps.pushAlert(tx, { id: alert.id, application: id, seller: material.seller, bank: material.bank }, at)
        if (i === 0) await putWatch(tx, watch, place)
      },
    })),
  )
}

type Found = { readonly alerts: readonly Alert[]; readonly compared: string | null; readonly blind: string | null }

const look = async (deps: WatchDeps, { id, bank }: ApplicationMaterial, watch: WatchRow): Promise<Found> => {
  const common = { version: 1 as const, application: id, bank, at: deps.now().toISOString() }
  let row: ReportRow
  try {
    row = (await makeReport(deps, { uscc: bank }, { application: id, id: randomUUID() })).row
  } catch (error) {
    // What passes by itself is no alert: the next round comes soon.
    if (!(error instanceof Refusal) || error.status >= 500 || passes(error)) throw error
    const { code } = error
    const told = watch.blind === code
    const alert = { ...common, id: randomUUID(), check: 'AUTHZ', after: 'not_evaluable', severity: 'warning' } as const
    const why = { reasons: [{ code: 'NOT_PERMITTED' as const, params: { refusal: code } }], evidence: [] }
    return { alerts: told ? [] : [alertSchema.parse({ ...alert, ...why })], compared: watch.compared, blind: code }
  }
  const than = watch.compared ?? (await asNode(deps.db, tx => decidedBy(tx, id, row.id)))
  const before = than === null ? undefined : await asNode(deps.db, tx => findReport(tx, than))
  const earlier = before && reportSchema.safeParse(before.report)
  const report = reportSchema.parse(row.report)
  // Without anything to compare with, this is what the next one is compared with.
  const worse = earlier?.success ? worsenings(earlier.data, report) : []
  return {
    alerts: worse.map(it =>
      alertSchema.parse({ ...common, ...it, id: randomUUID(), report: row.id, ...(than === null ? {} : { than }) }),
    ),
    compared: row.id,
    blind: null,
  }
}
