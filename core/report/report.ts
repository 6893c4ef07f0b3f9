import { z } from 'zod'
import { recordId } from '../act.ts'
import { mode } from '../financing.ts'
import { usccSchema } from '../uscc.ts'
import { checkOutcomes } from './check.ts'
import { checkCodes } from './check-codes.ts'
import { type ReasonCode, reasons } from './reasons.ts'
import { strengths } from './strength.ts'

const text = z.string()
const values = z.record(text, text)
const strength = z.enum(strengths)

export const verdicts = ['VERIFIED', 'REFER', 'REJECT'] as const

export const checkSchema = z.strictObject({
  code: z.enum(checkCodes),
  outcome: z.enum(checkOutcomes),
  gating: z.boolean(),
  measure: values,
  threshold: values,
  strength: strength.nullable(),
  reasons: z.array(
    z.strictObject({ code: z.enum(Object.keys(reasons) as [ReasonCode, ...ReasonCode[]]), params: values.optional() }),
  ),
  evidence: z.array(
    z.strictObject({
      index: text,
      digest: recordId,
      signer: usccSchema.nullable(),
      capturedAt: text,
      loggedAt: text,
      anchoredAt: text.optional(),
    }),
  ),
})
export type Check = z.output<typeof checkSchema>

const lineSchema = z.strictObject({
  order: text,
  line: text,
  unit: text,
  ordered: text,
  accepted: text,
  returned: text,
  invoiced: text,
  credited: text,
  financed: text,
  /** q* and Σ q*·p*·(1+tax) of this invoice. */
  quantity: text,
  amount: text,
})

const receivableSchema = z.strictObject({
  invoice: text,
  commitment: recordId,
  number: text,
  currency: text.nullable(),
  gross: text.nullable(),
  /** Null where it can't be evaluated. */
  open: text.nullable(),
  financeable: text.nullable(),
  verdict: z.enum(verdicts),
  strength: strength.nullable(),
  match: z.array(lineSchema),
  checks: z.array(checkSchema),
})
export type ReceivableReport = z.output<typeof receivableSchema>

/** What was found, by whose policy, on which evidence. RFC 8785 bytes of this are the payload under typ.report. */
export const reportSchema = z.strictObject({
  format: z.literal('tallystick.report/1'),
  application: z.uuid(),
  seller: usccSchema,
  bank: usccSchema,
  mode,
  asOf: text,
  policy: z.strictObject({ version: z.int(), name: text, digest: recordId, demonstration: z.boolean() }),
  /** The worst of the receivables', and of the invoices that are not there. */
  verdict: z.enum(verdicts),
  strength: strength.nullable(),
  /** Codes of invoices of the application that are not among the records. */
  missing: z.array(text),
  receivables: z.array(receivableSchema),
  eligible: z
    .strictObject({
      currency: text,
      invoices: z.array(
        z.strictObject({
          invoice: text,
          buyer: usccSchema,
          eligible: text,
          excluded: z.enum(['NOT_SOUND', 'NOT_EVALUABLE', 'TOO_OLD', 'CROSS_AGED']).optional(),
          advance: text,
        }),
      ),
      total: text,
      overConcentration: text,
      pool: text,
      dilution: text,
      advanceRate: text,
      reserves: text,
      limit: text.nullable(),
      outstanding: text,
      availability: text,
    })
    .nullable(),
})
export type Report = z.output<typeof reportSchema>
export type ReportVerdict = Report['verdict']
