import { importSPKI } from 'jose'
import { sha256 } from '#sha256'
import type { Role } from './access.ts'
import { base64, base64url } from './bytes.ts'
import { checkDetached } from './gm/cms.ts'
import { checkTyp, type ExpectedTyp, failure, type Jws, type JwsFailure, signingInput, verifyWithKey } from './jws.ts'
import { signedByClerk } from './mandate/signed-by-clerk.ts'
import { typ } from './typ.ts'
import type { Uscc } from './uscc.ts'
import type { Verify } from './x509/algorithms.ts'
import type { Certificate } from './x509/certificate.ts'
import { type Anchor, validateChain } from './x509/chain.ts'
import type { Crl } from './x509/crl.ts'
import type { OcspAnswer } from './x509/ocsp.ts'
import type { Rule } from './x509/rules.ts'

/** Whom a signature binds. Everything here comes from the validated leaf and its anchor, nothing from the header alone. */
export type Signer = {
  readonly uscc: Uscc
  readonly name: string
  /** base64url SHA-256 of the leaf certificate. */
  readonly thumbprint: string
  /** What the anchor lets its organizations be; which of these the signer is, its enrolment says. */
  readonly roles: readonly Role[]
  readonly anchorId: string
  /** Where a clerk signed by the organization's mandate: which, and by whom. The certificate is then the mandate's. */
  readonly clerks?: readonly Clerk[]
}

export type Clerk = { readonly name: string; readonly mandate: string; readonly jws: Jws }

export type SignedBy = { readonly ok: true; readonly payload: Uint8Array; readonly signer: Signer }

/** `rule` and `certificate` say what is wrong with the chain, where that is what failed. */
export type ChainFailure = JwsFailure & { readonly rule?: Rule; readonly certificate?: number }

export type ChainTrust = {
  readonly anchors: readonly Anchor[]
  readonly crls: readonly Crl[]
  readonly answers?: readonly OcspAnswer[] | undefined
  /** As {@link validateChain} takes it. */
  readonly statusToCome?: boolean | undefined
  /** When the signature was made, by the best evidence there is. */
  readonly at: Date
  readonly verify: Verify
}

/**
 * For legal acts: the signature must be by an organization whose certificate chain (`x5c`) ends at an anchor, or by a clerk
 * within a mandate that bears such a signature. Never throws.
 */
export const verifyWithChain = async (
  jws: Jws,
  { expectedTyp, ...trust }: ChainTrust & { readonly expectedTyp: ExpectedTyp },
): Promise<SignedBy | ChainFailure> => {
  const otherAct = checkTyp(jws, expectedTyp)
  if (otherAct !== undefined) return otherAct
  if (jws.header.mandate !== undefined) return verifyByMandate(jws, expectedTyp, trust)
  const { x5c, x5t } = jws.header
  const [leaf] = x5c ?? []
  if (x5c === undefined || leaf === undefined) return failure('JWS_CHAIN_MISSING', 'the header has no x5c')
  const thumbprint = base64url(sha256(leaf))
  if (x5t !== undefined && x5t !== thumbprint) return failure('JWS_THUMBPRINT', `the leaf is ${thumbprint}`)
  const chain = await validateChain({ chain: x5c, ...trust })
  if (!chain.valid) {
    const { rule, certificate, detail } = chain
    return { ...failure('JWS_CHAIN', `certificate ${certificate}: ${detail}`), rule, certificate }
  }
  const wrong = await checkSignature(jws, chain.leaf, trust.verify, expectedTyp)
  if (wrong !== undefined) return wrong
  const { uscc, name, roles, anchorId } = chain
  return { ok: true, payload: jws.payload, signer: { uscc, name, thumbprint, roles, anchorId } }
}

/** Mandates are judged as of the act: whoever revokes its certificate ends all that it vouched for. */
const verifyByMandate = async (
  jws: Jws,
  expectedTyp: ExpectedTyp,
  trust: ChainTrust,
): Promise<SignedBy | ChainFailure> => {
  const signed = await signedByClerk(jws, expectedTyp, trust.at)
  if (!signed.ok) return signed
  const signers: Signer[] = []
  for (const {
    jws: mandate,
    mandate: { organization },
  } of signed.carried) {
    if (mandate.header.mandate !== undefined) return failure('JWS_MANDATE', 'no clerk gives a mandate')
    const judged = await verifyWithChain(mandate, { ...trust, expectedTyp: typ.mandate })
    if (!judged.ok) return judged
    if (judged.signer.uscc !== organization)
      return failure('JWS_MANDATE', 'the mandate is signed by another organization')
    signers.push(judged.signer)
  }
  const clerks = signed.carried.map(({ jws: given, mandate: { id, clerk } }) => ({
    name: clerk.name,
    mandate: id,
    jws: given,
  }))
  return { ok: true, payload: jws.payload, signer: { ...signers[0]!, clerks } }
}

/** Whether the certificate's key made the signature, whoever vouches for it; the act is {@link checkTyp}'s. Never throws. */
export const checkSignature = async (
  jws: Jws,
  leaf: Certificate,
  verify: Verify,
  expectedTyp: ExpectedTyp,
): Promise<JwsFailure | undefined> => {
  const { alg } = jws.header
  if (alg === 'SM2-CMS') {
    const wrong = await checkDetached(jws.signature, signingInput(jws), leaf, verify)
    return wrong === undefined ? undefined : failure('JWS_SIGNATURE', wrong)
  }
  let key: Awaited<ReturnType<typeof importSPKI>>
  try {
    key = await importSPKI(pem(leaf.publicKey.spki), alg)
  } catch {
    return failure('JWS_KEY', `the certificate's key can not sign ${alg}`)
  }
  const verified = await verifyWithKey(jws, key, expectedTyp)
  return verified.ok ? undefined : verified
}

const pem = (spki: Uint8Array): string => `-----BEGIN PUBLIC KEY-----\n${base64(spki)}\n-----END PUBLIC KEY-----`
