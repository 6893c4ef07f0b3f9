import { z } from 'zod'
import { recordId } from '../../core/act.ts'
import { answerSchema, questionSchema } from '../../core/confirmation.ts'
import { contract } from '../../core/contract.ts'
import { pageOf, pageQuery } from '../page.ts'
import { actTypes } from '../signed-act.ts'

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

export const answerItem = z.object({
  /** Place in this node's log, decimal. */
  index: z.string(),
  answer: answerSchema,
  /** Compact JWS as signed by the hospital; null once it is erased. */
  jws: z.string().nullable(),
  loggedAt: z.iso.datetime(),
})

export const questionItem = z.object({
  /** Commitment of the invoice version, hex: one question each. */
  id: recordId,
  index: z.string(),
  question: questionSchema,
  /** Compact JWS as signed by the seller; null once it is erased. */
  jws: z.string().nullable(),
  askedAt: z.iso.datetime(),
  /** A question about an earlier version of the same invoice: something was changed in between. */
  earlier: recordId.nullable(),
  /** The newest by the hospital's own time. */
  answer: answerItem.nullable(),
})
export type QuestionItem = z.input<typeof questionItem>

export const ask = contract({
  operation: 'askQuestion',
  method: 'post',
  path: '/api/v1/questions',
  summary:
    'Ask the hospital about one logged version of an invoice: compact JWS by the seller’s certificate, typ tallystick.question+jws',
  surface: 'questions:ask',
  body: { types: actTypes, schema: z.string(), limit: 64 << 10 },
  reply: { status: 201, description: 'Asked', schema: questionItem.extend(logged) },
  refusals: [...signatureRefusals, 'DOCUMENT_UNKNOWN', 'DOCUMENT_INVALID', 'QUESTION_EXISTS', 'RATE_LIMITED'],
})

export const listQuestions = contract({
  operation: 'listQuestions',
  method: 'get',
  path: '/api/v1/questions',
  summary: 'Pending and answered invoices: those the caller asks about, or is asked about',
  surface: 'questions:read',
  query: z.strictObject({ ...pageQuery, answered: z.enum(['true', 'false']).optional() }),
  reply: { status: 200, description: 'A page of questions', schema: pageOf(questionItem) },
  refusals: [],
})

export const readQuestion = contract({
  operation: 'getQuestion',
  method: 'get',
  path: '/api/v1/questions/{id}',
  summary: 'One question with its newest answer',
  surface: 'questions:read',
  params: z.strictObject({ id: recordId }),
  reply: { status: 200, description: 'The question', schema: questionItem },
  refusals: ['QUESTION_UNKNOWN'],
})

const comparedLine = z.object({
  /** Line of the order; what the invoice bills of it, together. */
  line: z.string(),
  item: z.string(),
  unit: z.string(),
  invoiced: z.string(),
  /** What the hospital's own scans leave for this invoice, once earlier invoices of the order have theirs. */
  received: z.string(),
  /** Null where a unit can't be converted. */
  covered: z.boolean().nullable(),
})

/** Null where the books don't say, or the invoice has nothing to compare. */
const booked = {
  grossAmount: z.boolean(),
  acceptedQtyCoversInvoiced: z.boolean().nullable(),
  dueConfirmed: z.boolean().nullable(),
  payeeAccountMatch: z.boolean().nullable(),
  disputed: z.boolean().nullable(),
  paid: z.boolean().nullable(),
}

export const comparison = contract({
  operation: 'compareInvoice',
  method: 'get',
  path: '/api/v1/questions/{id}/comparison',
  summary:
    'For the hospital’s clerk: what its own receiving scans say about a pending invoice. Shown to the hospital alone',
  surface: 'confirmations:write',
  params: z.strictObject({ id: recordId }),
  reply: {
    status: 200,
    description: 'Both sides, line by line',
    schema: z.object({
      id: recordId,
      lines: z.array(comparedLine),
      /** What speaks for itself, from the hospital's own copies and scans; the clerk decides. */
      match: z.object({
        number: z.boolean(),
        /** The invoice opens this amount, and no price is above the order's. */
        grossAmount: z.boolean(),
        acceptedQtyCoversInvoiced: z.boolean().nullable(),
      }),
      /** What the hospital's own tables say, yes and no; null where the node reads none of this hospital. */
      books: z
        .discriminatedUnion('state', [
          z.object({ state: z.literal('booked'), ...booked }),
          /** The tables can't be read now, or don't have the invoice. */
          z.object({ state: z.enum(['unavailable', 'unknown']) }),
        ])
        .nullable(),
    }),
  },
  refusals: ['QUESTION_UNKNOWN', 'DOCUMENT_UNKNOWN'],
})

export const confirm = contract({
  operation: 'answerQuestion',
  method: 'post',
  path: '/api/v1/confirmations',
  summary:
    'Answer about an invoice: compact JWS by the hospital’s certificate, typ tallystick.confirmation+jws. Its own node passes the answer on to the node that asked',
  surface: 'confirmations:write',
  body: { types: actTypes, schema: z.string(), limit: 64 << 10 },
  reply: { status: 201, description: 'Answered', schema: answerItem.extend(logged) },
  refusals: [...signatureRefusals, 'QUESTION_UNKNOWN', 'ANSWER_EXISTS', 'ANSWER_EXPIRED', 'DOCUMENT_INVALID'],
})

export const listConfirmations = contract({
  operation: 'listConfirmations',
  method: 'get',
  path: '/api/v1/confirmations',
  summary: 'Answers that the caller gave, or that it got',
  surface: 'confirmations:read',
  query: z.strictObject({ ...pageQuery, question: recordId.optional() }),
  reply: { status: 200, description: 'A page of answers', schema: pageOf(answerItem) },
  refusals: [],
})
