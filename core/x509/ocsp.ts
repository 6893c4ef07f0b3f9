import { hex } from '../bytes.ts'
import { readAlgorithm } from './algorithms.ts'
import { parseReason, type Revocation } from './crl.ts'
import { Der, malformed, openOnly, readOnly, tag } from './der.ts'
import { type Extensions, extension, readExtensions, refuseUnknownCritical } from './extensions.ts'
import { readName } from './name.ts'
import { X509Error } from './rules.ts'
import { generalizedTimeOf, readInteger, readOctetBits, readOid, readSmallInteger, smallIntegerOf } from './values.ts'

/** A responder's answer that is well formed by itself (RFC 6960 §4.2). Times are milliseconds since 1970. */
export type OcspAnswer = {
  readonly der: Uint8Array
  /** The signed part. */
  readonly tbs: Uint8Array
  readonly algorithm: Uint8Array
  readonly signature: Uint8Array
  /** DER of the responder's name, or the SHA-1 of its key. */
  readonly responder: { readonly name: Uint8Array } | { readonly keyHash: Uint8Array }
  readonly producedAt: number
  readonly statuses: readonly Status[]
  readonly nonce: Uint8Array | undefined
  /** DER, as sent along. */
  readonly certificates: readonly Uint8Array[]
}

export type Status = CertificateId & {
  readonly status: 'good' | 'revoked' | 'unknown'
  /** Where revoked. */
  readonly revocation: Revocation | undefined
  readonly thisUpdate: number
  readonly nextUpdate: number | undefined
}

/** Which certificate is meant (§4.1.1): hashes of the issuer's name and key. */
export type CertificateId = {
  readonly hash: 'SHA-1' | 'SHA-256'
  readonly nameHash: Uint8Array
  readonly keyHash: Uint8Array
  /** Lower-case hex. */
  readonly serial: string
}

const MAX_BYTES = 131_072
const basicResponse = '1.3.6.1.5.5.7.48.1.1'

/** Throws {@link X509Error}: OCSP_STATUS for an answer that is an error, ENCODING for bytes that are none. */
export const parseOcspResponse = (der: Uint8Array): OcspAnswer => {
  if (der.length > MAX_BYTES) throw malformed(`an answer has at most ${MAX_BYTES} bytes`)
  const response = openOnly(der, tag.sequence)
  const status = smallIntegerOf(response.read(tag.enumerated).value)
  if (status !== 0) throw new X509Error('OCSP_STATUS', `the responder answered ${errors[status] ?? status}`)
  const typed = openOnly(response.read(tag.context(0)).value, tag.sequence)
  response.end()
  if (readOid(typed) !== basicResponse) throw malformed('an answer of an unknown type')
  const content = typed.read(tag.octetString).value
  typed.end()
  return { der, ...readBasic(content) }
}

/** The answers among them that can be read; what can't be read says nothing. */
export const readableAnswers = (ders: readonly Uint8Array[]): readonly OcspAnswer[] =>
  ders.flatMap(der => {
    try {
      return [parseOcspResponse(der)]
    } catch (error) {
      if (error instanceof X509Error) return []
      throw error
    }
  })

const errors: Readonly<Record<number, string>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
}

const readBasic = (content: Uint8Array): Omit<OcspAnswer, 'der'> => {
  const basic = openOnly(content, tag.sequence)
  const tbs = basic.read(tag.sequence)
  const algorithm = readAlgorithm(basic)
  const signature = readOctetBits(basic)
  const certificates: Uint8Array[] = []
  if (basic.peek() === tag.context(0)) {
    const wrapper = basic.open(tag.context(0))
    const list = wrapper.open(tag.sequence)
    wrapper.end()
    while (list.peek() !== undefined) certificates.push(list.read(tag.sequence).der)
  }
  basic.end()
  if (certificates.length > 4) throw malformed('an answer carries at most four certificates')
  return { tbs: tbs.der, algorithm, signature, certificates, ...readData(new Der(tbs.value)) }
}

const readData = (data: Der) => {
  if (data.peek() === tag.context(0)) throw malformed('a default value is encoded, or an unknown version')
  const responder = readResponder(data)
  const producedAt = generalizedTimeOf(data.read(tag.generalizedTime).value)
  const list = data.open(tag.sequence)
  const statuses: Status[] = []
  do statuses.push(readStatus(list.open(tag.sequence)))
  while (list.peek() !== undefined)
  const extensions = readTagged(data, new Set([extension.ocspNonce]))
  data.end()
  const nonce = extensions.get(extension.ocspNonce)?.value
  return { responder, producedAt, statuses, nonce: nonce && readOnly(nonce, tag.octetString).value }
}

const readResponder = (data: Der): OcspAnswer['responder'] => {
  if (data.peek() === tag.context(1)) {
    const inner = data.open(tag.context(1))
    const { der } = readName(inner)
    inner.end()
    return { name: der }
  }
  return { keyHash: readOnly(data.read(tag.context(2)).value, tag.octetString).value }
}

const readTagged = (data: Der, known: ReadonlySet<string>): Extensions => {
  if (data.peek() !== tag.context(1)) return new Map()
  const wrapper = data.open(tag.context(1))
  const extensions = readExtensions(wrapper.open(tag.sequence))
  wrapper.end()
  refuseUnknownCritical(extensions, known)
  return extensions
}

const readStatus = (reader: Der): Status => {
  const id = readCertificateId(reader)
  const { tag: kind, value } = reader.any()
  const thisUpdate = generalizedTimeOf(reader.read(tag.generalizedTime).value)
  const next = reader.optional(tag.context(0))
  const extensions = readTagged(reader, new Set([extension.invalidityDate]))
  reader.end()
  const invalidity = extensions.get(extension.invalidityDate)
  const times = {
    thisUpdate,
    nextUpdate: next && generalizedTimeOf(readOnly(next.value, tag.generalizedTime).value),
  }
  if (kind === tag.contextPrimitive(0) && value.length === 0) {
    return { ...id, ...times, status: 'good', revocation: undefined }
  }
  if (kind === tag.contextPrimitive(2) && value.length === 0) {
    return { ...id, ...times, status: 'unknown', revocation: undefined }
  }
  if (kind !== tag.context(1)) throw malformed('no form of status')
  const revoked = new Der(value)
  const revokedAt = generalizedTimeOf(revoked.read(tag.generalizedTime).value)
  const reason = revoked.optional(tag.context(0))
  revoked.end()
  const invalidSince = invalidity && generalizedTimeOf(readOnly(invalidity.value, tag.generalizedTime).value)
  const revocation = { revokedAt, invalidSince, reason: reason ? parseReason(reason.value) : ('unspecified' as const) }
  return { ...id, ...times, status: 'revoked', revocation }
}

/** With or without NULL parameters: both are written. */
const hashes: ReadonlyMap<string, CertificateId['hash']> = new Map([
  ['300906052b0e03021a0500', 'SHA-1'],
  ['300706052b0e03021a', 'SHA-1'],
  ['300d06096086480165030402010500', 'SHA-256'],
  ['300b0609608648016503040201', 'SHA-256'],
])

export const readCertificateId = (reader: Der): CertificateId => {
  const id = reader.open(tag.sequence)
  const hash = hashes.get(hex(readAlgorithm(id)))
  const [nameHash, keyHash] = [id.read(tag.octetString).value, id.read(tag.octetString).value]
  const serial = hex(readInteger(id))
  id.end()
  if (hash === undefined) throw malformed('a certificate is named by an unknown hash')
  return { hash, nameHash, keyHash, serial }
}

export type OcspRequest = { readonly ids: readonly CertificateId[]; readonly nonce: Uint8Array | undefined }

/** A request as it comes to our own responder (§4.1.1), signed or not. Throws {@link X509Error}. */
export const parseOcspRequest = (der: Uint8Array): OcspRequest => {
  if (der.length > 4_096) throw malformed('a request has at most 4096 bytes')
  const outer = openOnly(der, tag.sequence)
  const request = outer.open(tag.sequence)
  outer.optional(tag.context(0))
  outer.end()
  const version = request.optional(tag.context(0))
  if (version !== undefined && readSmallInteger(new Der(version.value)) !== 0) throw malformed('an unknown version')
  request.optional(tag.context(1))
  const list = request.open(tag.sequence)
  const ids: CertificateId[] = []
  do {
    const single = list.open(tag.sequence)
    ids.push(readCertificateId(single))
    single.optional(tag.context(0))
    single.end()
  } while (list.peek() !== undefined)
  if (ids.length > 16) throw malformed('a request asks about at most 16 certificates')
  const wrapper = request.peek() === tag.context(2) ? request.open(tag.context(2)) : undefined
  request.end()
  const extensions = wrapper && readExtensions(wrapper.open(tag.sequence))
  wrapper?.end()
  const nonce = extensions?.get(extension.ocspNonce)?.value
  return { ids, nonce: nonce && checkNonce(readOnly(nonce, tag.octetString).value) }
}

/** RFC 9654 §2.1. */
const checkNonce = (nonce: Uint8Array): Uint8Array => {
  if (nonce.length === 0 || nonce.length > 128) throw malformed('a nonce has 1 to 128 octets')
  return nonce
}
