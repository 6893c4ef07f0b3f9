import { type Application, applicationSchema } from '../../core/application.ts'
import { Refusal } from '../../core/errors.ts'
import type { SignerOf } from '../../core/signer.ts'
import { typ } from '../../core/typ.ts'
import type { Tx } from '../../db/database.ts'
import { asNode, type Db } from '../../db/database.ts'
import { invoiceAsLogged } from '../documents/store.ts'
import { mustBeRegistered } from '../organizations.ts'
import type { AppendAll, Logged } from '../seams.ts'
import { appendAct, mustBeBy, mustBePast, readSignedAct } from '../signed-act.ts'
import { type ApplicationRow, applicationOf, insertApplication } from './store.ts'

export type ApplicationDeps = {
  readonly db: Db
  readonly now: () => Date
  readonly signerOf: SignerOf
  readonly appendAll: AppendAll
  /** Who signed the authorization and for which bank; undefined when there is none. */
  readonly authorizationOf: (
    tx: Tx,
    id: string,
  ) => Promise<{ readonly subject: string; readonly grantee: string } | undefined>
}

export type Done = { readonly row: ApplicationRow; readonly logged: Logged }

/** Takes the seller's signed application. Every invoice must be logged here, in the version that is put to the bank. */
export const submitApplication = async (deps: ApplicationDeps, caller: string, jws: string): Promise<Done> => {
  const { act, signer, body } = await readSignedAct(deps, jws, { typ: typ.application, schema: applicationSchema })
  mustBeBy(signer, act.seller, caller)
  mustBePast(act.iat, deps.now())
  const [logged] = await appendAct(deps.appendAll, {
    type: 'application',
    org: act.seller,
    parties: [act.seller, act.bank],
    body,
    nonce: act.nonce,
    effect: async (tx, entry) => {
      await mustBeRegistered(tx, act.bank, 'bank')
      await mustBeAuthorized(deps, tx, act)
      await insertApplication(tx, entry, act, await documentsOf(tx, act))
    },
  })
  return { row: await asNode(deps.db, tx => applicationOf(tx, act.id)), logged: logged! }
}

const mustBeAuthorized = async (
  { authorizationOf }: ApplicationDeps,
  tx: Tx,
  { authorization, seller, bank }: Application,
): Promise<void> => {
  const found = await authorizationOf(tx, authorization)
  if (found?.subject !== seller || found.grantee !== bank) {
    throw new Refusal('AUTHORIZATION_UNKNOWN', 'There is no authorization of this id by you for this bank')
  }
}

/** Log positions of the invoices. */
const documentsOf = async (tx: Tx, { seller, currency, invoices }: Application): Promise<bigint[]> => {
  const found: bigint[] = []
  for (const { code, commitment } of invoices) {
    const invoice = await invoiceAsLogged(tx, { code, commitment, seller })
    if (invoice.currency !== currency) throw new Refusal('DOCUMENT_INVALID', `${code} is not in ${currency}`)
    found.push(invoice.record_index)
  }
  return found
}
