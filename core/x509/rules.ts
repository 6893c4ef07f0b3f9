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
  KEY_WEAK: 'RSA needs 2048 to 8192 bits and an odd exponent from 65537 to 2^32',
  EXTENSION_DUPLICATE: 'an extension appears twice (RFC 5280 §4.2)',
  EXTENSION_CRITICAL: 'a critical extension is not understood (RFC 5280 §4.2)',
  EXTENSION_REFUSED: 'name constraints, policy mappings and policy constraints are refused, not ignored',
  NOT_YET_VALID: 'the certificate was not valid yet',
  EXPIRED: 'the certificate had expired',
  NAME_CHAINING: 'the issuer is not byte for byte the subject of the next certificate',
  AUTHORITY_KEY: 'the authority key identifier does not name the issuer',
  NOT_A_CA: 'the issuer is not a CA (RFC 5280 §4.2.1.9)',
  LEAF_IS_A_CA: 'the first certificate is a CA, not an organization',
  PATH_LENGTH: 'more CAs follow than the path length allows (RFC 5280 §4.2.1.9)',
  KEY_USAGE: 'key usage does not permit this (RFC 5280 §4.2.1.3)',
  EXTENDED_KEY_USAGE: 'extended key usage does not permit signing by an organization',
  SIGNATURE: 'the signature does not verify',
  USCC: 'the subject does not hold exactly one valid USCC where the anchor keeps it',
  NAME: 'the subject does not name exactly one organization in plain text',
  CRL_MISSING: 'no revocation list of the issuer covers this certificate at this instant',
  CRL_STALE: 'the newest revocation list had passed its next update',
  CRL_SCOPE: 'the revocation list does not cover this certificate',
  CRL_SIGNATURE: 'the revocation list is not signed by the issuer',
  REVOKED: 'the certificate was revoked',
} as const

export type Rule = keyof typeof rules

/** Thrown by the parsers of this folder only; the validator turns it into a finding. */
export class X509Error extends SyntaxError {
  readonly rule: Rule
  constructor(rule: Rule, detail: string = rules[rule]) {
    super(detail)
    this.rule = rule
  }
}
