import type { ExpectedTyp, Jws } from './jws.ts'
import type { Signer } from './jws-chain.ts'

/** Whom a signature here and now binds: a registered organization in good standing. */
export type SigningOrganization = Signer & {
  /** DER, leaf first, as sent. */
  readonly chain: readonly Uint8Array[]
  readonly payload: Uint8Array
}

/**
 * Checks one signed act of an organization: signature, kind of act, certificate chain and revocation as at `at` (now,
 * where nothing is said), and that the organization is registered here and not suspended. `roles` are those that the
 * operator gave and the anchor allows.
 *
 * Refusals: SIGNATURE_INVALID, SIGNATURE_WRONG_ACT, CERTIFICATE_INVALID (with `rule`), CERTIFICATE_EXPIRED,
 * CERTIFICATE_REVOKED, ORGANIZATION_UNKNOWN, ORGANIZATION_SUSPENDED.
 */
export type SignerOf = (signed: string | Jws, expectedTyp: ExpectedTyp, at?: Date) => Promise<SigningOrganization>
