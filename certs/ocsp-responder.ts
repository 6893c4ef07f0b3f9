import type { CryptoKey } from 'jose'
import { concat, fromHex } from '../core/bytes.ts'
import { sm2SignatureDer } from '../core/gm/cms-sign.ts'
import { sm2Sign } from '../core/gm/sm2.ts'
import { isSm2Key } from '../core/private-key.ts'
import { parseCertificate } from '../core/x509/certificate.ts'
import { reasonCode } from '../core/x509/crl.ts'
import { tag } from '../core/x509/der.ts'
import {
  ecdsaDer,
  element,
  extension,
  generalizedTime,
  octetBits,
  octets,
  oid,
  sequence,
} from '../core/x509/der-write.ts'
import { extension as known } from '../core/x509/extensions.ts'
import { type CertificateId, parseOcspRequest } from '../core/x509/ocsp.ts'
import { isIssuedBy } from '../core/x509/ocsp-check.ts'
import { writeCertificateId, writeNonce } from '../core/x509/ocsp-request.ts'
import { X509Error } from '../core/x509/rules.ts'
import type { CertificationAuthority, Revoked } from './authority.ts'
import { sm2WithSm3 } from './sm2.ts'

/** What the CA knows of one of its certificates: undefined is one that it did not issue. */
export type Known = 'good' | Revoked | undefined

/** An answer with its times: who asks again before `nextUpdate` gets nothing new but a revocation. */
export type OcspReply = { readonly der: Uint8Array; readonly nonce: boolean }

const ANSWER_LIFE_MS = 3600 * 1000

/** Errors are answers without signature (RFC 6960 §2.3). */
export const ocspError = (status: 'malformedRequest' | 'unauthorized'): Uint8Array =>
  sequence(element(tag.enumerated, Uint8Array.of(status === 'malformedRequest' ? 1 : 6)))

/**
 * Answers for one CA under its own key (RFC 6960 §4.2). What is asked about certificates of others gets `unauthorized`;
 * a request that can not be read, `malformedRequest`.
 */
export const answerOcsp = async (
  ca: CertificationAuthority,
  request: Uint8Array,
  knownOf: (serial: string) => Promise<Known>,
  now: Date,
): Promise<OcspReply> => {
  const issuer = parseCertificate(ca.certificate)
  let asked: ReturnType<typeof parseOcspRequest>
  try {
    asked = parseOcspRequest(request)
  } catch (error) {
    if (error instanceof X509Error) return { der: ocspError('malformedRequest'), nonce: false }
    throw error
  }
  const statuses: Uint8Array[] = []
  for (const id of asked.ids) {
    if (!(await isIssuedBy(id, issuer))) return { der: ocspError('unauthorized'), nonce: false }
    statuses.push(statusOf(id, await knownOf(id.serial), now))
  }
  const extensions = asked.nonce === undefined ? [] : [element(0xa1, sequence(writeNonce(asked.nonce)))]
  const data = sequence(element(0xa1, issuer.subject.der), generalizedTime(now), sequence(...statuses), ...extensions)
  return { der: await signed(ca, data), nonce: asked.nonce !== undefined }
}

const statusOf = (id: CertificateId, known: Known, now: Date): Uint8Array => {
  const next = new Date(now.getTime() + ANSWER_LIFE_MS)
  const times = concat(generalizedTime(now), element(0xa0, generalizedTime(next)))
  const invalidSince = known !== undefined && known !== 'good' ? known.invalidSince : undefined
  return sequence(
    writeCertificateId(id),
    certificateStatus(known),
    times,
    ...(invalidSince === undefined ? [] : [invalidity(invalidSince)]),
  )
}

const certificateStatus = (known: Known): Uint8Array => {
  if (known === undefined) return element(0x82)
  if (known === 'good') return element(0x80)
  const reason = element(0xa0, element(tag.enumerated, Uint8Array.of(reasonCode(known.reason))))
  return element(0xa1, generalizedTime(known.revokedAt), reason)
}

/** RFC 6960 §4.4.5: what stands beside an entry of a list may stand here. */
const invalidity = (since: Date): Uint8Array =>
  element(0xa1, sequence(extension(known.invalidityDate, generalizedTime(since))))

const ecdsaWithSha256 = fromHex('300a06082a8648ce3d040302')

const signed = async ({ privateKey }: CertificationAuthority, data: Uint8Array): Promise<Uint8Array> => {
  const basic = isSm2Key(privateKey)
    ? sequence(data, sm2WithSm3, octetBits(sm2SignatureDer(sm2Sign(privateKey, data))))
    : sequence(data, ecdsaWithSha256, octetBits(ecdsaDer(await ecdsa(privateKey, data))))
  const bytes = sequence(oid('1.3.6.1.5.5.7.48.1.1'), octets(basic))
  return sequence(element(tag.enumerated, Uint8Array.of(0)), element(0xa0, bytes))
}

const ecdsa = async (key: CryptoKey, data: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, new Uint8Array(data)))
