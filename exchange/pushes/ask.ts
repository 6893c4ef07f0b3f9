import { permits } from '../../core/authorization/permits.ts'
import { type Authorization, parseAuthorization } from '../../core/authorization.ts'
import { utf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { asNode } from '../../db/database.ts'
import { standingNow } from '../authorizations/suspend.ts'
import { addDelivery } from '../peers/delivery-store.ts'
import { agreementFor } from '../releases/agreement.ts'
import { deny } from '../releases/deny.ts'
import type { PushDeps } from './deps.ts'
import { PUSH_PEER } from './send.ts'
import { destinationOf, insertPush, type PushRow, readPush } from './store.ts'

export type PushRequest = {
  readonly jti: string
  readonly application: string
  readonly purpose: Authorization['purpose']['code']
}

/** Queues a push for the supplier. What would be refused when it goes out is refused here already, and logged. */
export const askPush = async (
  deps: PushDeps,
  seller: string,
  { jti, application: id, purpose }: PushRequest,
): Promise<PushRow> => {
  const { db, now } = deps
  const application = await asNode(db, tx => deps.applicationMaterial(tx, id))
  // Whose it is is nobody else's business.
  if (application === undefined || application.seller !== seller) throw new Refusal('APPLICATION_UNKNOWN')
  const before = await asNode(db, tx => readPush(tx, jti))
  if (before !== undefined) {
    if (before.application !== id || before.purpose !== purpose) throw new Refusal('IDEMPOTENCY_CONFLICT')
    return before
  }
  const at = now()
  const found = await asNode(db, tx => agreementFor(tx, application, purpose))
  const row = found && (await standingNow(deps, found))
  const permission =
    row === undefined
      ? ({ ok: false, code: 'AUTHORIZATION_REQUIRED', detail: undefined } as const)
      : permits(
          parseAuthorization(utf8(row.payload)),
          {
            ...{ grantee: application.bank, subject: application.seller, action: 'push' },
            purpose: { code: purpose, application: id },
          },
          {
            state: row.state,
            uses: row.uses,
            usesToday: row.used_on === at.toISOString().slice(0, 10) ? row.uses_that_day : 0,
          },
          at,
        )
  if (!permission.ok) {
    const refusal = new Refusal(permission.code, permission.detail)
    await deny(deps.append, { caller: application.bank, application }, row, refusal, at)
    throw refusal
  }
  return asNode(db, async tx => {
    if ((await destinationOf(tx, application.bank)) === undefined) throw new Refusal('DESTINATION_UNKNOWN')
    const delivery = await addDelivery(tx, {
      ...{ peer: PUSH_PEER, method: 'POST', path: `/${jti}`, contentType: 'application/jose', body: new Uint8Array() },
    })
    await insertPush(tx, {
      id: jti,
      delivery,
      application: id,
      seller,
      bank: application.bank,
      purpose,
      asked_at: at,
      alert: null,
    })
    return (await readPush(tx, jti))!
  })
}
