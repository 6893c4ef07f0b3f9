import { hex } from '../../core/bytes.ts'
import { type Route, route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import type { AuthorizationEvidence } from '../../core/report/evidence.ts'
import { parseUscc } from '../../core/uscc.ts'
import { asNode, asOrganization, type Db, type Tx } from '../../db/database.ts'
import { documentOf, invoiceByCommitment, type LoggedDocument } from '../documents/store.ts'
import { type MaterialDeps, recordsOn } from '../reports/material.ts'
import { readProgress } from './contract.ts'
import { type Held, heldEvidence } from './evidence.ts'
import { judgeInvoice, openInvoice } from './judge.ts'
import { stepsOf } from './steps.ts'
import { applicationsWith, decisionsOn, marksOn } from './store.ts'

export type ProgressDeps = MaterialDeps & {
  readonly db: Db
  readonly now: () => Date
  /** In log order, with what the features keep beside them. Runs as the node. */
  readonly readMaterial: (tx: Tx, indexes: readonly bigint[]) => Promise<readonly Held[]>
  /** As it stands now; undefined where this node has it not. */
  readonly agreementOf: (tx: Tx, id: string) => Promise<AuthorizationEvidence | undefined>
}

export const progressRoutes = (deps: ProgressDeps): Route[] => [
  route(readProgress, async ({ caller, params: { code } }) => {
    const row = await asOrganization(deps.db, caller.uscc, tx => documentOf(tx, code))
    if (row.kind !== 'invoice' || row.seller !== caller.uscc) throw new Refusal('DOCUMENT_UNKNOWN')
    const seller = parseUscc(row.seller)
    const asOf = deps.now().toISOString()
    const known = await asNode(deps.db, tx => gather(deps, tx, row))
    const { shown } = known
    const commitment = hex(shown.digest)
    const { evidence, papers } = heldEvidence(known.records, known.agreement, { code, commitment, seller, asOf })
    const opened = openInvoice(evidence, commitment, asOf)
    if (opened === undefined) throw new Refusal('DOCUMENT_UNKNOWN')
    return {
      body: {
        invoice: {
          ...{ code, number: shown.number, version: shown.version, commitment, buyer: row.buyer },
          ...{ issueDate: shown.claims.issueDate, currency: shown.currency, gross: `${shown.gross}` },
        },
        asOf,
        steps: [...stepsOf(opened, { ...known, papers })],
        ...judgeInvoice(opened, known.agreement !== undefined),
      },
    }
  }),
]

/** What bears on the invoice, as far as the seller may see it, and what was done about it. */
const gather = async (deps: ProgressDeps, tx: Tx, { code, seller, digest }: LoggedDocument) => {
  const applications = await applicationsWith(tx, seller, code)
  const ids = applications.map(({ id }) => id)
  const put = applications.findLast(({ state }) => state !== 'declined' && state !== 'released')
  const agreement = put && (await deps.agreementOf(tx, put.authorization_id))
  // A report is about the version that was put to the bank, whatever has come since.
  const shown = await invoiceByCommitment(tx, hex(put?.digest ?? digest))
  const indexes = [
    ...(put === undefined ? [] : [put.record_index]),
    ...(await recordsOn(deps, tx, { seller, ...(put && { bank: put.bank }), invoices: [shown.record_index] })),
  ]
  const records = await deps.readMaterial(tx, [...new Set(indexes)])
  return {
    ...{ shown, applications, agreement },
    decisions: await decisionsOn(tx, ids),
    marks: await marksOn(tx, ids, code),
    // Nobody is told by a check what it could not read; a device's endorsement shows but whose device it is.
    records: records.filter(({ type, parties }) => type === 'endorsement' || parties.includes(seller)),
  }
}
