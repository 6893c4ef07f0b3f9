import { checkTyp, type ExpectedTyp, type Jws, verifyWithKey } from '../jws.ts'
import { checkSignature, type Signer, verifyWithChain } from '../jws-chain.ts'
import { signedByClerk } from '../mandate/signed-by-clerk.ts'
import type { TrustedNode } from '../trust.ts'
import { typ } from '../typ.ts'
import type { Verify } from '../x509/algorithms.ts'
import { parseCertificate } from '../x509/certificate.ts'
import type { Context } from './context.ts'

/** What became of one signature. `signer` is there only when its chain ends at a trusted anchor. */
export type Judged =
  | { readonly outcome: 'true'; readonly signer: Signer }
  | { readonly outcome: 'false' | 'not_checkable'; readonly detail: string; readonly signer?: undefined }

/** By an organization's certificate, as things stood at `at`. Without trust, whether the certificate's key has signed. */
export const judge = async (jws: Jws, expectedTyp: ExpectedTyp, at: Date, context: Context): Promise<Judged> => {
  const { trust, crls, answers, verify } = context
  if (trust === undefined) return judgeByLeaf(jws, expectedTyp, at, verify)
  const result = await verifyWithChain(jws, { expectedTyp, anchors: trust.anchors, crls, answers, at, verify })
  if (result.ok) return { outcome: 'true', signer: result.signer }
  const stranger = result.rule === 'ANCHOR_UNKNOWN' ? 'not trusted: ' : ''
  return { outcome: 'false', detail: stranger + result.detail }
}

const judgeByLeaf = async (jws: Jws, expectedTyp: ExpectedTyp, at: Date, verify: Verify): Promise<Judged> => {
  if (jws.header.mandate !== undefined && expectedTyp !== typ.mandate) {
    const signed = await signedByClerk(jws, expectedTyp, at)
    if (!signed.ok) return { outcome: 'false', detail: signed.detail }
    const judged = await Promise.all(signed.carried.map(it => judgeByLeaf(it.jws, typ.mandate, at, verify)))
    return judged.find(({ outcome }) => outcome === 'false') ?? judged[0]!
  }
  const [leaf] = jws.header.x5c ?? []
  if (leaf === undefined) return { outcome: 'false', detail: 'the header has no x5c' }
  try {
    const wrong = checkTyp(jws, expectedTyp) ?? (await checkSignature(jws, parseCertificate(leaf), verify, expectedTyp))
    if (wrong !== undefined) return { outcome: 'false', detail: wrong.detail }
  } catch (error) {
    return { outcome: 'false', detail: error instanceof Error ? error.message : 'the certificate can not be read' }
  }
  return {
    outcome: 'not_checkable',
    detail: 'no trust settings: signed by the key of a certificate that nobody vouches for',
  }
}

/** By a node's own key. */
export const judgeByNode = async (
  jws: Jws,
  expectedTyp: ExpectedTyp,
  nodes: readonly TrustedNode[],
): Promise<{ readonly outcome: 'true' } | { readonly outcome: 'false'; readonly detail: string }> => {
  let detail = 'not trusted: the trust settings name no such node at that time'
  for (const { nodeKey } of nodes) {
    const verified = await verifyWithKey(jws, nodeKey, expectedTyp)
    if (verified.ok) return { outcome: 'true' }
    detail = verified.detail
  }
  return { outcome: 'false', detail }
}
