import { sha256 } from '#sha256'
import { Refusal } from '../../core/errors.ts'
import { markReleaseSchema } from '../../core/financing.ts'
import { typ } from '../../core/typ.ts'
import { asNode, asOrganization } from '../../db/database.ts'
import { lockApplication, moveApplication } from '../applications/store.ts'
import { appendAct, mustBeBy, mustBePast, readSignedAct } from '../signed-act.ts'
import type { Done, RegistryDeps } from './mark.ts'
import { cancel, findFinancing, hasLiveMarks, putAct, restand } from './store.ts'

/** The bank gives the receivable free: the mark is CANC for good, and those who waited may come forward. */
export const releaseFinancing = async (deps: RegistryDeps, caller: string, id: string, jws: string): Promise<Done> => {
  const { act, signer, body, statements } = await readSignedAct(deps, jws, {
    typ: typ.financingRelease,
    schema: markReleaseSchema,
  })
  if (act.financing !== id) throw new Refusal('INVALID_REQUEST', 'The release is of another financing')
  mustBeBy(signer, act.bank, caller)
  mustBePast(act.iat, deps.now())
  const seen = await asOrganization(deps.db, caller, tx => findFinancing(tx, id))
  if (seen === undefined || seen.bank !== act.bank) throw new Refusal('FINANCING_UNKNOWN')
  const [logged] = await appendAct(deps.appendAll, {
    type: 'financing',
    org: act.bank,
    parties: [act.bank, seen.seller],
    body,
    nonce: act.nonce,
    statements,
    effect: async (tx, entry) => {
      const row = await findFinancing(tx, id)
      if (row === undefined || row.state === 'CANC')
        throw new Refusal('FINANCING_STATE', 'The mark is cancelled already')
      await cancel(tx, id, entry.loggedAt)
      await deps.chain?.release(tx, id, sha256(body))
      await putAct(tx, entry, { financing: id, signer: act.bank, kind: 'release', nonce: act.nonce })
      await restand(tx, id, entry.loggedAt)
      const { state } = await lockApplication(tx, row.application)
      if (state === 'financed' && !(await hasLiveMarks(tx, row.application))) {
        await moveApplication(tx, row.application, 'released', entry.loggedAt)
      }
    },
  })
  deps.chain?.poke()
  const row = await asNode(deps.db, tx => findFinancing(tx, id))
  return { row: row!, logged: logged! }
}
