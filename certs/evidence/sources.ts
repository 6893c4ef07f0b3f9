import { sha256 } from '#sha256'
import { readAtMost } from '../../core/read-at-most.ts'
import type { Verify } from '../../core/x509/algorithms.ts'
import { type Certificate, parseCertificate } from '../../core/x509/certificate.ts'
import type { Anchor } from '../../core/x509/chain.ts'
import { sameName } from '../../core/x509/name.ts'
import { parseOcspResponse } from '../../core/x509/ocsp.ts'
import { checkAnswer } from '../../core/x509/ocsp-check.ts'
import { makeOcspRequest } from '../../core/x509/ocsp-request.ts'
import type { PathAnchor } from '../../core/x509/path.ts'
import { X509Error } from '../../core/x509/rules.ts'
import { parseTimestampResponse } from '../../core/x509/timestamp.ts'
import { checkTimestamp, makeTimestampRequest } from '../../core/x509/timestamp-check.ts'

/** Where evidence about signatures comes from; each part may be absent. */
export type Sources = {
  readonly tsa?: { readonly url: string; readonly anchors: readonly PathAnchor[] } | undefined
  /** Those with a responder are asked about every certificate below them. */
  readonly anchors: readonly Anchor[]
  readonly verify: Verify
  readonly fetch: typeof globalThis.fetch
  readonly now: () => Date
}

export const isAnySource = ({ tsa, anchors }: Sources): boolean =>
  tsa !== undefined || anchors.some(({ ocsp }) => ocsp !== undefined)

const PATIENCE_MS = 10_000
const MAX_BYTES = 131_072

/** A token over the value of a signature, checked before it is kept. Rejects with an Error that says what went wrong. */
export const askTimestamp = async (
  signature: Uint8Array,
  { tsa, verify, fetch }: Sources & { readonly tsa: NonNullable<Sources['tsa']> },
): Promise<Uint8Array> => {
  const nonce = crypto.getRandomValues(new Uint8Array(16))
  const request = makeTimestampRequest(sha256(signature), nonce)
  const reply = await post(fetch, tsa.url, 'application/timestamp-query', request)
  const token = parseTimestampResponse(reply)
  if (token.nonce === undefined || BigInt(hexOf(token.nonce)) !== BigInt(hexOf(nonce))) {
    throw new Error('the time-stamp does not repeat the nonce')
  }
  const stamped = await checkTimestamp(token, signature, { anchors: tsa.anchors, verify })
  if (!stamped.ok) throw new Error(stamped.detail)
  return token.der
}

/**
 * Answers about every certificate of a chain whose anchor has a responder. A certificate that is revoked is an answer, too:
 * what it means for the signature, whoever judges that says. Rejects with an Error where there is no answer that counts.
 */
export const askStatus = async (chain: readonly Uint8Array[], sources: Sources): Promise<readonly Uint8Array[]> => {
  const path = chain.map(der => parseCertificate(der))
  const last = path.at(-1)
  const anchored = sources.anchors.flatMap(anchor => {
    const certificate = parseCertificate(anchor.certificate)
    return last &&
      anchor.ocsp !== undefined &&
      (sameName(certificate.subject, last.issuer) || sameName(certificate.subject, last.subject))
      ? [{ url: anchor.ocsp, certificate }]
      : []
  })
  const [found] = anchored
  if (found === undefined) return []
  const answers: Uint8Array[] = []
  for (const [i, certificate] of path.entries()) {
    const issuer = path[i + 1] ?? found.certificate
    if (sameName(certificate.subject, found.certificate.subject)) continue
    answers.push(await askOne(found.url, certificate, issuer, sources))
  }
  return answers
}

const askOne = async (
  url: string,
  certificate: Certificate,
  issuer: Certificate,
  { verify, fetch, now }: Sources,
): Promise<Uint8Array> => {
  const nonce = crypto.getRandomValues(new Uint8Array(32))
  const request = await makeOcspRequest(certificate, issuer, nonce)
  const answer = parseOcspResponse(await post(fetch, url, 'application/ocsp-request', request))
  // Responders that make their answers beforehand repeat no nonce (RFC 5019 §4): their times must do. A wrong one is an old answer.
  if (answer.nonce !== undefined && hexOf(answer.nonce) !== hexOf(nonce)) throw new X509Error('OCSP_NONCE')
  const finding = await checkAnswer(answer, certificate, issuer, now().getTime(), { crls: [], verify })
  if (finding !== undefined && finding.rule !== 'REVOKED') throw new X509Error(finding.rule, finding.detail)
  return answer.der
}

const post = async (fetch: Sources['fetch'], url: string, type: string, body: Uint8Array): Promise<Uint8Array> => {
  const response = await fetch(url, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'Content-Type': type },
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`)
  return readAtMost(response, MAX_BYTES)
}

const hexOf = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`
