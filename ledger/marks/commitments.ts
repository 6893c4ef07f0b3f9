import { sha256 } from '#sha256'
import { concat, fromHex, utf8 } from '../../core/bytes.ts'
import type { ChainIdentity } from '../anchor-store.ts'
import type { OfferedMark } from '../chain/financing-registry.ts'
import type { RegistryMark } from './store.ts'

/** How a registry's fingerprint is named on a chain: who copies a registry's table does not read it off a chain at once. */
export const chainFingerprint = (fingerprint: Uint8Array): Uint8Array =>
  sha256(concat(utf8('tallystick/registry-fingerprint/1\n'), fingerprint))

/** Of the bank's signed act. With the salt, and the act as it is in the log, anybody can open it. */
export const bankCommitment = (salt: Uint8Array, signed: Uint8Array): Uint8Array =>
  sha256(concat(utf8('tallystick/registry-bank/1\n'), salt, signed))

/**
 * Of the seller's consent, whose nonce nobody guesses: the same at every registry that uses the contract, so that it
 * serves once for all of them together.
 */
export const consentCommitment = ({ chainId, contract }: ChainIdentity, consentHash: Uint8Array): Uint8Array =>
  sha256(concat(utf8(`tallystick/registry-consent/1\n${chainId}\n`), fromHex(contract.slice(2)), consentHash))

export const offerOf = (mark: RegistryMark): OfferedMark => ({
  id: mark.id,
  fingerprints: mark.fingerprints,
  bank: bankCommitment(mark.bankSalt, mark.signed),
  consent: consentCommitment(mark, mark.consentHash),
  expires: BigInt(Math.floor(mark.expires.getTime() / 1000)),
})
