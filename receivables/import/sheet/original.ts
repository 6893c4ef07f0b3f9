import type { DocumentOf } from '../../../core/document.ts'
import type { EInvoice } from '../efapiao/invoice.ts'

/** What the tax authority issued: a sheet says which order lines and products it bills, and must agree with it in all else. */
export type Original = {
  readonly invoice: EInvoice
  /** Where the file bears a seal. */
  readonly seal?: NonNullable<DocumentOf<'invoice'>['seal']> | undefined
}

/** A paper number may be written with its code apart. */
export const originalNumber = (number: string): string => number.replaceAll(/[- ]/g, '')

/** Names of what differs, in the words of the invoice. The original of a credit note has its amounts below zero. */
export const differences = (
  document: DocumentOf<'invoice'> | DocumentOf<'credit-note'>,
  { invoice }: Original,
  blue: string | undefined,
): readonly string[] => {
  const { kind, issueDate, parties, currency, net, tax, gross } = document
  const size = (minor: bigint): string => String(kind === 'credit-note' ? -minor : minor)
  const sides: readonly (readonly [what: string, ours: string | undefined, theirs: string | undefined])[] = [
    ['issueDate', issueDate, invoice.issueDate],
    ['seller', parties.seller, invoice.seller.id],
    // A buyer may be billed under its older taxpayer number, or none; a credit code is compared.
    ['buyer', parties.buyer, invoice.buyer.id?.length === 18 ? invoice.buyer.id : parties.buyer],
    ['currency', currency, 'CNY'],
    ['net', net, size(invoice.net)],
    ['tax', tax, size(invoice.tax)],
    ['gross', gross, size(invoice.gross)],
    [
      'invoice',
      blue === undefined ? undefined : originalNumber(blue),
      kind === 'credit-note' ? invoice.takesBack : undefined,
    ],
  ]
  return sides
    .filter(([what, ours, theirs]) => ours !== theirs && (what !== 'invoice' || theirs !== undefined))
    .map(([what, ours, theirs]) => `${what} ${ours ?? '–'} ≠ ${theirs ?? '–'}`)
}
