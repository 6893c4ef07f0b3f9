import { z } from 'zod'
import { contract } from '../../core/contract.ts'

const delivery = z.strictObject({
  id: z.uuid(),
  peer: z.string(),
  method: z.string(),
  path: z.string(),
  createdAt: z.string(),
  attempts: z.int(),
  nextAt: z.string(),
  lastError: z.string().nullable(),
  deadAt: z.string().nullable(),
})

export const listDeliveries = contract({
  operation: 'listDeliveries',
  method: 'get',
  path: '/api/v1/deliveries',
  summary: 'What other nodes have not been told yet: given up first, then the oldest',
  surface: 'operations:read',
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(500).default(100) }),
  reply: { status: 200, description: 'Open deliveries', schema: z.strictObject({ items: z.array(delivery) }) },
  refusals: [],
})

export const replayDelivery = contract({
  operation: 'replayDelivery',
  method: 'post',
  path: '/api/v1/deliveries/{id}/replay',
  summary: 'Try a delivery again that was given up',
  surface: 'operations:write',
  params: z.strictObject({ id: z.uuid() }),
  reply: { status: 202, description: 'It will be tried again', schema: z.strictObject({ id: z.uuid() }) },
  refusals: ['NOT_FOUND'],
})
