import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { usccSchema } from '../../core/uscc.ts'
import { codeInput } from '../contract.ts'
import { description } from '../link.ts'
import { fieldSchema, fieldsSchema } from './template.ts'

const type = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.:/-]{0,99}$/, 'expected a name like netWeight')
  .refine(text => !/^(URL|DESC|HS_.*)$/.test(text), 'the node gives values of this type itself')
const name = z.string().regex(/^[a-z][a-z0-9-]{0,49}$/, 'expected a name like stent')
const version = z.coerce.number().int().min(1).max(1_000_000)
const template = z.strictObject({ name, version })
const base64Sha256 = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected base64url of 32 bytes')
const holder = z
  .string()
  .max(200)
  .refine(text => /^https:\/\/[^/?#@]+$|^http:\/\/127\.0\.0\.1:\d+$/.test(text) && URL.canParse(text), {
    error: 'expected the https address of a node, without a slash at its end',
  })

const newValue = z.strictObject({
  index: z.int().min(100).max(9999).describe('Its place in the Handle API; below 100 the node’s own'),
  type,
  visibility: z.enum(['public', 'listed', 'owner']).describe('Anybody, organizations with a grant, or its owner'),
  ttl: z.int().min(0).max(31_536_000).default(86_400),
  content: z.union([
    z.strictObject({
      value: z
        .string()
        .min(1)
        .max(4000)
        .refine(it => !it.includes('\0'), 'U+0000 is no character'),
    }),
    z
      .strictObject({ commitment: base64Sha256, holder })
      .describe(
        'The value stays with its holder: the digest of the value there, as HS_SIGNATURE has it, and that node',
      ),
  ]),
})
export type NewValue = z.output<typeof newValue>

const value = z.object({
  index: z.int(),
  type: z.string(),
  data: z.object({ format: z.literal('string'), value: z.string() }).optional(),
  /** base64url; with it the value hashes to what was signed. */
  salt: z.string().optional(),
  visibility: z.enum(['public', 'listed', 'owner']),
  ttl: z.int(),
  /** Where it is kept, and what it must hash to. */
  referral: z
    .object({
      holder: z.string(),
      commitment: z.string(),
      /**
       * What came of asking there in the caller's name: fetched and as committed to; contradicted by what the holder has;
       * hidden from the caller; out of reach; or referred: the caller has to ask there itself.
       */
      outcome: z.enum(['fetched', 'contradicted', 'hidden', 'unreachable', 'referred']),
      fetched: z
        .object({
          index: z.int(),
          type: z.string(),
          data: z.object({ format: z.literal('string'), value: z.string() }),
          salt: z.string(),
        })
        .optional(),
    })
    .optional(),
})

export const setValues = contract({
  operation: 'setValues',
  method: 'put',
  path: '/api/v1/identifiers/values',
  summary: 'All that the caller says about one of its codes, in place of what it said before',
  surface: 'identifiers:write',
  body: {
    types: ['application/json'],
    schema: z.strictObject({
      code: codeInput,
      template: template.optional(),
      values: z
        .array(newValue)
        .max(200)
        .refine(all => new Set(all.map(it => it.index)).size === all.length, 'two values have the same index'),
    }),
  },
  reply: {
    status: 200,
    description: 'Kept; the log has the digest of each',
    schema: z.object({ code: z.string(), record: z.string(), salts: z.record(z.string(), z.string()) }),
  },
  refusals: [
    ...(['CODE_INVALID', 'NOT_FOUND', 'NOT_YOURS', 'TEMPLATE_UNKNOWN', 'VALUES_INVALID', 'VALUE_TAKEN'] as const),
    'LOG_BUSY',
  ],
})

export const readValues = contract({
  operation: 'readValues',
  method: 'get',
  path: '/api/v1/identifiers/values',
  summary:
    'What the caller may see of what is said about a code, with the node’s signature over the digests of all of it',
  surface: 'code-values:read',
  query: z.strictObject({ code: codeInput }),
  reply: {
    status: 200,
    description: 'Values, and the signature as in HS_SIGNATURE',
    schema: z.object({
      code: z.string(),
      template: template.nullable(),
      record: z.string(),
      values: z.array(value),
      /** Values that the caller may not see. */
      hidden: z.int(),
      /** By the key of the node that holds them. */
      signature: z.string(),
      /** That node, where it is not this one: it was asked in the caller's name. */
      heldAt: z.string().optional(),
    }),
  },
  refusals: ['CODE_INVALID', 'NOT_FOUND', 'HELD_ELSEWHERE', 'PEER_UNAVAILABLE'],
})

export const grantValues = contract({
  operation: 'grantValues',
  method: 'post',
  path: '/api/v1/identifiers/grants',
  summary: 'Let another organization see listed values of a code, for a purpose, until a time',
  surface: 'identifiers:write',
  body: {
    types: ['application/json'],
    schema: z.strictObject({
      code: codeInput,
      grantee: usccSchema,
      types: z.array(type).min(1).max(100).optional().describe('Absent: all that are listed'),
      purpose: description,
      expiresAt: z.iso.datetime({ offset: true }).optional(),
    }),
  },
  reply: { status: 201, description: 'Granted', schema: z.object({ id: z.string(), record: z.string() }) },
  refusals: ['CODE_INVALID', 'NOT_FOUND', 'NOT_YOURS', 'ORGANIZATION_UNKNOWN', 'INVALID_REQUEST', 'LOG_BUSY'],
})

const grant = z.object({
  id: z.string(),
  code: z.string(),
  grantee: z.string(),
  types: z.array(z.string()).nullable(),
  purpose: z.string(),
  grantedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
})

export const revokeGrant = contract({
  operation: 'revokeGrant',
  method: 'post',
  path: '/api/v1/identifiers/grants/{id}/revocation',
  summary: 'End a grant now',
  surface: 'identifiers:write',
  params: z.object({ id: z.string().regex(/^\d{1,18}$/, 'expected the number of a grant') }),
  reply: { status: 200, description: 'Ended', schema: grant },
  refusals: ['NOT_FOUND', 'LOG_BUSY'],
})

export const listGrants = contract({
  operation: 'listGrants',
  method: 'get',
  path: '/api/v1/identifiers/grants',
  summary: 'Grants by the caller and to it, newest first',
  surface: 'identifiers:read',
  query: z.strictObject({
    after: z
      .string()
      .regex(/^\d{0,18}$/, 'expected a cursor')
      .default(''),
    limit: z.coerce.number().int().min(1).max(200).default(100),
  }),
  reply: {
    status: 200,
    description: 'One page',
    schema: z.object({ items: z.array(grant), next: z.string().nullable() }),
  },
  refusals: [],
})

const shownTemplate = z.object({
  name: z.string(),
  version: z.int(),
  org: z.string(),
  fields: z.array(fieldSchema),
  state: z.enum(['published', 'withdrawn']),
  publishedAt: z.iso.datetime(),
  withdrawnAt: z.iso.datetime().nullable(),
})

export const publishTemplate = contract({
  operation: 'publishTemplate',
  method: 'post',
  path: '/api/v1/identifiers/templates',
  summary: 'Publish the next version of a template that the caller’s values can be held to',
  surface: 'identifiers:write',
  body: { types: ['application/json'], schema: z.strictObject({ name, fields: fieldsSchema }) },
  reply: { status: 201, description: 'Published', schema: shownTemplate },
  refusals: ['LOG_BUSY'],
})

export const withdrawTemplate = contract({
  operation: 'withdrawTemplate',
  method: 'post',
  path: '/api/v1/identifiers/templates/{name}/{version}/withdrawal',
  summary: 'Let nothing new be held to a version; what was stays',
  surface: 'identifiers:write',
  params: z.object({ name, version }),
  reply: { status: 200, description: 'Withdrawn', schema: shownTemplate },
  refusals: ['TEMPLATE_UNKNOWN', 'LOG_BUSY'],
})

export const listTemplates = contract({
  operation: 'listTemplates',
  method: 'get',
  path: '/api/v1/identifiers/templates',
  summary: 'All templates of an organization, each version',
  surface: 'code-values:read',
  query: z.strictObject({ org: usccSchema }),
  reply: { status: 200, description: 'All', schema: z.object({ items: z.array(shownTemplate) }) },
  refusals: [],
})
