import type { Bundle, BundleRecord } from './bundle.ts'
import { readCapture } from './capture.ts'
import type { AnswerStatus, DisputeReason } from './confirmation.ts'
import type { DocumentKind, Shown } from './document.ts'
import type { Endorsement } from './endorsement.ts'
import { readEvent } from './epcis/document.ts'
import { codesOf } from './epcis/scan-event.ts'
import { type Content, readRecord } from './verify/open.ts'

type What =
  | {
      readonly what: 'document'
      readonly kind: DocumentKind
      readonly number: string
      /** Minor units; absent where the agreement doesn't disclose it, or the document has none. */
      readonly gross?: { readonly minor: string; readonly currency: string }
    }
  | {
      readonly what: 'scan'
      /** Bare CBV business step; absent where the event names none. */
      readonly step?: string
      readonly place?: string
      /** It says that an earlier event was wrong, and reports nothing new. */
      readonly isCorrection: boolean
      /** Instances named, and classes of which a quantity is. */
      readonly count: number
      /** Whose key signed the capture; undefined for an event that no endorsed device signed. */
      readonly device: { readonly label: string; readonly owner: string; readonly place?: string } | undefined
    }
  | { readonly what: 'question' }
  | {
      readonly what: 'answer'
      readonly status: AnswerStatus
      readonly reason?: DisputeReason
      readonly disputeOpen: boolean
      readonly expires: string
    }
  | { readonly what: 'application' }

/** One thing that happened in a trade, as a record of the bundle has it. */
export type CourseStep = What & {
  /** Place in the log, decimal. */
  readonly index: string
  /** When it is said to have happened: a day for a document, an instant for all else. */
  readonly at: string
  readonly loggedAt: string
  /** Who handed it in, or signed it. */
  readonly by: string
}

/**
 * From order to application, what the bundle shows of the trade of one invoice: its papers, the scans that name its
 * shipments, its order or its serials, what the hospital was asked and answered. A bundle holds what the authorization
 * lets the bank see, so that is all that can be here. Signatures are the report's to judge. In the order of happening;
 * at one time, in that of the log. Throws SyntaxError for a record that can't be read.
 */
export const courseOf = (bundle: Pick<Bundle, 'records' | 'captures'>, invoice: string): readonly CourseStep[] => {
  const all = bundle.records.map(record => ({ record, content: readRecord(record).content }))
  const documents = all.flatMap(it =>
    it.content.type === 'document' ? [{ record: it.record, document: it.content.document }] : [],
  )
  const asked = documents.find(({ document }) => document.kind === 'invoice' && document.code === invoice)?.document
  const order = text(asked?.order)
  const papers = documents.filter(({ document }) => belongs(document, invoice, order, asked))
  const names = new Set(papers.flatMap(({ document }) => namesOf(document)))
  const devices = devicesOf(all)
  const steps = [
    ...papers.map(({ record, document }) => paper(record, document)),
    ...all.flatMap(({ record, content }) => {
      if (content.type === 'event') return scanned(record, content.event, names, bundle, devices)
      return said(record, content, invoice)
    }),
  ]
  return steps.sort((a, b) => dayOf(a) - dayOf(b) || Number(BigInt(a.index) - BigInt(b.index)))
}

const dayOf = ({ at }: CourseStep): number => Date.parse(at.slice(0, 10))

const belongs = (document: Shown, invoice: string, order: string, asked: Shown | undefined): boolean => {
  const { code, kind, parties } = document
  if (asked === undefined) return false
  // Somebody else's paper can't be put under this order.
  const own = parties.seller === asked.parties.seller && parties.buyer === asked.parties.buyer
  if (kind === 'query') return text(document.about) === invoice
  if (!own) return false
  if (kind === 'order') return code === order
  if (kind === 'invoice') return code === invoice
  if (kind === 'credit-note') return text(document.invoice) === invoice
  if (kind === 'payment') return listOf(document.allocations).some(it => text(it.invoice) === invoice)
  return order !== '' && text(document.order) === order
}

/** By which a scan names the trade: the logistic unit, the papers, and the instances that were despatched or invoiced. */
const namesOf = (document: Shown): readonly string[] => [
  document.code,
  ...(text(document.shipment) === '' ? [] : [text(document.shipment)]),
  ...listOf(document.lines).flatMap(({ serials }) => (Array.isArray(serials) ? serials.map(text) : [])),
]

const paper = ({ index, loggedAt }: BundleRecord, document: Shown): CourseStep => {
  const { kind, number, iss: by, iat } = document
  const [minor, currency] = [text(document.gross ?? document.amount), text(document.currency)]
  return {
    ...{ what: 'document', kind, number, index, loggedAt, by },
    at: text(document.issueDate) || new Date(iat * 1000).toISOString(),
    ...(minor === '' || currency === '' ? {} : { gross: { minor, currency } }),
  }
}

const scanned = (
  { index, loggedAt, org: by, capture }: BundleRecord,
  event: unknown,
  names: ReadonlySet<string>,
  { captures }: Pick<Bundle, 'captures'>,
  devices: ReadonlyMap<string, Endorsement>,
): readonly CourseStep[] => {
  const read = readEvent(event)
  if (!read.ok) throw new SyntaxError(`record ${index} is no EPCIS event`)
  const { scan } = read
  if (!codesOf(scan).some(code => names.has(code))) return []
  const signed = capture && captures[capture.of] && readCapture(captures[capture.of]!.jws)
  const device = signed?.ok ? devices.get(signed.statement.device) : undefined
  const place = scan.bizLocation ?? scan.readPoint
  return [
    {
      ...{ what: 'scan', index, loggedAt, by, at: scan.eventTime, count: scan.epcs.length + scan.quantities.length },
      isCorrection: scan.errorDeclaration !== undefined,
      ...(scan.bizStep === undefined ? {} : { step: scan.bizStep }),
      ...(place === undefined ? {} : { place }),
      device: device && {
        ...{ label: device.label, owner: device.uscc },
        ...(device.location === undefined ? {} : { place: device.location }),
      },
    },
  ]
}

const said = ({ index, loggedAt }: BundleRecord, content: Content, invoice: string): readonly CourseStep[] => {
  if (content.type === 'question' && content.question.invoice === invoice) {
    const { opened, iat } = content.question
    return [{ what: 'question', index, loggedAt, by: opened.seller, at: iat }]
  }
  if (content.type === 'confirmation' && content.answer.invoice === invoice) {
    const { opened, asOf, status, reason, disputeOpen, expires } = content.answer
    return [
      {
        ...{ what: 'answer', index, loggedAt, by: opened.buyer, at: asOf, status, disputeOpen, expires },
        ...(reason === undefined ? {} : { reason }),
      },
    ]
  }
  if (content.type === 'application' && content.application.invoices.some(({ code }) => code === invoice)) {
    return [{ what: 'application', index, loggedAt, by: content.application.seller, at: content.application.iat }]
  }
  return []
}

const devicesOf = (all: readonly { readonly content: Content }[]): ReadonlyMap<string, Endorsement> =>
  new Map(
    all.flatMap(({ content }) =>
      content.type === 'endorsement' ? [[content.endorsement.thumbprint, content.endorsement] as const] : [],
    ),
  )

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const listOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter(it => typeof it === 'object' && it !== null) : []
