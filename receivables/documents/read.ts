import { sha256 } from '#sha256'
import { canonical } from '../../core/canonical.ts'
import { type DocumentClaims, documentSchema, isFromFuture, mayIssue } from '../../core/document.ts'
import { Refusal } from '../../core/errors.ts'
import type { Jws } from '../../core/jws.ts'
import { parseSdJwt } from '../../core/sd-jwt.ts'
import type { SignerOf } from '../../core/signer.ts'
import { typ } from '../../core/typ.ts'
import { mustBePast } from '../signed-act.ts'

/** A document whose signature and claims were checked. */
export type SignedDocument = {
  readonly claims: DocumentClaims
  /** Issuer-signed JWT alone: what is logged. */
  readonly jwt: string
  readonly jws: Jws
  readonly disclosures: readonly string[]
  /** Of what it says, whenever and with whatever salts it was signed. */
  readonly content: Uint8Array
  /** Every code in it. */
  readonly mentions: readonly string[]
}

/**
 * Reads an SD-JWT as its origin sends it: nothing held back, signed by the party whose word this kind of document is.
 * Refusals: those of `signerOf`, SIGNER_MISMATCH, DOCUMENT_INVALID, AMOUNT_OUT_OF_RANGE, DATE_IN_FUTURE.
 */
export const readSignedDocument = async (
  { signerOf, now }: { readonly signerOf: SignerOf; readonly now: () => Date },
  text: string,
): Promise<SignedDocument> => {
  const sdJwt = parseSdJwt(text)
  if (!sdJwt.ok) throw new Refusal('DOCUMENT_INVALID', sdJwt.detail)
  const signer = await signerOf(sdJwt.jws, typ.document, now())
  if (sdJwt.hidden > 0) throw new Refusal('DOCUMENT_INVALID', 'Parts of the document are held back')
  const claims = read(sdJwt.claims)
  if (signer.uscc !== claims.iss || !mayIssue(claims)) throw new Refusal('SIGNER_MISMATCH')
  if (![claims.parties.seller, claims.parties.buyer].includes(claims.iss) && !signer.roles.includes('bank')) {
    throw new Refusal('SIGNER_MISMATCH', 'Only a bank, or the seller, signs what a register said')
  }
  if (isFromFuture(claims, now()))
    throw new Refusal('DATE_IN_FUTURE', `issueDate ${claims.issueDate} lies in the future`)
  mustBePast(new Date(claims.iat * 1000).toISOString(), now())
  if (claims.kind === 'query') mustBePast(claims.asOf, now())
  return {
    claims,
    jwt: sdJwt.jwt,
    jws: sdJwt.jws,
    disclosures: sdJwt.disclosures.map(disclosure => disclosure.text),
    content: contentOf(claims),
    mentions: mentionsOf(claims),
  }
}

const amounts = new Set(['quantity', 'unitPrice', 'taxRate', 'short', 'net', 'tax', 'gross', 'amount', 'open'])

const read = (claims: unknown): DocumentClaims => {
  const result = documentSchema.safeParse(claims)
  if (result.success) {
    if (result.data.parties.seller !== result.data.parties.buyer) return result.data
    throw new Refusal('DOCUMENT_INVALID', 'Seller and buyer are the same organization')
  }
  const [issue] = result.error.issues
  const where = issue?.path.join('.') || 'document'
  const isAmount = amounts.has(String(issue?.path.at(-1)))
  throw new Refusal(isAmount ? 'AMOUNT_OUT_OF_RANGE' : 'DOCUMENT_INVALID', `${where}: ${issue?.message ?? 'not valid'}`)
}

/** SHA-256 over the claims without the time of signing. */
export const contentOf = ({ iat: _, ...content }: DocumentClaims): Uint8Array => sha256(canonical(content))

/** Every code in it, each once. */
export const mentionsOf = (claims: DocumentClaims): string[] => {
  const codes = [claims.code]
  if ('order' in claims) codes.push(claims.order)
  if (claims.kind === 'payment') {
    codes.push(...[...claims.allocations, ...(claims.deductions ?? [])].map(({ invoice }) => invoice))
  }
  if (claims.kind === 'statement') codes.push(...claims.balances.map(({ invoice }) => invoice))
  if ('invoice' in claims) codes.push(claims.invoice)
  if ('shipment' in claims) codes.push(claims.shipment)
  if ('lines' in claims)
    for (const line of claims.lines) codes.push(line.item, ...('serials' in line ? (line.serials ?? []) : []))
  return [...new Set(codes)]
}
