import type { Bundle } from '../bundle.ts'
import type { Opened } from './records.ts'
import { about, type Step } from './step.ts'

/** Whether the seller itself put these invoices to this bank, and the bundle shows them. */
export const checkApplication = (
  { application }: Pick<Bundle, 'application'>,
  opened: readonly Opened[],
  trusted: boolean,
): Step => {
  const step = about('application', application.id)
  const record = opened.find(({ content }) => content?.type === 'application')
  if (record?.content?.type !== 'application') return step.no("the seller's application is not in the bundle")
  const signed = record.content.application
  if (trusted && record.signers.length === 0) return step.no("the seller's signature is not good")
  if (signed.id !== application.id) return step.no('the signed application is another one')
  if (signed.seller !== application.seller || signed.bank !== application.bank || signed.mode !== application.mode) {
    return step.no('seller, bank or mode differ from what was signed')
  }
  const commitments = signed.invoices.map(({ commitment }) => commitment)
  if (commitments.join() !== application.invoices.join()) return step.no('the invoices differ from those signed')
  for (const { code, commitment } of signed.invoices) {
    const invoice = opened.find(({ id }) => id === commitment)?.content
    if (invoice?.type !== 'document' || invoice.document.kind !== 'invoice') {
      return step.no(`the invoice ${code} is not in the bundle`)
    }
    if (invoice.document.code !== code || invoice.document.iss !== signed.seller) {
      return step.no(`the invoice ${code} is not the one that the application means`)
    }
  }
  const said = `${commitments.length} invoices put to ${application.bank}`
  return trusted ? step.yes(said) : step.unchecked(`no trust settings: ${said}, signed by nobody known`)
}
