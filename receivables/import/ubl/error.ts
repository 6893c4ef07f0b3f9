/** Why a file is not taken. What is wrong with the trade itself (short, over-billed, double) is no reason: that is evidence. */
export const ublReasons = {
  XML: 'the file is not well-formed XML in UTF-8',
  DOCTYPE: 'the file declares a document type or entities, which UBL has no use for',
  TOO_LARGE: 'the file is larger or deeper than a trade document is',
  ROOT: 'the file is no UBL 2 order, despatch advice, receipt advice, invoice or credit note',
  NOT_EINVOICE: 'the file is no 数电票',
  OFD: 'the file is no OFD invoice',
  MISSING: 'an element is missing that the trade can not do without',
  VALUE: 'an element has a value that can not be read',
  CURRENCY: 'amounts are in more than one currency',
  TOTALS: 'the totals say that something is charged beside the lines, which is not carried over',
  REFERENCE: 'the document refers to another that is not among those given, or not to exactly one',
} as const
export type UblReason = keyof typeof ublReasons

/** A file that can't be taken, with the place in it. */
export class UblError extends Error {
  readonly reason: UblReason

  constructor(reason: UblReason, detail = '') {
    super(detail ? `${ublReasons[reason]}: ${detail}` : ublReasons[reason])
    this.name = 'UblError'
    this.reason = reason
  }
}
