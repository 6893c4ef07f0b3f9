import type { Authorization, Resource, ResourceType } from '../authorization.ts'
import type { RecordType } from '../record.ts'
import type { Frozen } from './states.ts'

/**
 * Which resource a record belongs to. Credit notes, statements, payments and query results go with their invoices, receipts and
 * consumption with their despatches: an invoice without what was taken back from it would be half the truth.
 */
export const resourceOf = (type: RecordType, documentKind?: string): ResourceType | undefined => {
  if (type === 'document') return documentKind === undefined ? undefined : resourceOfKind.get(documentKind)
  return resourceOfRecord.get(type)
}

const resourceOfKind: ReadonlyMap<string, ResourceType> = new Map([
  ['order', 'order'],
  ['despatch', 'delivery'],
  ['receipt', 'delivery'],
  ['consumption', 'delivery'],
  ['invoice', 'invoice'],
  ['credit-note', 'invoice'],
  ['statement', 'invoice'],
  ['payment', 'invoice'],
  ['query', 'invoice'],
])

const resourceOfRecord: ReadonlyMap<RecordType, ResourceType> = new Map([
  ['event', 'scan'],
  ['question', 'confirmation'],
  ['confirmation', 'confirmation'],
])

/**
 * Goes with every release: who the signers are, what was agreed, and the bank's own application. Nothing in them is the
 * supplier's trade data.
 */
export const accompanying = ['authorization', 'authorization-state', 'endorsement', 'mandate', 'application'] as const

export const accompanies = (type: RecordType): type is (typeof accompanying)[number] =>
  (accompanying as readonly RecordType[]).includes(type)

/** What of a record decides whether it is covered. */
export type Subject = {
  /** Hex commitment. */
  readonly id: string
  /** Whose record it is: a holder that the agreement must name. */
  readonly org: string
  readonly resource: ResourceType
  /** Issue date of a document, day in UTC of an event or of an answer; undefined where the record names none. */
  readonly day: string | undefined
  /** Organizations that are parties to it; undefined where the reader can't know, since the record itself names none. */
  readonly parties: readonly string[] | undefined
}

/** The position of the resource that covers this record, or undefined. `frozen` comes from the move that activated. */
export const coveringResource = (
  { holders, resources }: Authorization,
  frozen: Frozen | undefined,
  subject: Subject,
): number | undefined => {
  if (!holders.some(({ uscc }) => uscc === subject.org)) return undefined
  const position = resources.findIndex(
    (resource, i) =>
      resource.type === subject.resource &&
      (has(resource.ids, subject.id) ||
        has(frozen?.records[i], subject.id) ||
        (resource.selector?.open === true && selects(resource.selector, subject))),
  )
  return position === -1 ? undefined : position
}

/** An agreement names thousands of records, and each record of a release is looked for among them. */
const has = (ids: readonly string[] | undefined, id: string): boolean => {
  if (ids === undefined) return false
  const known = sets.get(ids) ?? new Set(ids)
  sets.set(ids, known)
  return known.has(id)
}

const sets = new WeakMap<readonly string[], ReadonlySet<string>>()

/** Also what a register asks when it resolves a selector on activation. */
export const selects = (selector: NonNullable<Resource['selector']>, { day, parties }: Subject): boolean =>
  day !== undefined &&
  selector.from <= day &&
  day <= selector.to &&
  (parties === undefined || parties.includes(selector.hospital))

/**
 * Whether a claim of a document may be disclosed: `path` names it from the top without array positions, as
 * `['lines', 'quantity']`. What holds a permitted claim is permitted, since it can't be shown otherwise.
 */
export const allowsClaim = (fields: readonly string[], path: readonly string[]): boolean => {
  const claim = path.join('.')
  return fields.some(
    field => field === '*' || field === claim || claim.startsWith(`${field}.`) || field.startsWith(`${claim}.`),
  )
}
