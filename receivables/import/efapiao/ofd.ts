import { attachmentsOf } from '../../../core/ofd/attachments.ts'
import { type CheckedSeal, checkOfd, type SealFinding, type SealTrust, sealOutcome } from '../../../core/ofd/check.ts'
import { openOfd } from '../../../core/ofd/package.ts'
import { XmlError } from '../../../core/xml.ts'
import { UblError } from '../ubl/error.ts'
import { readXml, type XmlElement } from '../ubl/xml.ts'
import { type EInvoice, eInvoiceOf } from './invoice.ts'
import { older, olderInvoiceOf } from './older.ts'

export type OfdInvoice = {
  readonly invoice: EInvoice
  /** Part of the file that the data is in. */
  readonly path: string
  readonly seals: readonly CheckedSeal[]
  /**
   * Of the seals over the data: `yes` where all of them hold in every respect, `no` where any does not, or none covers the
   * data; undefined where the file has no seal at all.
   */
  readonly outcome: SealFinding['outcome'] | undefined
}

/**
 * The invoice in an OFD file by its data, not by its pages, and what its seals say. One set of data, or it is refused: two
 * would let whoever reads choose. A broken seal is an answer and no error. Throws UblError: OFD, REFERENCE, and those of
 * the data.
 */
export const readOfdInvoice = async (bytes: Uint8Array, trust: SealTrust): Promise<OfdInvoice> => {
  const [found, ...more] = dataIn(bytes)
  if (found === undefined) throw new UblError('OFD', 'it has no invoice data attached')
  if (more.length > 0) throw new UblError('OFD', `invoice data is in ${found.path} and ${more[0]?.path}`)
  const checked = await checkOfd(bytes, trust)
  if (!checked.ok) throw new UblError('OFD', checked.detail)
  const { seals, covered } = checked
  const outcomes = seals.map(sealOutcome)
  const outcome =
    outcomes.includes('no') || !covered.has(found.path) ? 'no' : outcomes.includes('unknown') ? 'unknown' : 'yes'
  return {
    invoice: found.root.name === 'EInvoice' ? eInvoiceOf(found.root) : olderInvoiceOf(found.root),
    path: found.path,
    seals,
    outcome: seals.length === 0 ? undefined : outcome,
  }
}

const dataIn = (bytes: Uint8Array): readonly { readonly path: string; readonly root: XmlElement }[] => {
  try {
    const files = attachmentsOf(openOfd(bytes))
    return files
      .filter(({ path }) => /\.xml$/i.test(path))
      .map(({ path, bytes: part }) => ({ path, root: readXml(part) }))
      .filter(({ root }) => isInvoice(root))
  } catch (cause) {
    if (cause instanceof UblError || !(cause instanceof SyntaxError)) throw cause
    throw new UblError(cause instanceof XmlError && cause.fault === 'DOCTYPE' ? 'DOCTYPE' : 'OFD', cause.message)
  }
}

/** The older root is in no namespace; what is in it is. */
const isInvoice = (root: XmlElement): boolean =>
  root.name === 'EInvoice' || (root.name === 'eInvoice' && root.children.some(it => it.namespace === older))
