import { z } from 'zod'
import { contract } from '../core/contract.ts'
import { usccSchema } from '../core/uscc.ts'
import { description, linksSchema } from './link.ts'

const prefixText = z
  .string()
  .regex(/^([0-9]{4,12}|[0-9]{1,10}(\.[0-9]{1,10}){1,7})$/, 'expected 4 to 12 digits, or a handle prefix like 88.1.2')

const prefix = z.object({ prefix: z.string(), uscc: z.string(), allocatedAt: z.iso.datetime() })

const page = z.strictObject({
  after: z.string().max(500).default(''),
  limit: z.coerce.number().int().min(1).max(200).default(100),
})

const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), next: z.string().nullable() })

export const allocatePrefix = contract({
  operation: 'allocatePrefix',
  method: 'post',
  path: '/api/v1/identifiers/prefixes',
  summary: 'Allocate a GS1 company prefix or a Handle prefix to an organization, for good',
  surface: 'identifiers:allocate',
  body: { types: ['application/json'], schema: z.strictObject({ prefix: prefixText, uscc: usccSchema }) },
  reply: { status: 201, description: 'Allocated; 200 when it was before', schema: prefix },
  refusals: ['ORGANIZATION_UNKNOWN', 'PREFIX_FORBIDDEN', 'CODE_EXISTS', 'LOG_BUSY'],
})

export const listOwnPrefixes = contract({
  operation: 'listPrefixes',
  method: 'get',
  path: '/api/v1/identifiers/prefixes',
  summary: 'Prefixes of the caller; an operator sees all',
  surface: 'identifiers:read',
  query: page,
  reply: { status: 200, description: 'One page', schema: pageOf(prefix) },
  refusals: [],
})

const codeInput = z
  .string()
  .min(1)
  .max(500)
  .describe(
    'Digital Link, (01)… element string, EPC URN or handle; what names nothing in it (expiry, weight) is left out',
  )

const newCode = z.strictObject({ code: codeInput, description: description.optional(), links: linksSchema.default([]) })

export const registeredCode = z.object({
  /** In its one spelling. */
  code: z.string(),
  /** As people read it. */
  label: z.string(),
  /** Path under which any resolver of GS1 codes or handles answers for it. */
  path: z.string(),
  level: z.string(),
  description: z.string(),
  links: z.array(
    z.object({
      linkType: z.string(),
      href: z.string(),
      title: z.string(),
      hreflang: z.array(z.string()),
      type: z.string().optional(),
      context: z.array(z.string()),
      default: z.boolean(),
    }),
  ),
  registeredAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
})
export type RegisteredCode = z.input<typeof registeredCode>

const result = z.union([
  z.object({ outcome: z.literal('registered'), code: z.string() }),
  z.object({
    outcome: z.literal('refused'),
    /** As it was sent. */
    sent: z.string(),
    reason: z.enum(['CODE_INVALID', 'PREFIX_FORBIDDEN', 'CODE_EXISTS']),
    detail: z.string(),
    /** Of the first bad character, and the rule it breaks: where the code is not well written. */
    position: z.int().optional(),
    rule: z.string().optional(),
  }),
])
export type Result = z.input<typeof result>

export const registerCodes = contract({
  operation: 'registerCodes',
  method: 'post',
  path: '/api/v1/identifiers',
  summary:
    'Register codes under the caller’s prefixes, one or up to 2,000, each with its links and its own result. Sent again with the same Idempotency-Key it is answered as the first time.',
  surface: 'identifiers:write',
  body: {
    types: ['application/json'],
    limit: 8 << 20,
    schema: z.union([newCode, z.strictObject({ codes: z.array(newCode).min(1).max(2000) })]),
  },
  reply: {
    status: 201,
    description: 'A single code registered; of a batch (200) one result each, in the order sent',
    schema: z.object({ results: z.array(result) }),
  },
  refusals: ['CODE_INVALID', 'PREFIX_FORBIDDEN', 'CODE_EXISTS', 'IDEMPOTENCY_CONFLICT'],
})

export const setLinks = contract({
  operation: 'setLinks',
  method: 'put',
  path: '/api/v1/identifiers/links',
  summary: 'Say anew where a code leads',
  surface: 'identifiers:write',
  body: {
    types: ['application/json'],
    schema: z.strictObject({ code: codeInput, description: description.optional(), links: linksSchema }),
  },
  reply: { status: 200, description: 'The code', schema: registeredCode },
  refusals: ['CODE_INVALID', 'NOT_FOUND', 'NOT_YOURS'],
})

export const listOwnCodes = contract({
  operation: 'listCodes',
  method: 'get',
  path: '/api/v1/identifiers',
  summary: 'The caller’s codes, by code',
  surface: 'identifiers:read',
  query: page,
  reply: { status: 200, description: 'One page', schema: pageOf(registeredCode) },
  refusals: [],
})
