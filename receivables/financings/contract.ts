import { z } from 'zod'
import { contract } from '../../core/contract.ts'
import { type MarkState, markStates, mode, registryContract } from '../../core/financing.ts'
import { usccSchema } from '../../core/uscc.ts'
import { pageOf, pageQuery } from '../page.ts'
import { actTypes } from '../signed-act.ts'

const state = z.enum(Object.keys(markStates) as [MarkState, ...MarkState[]])

export const financingItem = z.object({
  id: z.uuid(),
  application: z.uuid(),
  bank: usccSchema,
  seller: usccSchema,
  invoice: z.string(),
  commitment: z.string(),
  amount: z.string(),
  currency: z.string(),
  mode,
  recourse: z.boolean(),
  zhongdeng: z.string().nullable(),
  state,
  /** Where a contract decides between registries; `state` is PNDG until it is final there. */
  chain: registryContract
    .extend({
      state: z.enum(['pending', 'mined', 'final', 'lost', 'chain-forgotten']),
      mark: z.string().describe('The contract’s name of it'),
      salt: z.string().describe('Opens, with the bank’s act as logged, the commitment to its signature'),
      transaction: z.string().nullable(),
      blockNumber: z.string().nullable(),
      blockAt: z.iso.datetime().nullable(),
      lostAt: z.iso.datetime().nullable().describe('When it last lost its place on the chain'),
      reason: z.string().nullable().describe('Why it is lost; never by whom'),
    })
    .nullable(),
  expiresAt: z.iso.datetime().nullable().describe('Until when it must be financed; null once it is, or has ended'),
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
})
export type FinancingItem = z.input<typeof financingItem>

const logged = { receipt: z.string(), repeated: z.boolean() }

const signatureRefusals = [
  'SIGNATURE_INVALID',
  'SIGNATURE_WRONG_ACT',
  'SIGNER_MISMATCH',
  'NOT_YOURS',
  'DATE_IN_FUTURE',
  'NONCE_REPLAYED',
  'LOG_BUSY',
] as const

export const markFinancing = contract({
  operation: 'markFinancing',
  method: 'post',
  path: '/api/v1/financings',
  summary:
    'Register, hold or finance a receivable: the bank’s mark (typ tallystick.financing-mark+jws) with the seller’s consent (typ tallystick.financing-consent+jws). Who else holds it is never said',
  surface: 'financings:mark',
  body: {
    types: ['application/json'],
    schema: z.strictObject({ mark: z.string().min(1), consent: z.string().min(1) }),
    limit: 4 << 20,
  },
  reply: { status: 201, description: 'Marked', schema: financingItem.extend(logged) },
  refusals: [
    ...signatureRefusals,
    'CONSENT_INVALID',
    'APPLICATION_UNKNOWN',
    'APPLICATION_STATE',
    'DOCUMENT_UNKNOWN',
    'DOCUMENT_INVALID',
    'AMOUNT_OUT_OF_RANGE',
    'RECEIVABLE_ALREADY_FINANCED',
    'FINANCING_STATE',
  ],
})

export const releaseFinancing = contract({
  operation: 'releaseFinancing',
  method: 'post',
  path: '/api/v1/financings/{id}/release',
  summary: 'Give the receivable free: compact JWS by the bank’s certificate, typ tallystick.financing-release+jws',
  surface: 'financings:mark',
  params: z.strictObject({ id: z.uuid() }),
  body: { types: actTypes, schema: z.string(), limit: 64 << 10 },
  reply: { status: 200, description: 'Released', schema: financingItem.extend(logged) },
  refusals: [...signatureRefusals, 'FINANCING_UNKNOWN', 'FINANCING_STATE'],
})

export const listFinancings = contract({
  operation: 'listFinancings',
  method: 'get',
  path: '/api/v1/financings',
  summary: 'Marks that the caller made as a bank, or that are on its receivables',
  surface: 'financings:read',
  query: z.strictObject({ ...pageQuery, state: state.optional(), application: z.uuid().optional() }),
  reply: { status: 200, description: 'A page of marks', schema: pageOf(financingItem) },
  refusals: [],
})

export const readFinancing = contract({
  operation: 'getFinancing',
  method: 'get',
  path: '/api/v1/financings/{id}',
  summary: 'One mark',
  surface: 'financings:read',
  params: z.strictObject({ id: z.uuid() }),
  reply: { status: 200, description: 'The mark', schema: financingItem },
  refusals: ['FINANCING_UNKNOWN'],
})
