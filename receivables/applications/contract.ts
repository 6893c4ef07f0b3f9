import { z } from 'zod'
import { type ApplicationState, applicationSchema, applicationStates, decisionSchema } from '../../core/application.ts'
import { contract } from '../../core/contract.ts'
import { pageOf, pageQuery } from '../page.ts'
import { actTypes } from '../signed-act.ts'

const state = z.enum(Object.keys(applicationStates) as [ApplicationState, ...ApplicationState[]])

export const decisionItem = z.object({
  index: z.string(),
  decision: decisionSchema,
  decidedAt: z.iso.datetime(),
})

export const applicationItem = z.object({
  ...applicationSchema.shape,
  state,
  /** Place in the log, decimal. */
  index: z.string(),
  createdAt: z.iso.datetime(),
  changedAt: z.iso.datetime(),
})
export type ApplicationItem = z.input<typeof applicationItem>

const logged = { receipt: z.string(), repeated: z.boolean() }

export const submitApplication = contract({
  operation: 'submitApplication',
  method: 'post',
  path: '/api/v1/applications',
  summary: 'Put receivables to a bank: compact JWS by the seller’s certificate, typ tallystick.application+jws',
  surface: 'applications:write',
  body: { types: actTypes, schema: z.string(), limit: 256 << 10 },
  reply: { status: 201, description: 'Submitted', schema: applicationItem.extend(logged) },
  refusals: [
    'SIGNATURE_INVALID',
    'SIGNATURE_WRONG_ACT',
    'SIGNER_MISMATCH',
    'NOT_YOURS',
    'DATE_IN_FUTURE',
    'NONCE_REPLAYED',
    'ORGANIZATION_UNKNOWN',
    'ORGANIZATION_SUSPENDED',
    'AUTHORIZATION_UNKNOWN',
    'DOCUMENT_UNKNOWN',
    'DOCUMENT_INVALID',
    'LOG_BUSY',
  ],
})

export const listApplications = contract({
  operation: 'listApplications',
  method: 'get',
  path: '/api/v1/applications',
  summary: 'Applications that the caller made, or that were put to it',
  surface: 'applications:read',
  query: z.strictObject({ ...pageQuery, state: state.optional() }),
  reply: { status: 200, description: 'A page of applications', schema: pageOf(applicationItem) },
  refusals: [],
})

export const readApplication = contract({
  operation: 'getApplication',
  method: 'get',
  path: '/api/v1/applications/{id}',
  summary: 'One application with the decisions on it',
  surface: 'applications:read',
  params: z.strictObject({ id: z.uuid() }),
  reply: {
    status: 200,
    description: 'The application',
    schema: applicationItem.extend({ decisions: z.array(decisionItem) }),
  },
  refusals: ['APPLICATION_UNKNOWN'],
})

export const decide = contract({
  operation: 'decideApplication',
  method: 'post',
  path: '/api/v1/applications/{id}/decision',
  summary: 'Approve, decline or refer: compact JWS by the bank’s certificate, typ tallystick.decision+jws',
  surface: 'applications:decide',
  params: z.strictObject({ id: z.uuid() }),
  body: { types: actTypes, schema: z.string(), limit: 64 << 10 },
  reply: { status: 201, description: 'Decided', schema: applicationItem.extend(logged) },
  refusals: [
    'SIGNATURE_INVALID',
    'SIGNATURE_WRONG_ACT',
    'SIGNER_MISMATCH',
    'NOT_YOURS',
    'DATE_IN_FUTURE',
    'NONCE_REPLAYED',
    'APPLICATION_UNKNOWN',
    'APPLICATION_STATE',
    'REPORT_UNKNOWN',
    'LOG_BUSY',
  ],
})
