import { z } from 'zod'
import { recordId } from '../../core/act.ts'
import { BUNDLE_TYPE, bundleSchema } from '../../core/bundle.ts'
import { contract } from '../../core/contract.ts'
import { policySchema } from '../../core/report/policy.ts'
import { usccSchema } from '../../core/uscc.ts'
import { pageOf, pageQuery } from '../page.ts'
import { actTypes } from '../signed-act.ts'

const reportSummary = z.object({
  id: z.uuid(),
  application: z.uuid(),
  bank: usccSchema,
  verdict: z.enum(['VERIFIED', 'REFER', 'REJECT']),
  /** 0: the bank has signed none. */
  policyVersion: z.int(),
  asOf: z.iso.datetime(),
  madeAt: z.iso.datetime(),
  /** Place in the log, decimal. */
  index: z.string(),
  /** Hex; what a decision names. */
  commitment: recordId,
})
export type ReportSummary = z.input<typeof reportSummary>

const reportItem = reportSummary.extend({
  /** As core/report makes it: checks, verdict, eligible amount. */
  report: z.record(z.string(), z.unknown()),
  /** Compact JWS by the node key; null once it is erased. */
  jws: z.string().nullable(),
})
export type ReportItem = z.input<typeof reportItem>

export const makeReport = contract({
  operation: 'makeReport',
  method: 'post',
  path: '/api/v1/reports',
  summary:
    'Verify an application: releases what the seller authorized, checks it under the bank’s policy, signs and logs the report. Each call makes a new one; earlier ones stay',
  surface: 'reports:make',
  body: {
    types: ['application/json'],
    schema: z.strictObject({
      application: z.uuid(),
      /** Of this report: sent again with the same id, the same report is answered. */
      id: z.uuid().optional(),
      /** For which instant; now, where nothing is said. */
      asOf: z.iso.datetime({ offset: false }).optional(),
    }),
  },
  reply: { status: 201, description: 'The report; 200 when it was made before', schema: reportItem },
  refusals: [
    'APPLICATION_UNKNOWN',
    'APPLICATION_STATE',
    'POLICY_UNKNOWN',
    'DATE_IN_FUTURE',
    'AUTHORIZATION_REQUIRED',
    'AUTHORIZATION_NOT_ACTIVE',
    'AUTHORIZATION_EXPIRED',
    'AUTHORIZATION_REVOKED',
    'AUTHORIZATION_EXHAUSTED',
    'AUTHORIZATION_INVALID',
    'OUT_OF_SCOPE',
    'IDEMPOTENCY_CONFLICT',
    'LOG_BUSY',
  ],
})

export const listReports = contract({
  operation: 'listReports',
  method: 'get',
  path: '/api/v1/reports',
  summary: 'Reports that were made for the bank',
  surface: 'reports:read',
  query: z.strictObject({ ...pageQuery, application: z.uuid().optional() }),
  reply: { status: 200, description: 'A page of reports', schema: pageOf(reportSummary) },
  refusals: [],
})

const params = z.strictObject({ id: z.uuid() })

export const readReport = contract({
  operation: 'getReport',
  method: 'get',
  path: '/api/v1/reports/{id}',
  summary: 'One report',
  surface: 'reports:read',
  params,
  reply: { status: 200, description: 'The report', schema: reportItem },
  refusals: ['REPORT_UNKNOWN'],
})

export const readReportBundle = contract({
  operation: 'getReportBundle',
  method: 'get',
  path: '/api/v1/reports/{id}/bundle',
  summary: 'The evidence bundle of a report: all that an auditor needs to check it offline',
  surface: 'reports:read',
  params,
  // The handler answers with the text itself: another spelling of the same JSON would not verify.
  reply: { status: 200, type: BUNDLE_TYPE, description: 'The sealed bundle', schema: bundleSchema.or(z.string()) },
  refusals: ['REPORT_UNKNOWN'],
})

export const readReportDossier = contract({
  operation: 'getReportDossier',
  method: 'get',
  path: '/api/v1/reports/{id}/dossier',
  summary:
    'The same evidence as a ZIP to be opened: bundle, report to print, agreement, certificates, and how to check it',
  surface: 'reports:read',
  params,
  reply: { status: 200, type: 'application/zip', description: 'The archive', schema: z.unknown() },
  refusals: ['REPORT_UNKNOWN'],
})

const policyItem = z.object({
  policy: policySchema,
  /** Null for version 0, the sample's, which stands until the bank signs its own. */
  jws: z.string().nullable(),
})

export const putPolicy = contract({
  operation: 'putPolicy',
  method: 'put',
  path: '/api/v1/policy',
  summary: 'Set the bank’s own parameters: compact JWS by its certificate, typ tallystick.policy+jws; the next version',
  surface: 'policies:write',
  body: { types: actTypes, schema: z.string(), limit: 256 << 10 },
  reply: { status: 200, description: 'In force for reports from now on', schema: policyItem },
  refusals: ['SIGNATURE_INVALID', 'SIGNATURE_WRONG_ACT', 'SIGNER_MISMATCH', 'NOT_YOURS', 'POLICY_EXISTS', 'LOG_BUSY'],
})

export const readPolicy = contract({
  operation: 'getPolicy',
  method: 'get',
  path: '/api/v1/policy',
  summary: 'The policy by which the bank’s next report will be made',
  surface: 'policies:read',
  reply: { status: 200, description: 'The policy', schema: policyItem },
  refusals: ['POLICY_UNKNOWN'],
})

export const listPolicies = contract({
  operation: 'listPolicies',
  method: 'get',
  path: '/api/v1/policies',
  summary: 'Every version of its policy that the bank has signed; each report names the one it was made by',
  surface: 'policies:read',
  query: z.strictObject(pageQuery),
  reply: {
    status: 200,
    description: 'A page of versions',
    schema: pageOf(
      z.object({
        policy: policySchema,
        /** Place in the log, decimal. */
        index: z.string(),
        loggedAt: z.iso.datetime(),
      }),
    ),
  },
  refusals: [],
})
