import { z } from 'zod'
import { access } from '../../core/access.ts'
import type { Contract } from '../../core/contract.ts'
import { type RefusalCode, refusals } from '../../core/errors.ts'

/** OpenAPI 3.1 of the very contracts that validate. */
export const openapi = (contracts: readonly Contract[], version: string) => ({
  openapi: '3.1.0',
  info: {
    title: 'Tallystick',
    version,
    description:
      'Codes, scans, authorizations, and verification reports. Errors are RFC 9457 problem documents with a stable `code`.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  paths: Object.fromEntries(
    [...Map.groupBy(contracts, contract => contract.path)].map(([path, of]) => [
      path,
      Object.fromEntries(of.map(contract => [contract.method, operation(contract)])),
    ]),
  ),
  components: {
    schemas: { Problem: problemSchema },
    securitySchemes: {
      dpop: { type: 'http', scheme: 'DPoP', description: 'Access token bound to a key (RFC 9449), from /oauth/token' },
    },
  },
})

const operation = (contract: Contract) => ({
  operationId: contract.operation,
  summary: contract.summary,
  tags: [contract.surface.split(':')[0]],
  ...(contract.surface === 'public'
    ? {}
    : { security: [{ dpop: [] }], 'x-roles': Object.keys(access[contract.surface]) }),
  parameters: [...parameters(contract.params, 'path'), ...parameters(contract.query, 'query')],
  ...(contract.body
    ? {
        requestBody: {
          required: true,
          content: Object.fromEntries(
            contract.body.types.map(type => [type, { schema: schema(contract.body?.schema, 'input') }]),
          ),
        },
      }
    : {}),
  responses: {
    [contract.reply.status]: {
      description: contract.reply.description,
      content: { [contract.reply.type ?? 'application/json']: { schema: schema(contract.reply.schema, 'output') } },
    },
    ...Object.fromEntries(
      [...Map.groupBy(everyRefusal(contract), code => refusals[code][0])].map(([status, codes]) => [
        status,
        refused(codes),
      ]),
    ),
  },
})

const everyRefusal = ({ surface, body, refusals: own }: Contract): RefusalCode[] => [
  ...new Set<RefusalCode>([
    ...(surface === 'public'
      ? []
      : (['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'DPOP_INVALID', 'DPOP_REPLAYED', 'ROLE_FORBIDDEN'] as const)),
    'INVALID_REQUEST',
    ...(body ? (['BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const) : []),
    'RATE_LIMITED',
    'DATABASE_UNAVAILABLE',
    ...own,
    // Whatever is logged can meet a log that another process writes, or nobody.
    ...(own.includes('LOG_BUSY') ? (['LOG_ELSEWHERE', 'LOG_BEHIND'] as const) : []),
  ]),
]

const refused = (codes: readonly RefusalCode[]) => ({
  description: codes.map(code => `\`${code}\` ${refusals[code][1]}`).join('\n\n'),
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
})

const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail', 'instance'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(refusals) },
    detail: { type: 'string' },
    instance: { type: 'string' },
  },
}

const schema = (of: z.ZodType | undefined, io: 'input' | 'output') =>
  of ? z.toJSONSchema(of, { io, unrepresentable: 'any', override: bigints }) : {}

/** Big integers are strings of digits in JSON. */
const bigints = ({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodType
  jsonSchema: z.core.JSONSchema.BaseSchema
}) => {
  if (zodSchema._zod.def.type === 'bigint') Object.assign(jsonSchema, { type: 'string', pattern: '^-?\\d+$' })
  if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' })
}

const parameters = (of: z.ZodType | undefined, place: 'path' | 'query') => {
  if (!of) return []
  const { properties = {}, required = [] } = schema(of, 'input') as {
    properties?: Record<string, object>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }))
}
