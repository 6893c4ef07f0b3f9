import { fromHex } from '../bytes.ts'
import type { Certificate } from './certificate.ts'
import { element, extension as extensionOf, integer, octets, sequence } from './der-write.ts'
import { extension } from './extensions.ts'
import type { CertificateId } from './ocsp.ts'
import { certificateId } from './ocsp-check.ts'

const identifiers = {
  'SHA-1': '300906052b0e03021a0500',
  'SHA-256': '300d06096086480165030402010500',
} as const satisfies Record<CertificateId['hash'], string>

export const writeCertificateId = ({ hash, nameHash, keyHash, serial }: CertificateId): Uint8Array =>
  sequence(fromHex(identifiers[hash]), octets(nameHash), octets(keyHash), integer(fromHex(serial)))

export const writeNonce = (nonce: Uint8Array): Uint8Array => extensionOf(extension.ocspNonce, octets(nonce))

/**
 * What to send to a responder (RFC 6960 §4.1). The certificate is named by SHA-1: every responder knows it (RFC 9654,
 * RFC 5019 §2.1.1), and nobody gains by a collision of two CAs' names and keys.
 * @param nonce 32 octets (RFC 9654 §2.1)
 */
export const makeOcspRequest = async (
  certificate: Pick<Certificate, 'serial'>,
  issuer: Certificate,
  nonce: Uint8Array,
): Promise<Uint8Array> => {
  const id = await certificateId(certificate, issuer, 'SHA-1')
  const list = sequence(sequence(writeCertificateId(id)))
  return sequence(sequence(list, element(0xa2, sequence(writeNonce(nonce)))))
}
