import { z } from 'zod'
import { contract } from '../core/contract.ts'
import { Refusal } from '../core/errors.ts'
import { usccSchema } from '../core/uscc.ts'
import { description, linksInvalid, linksSchema } from './link.ts'

export const prefixText = z
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

export const codeInput = z
  .string()
  .min(1)
  .max(500)
  .describe(
    'Digital Link, (01)… element string, EPC URN or handle; what names nothing in it (expiry, weight) is left out',
  )

export const initialState = z
  .enum(['registered', 'active'])
  .default('active')
  .describe('`registered` is given and not yet in use')

/** Up to 200 visible ASCII characters. Refusal INVALID_REQUEST. */
export const idempotencyKey = (header: string | undefined): string | undefined => {
  if (header === undefined || /^[\x21-\x7e]{1,190}$/.test(header)) return header
  throw new Refusal('INVALID_REQUEST', 'An Idempotency-Key has 1 to 190 visible ASCII characters')
}

const newCode = z.strictObject({
  code: codeInput,
  description: description.optional(),
  links: linksSchema.default([]),
  state: initialState,
})

const state = z.enum(['registered', 'active', 'superseded', 'withdrawn'])

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
  state,
  successor: z.string().nullable(),
  reason: z.string().nullable(),
  version: z.int(),
  /** Index of the log record that made it so; null for what was registered before the log kept that. */
  record: z.string().nullable(),
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

export const results = z.object({ results: z.array(result) })

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
    invalid: [linksInvalid],
    schema: z.union([newCode, z.strictObject({ codes: z.array(newCode).min(1).max(2000) })]),
  },
  reply: {
    status: 201,
    description: 'A single code registered; of a batch (200) one result each, in the order sent',
    schema: results,
  },
  refusals: [
    ...(['CODE_INVALID', 'LINKSET_INVALID', 'PREFIX_FORBIDDEN', 'CODE_EXISTS', 'IDEMPOTENCY_CONFLICT'] as const),
    'LOG_BUSY',
  ],
})

export const setLinks = contract({
  operation: 'setLinks',
  method: 'put',
  path: '/api/v1/identifiers/links',
  summary: 'Say anew where a code leads',
  surface: 'identifiers:write',
  body: {
    types: ['application/json'],
    invalid: [linksInvalid],
    schema: z.strictObject({ code: codeInput, description: description.optional(), links: linksSchema }),
  },
  reply: { status: 200, description: 'The code', schema: registeredCode },
  refusals: ['CODE_INVALID', 'LINKSET_INVALID', 'NOT_FOUND', 'NOT_YOURS', 'CODE_STATE', 'LOG_BUSY'],
})

export const moveCode = contract({
  operation: 'moveCode',
  method: 'put',
  path: '/api/v1/identifiers/state',
  summary:
    'Put a code in use, let another take its place, or withdraw it with a reason that whoever scans it will read',
  surface: 'identifiers:write',
  body: {
    types: ['application/json'],
    schema: z.discriminatedUnion('state', [
      z.strictObject({ code: codeInput, state: z.literal('active') }),
      z.strictObject({ code: codeInput, state: z.literal('superseded'), successor: codeInput }),
      z.strictObject({ code: codeInput, state: z.literal('withdrawn'), reason: description }),
    ]),
  },
  reply: { status: 200, description: 'The code', schema: registeredCode },
  refusals: ['CODE_INVALID', 'NOT_FOUND', 'NOT_YOURS', 'CODE_STATE', 'LOG_BUSY'],
})

const version = registeredCode
  .pick({
    ...{ version: true, state: true, successor: true, reason: true, record: true, description: true, links: true },
  })
  .extend({ since: z.iso.datetime() })

export const codeHistory = contract({
  operation: 'codeHistory',
  method: 'get',
  path: '/api/v1/identifiers/history',
  summary: 'All that a code has been: state, links, and the log record of each change, the first one first',
  surface: 'public',
  query: z.strictObject({ code: codeInput }),
  reply: {
    status: 200,
    description: 'Every version',
    schema: z.object({ code: z.string(), versions: z.array(version) }),
  },
  refusals: ['CODE_INVALID', 'NOT_FOUND'],
})

const resolution = z.object({
  code: z.string(),
  at: z.iso.datetime(),
  form: z.enum(['link', 'linkset', 'handle']),
  status: z.int(),
  /** The organization that asked, where it said who it is. */
  reader: z.string().nullable(),
  /** Of the same kind within the same second. */
  count: z.int(),
})

export const listResolutions = contract({
  operation: 'listResolutions',
  method: 'get',
  path: '/api/v1/identifiers/resolutions',
  summary: 'Who asked where the caller’s codes lead, newest first. A look-up is no scan, and no evidence of anything',
  surface: 'identifiers:read',
  query: z.strictObject({
    code: codeInput.optional(),
    after: z
      .string()
      .regex(/^\d{0,18}$/, 'expected a cursor')
      .default(''),
    limit: z.coerce.number().int().min(1).max(200).default(100),
  }),
  reply: { status: 200, description: 'One page', schema: pageOf(resolution) },
  refusals: ['CODE_INVALID'],
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
