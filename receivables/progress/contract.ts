import { z } from 'zod'
import { recordId } from '../../core/act.ts'
import { contract } from '../../core/contract.ts'
import { codeText } from '../../core/document.ts'
import { checkOutcomes } from '../../core/report/check.ts'
import { checkCodes } from '../../core/report/check-codes.ts'
import { type ReasonCode, reasons } from '../../core/report/reasons.ts'
import { usccSchema } from '../../core/uscc.ts'

/** The way of a receivable, in the order in which it is gone. */
export const stepKinds = [
  'order',
  'despatch',
  'scan',
  'receipt',
  'consumption',
  'invoice',
  'credit-note',
  'question',
  'answer',
  'authorization',
  'application',
  'report',
  'decision',
  'financing',
  'payment',
] as const
export type StepKind = (typeof stepKinds)[number]

const step = z.object({
  kind: z.enum(stepKinds),
  /** When it was done, by whoever did it. */
  at: z.iso.datetime(),
  loggedAt: z.iso.datetime().nullable(),
  /** Who signed; null where nobody did. */
  by: usccSchema.nullable(),
  /** Place in the log, decimal; null where it is not the reader’s to see. */
  index: z.string().nullable(),
  /** Code of the document, id of the authorization or application. */
  ref: z.string().nullable(),
  /** Number of a document. */
  number: z.string().nullable(),
  /** Business step of scans, status of an answer, state or outcome of whatever else has one. */
  status: z.string().nullable(),
  /** Of scans: how many, and of how many it counts. */
  scans: z.object({ count: z.int(), counted: z.int(), until: z.iso.datetime() }).nullable(),
})
export type Step = z.input<typeof step>

export const readProgress = contract({
  operation: 'getInvoiceProgress',
  method: 'get',
  path: '/api/v1/documents/{code}/progress',
  summary:
    'An invoice of the caller’s from order to payment, and which checks of a bank’s report it would not pass as things stand: the report’s own rules under common thresholds; a bank’s own may be stricter',
  surface: 'documents:read',
  params: z.strictObject({ code: codeText }),
  reply: {
    status: 200,
    description: 'What was done, in the order of doing, and what the checks say',
    schema: z.object({
      invoice: z.object({
        code: codeText,
        number: z.string(),
        version: z.int(),
        commitment: recordId,
        buyer: usccSchema,
        issueDate: z.string(),
        currency: z.string(),
        gross: z.string(),
      }),
      asOf: z.iso.datetime(),
      steps: z.array(step),
      checks: z.array(
        z.object({
          code: z.enum(checkCodes),
          outcome: z.enum(checkOutcomes),
          /** Whether a report that fails it is not a yes. */
          gating: z.boolean(),
          measure: z.record(z.string(), z.string()),
          reasons: z.array(
            z.object({
              code: z.enum(Object.keys(reasons) as [ReasonCode, ...ReasonCode[]]),
              params: z.record(z.string(), z.string()).optional(),
            }),
          ),
        }),
      ),
      /** Which only the bank’s own report can tell. */
      unjudged: z.array(z.enum(checkCodes)),
    }),
  },
  refusals: ['DOCUMENT_UNKNOWN'],
})
