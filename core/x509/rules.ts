/** Every reason for which a certificate, chain or revocation list is refused. The codes are shown to users and kept in reports: never rename one. */
export const rules = {
  ENCODING: 'not strict DER of the expected structure',
  CHAIN_LENGTH: 'a chain has 1 to 4 certificates, and more than the anchor alone',
  ANCHOR_UNKNOWN: 'no pinned anchor issued the last certificate',
  VERSION: 'certificates are version 3, revocation lists version 2 (RFC 5280 §4.1.2.1, §5.1.2.1)',
  SERIAL: 'the serial number must be positive and at most 20 octets (RFC 5280 §4.1.2.2)',
  ALGORITHM_MISMATCH: 'the signature algorithm inside and outside the signed part differ (RFC 5280 §4.1.1.2)',
  ALGORITHM_UNKNOWN: 'the signature algorithm or its parameters are not in the table',
  KEY_UNKNOWN: 'the public key is of a type or on a curve that is not in the table',
  KEY_WEAK: 'RSA needs 2048 to 8192 bits, a multiple of 8, and an odd exponent from 65537 to 2^32',
  KEY_POINT: 'the public key is no point of its curve that may be used',
  EXTENSION_DUPLICATE: 'an extension appears twice (RFC 5280 §4.2)',
  EXTENSION_CRITICAL: 'a critical extension is not understood (RFC 5280 §4.2)',
  EXTENSION_CRITICALITY: 'an extension is critical that must not be, or is not that must be (RFC 5280 §4.2.1)',
  EXTENSION_REFUSED: 'name constraints, policy mappings and policy constraints are refused, not ignored',
  NOT_YET_VALID: 'the certificate was not valid yet',
  EXPIRED: 'the certificate had expired',
  NAME_CHAINING: 'the issuer is not byte for byte the subject of the next certificate',
  AUTHORITY_KEY: 'the authority key identifier is missing or does not name the issuer (RFC 5280 §4.2.1.1)',
  SUBJECT_KEY: 'a CA has no subject key identifier (RFC 5280 §4.2.1.2)',
  SUBJECT: 'the subject is empty (RFC 5280 §4.1.2.6)',
  NOT_A_CA: 'the issuer is not a CA (RFC 5280 §4.2.1.9)',
  LEAF_IS_A_CA: 'the first certificate is a CA, not an organization',
  PATH_LENGTH: 'more CAs follow than the path length allows (RFC 5280 §4.2.1.9)',
  KEY_USAGE: 'key usage does not permit this (RFC 5280 §4.2.1.3)',
  EXTENDED_KEY_USAGE: 'extended key usage does not permit this (RFC 5280 §4.2.1.12)',
  SIGNATURE: 'the signature does not verify',
  USCC: 'the subject does not hold exactly one valid USCC where the anchor keeps it',
  NAME: 'the subject does not name exactly one organization in plain text',
  CRL_MISSING: 'no revocation list of the issuer covers this certificate at this instant',
  CRL_STALE: 'the newest revocation list had passed its next update',
  CRL_SCOPE: 'the revocation list does not cover this certificate',
  CRL_SIGNATURE: 'the revocation list is not signed by the issuer',
  OCSP_STATUS: 'the responder answered with an error instead of a status (RFC 6960 §4.2.1)',
  OCSP_OTHER: 'the answer is about another certificate (RFC 6960 §3.2)',
  OCSP_NONCE: 'the answer does not repeat the nonce of the question (RFC 6960 §4.4.1)',
  OCSP_RESPONDER: 'the answer is signed by nobody whom the CA let answer for it (RFC 6960 §4.2.2.2)',
  OCSP_SIGNATURE: 'the signature of the answer does not verify',
  OCSP_STALE: 'the answer was not current at this instant (RFC 6960 §4.2.2.1)',
  OCSP_UNKNOWN: 'the responder does not know the certificate (RFC 6960 §2.2)',
  REVOKED: 'the certificate was revoked',
} as const

export type Rule = keyof typeof rules

/** A rule that is broken, and how. */
export type Finding = { readonly rule: Rule; readonly detail: string }

export const broken = (rule: Rule, detail: string = rules[rule]): Finding => ({ rule, detail })

/** Thrown by the parsers of this folder only; the validator turns it into a finding. */
export class X509Error extends SyntaxError {
  readonly rule: Rule
  constructor(rule: Rule, detail: string = rules[rule]) {
    super(detail)
    this.rule = rule
  }
}
