import { z } from 'zod'
import { Refusal, type RefusalCode } from '../../core/errors.ts'
import { ASSERTION_TYPE } from '../../core/oauth/assertion.ts'
import { parseJson } from '../../core/strict-json.ts'
import { issueToken, type NodeKey, TOKEN_LIFETIME, type TokenClaims } from './access-token.ts'
import { type AssertionDeps, checkAssertion } from './client-assertion.ts'
import { checkProof } from './dpop.ts'
import { clientCertificate } from './mutual-tls.ts'
import type { Nonces } from './nonce.ts'
import type { OnceOnly, UseOnce } from './used-once.ts'

/** RFC 9396: what a bank asks a token for. */
export const releaseDetail = z.strictObject({
  type: z.literal('trade_data_release'),
  /** Id of the authorization. */
  authorization: z.string().min(1).max(100),
  actions: z.array(z.enum(['read', 'push'])).min(1),
})
export type ReleaseDetail = z.output<typeof releaseDetail>

export type TokenDeps = AssertionDeps & {
  readonly nodeKey: NodeKey
  readonly nonces: Nonces
  readonly useOnce: UseOnce
  /** Whether a proxy that we trust says with which certificate a connection was opened. */
  readonly mutualTls: boolean
  readonly now: () => Date
  /** What of the details this organization may have. Throws a Refusal (AUTHORIZATION_…, OUT_OF_SCOPE). */
  readonly grantDetails: (uscc: string, details: readonly ReleaseDetail[]) => Promise<readonly ReleaseDetail[]>
}

export type TokenRequest = {
  /** The form as it came. */
  readonly form: string
  readonly dpop: string | undefined
  /** `Client-Cert`. */
  readonly certificate: string | undefined
}

export type TokenResponse = {
  readonly access_token: string
  readonly token_type: 'DPoP' | 'Bearer'
  readonly expires_in: number
  readonly authorization_details?: ReleaseDetail[]
}

/**
 * Client credentials for a token bound to the client's DPoP key or, where it sends no proof, to the certificate of its TLS
 * connection. Throws {@link OAuthError}, or a Refusal that is our fault.
 */
export const grantToken = async (
  deps: TokenDeps,
  { form, dpop, certificate }: TokenRequest,
): Promise<TokenResponse> => {
  const asked = readForm(form)
  const now = deps.now()
  const bound = await bindingOf(deps, dpop, certificate, now)
  const client = await as('invalid_client', 401, () =>
    checkAssertion(deps, { assertion: asked.client_assertion, clientId: asked.client_id, now }),
  )
  if (!(await deps.useOnce(client.once))) throw new OAuthError('invalid_client', 401, new Refusal('ASSERTION_REPLAYED'))
  const { useOnce: isFirst } = deps
  if (bound.once !== undefined && !(await isFirst(bound.once)))
    throw new OAuthError('invalid_dpop_proof', 400, new Refusal('DPOP_REPLAYED'))

  const { uscc } = client.organization
  const details = await as('invalid_authorization_details', 400, async () => {
    const wanted = readDetails(asked.authorization_details)
    return wanted && deps.grantDetails(uscc, wanted)
  })
  const { roles, via, credential } = client
  const grant = { uscc, roles, via, credential, cnf: bound.cnf, details: details && [...details] }
  return {
    access_token: await issueToken(grant, deps.issuer, deps.nodeKey, now),
    token_type: 'jkt' in bound.cnf ? 'DPoP' : 'Bearer',
    expires_in: TOKEN_LIFETIME,
    ...(details ? { authorization_details: [...details] } : {}),
  }
}

type Binding = { readonly cnf: TokenClaims['cnf']; readonly once?: OnceOnly }

const bindingOf = async (
  { mutualTls, nonces, tokenEndpoint: url }: TokenDeps,
  dpop: string | undefined,
  certificate: string | undefined,
  now: Date,
): Promise<Binding> => {
  if (mutualTls && dpop === undefined && certificate !== undefined) {
    const thumbprint = await as('invalid_request', 400, async () => clientCertificate(certificate))
    if (thumbprint !== undefined) return { cnf: { 'x5t#S256': thumbprint } }
  }
  const proof = await as('invalid_dpop_proof', 400, () => checkProof({ proof: dpop, method: 'POST', url, now }))
  // Before the assertion is looked at: it stays unused, and the client may send it again with the nonce.
  if (proof.nonce === undefined || !nonces.accepts(proof.nonce)) {
    throw new OAuthError('use_dpop_nonce', 400, new Refusal('USE_DPOP_NONCE'))
  }
  return { cnf: { jkt: proof.jkt }, once: proof.once }
}

/** An answer in the form of RFC 6749 §5.2. The refusal has our own, finer code and the sentence. */
export class OAuthError extends Error {
  readonly error: string
  readonly status: number
  readonly refusal: Refusal

  constructor(error: string, status: number, refusal: Refusal) {
    super(refusal.message)
    this.error = error
    this.status = status
    this.refusal = refusal
  }
}

/** Codes that have an OAuth name of their own, wherever they arise. */
const special: Partial<Record<RefusalCode, readonly [error: string, status: number]>> = {
  ORGANIZATION_SUSPENDED: ['unauthorized_client', 400],
}

const as = async <T>(error: string, status: number, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof Refusal) || cause.status >= 500) throw cause
    const [name, code] = special[cause.code] ?? [error, status]
    throw new OAuthError(name, code, cause)
  }
}

const formSchema = z.object({
  grant_type: z.string(),
  client_id: z.string().optional(),
  client_assertion_type: z.literal(ASSERTION_TYPE),
  client_assertion: z.string().min(1),
  authorization_details: z.string().optional(),
})

/** RFC 6749 §3.2: unknown parameters are ignored, empty ones count as left out, and none may come twice. */
const readForm = (form: string): z.output<typeof formSchema> => {
  const parameters = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(form)) {
    if (parameters.has(name)) throw invalidRequest(`${name} is given twice`)
    if (value !== '') parameters.set(name, value)
  }
  const grant = parameters.get('grant_type')
  if (grant !== undefined && grant !== 'client_credentials') {
    const refusal = new Refusal('INVALID_REQUEST', 'grant_type must be client_credentials')
    throw new OAuthError('unsupported_grant_type', 400, refusal)
  }
  const result = formSchema.safeParse(Object.fromEntries(parameters))
  if (result.success) return result.data
  throw invalidRequest(`${result.error.issues[0]?.path.join('.')} is missing or wrong`)
}

const invalidRequest = (detail: string) =>
  new OAuthError('invalid_request', 400, new Refusal('INVALID_REQUEST', detail))

const readDetails = (text: string | undefined): readonly ReleaseDetail[] | undefined => {
  if (text === undefined) return undefined
  try {
    return z.array(releaseDetail).min(1).max(10).parse(parseJson(text))
  } catch {
    throw new Refusal('INVALID_REQUEST', 'authorization_details must be a list of trade_data_release objects')
  }
}
