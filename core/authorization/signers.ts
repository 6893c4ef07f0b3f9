import { sha256 } from '#sha256'
import type { Authorization } from '../authorization.ts'
import { base64url } from '../bytes.ts'
import type { Jws } from '../jws.ts'
import type { Signer } from '../jws-chain.ts'
import { parseGeneral } from '../jws-general.ts'
import { chainOf } from '../mandate/signed-by-clerk.ts'

/** Why this signer is not the subject that the payload names; undefined when it is. */
export const subjectMismatch = ({ subject }: Authorization, { uscc, name, thumbprint }: Signer): string | undefined => {
  if (uscc !== subject.uscc) return `signed by ${uscc}, not by the subject ${subject.uscc}`
  if (name !== subject.name) return `the subject's certificate names ${name}`
  return thumbprint === subject.certificate ? undefined : "signed with another certificate than the subject's"
}

/** The same for the grantee. `jws` has the chain that `signer` was found by, so each of its certificates is in the path. */
export const granteeMismatch = (
  { grantee }: Authorization,
  jws: Jws,
  { uscc, name, thumbprint }: Signer,
): string | undefined => {
  if (uscc !== grantee.uscc) return `signed by ${uscc}, not by the grantee ${grantee.uscc}`
  if (name !== grantee.name) return `the grantee's certificate names ${name}`
  if ('certificate' in grantee) {
    return thumbprint === grantee.certificate ? undefined : "signed with another certificate than the grantee's"
  }
  const [, ...cas] = chainOf(jws)
  return cas.some(ca => base64url(sha256(ca)) === grantee.ca) ? undefined : 'the certificate is of another CA'
}

/** base64url SHA-256 of the certificates under which the parties signed, as the signed object carries them. */
export const signingCertificates = (signed: string): readonly string[] => {
  const general = parseGeneral(signed)
  const leaves = general.ok ? general.signatures.map(jws => chainOf(jws)[0]) : []
  return leaves.flatMap(leaf => (leaf === undefined ? [] : base64url(sha256(leaf))))
}
