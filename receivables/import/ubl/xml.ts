import { readXml as read, type XmlElement, XmlError, type XmlFault } from '../../../core/xml.ts'
import { UblError, type UblReason } from './error.ts'

export type { XmlElement }

const reasons = { MALFORMED: 'XML', DOCTYPE: 'DOCTYPE', TOO_LARGE: 'TOO_LARGE' } as const satisfies Record<
  XmlFault,
  UblReason
>

/** The elements of a trade document. Throws {@link UblError}. */
export const readXml = (bytes: Uint8Array): XmlElement => {
  try {
    return read(bytes)
  } catch (error) {
    if (error instanceof XmlError) throw new UblError(reasons[error.fault], error.message)
    throw error
  }
}
