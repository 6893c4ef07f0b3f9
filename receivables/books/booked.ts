import type { DocumentOf } from '../../core/document.ts'
import { type Books, BooksError, type BooksSay, compareBooked } from './books.ts'

/**
 * Asks the books that this node reads. When they can't be read the clerk is told so and answers as without them: a
 * hospital's database that is down for the night must not keep it from its inbox.
 */
export const bookedBy =
  (books: Books | undefined, onTrouble: (error: BooksError) => void) =>
  async (buyer: string, invoice: DocumentOf<'invoice'>): Promise<BooksSay | null> => {
    if (books === undefined || books.organization !== buyer) return null
    try {
      const entry = await books.find({ supplier: invoice.parties.seller, number: invoice.number })
      return entry === undefined ? { state: 'unknown' } : compareBooked(entry, invoice)
    } catch (error) {
      if (!(error instanceof BooksError)) throw error
      onTrouble(error)
      return { state: 'unavailable' }
    }
  }
