import { z } from 'zod'
import { contract } from '../core/contract.ts'

export const openApiContract = contract({
  operation: 'getOpenApi',
  method: 'get',
  path: '/openapi.json',
  summary: 'This description',
  surface: 'public',
  reply: { status: 200, description: 'OpenAPI 3.1', schema: z.unknown() },
  refusals: [],
})
