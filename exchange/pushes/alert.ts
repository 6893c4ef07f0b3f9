import type { Tx } from '../../db/database.ts'
import { addDelivery } from '../peers/delivery-store.ts'
import { PUSH_PEER } from './send.ts'
import { destinationOf, insertPush } from './store.ts'

export type RaisedAlert = {
  readonly id: string
  readonly application: string
  readonly seller: string
  readonly bank: string
}

/**
 * Queues an alert for the endpoint of the bank that it is for, in the transaction that logs it: no crash leaves one
 * without the other. Under the alert's own id, so that there is one push of it. A bank that takes no pushes has its
 * alerts at the API alone, and what was raised before it named an address stays there.
 */
export const pushAlert = async (tx: Tx, { id, application, seller, bank }: RaisedAlert, at: Date): Promise<void> => {
  if ((await destinationOf(tx, bank)) === undefined) return
  const delivery = await addDelivery(tx, {
    ...{ peer: PUSH_PEER, method: 'POST', path: `/${id}`, contentType: 'application/jose', body: new Uint8Array() },
  })
  await insertPush(tx, {
    ...{ id, delivery, application, seller, bank, purpose: 'post-financing-monitoring', asked_at: at, alert: id },
  })
}
