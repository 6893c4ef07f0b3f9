import { z } from 'zod'
import { alertSchema } from '../../core/alert.ts'
import { contract } from '../../core/contract.ts'
import { pageOf, pageQuery } from '../page.ts'

const alertItem = z.object({
  /** Place in the log, decimal. */
  index: z.string(),
  alert: alertSchema,
  raisedAt: z.iso.datetime(),
  acknowledgedAt: z.iso.datetime().nullable(),
})
export type AlertItem = z.input<typeof alertItem>

export const listAlerts = contract({
  operation: 'listAlerts',
  method: 'get',
  path: '/api/v1/alerts',
  summary:
    'What became worse on receivables that the caller has financed, under the sellers’ authorizations for monitoring. Each names the report that shows it, and the one it is worse than',
  surface: 'alerts:read',
  query: z.strictObject({
    ...pageQuery,
    application: z.uuid().optional(),
    /** `open`: only those that nobody has acknowledged. */
    state: z.enum(['open', 'all']).default('open'),
  }),
  reply: { status: 200, description: 'A page of alerts', schema: pageOf(alertItem) },
  refusals: [],
})

export const acknowledgeAlert = contract({
  operation: 'acknowledgeAlert',
  method: 'post',
  path: '/api/v1/alerts/{id}/acknowledgement',
  summary: 'Say that the bank has seen it; again changes nothing',
  surface: 'alerts:acknowledge',
  params: z.strictObject({ id: z.uuid() }),
  reply: { status: 200, description: 'The alert', schema: alertItem },
  refusals: ['ALERT_UNKNOWN'],
})
