import { type CheckRule, finding, reason } from '../check.ts'

/**
 * Whose certificate signed, and that it is the seller's. Chains and revocation as at signing are judged before the
 * evidence is put together; what did not hold is in the list of rejected records.
 */
export const identity: CheckRule = ({ evidence, invoice: { document } }) => {
  const { application, rejected } = evidence
  const { seller } = document.claims.parties
  return finding(
    {
      fail: [
        ...rejected.map(({ index, detail }) => reason('RECORD_REJECTED', { index, detail })),
        ...(application.signer === seller && application.terms.seller === seller
          ? []
          : [reason('APPLICANT_IS_NOT_SELLER', { applicant: application.terms.seller, seller })]),
        ...(document.signer === seller
          ? []
          : [reason('SIGNER_IS_NOT_SELLER', { signer: document.signer ?? '', seller })]),
      ],
    },
    { measure: { seller, rejected: String(rejected.length) }, strength: 'third', on: [application, document] },
  )
}
