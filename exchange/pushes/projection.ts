import { readAct } from '../../core/act.ts'
import { fromUtf8 } from '../../core/bytes.ts'
import { parseCompact } from '../../core/jws.ts'
import { pushDestinationSchema, pushReceiptSchema } from '../../core/push.ts'
import { fromBody, type Projection } from '../../db/projection.ts'

const payloadOf = (body: Uint8Array): Uint8Array => {
  const jws = parseCompact(fromUtf8(body))
  if (!jws.ok) throw new SyntaxError(jws.detail)
  return jws.payload
}

export const pushProjections: readonly Projection[] = [
  {
    table: 'push_destinations',
    types: ['push-destination'],
    from: 'push_destinations t',
    index: 't.record_index',
    rows: fromBody(({ index, body, loggedAt }) => {
      const { bank, url } = readAct(pushDestinationSchema, payloadOf(body))
      return [{ record_index: `${index}`, bank, url, registered_at: loggedAt }]
    }),
    adds: {},
    envelope: ({ body }) => {
      const { bank, nonce } = readAct(pushDestinationSchema, payloadOf(body))
      return { org: bank, parties: [bank], clientKey: nonce }
    },
  },
  {
    table: 'push_receipts',
    types: ['push-receipt'],
    from: 'push_receipts t',
    index: 't.record_index',
    rows: fromBody(({ index, body, parties, loggedAt }) => {
      const { push, bank } = readAct(pushReceiptSchema, payloadOf(body))
      return [{ push, record_index: `${index}`, bank, parties, received_at: loggedAt }]
    }),
    adds: {},
    envelope: ({ body }) => {
      const { push, bank } = readAct(pushReceiptSchema, payloadOf(body))
      return { org: bank, clientKey: push }
    },
  },
]
