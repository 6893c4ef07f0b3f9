import { sha256 } from '#sha256'
import { base64url } from '../../../core/bytes.ts'
import type { SigningKey } from '../../../core/jws.ts'
import { type HeldKey, importHeldKey, signingKeyOf } from '../../../core/private-key.ts'
import { parseUscc, type Uscc } from '../../../core/uscc.ts'
import { parseCertificate } from '../../../core/x509/certificate.ts'
import { parseOnePem, parsePem } from '../../../core/x509/pem.ts'

/** Who a certificate says its holder is, with the key that only this page holds. */
export type Identity = {
  readonly uscc: Uscc
  readonly name: string
  readonly issuer: string
  /** P-256: not extractable. SM2: in this page's memory, since no browser keeps such keys. */
  readonly key: SigningKey
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[]
  /** base64url SHA-256 of the leaf. */
  readonly thumbprint: string
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
}

export type IdentityFault =
  | 'FILE_OR_PASSWORD'
  | 'PASSWORD_ASCII'
  | 'NO_CERTIFICATE'
  | 'KEY_KIND'
  | 'PEM_KEY'
  | 'PEM_CHAIN'
  | 'NO_USCC'
  | 'EXPIRED'
  | 'NOT_YET'
  | 'NO_SIGNER'
  | 'SIGNER_CODE'

/** Why a file could not be used, as a code that the text tables put in words. */
export class IdentityError extends Error {
  readonly code: IdentityFault

  constructor(code: IdentityFault, options?: ErrorOptions) {
    super(code, options)
    this.name = 'IdentityError'
    this.code = code
  }
}

export const openP12 = async (file: Uint8Array, password: string): Promise<Identity> => {
  // A large library that only this moment needs.
  const { readPkcs12 } = await import('../../../core/pkcs12.ts')
  try {
    const { privateKey, chain } = await readPkcs12(file, password)
    return identityOf(leaf => signingKeyOf(privateKey, leaf), chain)
  } catch (cause) {
    if (cause instanceof IdentityError) throw cause
    if (cause instanceof RangeError) throw new IdentityError('PASSWORD_ASCII', { cause })
    const detail = cause instanceof Error ? cause.message : ''
    if (detail.includes('P-256')) throw new IdentityError('KEY_KIND', { cause })
    if (detail.includes('no certificate')) throw new IdentityError('NO_CERTIFICATE', { cause })
    throw new IdentityError('FILE_OR_PASSWORD', { cause })
  }
}

/** Key and chain in PEM. That they belong together shows when the node checks the first signature. */
export const openPem = async (keyPem: string, chainPem: string): Promise<Identity> => {
  const pkcs8 = attempt('PEM_KEY', () => parseOnePem('PRIVATE KEY', keyPem))
  const chain = attempt('PEM_CHAIN', () => parsePem('CERTIFICATE', chainPem))
  let key: HeldKey
  try {
    key = await importHeldKey(pkcs8, false)
  } catch (cause) {
    throw new IdentityError('KEY_KIND', { cause })
  }
  return identityOf(leaf => signingKeyOf(key, leaf), chain)
}

const COMMON_NAME = '2.5.4.3'
const ORGANIZATION = '2.5.4.10'
const ORGANIZATION_IDENTIFIER = '2.5.4.97'

/** @param keyOf what signs by this certificate */
export const identityOf = (keyOf: (leaf: Uint8Array) => SigningKey, chain: readonly Uint8Array[]): Identity => {
  const [leaf] = chain
  if (leaf === undefined) throw new IdentityError('PEM_CHAIN')
  const { subject, issuer, notBefore, notAfter } = attempt('PEM_CHAIN', () => parseCertificate(leaf))
  const first = (name: typeof subject, ...oids: readonly string[]) =>
    oids.map(oid => name.attributes.get(oid)?.[0]).find(text => text !== undefined)
  const uscc = attempt('NO_USCC', () => parseUscc(first(subject, ORGANIZATION_IDENTIFIER) ?? ''))
  const now = Date.now()
  if (now > notAfter) throw new IdentityError('EXPIRED')
  if (now < notBefore) throw new IdentityError('NOT_YET')
  return {
    uscc,
    name: first(subject, ORGANIZATION, COMMON_NAME) ?? uscc,
    issuer: first(issuer, ORGANIZATION, COMMON_NAME) ?? '',
    key: keyOf(leaf),
    chain,
    thumbprint: base64url(sha256(leaf)),
    notBefore,
    notAfter,
  }
}

const attempt = <Result>(code: IdentityFault, work: () => Result): Result => {
  try {
    return work()
  } catch (cause) {
    throw new IdentityError(code, { cause })
  }
}
