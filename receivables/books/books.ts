import type { DocumentOf } from '../../core/document.ts'
import { payeeHash } from '../../core/payee.ts'
import type { BookEntry } from './entry.ts'

/**
 * The hospital's own tables, to be read and never written. Throws BooksError where they can't be read; nothing of what
 * they say is kept by the node.
 */
export type Books = {
  /** Whose they are. */
  readonly organization: string
  readonly find: (of: { readonly supplier: string; readonly number: string }) => Promise<BookEntry | undefined>
  readonly close: () => Promise<void>
}

/** The books can't be read now: a database that is away, a file that is not there or can't be understood. */
export class BooksError extends Error {}

/** Yes and no over one invoice; null where the books don't say, or the invoice has nothing to compare. */
export type BooksSay =
  | { readonly state: 'unavailable' | 'unknown' }
  | {
      readonly state: 'booked'
      readonly grossAmount: boolean
      readonly acceptedQtyCoversInvoiced: boolean | null
      readonly dueConfirmed: boolean | null
      readonly payeeAccountMatch: boolean | null
      readonly disputed: boolean | null
      readonly paid: boolean | null
    }

/** No figure of the books comes out, only whether the invoice's own are the same. */
export const compareBooked = (entry: BookEntry, invoice: DocumentOf<'invoice'>): BooksSay => {
  const gross = BigInt(invoice.gross)
  const same = entry.currency === invoice.currency
  const covers = (amount: bigint | undefined) => (amount === undefined ? null : same && amount >= gross)
  return {
    state: 'booked',
    grossAmount: same && entry.gross === gross,
    acceptedQtyCoversInvoiced: covers(entry.accepted),
    dueConfirmed: entry.due === undefined || invoice.dueDate === undefined ? null : entry.due === invoice.dueDate,
    payeeAccountMatch:
      entry.account === undefined || invoice.payee === undefined ? null : payeeHash(entry.account) === invoice.payee,
    disputed: entry.disputed ?? null,
    paid: covers(entry.paid),
  }
}
