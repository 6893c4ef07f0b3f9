import 'reflect-metadata'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PublicKey,
  SubjectKeyIdentifierExtension,
  type X509CertificateCreateWithKeyParams,
  X509CertificateGenerator,
  X509CrlGenerator,
  X509CrlReason,
} from '@peculiar/x509'
import type { CryptoKey } from 'jose'
import { concat, hex } from '../core/bytes.ts'
import { makeSm2Key, sm2Spki } from '../core/gm/key.ts'
import { type HeldKey, isSm2Key } from '../core/private-key.ts'
import type { Uscc } from '../core/uscc.ts'
import { parseCertificate } from '../core/x509/certificate.ts'
import type { Reason } from '../core/x509/crl.ts'
import { verifyCsr } from '../core/x509/csr.ts'
import { parseOnePem, pem } from '../core/x509/pem.ts'
import { webcryptoVerify } from '../core/x509/webcrypto.ts'
import { makeKeys, type Suite } from './keys.ts'
import { signedWithSm2 } from './sm2.ts'

/**
 * The development CA: a root that signs one issuing CA, which signs organizations. It stands in for a real CA where none is
 * configured, and proves nothing about who an organization is. Its keys are ECDSA P-256, or SM2 where it is made so; either
 * certifies keys of both.
 */
export type Authority = { readonly root: CertificationAuthority; readonly issuing: CertificationAuthority }

export type CertificationAuthority = {
  /** DER. */
  readonly certificate: Uint8Array
  readonly privateKey: HeldKey
}

/** Where our certificates keep the USCC: organizationIdentifier (ITU-T X.520 §6.4.4), as trust files call `usccAt`. */
export const usccAt = '2.5.4.97'

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const YEAR = 365 * 24 * 3600 * 1000

/** @param name shown in both CA names */
export const createAuthority = async ({
  name,
  now,
  suite = 'es256',
}: {
  name: string
  now: Date
  suite?: Suite
}): Promise<Authority> => {
  const [rootKey, issuingKey] = [await generate(suite), await generate(suite)]
  const usage = new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true)
  const rootName = caName(name, 'Root CA')
  const root = await certified(rootKey.privateKey, {
    serialNumber: randomSerial(),
    subject: rootName,
    issuer: rootName,
    notBefore: now,
    notAfter: new Date(now.getTime() + 20 * YEAR),
    publicKey: rootKey.publicKey,
    extensions: [
      new BasicConstraintsExtension(true, 1, true),
      usage,
      await SubjectKeyIdentifierExtension.create(rootKey.publicKey),
    ],
  })
  const issuing = await certified(rootKey.privateKey, {
    serialNumber: randomSerial(),
    subject: caName(name, 'Issuing CA'),
    issuer: rootName,
    notBefore: now,
    notAfter: new Date(now.getTime() + 10 * YEAR),
    publicKey: issuingKey.publicKey,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      usage,
      await SubjectKeyIdentifierExtension.create(issuingKey.publicKey),
      await AuthorityKeyIdentifierExtension.create(rootKey.publicKey),
    ],
  })
  return {
    root: { certificate: root, privateKey: rootKey.privateKey },
    issuing: { certificate: issuing, privateKey: issuingKey.privateKey },
  }
}

export type Issued = {
  /** Leaf, then the issuing CA; the root is pinned by whoever trusts it, so it is not sent. */
  readonly pem: string
  readonly chain: readonly [leaf: Uint8Array, issuing: Uint8Array]
  /** Lower-case hex, as revocation lists know it. */
  readonly serial: string
}

/**
 * Certifies the key of a request for an organization that the operator has identified: what the request says about its
 * subject is ignored. Roles are not in the certificate: they change more often than keys do, the anchor bounds them, and
 * the operator records them at enrolment. Rejects with X509Error on a request that is malformed or proves no possession.
 */
export const issueFromCsr = async (
  { issuing }: Pick<Authority, 'issuing'>,
  csrPem: string,
  subject: { uscc: Uscc; name: string; notBefore: Date; notAfter: Date },
): Promise<Issued> => {
  const { publicKey } = await verifyCsr(parseOnePem('CERTIFICATE REQUEST', csrPem), webcryptoVerify)
  const issuer = parseCertificate(issuing.certificate)
  const subjectKey = new PublicKey(own(publicKey.spki))
  const leaf = await certified(issuing.privateKey, {
    serialNumber: randomSerial(),
    subject: new Name([
      { '2.5.4.6': [{ printableString: 'CN' }] },
      { '2.5.4.10': [{ utf8String: subject.name }] },
      { [usccAt]: [{ utf8String: subject.uscc }] },
      { '2.5.4.3': [{ utf8String: subject.name }] },
    ]),
    issuer: new Name(own(issuer.subject.der)),
    notBefore: subject.notBefore,
    // A certificate that outlives its issuer would die with it all the same, only less legibly.
    notAfter: new Date(Math.min(subject.notAfter.getTime(), issuer.notAfter)),
    publicKey: subjectKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.nonRepudiation, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
      await SubjectKeyIdentifierExtension.create(subjectKey),
      await AuthorityKeyIdentifierExtension.create(new PublicKey(own(issuer.publicKey.spki))),
    ],
  })
  return {
    pem: pem('CERTIFICATE', leaf, issuing.certificate),
    chain: [leaf, issuing.certificate],
    serial: hex(parseCertificate(leaf).serial),
  }
}

export type Revoked = {
  /** Lower-case hex, as in {@link Issued}. */
  readonly serial: string
  readonly revokedAt: Date
  /** Always one: an unspecified reason should not be written (RFC 5280 §5.3.1), and the generator then writes an empty list of extensions, which strict readers refuse. */
  readonly reason: Exclude<Reason, 'unspecified'>
  readonly invalidSince?: Date
}

/**
 * A complete revocation list by either CA; the root's says that the issuing CA still stands. DER.
 * @param number must grow from list to list (RFC 5280 §5.2.3)
 */
export const issueCrl = async (
  by: CertificationAuthority,
  { revoked, number, thisUpdate, nextUpdate }: CrlContent,
): Promise<Uint8Array> => {
  const issuer = parseCertificate(by.certificate)
  const crl = await X509CrlGenerator.create({
    issuer: new Name(own(issuer.subject.der)),
    thisUpdate,
    nextUpdate,
    entries: revoked.map(({ serial, revokedAt, reason, invalidSince }) => ({
      serialNumber: serial,
      revocationDate: revokedAt,
      reason: X509CrlReason[reason],
      ...(invalidSince === undefined ? {} : { invalidity: invalidSince }),
    })),
    extensions: [
      await AuthorityKeyIdentifierExtension.create(new PublicKey(own(issuer.publicKey.spki))),
      new Extension('2.5.29.20', false, own(integer(number))),
    ],
    signingAlgorithm: ecdsa,
    signingKey: await generatorKey(by.privateKey),
  })
  return signedBy(by.privateKey, new Uint8Array(crl.rawData))
}

export type CrlContent = {
  readonly revoked: readonly Revoked[]
  readonly number: bigint
  readonly thisUpdate: Date
  readonly nextUpdate: Date
}

type Generated = { readonly privateKey: HeldKey; readonly publicKey: PublicKey }

const generate = async (suite: Suite): Promise<Generated> => {
  if (suite === 'sm2') {
    const privateKey = makeSm2Key()
    return { privateKey, publicKey: new PublicKey(own(sm2Spki(privateKey))) }
  }
  const { privateKey, publicKey } = await makeKeys()
  return { privateKey, publicKey: new PublicKey(await crypto.subtle.exportKey('spki', publicKey)) }
}

type Content = Omit<X509CertificateCreateWithKeyParams, 'signingKey' | 'signingAlgorithm'>

const certified = async (key: HeldKey, content: Content): Promise<Uint8Array> => {
  const { rawData } = await X509CertificateGenerator.create({ ...content, signingKey: await generatorKey(key) })
  return signedBy(key, new Uint8Array(rawData))
}

const signedBy = (key: HeldKey, der: Uint8Array): Uint8Array => (isSm2Key(key) ? signedWithSm2(der, key) : der)

/** For SM2 one that lives as long as the call: what it signs is signed anew. */
const generatorKey = async (key: HeldKey): Promise<CryptoKey> => (isSm2Key(key) ? (await makeKeys()).privateKey : key)

const caName = (name: string, level: string): Name =>
  new Name([
    { '2.5.4.6': [{ printableString: 'CN' }] },
    { '2.5.4.10': [{ utf8String: name }] },
    { '2.5.4.3': [{ utf8String: `${name} ${level}` }] },
  ])

/** 160 bits less the sign: positive, never with a leading zero octet, 20 octets (RFC 5280 §4.1.2.2). */
const randomSerial = (): string => {
  const serial = crypto.getRandomValues(new Uint8Array(20))
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return hex(serial)
}

/** DER of a non-negative INTEGER below 2^127. */
const integer = (value: bigint): Uint8Array => {
  const digits = value.toString(16)
  const bytes = Uint8Array.from(
    (digits.padStart(digits.length + (digits.length % 2), '0').match(/../g) ?? []).map(byte =>
      Number.parseInt(byte, 16),
    ),
  )
  const content = (bytes[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), bytes) : bytes
  return concat(Uint8Array.of(0x02, content.length), content)
}

const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)
