import { decisionSchema } from '../../core/application.ts'
import { Refusal } from '../../core/errors.ts'
import { typ } from '../../core/typ.ts'
import { asNode, asOrganization } from '../../db/database.ts'
import { appendAct, mustBeBy, mustBePast, readSignedAct } from '../signed-act.ts'
import { applicationOf, insertDecision, lockApplication, moveApplication, mustBeReportOn } from './store.ts'
import type { ApplicationDeps, Done } from './submit.ts'

/** Takes the bank's signed decision and moves the application by it. */
export const decideApplication = async (
  deps: ApplicationDeps,
  caller: string,
  id: string,
  jws: string,
): Promise<Done> => {
  const { act, signer, body, statements } = await readSignedAct(deps, jws, {
    typ: typ.decision,
    schema: decisionSchema,
  })
  if (act.application !== id) throw new Refusal('INVALID_REQUEST', 'The decision is on another application')
  mustBeBy(signer, act.bank, caller)
  mustBePast(act.iat, deps.now())
  const { seller, bank } = await asOrganization(deps.db, caller, tx => applicationOf(tx, id))
  if (bank !== act.bank) throw new Refusal('SIGNER_MISMATCH', 'The application was put to another bank')
  const [logged] = await appendAct(deps.appendAll, {
    type: 'decision',
    org: bank,
    parties: [bank, seller],
    body,
    nonce: act.nonce,
    statements,
    effect: async (tx, entry) => {
      await lockApplication(tx, id)
      if (act.report !== undefined) await mustBeReportOn(tx, id, act.report)
      await moveApplication(tx, id, act.outcome, entry.loggedAt)
      await insertDecision(tx, entry, act, [bank, seller])
    },
  })
  return { row: await asNode(deps.db, tx => applicationOf(tx, id)), logged: logged! }
}
