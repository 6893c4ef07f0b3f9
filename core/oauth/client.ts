import { membersOf, refusalOf } from './answer.ts'
import { ASSERTION_TYPE, type Credential, signAssertion } from './assertion.ts'
import { makeDpopKey, proveDpop } from './proof.ts'

export type ClientOptions = {
  /** Scheme and host of the node, without a trailing slash: also its issuer identifier. */
  readonly baseUrl: string
  readonly credential: Credential
  readonly fetch: typeof fetch
  /** RFC 9396 details asked for with every token. */
  readonly authorizationDetails?: readonly object[]
  readonly now?: () => Date
}

export type RequestOptions = {
  readonly body?: string | Uint8Array
  /** Media type of the body; JSON where nothing is said. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export type Client = {
  /** Any answer of the node, refusals too. @param path with a leading slash, query included */
  request(method: string, path: string, options?: RequestOptions): Promise<Response>
  /** JSON in and out. Throws the node's refusal as a {@link Refusal}. */
  json(method: string, path: string, body?: unknown, options?: RequestOptions): Promise<unknown>
}

/**
 * A signed-in client of one node: fetches a token bound to a key of its own, proves possession for each request, follows
 * the server's nonces and renews. Plain fetch and WebCrypto: the same in Node and in browsers.
 */
export const createClient = ({
  baseUrl,
  credential,
  fetch,
  authorizationDetails,
  now = () => new Date(),
}: ClientOptions): Client => {
  const at = () => Math.floor(now().getTime() / 1000)
  const key = makeDpopKey()
  let nonce: string | undefined
  let token: Promise<Token> | undefined

  const prove = async (method: string, url: string, accessToken?: string) =>
    proveDpop({ key: await key, method, url, accessToken, nonce, at: at() })
  const keepNonce = (response: Response) => {
    nonce = response.headers.get('DPoP-Nonce') ?? nonce
    return response
  }

  const askToken = async (): Promise<Response> => {
    const url = `${baseUrl}/oauth/token`
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: credential.uscc,
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await signAssertion(credential, baseUrl, at()),
      ...(authorizationDetails ? { authorization_details: JSON.stringify(authorizationDetails) } : {}),
    })
    const headers = { DPoP: await prove('POST', url), Accept: 'application/json' }
    // A time limit of its own: the token is for all who wait, not only for whoever asked first.
    const signal = AbortSignal.timeout(TOKEN_TIMEOUT_MS)
    return keepNonce(await fetch(url, { method: 'POST', headers, body: form, signal }))
  }

  const newToken = async (): Promise<Token> => {
    let response = await askToken()
    let body = await membersOf(response)
    if (body.error === 'use_dpop_nonce') {
      response = await askToken()
      body = await membersOf(response)
    }
    if (!response.ok) throw refusalOf(response, body)
    const { access_token: value, expires_in: seconds } = body
    if (typeof value !== 'string' || typeof seconds !== 'number') throw new Error('The token answer has no token')
    return { value, renewAt: at() + seconds - RENEW_BEFORE }
  }

  /** One at a time: concurrent requests wait for the same token. A failed one is forgotten, so that the next may try. */
  const currentToken = async (): Promise<Token> => {
    let asked = token
    while (asked !== undefined) {
      const held = await asked
      if (at() < held.renewAt) return held
      // Whoever waited beside us may have asked for the next one already.
      if (token === asked) break
      asked = token
    }
    const fresh = newToken()
    token = fresh
    fresh.catch(() => {
      if (token === fresh) token = undefined
    })
    return fresh
  }

  const send = async (method: string, path: string, options: RequestOptions): Promise<Response> => {
    const url = baseUrl + path
    const { value } = await currentToken()
    const { body, type = 'application/json', headers, signal } = options
    return keepNonce(
      await fetch(url, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'Content-Type': type }),
          ...headers,
          Authorization: `DPoP ${value}`,
          DPoP: await prove(method, url, value),
        },
        // A redirect would carry the token on, and the proof would not fit there.
        redirect: 'manual',
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
        ...(signal ? { signal } : {}),
      }),
    )
  }

  const request = async (method: string, path: string, options: RequestOptions = {}): Promise<Response> => {
    const response = await send(method, path, options)
    if (response.status !== 401 || !(await isStale(response))) return response
    token = undefined
    return send(method, path, options)
  }

  const json = async (method: string, path: string, body?: unknown, options: RequestOptions = {}): Promise<unknown> => {
    const response = await request(method, path, {
      ...options,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw refusalOf(response, await membersOf(response))
    const text = await response.text()
    return text === '' ? undefined : JSON.parse(text)
  }

  return { request, json }
}

type Token = { readonly value: string; readonly renewAt: number }

/** Seconds before the end of a token's life at which a new one is fetched. */
const RENEW_BEFORE = 20

const TOKEN_TIMEOUT_MS = 15_000

/** What another token may cure; every other 401 is final. */
const isStale = async (response: Response): Promise<boolean> => {
  const { code } = await membersOf(response.clone())
  return code === 'TOKEN_EXPIRED' || code === 'UNAUTHENTICATED'
}
