import {
  AuthenticatedSafe,
  CertBag,
  Certificate,
  EncryptedContentInfo,
  EncryptedData,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  SafeBag,
  SafeContents,
} from 'pkijs'
import { equal, utf8 } from './bytes.ts'
import { isSm2Pkcs8, readSm2Pkcs8, sm2Pkcs8, sm2Spki } from './gm/key.ts'
import { type HeldKey, importHeldKey, importPrivateKey, isSm2Key } from './private-key.ts'
import { parseCertificate } from './x509/certificate.ts'
import { sameName } from './x509/name.ts'

/** A P-256 or SM2 key with its certificates, as it is carried in one file (.p12, .pfx). */
export type Identity = {
  readonly privateKey: HeldKey
  /** DER, leaf first. */
  readonly chain: readonly [Uint8Array, ...Uint8Array[]]
}

/**
 * PBKDF2-HMAC-SHA-256 at OWASP's count for it. The integrity code uses PKCS #12's own older derivation, which is as slow a
 * round, so the count is the same: the weaker of the two is what a guesser attacks.
 */
const ITERATIONS = 600_000

const keyBag = '1.2.840.113549.1.12.10.1.2'
const certificateBag = '1.2.840.113549.1.12.10.1.3'

/**
 * PKCS #12 (RFC 7292) in its modern form: PBES2 with AES-256-CBC, HMAC-SHA-256. The key must be extractable. Throws
 * RangeError on a password outside ASCII: programs disagree on its bytes, and the file would open in some only.
 */
export const writePkcs12 = async (
  { privateKey, chain }: Identity,
  password: string,
  iterations = ITERATIONS,
): Promise<Uint8Array> => {
  const secret = passwordBytes(password)
  const encryption = {
    password: secret,
    // pkijs draws the initialization vector itself; only its types ask for one.
    contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256, iv: new Uint8Array(16) },
    hmacHashAlgorithm: 'SHA-256',
    iterationCount: iterations,
  }
  const pkcs8 = isSm2Key(privateKey)
    ? new Uint8Array(sm2Pkcs8(privateKey, { bare: true }))
    : await crypto.subtle.exportKey('pkcs8', privateKey)
  const shrouded = new PKCS8ShroudedKeyBag({ parsedValue: PrivateKeyInfo.fromBER(pkcs8) })
  await shrouded.makeInternalValues(encryption)
  const keys = new SafeContents({ safeBags: [new SafeBag({ bagId: keyBag, bagValue: shrouded })] })
  const certificates = new SafeContents({
    safeBags: chain.map(
      der =>
        new SafeBag({
          bagId: certificateBag,
          bagValue: new CertBag({ parsedValue: Certificate.fromBER(new Uint8Array(der)) }),
        }),
    ),
  })
  const safe = new AuthenticatedSafe({
    parsedValue: {
      safeContents: [
        { privacyMode: 0, value: keys },
        { privacyMode: 1, value: certificates },
      ],
    },
  })
  await safe.makeInternalValues({ safeContents: [{}, encryption] })
  const file = new PFX({ parsedValue: { integrityMode: 0, authenticatedSafe: safe } })
  await file.makeInternalValues({
    password: secret,
    iterations,
    pbkdf2HashAlgorithm: 'SHA-256',
    hmacHashAlgorithm: 'SHA-256',
  })
  return new Uint8Array(file.toSchema().toBER())
}

/**
 * Opens what {@link writePkcs12}, OpenSSL 3 and current systems write. Rejects with SyntaxError on a wrong password, damage,
 * older ciphers (RC2, 3DES), a key that is neither P-256 nor SM2, or certificates of which none is the key's.
 * @param extractable false where the key should live only in this process
 */
export const readPkcs12 = async (
  bytes: Uint8Array,
  password: string,
  { extractable = false }: { extractable?: boolean } = {},
): Promise<Identity> => {
  const { pkcs8, certificates } = await open(bytes, password)
  const publicKey = await publicKeyOf(pkcs8)
  const parsed = certificates.map(parseCertificate)
  const leaf = parsed.find(certificate => equal(certificate.publicKey.spki, publicKey))
  if (leaf === undefined) throw new SyntaxError('the PKCS #12 file has no certificate for its key')
  // Files keep certificates in any order; what does not lead upwards from the leaf is left out.
  const chain: [Uint8Array, ...Uint8Array[]] = [leaf.der]
  let child = leaf
  while (chain.length < 4 && !sameName(child.issuer, child.subject)) {
    const issuer = parsed.find(({ subject }) => sameName(subject, child.issuer))
    if (issuer === undefined) break
    chain.push(issuer.der)
    child = issuer
  }
  return { privateKey: await importHeldKey(pkcs8, extractable), chain }
}

const open = async (bytes: Uint8Array, password: string) => {
  const secret = passwordBytes(password)
  try {
    const file = PFX.fromBER(new Uint8Array(bytes))
    await file.parseInternalValues({ password: secret, checkIntegrity: true })
    const safe = file.parsedValue?.authenticatedSafe
    if (safe === undefined) throw new SyntaxError('no content')
    await safe.parseInternalValues({ safeContents: safe.safeContents.map(() => ({ password: secret })) })
    const contents: readonly { value: SafeContents }[] = safe.parsedValue.safeContents
    const bags = contents.flatMap(({ value }) => value.safeBags.map(bag => bag.bagValue))
    const [shrouded] = bags.filter(bag => bag instanceof PKCS8ShroudedKeyBag)
    if (shrouded === undefined) throw new SyntaxError('no encrypted key')
    const encrypted = new EncryptedData({
      encryptedContentInfo: new EncryptedContentInfo({
        contentEncryptionAlgorithm: shrouded.encryptionAlgorithm,
        encryptedContent: shrouded.encryptedData,
      }),
    })
    const pkcs8 = new Uint8Array(await encrypted.decrypt({ password: secret }))
    const certificates = bags
      .filter(bag => bag instanceof CertBag)
      .flatMap(({ certValue }) => {
        const der: unknown = 'getValue' in certValue ? certValue.getValue() : undefined
        return der instanceof ArrayBuffer ? [new Uint8Array(der)] : []
      })
    return { pkcs8, certificates }
  } catch (cause) {
    throw new SyntaxError('the PKCS #12 file is damaged, of an older kind, or the password is wrong', { cause })
  }
}

const publicKeyOf = async (pkcs8: Uint8Array): Promise<Uint8Array> => {
  if (isSm2Pkcs8(pkcs8)) return sm2Spki(readSm2Pkcs8(pkcs8))
  const { d: _, key_ops: __, ...jwk } = await crypto.subtle.exportKey('jwk', await importPrivateKey(pkcs8, true))
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])
  return new Uint8Array(await crypto.subtle.exportKey('spki', key))
}

const passwordBytes = (password: string): ArrayBuffer => {
  if (!/^[\x20-\x7e]+$/.test(password)) throw new RangeError('the password must be of ASCII characters, at least one')
  return new Uint8Array(utf8(password)).buffer
}
