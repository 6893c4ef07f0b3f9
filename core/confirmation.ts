import { z } from 'zod'
import { currency, documentCode, documentNumber, instant, minorUnits, nonce, recordId } from './act.ts'
import { usccSchema } from './uscc.ts'

/** What the seller opens of the invoice, so that the hospital can tell which one it is without holding the document. */
export const openedInvoice = z.strictObject({
  seller: usccSchema,
  buyer: usccSchema,
  number: documentNumber,
  issueDate: z.iso.date(),
  gross: minorUnits,
  currency,
})
export type OpenedInvoice = z.output<typeof openedInvoice>

/** The seller's question about one version of one invoice, as logged at the seller's node. Payload under typ.question. */
export const questionSchema = z.strictObject({
  invoice: documentCode,
  version: z.int().min(1),
  commitment: recordId,
  opened: openedInvoice,
  nonce,
  iat: instant,
})
export type Question = z.output<typeof questionSchema>

/** UN/EDIFACT 4343 in the choice of Peppol's Invoice Response (BIS 63), with what the console calls them. */
export const answerStatuses = {
  IP: 'received',
  AP: 'accepted',
  CA: 'conditionally accepted',
  RE: 'rejected',
  UQ: 'under query',
  PD: 'paid',
} as const
export type AnswerStatus = keyof typeof answerStatuses

/** Which answer may follow which. RE and PD are final (BIS 63); a status may be said again before the last one expires. */
export const laterStatuses = {
  IP: ['IP', 'AP', 'CA', 'RE', 'UQ', 'PD'],
  UQ: ['UQ', 'AP', 'CA', 'RE', 'PD'],
  CA: ['CA', 'AP', 'RE', 'UQ', 'PD'],
  AP: ['AP', 'RE', 'UQ', 'PD'],
  RE: [],
  PD: [],
} as const satisfies Record<AnswerStatus, readonly AnswerStatus[]>

/** Why, in the codes of OpenPeppol's OPStatusReason. */
export const disputeReasons = {
  REF: 'references incorrect',
  LEG: 'legal information incorrect',
  REC: 'receiver unknown',
  QUA: 'item quality insufficient',
  DEL: 'delivery issues',
  PRI: 'prices incorrect',
  QTY: 'quantity incorrect',
  ITM: 'items incorrect',
  PAY: 'payment terms incorrect',
  UNR: 'not recognized',
  FIN: 'finance terms incorrect',
  OTH: 'other',
} as const
export type DisputeReason = keyof typeof disputeReasons

const keysOf = <Key extends string>(table: Record<Key, unknown>) => Object.keys(table) as [Key, ...Key[]]

/**
 * The hospital's answer about one invoice: yes and no over what it compared on its own node, and nothing out of its
 * books. Payload under typ.confirmation.
 */
export const answerSchema = z
  .strictObject({
    invoice: documentCode,
    commitment: recordId,
    opened: openedInvoice,
    status: z.enum(keysOf(answerStatuses)),
    match: z.strictObject({
      number: z.boolean(),
      grossAmount: z.boolean(),
      acceptedQtyCoversInvoiced: z.boolean(),
    }),
    dueConfirmed: z.boolean(),
    payeeAccountMatch: z.boolean(),
    disputeOpen: z.boolean(),
    reason: z.enum(keysOf(disputeReasons)).optional(),
    asOf: instant,
    expires: instant,
    nonce,
  })
  .refine(it => it.asOf < it.expires, 'it expires before it is given')
  .refine(
    it => needsReason(it) === (it.reason !== undefined),
    'a reason belongs to RE, UQ, CA and an open dispute, and only there',
  )
export type Answer = z.output<typeof answerSchema>

type Stand = { readonly status: AnswerStatus; readonly disputeOpen: boolean }

/** Whether the hospital holds something against the invoice. */
export const isDispute = (answer: Stand): boolean =>
  answer.disputeOpen || answer.status === 'RE' || answer.status === 'UQ'

/** Peppol rule T111-R001, and what an open dispute is about. */
const needsReason = (answer: Stand): boolean => isDispute(answer) || answer.status === 'CA'
