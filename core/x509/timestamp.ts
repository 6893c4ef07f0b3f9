import { equal, hex } from '../bytes.ts'
import type { SignatureAlgorithm, Verify } from './algorithms.ts'
import { publicKeys, readAlgorithm, signatureAlgorithmOf, signatureAlgorithms } from './algorithms.ts'
import { type Certificate, parseCertificate } from './certificate.ts'
import { Der, malformed, openOnly, readOnly, tag } from './der.ts'
import { readGeneralNames } from './general-names.ts'
import { readName } from './name.ts'
import { readFlag, readInteger, readOid, readSmallInteger } from './values.ts'

/** A time-stamp token (RFC 3161 §2.4.2) that is well formed by itself: a CMS SignedData with one signer. */
export type TimestampToken = {
  readonly der: Uint8Array
  /** Name of the hash, and the hash of what was stamped. */
  readonly hash: 'SHA-256' | 'SHA-384' | 'SHA-512'
  readonly imprint: Uint8Array
  /** Milliseconds since 1970. */
  readonly genTime: number
  /** Dotted: under which policy the authority stamps. */
  readonly policy: string
  readonly nonce: Uint8Array | undefined
  /** DER, in the order of the token, no matter whose. */
  readonly certificates: readonly Uint8Array[]
  readonly signer: SignerInfo
}

type SignerInfo = {
  readonly issuer: Uint8Array
  readonly serial: Uint8Array
  readonly digest: 'SHA-256' | 'SHA-384' | 'SHA-512'
  /** What is signed: the attributes as a SET. */
  readonly attributes: Uint8Array
  readonly messageDigest: Uint8Array
  /** Hash of the signer's certificate, and of what kind (RFC 5035, RFC 2634). */
  readonly certificateHash: { readonly hash: 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512'; readonly value: Uint8Array }
  readonly algorithm: Uint8Array
  readonly signature: Uint8Array
  /** The content that the message digest is over. */
  readonly content: Uint8Array
}

const MAX_BYTES = 65_536
const signedData = '1.2.840.113549.1.7.2'
const tstInfo = '1.2.840.113549.1.9.16.1.4'
const attribute = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const

/** Throws X509Error with rule ENCODING. */
export const parseTimestampToken = (der: Uint8Array): TimestampToken => {
  if (der.length > MAX_BYTES) throw malformed(`a time-stamp has at most ${MAX_BYTES} bytes`)
  const outer = openOnly(der, tag.sequence)
  if (readOid(outer) !== signedData) throw malformed('a time-stamp is signed data')
  const wrapper = outer.open(tag.context(0))
  outer.end()
  const signed = wrapper.open(tag.sequence)
  wrapper.end()
  if (readSmallInteger(signed) !== 3) throw malformed('an unknown version of signed data')
  signed.read(tag.set)
  const content = readContent(signed.open(tag.sequence))
  const certificates = readSet(signed, tag.context(0), MOST_CERTIFICATES)
  signed.optional(tag.context(1))
  const signers = signed.open(tag.set)
  const signer = readSigner(signers.open(tag.sequence), content)
  signers.end()
  signed.end()
  return { der, certificates, signer, ...readInfo(content) }
}

/** The token inside an answer (§2.4.2). Throws X509Error; the text says what the authority answered. */
export const parseTimestampResponse = (der: Uint8Array): TimestampToken => {
  const response = openOnly(der, tag.sequence)
  const status = response.open(tag.sequence)
  const value = readSmallInteger(status)
  const token = response.peek() === undefined ? undefined : response.read(tag.sequence).der
  response.end()
  // 0 granted, 1 granted with modifications: what was modified is the nonce's and imprint's check to find.
  if (value > 1 || token === undefined) throw malformed(`the time-stamping authority answered with status ${value}`)
  return parseTimestampToken(token)
}

const MOST_CERTIFICATES = 6

const readSet = (reader: Der, of: number, most: number): readonly Uint8Array[] => {
  if (reader.peek() !== of) return []
  const set = reader.open(of)
  const members: Uint8Array[] = []
  while (set.peek() !== undefined) members.push(set.read(tag.sequence).der)
  if (members.length > most) throw malformed(`more than ${most} certificates`)
  return members
}

const readContent = (encapsulated: Der): Uint8Array => {
  if (readOid(encapsulated) !== tstInfo) throw malformed('what is signed is no time-stamp')
  const { value } = readOnly(encapsulated.read(tag.context(0)).value, tag.octetString)
  encapsulated.end()
  return value
}

const digests: ReadonlyMap<string, 'SHA-256' | 'SHA-384' | 'SHA-512'> = new Map(
  (['01', '02', '03'] as const).flatMap((arc, i) => {
    const name = (['SHA-256', 'SHA-384', 'SHA-512'] as const)[i]!
    return [`300d060960864801650304020${arc[1]}0500`, `300b060960864801650304020${arc[1]}`].map(
      id => [id, name] as const,
    )
  }),
)

const readDigest = (reader: Der): 'SHA-256' | 'SHA-384' | 'SHA-512' => {
  const digest = digests.get(hex(readAlgorithm(reader)))
  if (digest === undefined) throw malformed('a hash that is not SHA-2')
  return digest
}

/** TSTInfo (§2.4.2). */
const readInfo = (content: Uint8Array): Pick<TimestampToken, 'hash' | 'imprint' | 'genTime' | 'policy' | 'nonce'> => {
  const info = openOnly(content, tag.sequence)
  if (readSmallInteger(info) !== 1) throw malformed('an unknown version of time-stamp')
  const policy = readOid(info)
  const message = info.open(tag.sequence)
  const hash = readDigest(message)
  const imprint = message.read(tag.octetString).value
  message.end()
  if (imprint.length !== Number(hash.slice(4)) / 8) throw malformed('the imprint is not of the length of its hash')
  readInteger(info)
  const genTime = stampTime(info.read(tag.generalizedTime).value)
  info.optional(tag.sequence)
  readFlag(info)
  const nonce = info.peek() === tag.integer ? readInteger(info) : undefined
  const tsa = info.optional(tag.context(0))
  if (tsa !== undefined) {
    const name = new Der(tsa.value)
    readGeneralNames(name)
  }
  if (info.peek() !== undefined) throw malformed('extensions of time-stamps are refused')
  return { hash, imprint, genTime, policy, nonce }
}

/** GeneralizedTime with or without fractions, which end in no zero (§2.4.2). */
const stampTime = (value: Uint8Array): number => {
  const text = String.fromCharCode(...value.subarray(0, 32))
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{0,8}[1-9])?Z$/.exec(text)
  if (parts === null) throw malformed('a time-stamp without a time')
  const [, year, month, day, hour, minute, second, fraction = '.0'] = parts
  const whole = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(whole) || new Date(whole).toISOString().slice(8, 10) !== day) throw malformed('not a real date')
  return whole + Math.floor(Number(`0${fraction}`) * 1000)
}

/** SignerInfo (RFC 5652 §5.3) with signed attributes. */
const readSigner = (info: Der, content: Uint8Array): SignerInfo => {
  if (readSmallInteger(info) !== 1) throw malformed('the signer is not named by issuer and serial')
  const sid = info.open(tag.sequence)
  const issuer = readName(sid).der
  const serial = readInteger(sid)
  sid.end()
  const digest = readDigest(info)
  const signedAttributes = info.read(tag.context(0))
  const algorithm = readAlgorithm(info)
  const signature = info.read(tag.octetString).value
  info.optional(tag.context(1))
  info.end()
  const attributes = readAttributes(new Der(signedAttributes.value))
  if (readOid(new Der(one(attributes, attribute.contentType))) !== tstInfo) throw malformed('another content type')
  const messageDigest = readOnly(one(attributes, attribute.messageDigest), tag.octetString).value
  // RFC 5652 §5.4: what is signed has the tag of a SET, not the one it is sent under.
  const asSet = signedAttributes.der.slice()
  asSet[0] = tag.set
  const certificateHash = readSigningCertificate(attributes)
  return { issuer, serial, digest, attributes: asSet, messageDigest, certificateHash, algorithm, signature, content }
}

const readAttributes = (list: Der): ReadonlyMap<string, Uint8Array> => {
  const found = new Map<string, Uint8Array>()
  while (list.peek() !== undefined) {
    const pair = list.open(tag.sequence)
    const oid = readOid(pair)
    const values = pair.open(tag.set)
    const value = values.any().der
    values.end()
    pair.end()
    if (found.has(oid)) throw malformed('a signed attribute appears twice')
    found.set(oid, value)
  }
  return found
}

const one = (attributes: ReadonlyMap<string, Uint8Array>, oid: string): Uint8Array => {
  const value = attributes.get(oid)
  if (value === undefined) throw malformed(`signed attribute ${oid} is missing`)
  return value
}

/** ESSCertID or ESSCertIDv2: without it another certificate over the same key could be put in the token (§2.4.1). */
const readSigningCertificate = (attributes: ReadonlyMap<string, Uint8Array>): SignerInfo['certificateHash'] => {
  const second = attributes.get(attribute.signingCertificateV2)
  const id = openOnly(second ?? one(attributes, attribute.signingCertificate), tag.sequence)
    .open(tag.sequence)
    .open(tag.sequence)
  if (second === undefined) return { hash: 'SHA-1', value: id.read(tag.octetString).value }
  const hash = id.peek() === tag.sequence ? readDigest(id) : 'SHA-256'
  return { hash, value: id.read(tag.octetString).value }
}

/** The certificate of whoever made the token; undefined where it carries none that fits. */
export const signerOf = async ({ certificates, signer }: TimestampToken): Promise<Certificate | undefined> => {
  for (const der of certificates) {
    const { hash, value } = signer.certificateHash
    if (!equal(await sha(hash, der), value)) continue
    const certificate = parseCertificate(der)
    return equal(certificate.issuer.der, signer.issuer) && equal(certificate.serial, signer.serial)
      ? certificate
      : undefined
  }
  return undefined
}

/** Whether this certificate's key signed this token. Its own right to do so, the path rules say. */
export const isStampedBy = async (
  { signer }: TimestampToken,
  { publicKey }: Pick<Certificate, 'publicKey'>,
  verify: Verify,
): Promise<boolean> => {
  if (!equal(await sha(signer.digest, signer.content), signer.messageDigest)) return false
  const algorithm = algorithmOf(signer)
  if (algorithm === undefined) return false
  if (signatureAlgorithms[algorithm].keys !== publicKeys[publicKey.type].family) return false
  try {
    return await verify(algorithm, publicKey.spki, signer.attributes, signer.signature)
  } catch {
    return false
  }
}

/** CMS may name the key's algorithm alone, and the hash beside it (RFC 3370 §3.2). */
const rsaEncryption = '300d06092a864886f70d0101010500'

const algorithmOf = ({ algorithm, digest }: SignerInfo): SignatureAlgorithm | undefined => {
  const named =
    hex(algorithm) === rsaEncryption
      ? (`RSA-SHA${digest.slice(4)}` as 'RSA-SHA256' | 'RSA-SHA384' | 'RSA-SHA512')
      : signatureAlgorithmOf(algorithm)
  // A hash of the attributes that is weaker than the one they carry would decide alone.
  return named?.startsWith('Ed') || named?.endsWith(digest.replace('-', '')) ? named : undefined
}

export const sha = async (hash: SignerInfo['certificateHash']['hash'], bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest(hash, new Uint8Array(bytes)))
