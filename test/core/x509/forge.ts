import type { CryptoKey } from 'jose'
import type { Role } from '../../../core/access.ts'
import { concat, fromHex, hex, utf8 } from '../../../core/bytes.ts'
import type { Anchor } from '../../../core/x509/chain.ts'

/** Writes certificates and revocation lists field by field, right ones and wrong ones, without any certificate library. */

export const tlv = (tag: number, ...content: readonly Uint8Array[]): Uint8Array => {
  const value = concat(...content)
  if (value.length < 0x80) return concat(Uint8Array.of(tag, value.length), value)
  const length = fromHex(evenHex(value.length.toString(16)))
  return concat(Uint8Array.of(tag, 0x80 | length.length), length, value)
}
const evenHex = (text: string): string => text.padStart(text.length + (text.length % 2), '0')

export const sequence = (...content: readonly Uint8Array[]): Uint8Array => tlv(0x30, ...content)
export const set = (...content: readonly Uint8Array[]): Uint8Array => tlv(0x31, ...content)
export const integer = (contentHex: string): Uint8Array => tlv(0x02, fromHex(contentHex))
export const octets = (content: Uint8Array): Uint8Array => tlv(0x04, content)
export const bits = (content: Uint8Array, unused = 0): Uint8Array => tlv(0x03, Uint8Array.of(unused), content)
export const boolean = (value: boolean): Uint8Array => tlv(0x01, Uint8Array.of(value ? 0xff : 0x00))
export const utf8String = (text: string): Uint8Array => tlv(0x0c, utf8(text))
export const utcTime = (text: string): Uint8Array => tlv(0x17, utf8(text))
export const generalizedTime = (text: string): Uint8Array => tlv(0x18, utf8(text))
export const oid = (dotted: string): Uint8Array => {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const arc = (value: number): number[] => {
    const out = [value & 0x7f]
    for (let left = value >>> 7; left > 0; left >>>= 7) out.unshift((left & 0x7f) | 0x80)
    return out
  }
  return tlv(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(arc)))
}

export type Attribute = readonly [type: string, value: Uint8Array]

export const name = (...attributes: readonly Attribute[]): Uint8Array =>
  sequence(...attributes.map(([type, value]) => set(sequence(oid(type), value))))

export const caName = (text: string): Uint8Array => name(['2.5.4.3', utf8String(text)])

export const uscc = '91350100M000100Y43'
export const organization = name(['2.5.4.10', utf8String('某某医疗器械有限公司')], ['2.5.4.97', utf8String(uscc)])

export const extension = (id: string, value: Uint8Array, critical = false): Uint8Array =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value))

export const basicConstraints = (ca: boolean, pathLength?: number): Uint8Array =>
  extension(
    '2.5.29.19',
    sequence(
      ...(ca ? [boolean(true)] : []),
      ...(pathLength === undefined ? [] : [integer(evenHex(pathLength.toString(16)))]),
    ),
    true,
  )
/** Bits as in RFC 5280 §4.2.1.3: 80 digitalSignature, 04 keyCertSign, 02 cRLSign. */
export const keyUsage = (octet: number): Uint8Array => {
  const unused = Math.log2(octet & -octet)
  return extension('2.5.29.15', bits(Uint8Array.of(octet), unused), true)
}
export const subjectKey = (id: string): Uint8Array => extension('2.5.29.14', octets(utf8(id)))
export const authorityKey = (id: string): Uint8Array => extension('2.5.29.35', sequence(tlv(0x80, utf8(id))))
export const extendedKeyUsage = (...purposes: readonly string[]): Uint8Array =>
  extension('2.5.29.37', sequence(...purposes.map(oid)))

export type Keys = { readonly privateKey: CryptoKey; readonly spki: Uint8Array; readonly suite: Suite }

/** Ways to sign, each with what its AlgorithmIdentifier is. */
export const suites = {
  es256: {
    key: { name: 'ECDSA', namedCurve: 'P-256' },
    sign: { name: 'ECDSA', hash: 'SHA-256' },
    id: '300a06082a8648ce3d040302',
  },
  es384: {
    key: { name: 'ECDSA', namedCurve: 'P-384' },
    sign: { name: 'ECDSA', hash: 'SHA-384' },
    id: '300a06082a8648ce3d040303',
  },
  ed25519: { key: { name: 'Ed25519' }, sign: { name: 'Ed25519' }, id: '300506032b6570' },
  rs256: rsa('RSASSA-PKCS1-v1_5', 'SHA-256', '300d06092a864886f70d01010b0500'),
  rs384: rsa('RSASSA-PKCS1-v1_5', 'SHA-384', '300d06092a864886f70d01010c0500'),
  rs512: rsa('RSASSA-PKCS1-v1_5', 'SHA-512', '300d06092a864886f70d01010d0500'),
  // As OpenSSL writes it.
  ps256: rsa(
    'RSA-PSS',
    'SHA-256',
    '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120',
    32,
  ),
} as const
export type Suite = keyof typeof suites

function rsa(algorithm: string, hash: string, id: string, saltLength = 0) {
  const publicExponent = Uint8Array.of(1, 0, 1)
  return {
    key: { name: algorithm, hash, modulusLength: 2048, publicExponent },
    sign: { name: algorithm, saltLength },
    id,
  } as const
}

export const makeKeys = async (suite: Suite = 'es256'): Promise<Keys> => {
  const pair = await crypto.subtle.generateKey(suites[suite].key, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new TypeError('not a key pair')
  return {
    privateKey: pair.privateKey,
    spki: new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey)),
    suite,
  }
}

/** DER signature, as X.509 wants it. */
export const sign = async ({ privateKey, suite }: Keys, data: Uint8Array): Promise<Uint8Array> => {
  const signature = new Uint8Array(await crypto.subtle.sign(suites[suite].sign, privateKey, new Uint8Array(data)))
  if (suites[suite].key.name !== 'ECDSA') return signature
  const half = signature.length / 2
  return sequence(...[signature.slice(0, half), signature.slice(half)].map(half => integer(positive(half))))
}
const positive = (magnitude: Uint8Array): string => {
  const text = hex(magnitude).replace(/^(?:00)+/, '')
  return Number.parseInt(text.slice(0, 2), 16) >= 0x80 ? `00${text}` : text
}

export type Fields = {
  version: Uint8Array
  serial: Uint8Array
  inner: Uint8Array
  issuer: Uint8Array
  validity: Uint8Array
  subject: Uint8Array
  spki: Uint8Array
  /** After the key, before the extensions: unique identifiers. */
  uniqueIds: Uint8Array
  extensions: readonly Uint8Array[] | undefined
  outer: Uint8Array
  trailer: Uint8Array
}

export const validity = sequence(utcTime('250101000000Z'), utcTime('350101000000Z'))
/** Within {@link validity}, and within every list made here. */
export const at = new Date('2026-06-01T12:00:00Z')

export const certificate = async (
  signer: Keys,
  fields: Partial<Fields> & Pick<Fields, 'spki'>,
): Promise<Uint8Array> => {
  const algorithm = fromHex(suites[signer.suite].id)
  const all: Fields = {
    version: tlv(0xa0, integer('02')),
    serial: integer('4102'),
    inner: algorithm,
    issuer: caName('Issuing'),
    validity,
    subject: organization,
    uniqueIds: new Uint8Array(),
    extensions: [],
    outer: algorithm,
    trailer: new Uint8Array(),
    ...fields,
  }
  const tbs = sequence(
    all.version,
    all.serial,
    all.inner,
    all.issuer,
    all.validity,
    all.subject,
    all.spki,
    all.uniqueIds,
    ...(all.extensions === undefined ? [] : [tlv(0xa3, sequence(...all.extensions))]),
  )
  return concat(sequence(tbs, all.outer, bits(await sign(signer, tbs))), all.trailer)
}

export type CrlFields = {
  version: Uint8Array
  inner: Uint8Array
  issuer: Uint8Array
  thisUpdate: Uint8Array
  nextUpdate: Uint8Array
  revoked: readonly Uint8Array[]
  /** Undefined: none. */
  number: Uint8Array | undefined
  extensions: readonly Uint8Array[]
}

export const crl = async (signer: Keys, fields: Partial<CrlFields> = {}): Promise<Uint8Array> => {
  const algorithm = fromHex(suites[signer.suite].id)
  const all: CrlFields = {
    version: integer('01'),
    inner: algorithm,
    issuer: caName('Issuing'),
    thisUpdate: utcTime('260601000000Z'),
    nextUpdate: utcTime('260602000000Z'),
    revoked: [],
    number: extension('2.5.29.20', integer('01')),
    extensions: [],
    ...fields,
  }
  const extensions = [...(all.number ? [all.number] : []), ...all.extensions]
  const tbs = sequence(
    all.version,
    all.inner,
    all.issuer,
    all.thisUpdate,
    all.nextUpdate,
    ...(all.revoked.length > 0 ? [sequence(...all.revoked)] : []),
    ...(extensions.length > 0 ? [tlv(0xa0, sequence(...extensions))] : []),
  )
  return sequence(tbs, algorithm, bits(await sign(signer, tbs)))
}

export const revoked = (serial: Uint8Array, on: string, ...extensions: readonly Uint8Array[]): Uint8Array =>
  sequence(serial, utcTime(on), ...(extensions.length > 0 ? [sequence(...extensions)] : []))
export const reason = (code: number): Uint8Array => extension('2.5.29.21', tlv(0x0a, Uint8Array.of(code)))
export const invalidSince = (text: string): Uint8Array => extension('2.5.29.24', generalizedTime(text))

/** Root → issuing → organization, each with the extensions that a good CA writes. */
export const hierarchy = async (suite: Suite = 'es256') => {
  const [root, issuing, leaf] = [await makeKeys(suite), await makeKeys(suite), await makeKeys(suite)]
  const rootFields = {
    issuer: caName('Root'),
    subject: caName('Root'),
    spki: root.spki,
    serial: integer('01'),
    extensions: [basicConstraints(true), keyUsage(0x06), subjectKey('root')],
  }
  const issuingFields = {
    issuer: caName('Root'),
    subject: caName('Issuing'),
    spki: issuing.spki,
    serial: integer('02'),
    extensions: [basicConstraints(true, 0), keyUsage(0x06), subjectKey('issuing'), authorityKey('root')],
  }
  const leafFields = { spki: leaf.spki, extensions: [keyUsage(0x80), authorityKey('issuing')] }
  const anchorOf = (der: Uint8Array, over: Partial<Anchor> = {}): Anchor => ({
    id: 'test',
    certificate: der,
    roles: ['distributor', 'bank'] as readonly Role[],
    usccAt: '2.5.4.97',
    crl: 'none',
    ...over,
  })
  const certificates = {
    root: await certificate(root, rootFields),
    issuing: await certificate(root, issuingFields),
    leaf: await certificate(issuing, leafFields),
  }
  return { keys: { root, issuing, leaf }, rootFields, issuingFields, leafFields, ...certificates, anchorOf }
}
export type Hierarchy = Awaited<ReturnType<typeof hierarchy>>
