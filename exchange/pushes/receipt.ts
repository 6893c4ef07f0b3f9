import { readAct } from '../../core/act.ts'
import { utf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { type PushReceipt, pushReceiptSchema } from '../../core/push.ts'
import { typ } from '../../core/typ.ts'
import { parseUscc, type Uscc } from '../../core/uscc.ts'
import { asNode } from '../../db/database.ts'
import type { PushDeps } from './deps.ts'
import { readAuthorizationParties } from './parties.ts'
import { insertReceipt, isBodyOf, type PushRow } from './store.ts'

const CLOCK_SKEW = 60_000

/**
 * Logs the bank's word that it has a push. It must be the bank's, for this push, and for a body that went out; the same
 * again is harmless.
 */
export const takeReceipt = async (deps: PushDeps, push: PushRow, text: string): Promise<void> => {
  const now = deps.now()
  const signer = await deps.signerOf(text, typ.pushReceipt, now)
  if (signer.uscc !== push.bank) throw new Refusal('SIGNER_MISMATCH')
  const receipt = read(signer.payload)
  if (receipt.bank !== push.bank || receipt.push !== push.id || receipt.application !== push.application) {
    throw new Refusal('RECEIPT_INVALID', 'The receipt is for another push')
  }
  if (Date.parse(receipt.receivedAt) > now.getTime() + CLOCK_SKEW) throw new Refusal('DATE_IN_FUTURE')
  if (!(await asNode(deps.db, tx => isBodyOf(tx, push.id, receipt.body)))) {
    throw new Refusal('RECEIPT_INVALID', 'No body with this hash was ever sent')
  }
  const parties = push.alert === null ? await asNode(deps.db, tx => readAuthorizationParties(tx, push)) : [push.bank]
  await deps.appendAll([
    {
      type: 'push-receipt',
      org: parseUscc(push.bank),
      parties: parties as Uscc[],
      body: utf8(text),
      clientKey: push.id,
      effect: async (tx, entry) => void (await insertReceipt(tx, entry, { push: push.id, bank: push.bank, parties })),
    },
  ])
}

const read = (payload: Uint8Array): PushReceipt => {
  try {
    return readAct(pushReceiptSchema, payload)
  } catch (error) {
    throw new Refusal('RECEIPT_INVALID', error instanceof Error ? error.message : 'unreadable')
  }
}
