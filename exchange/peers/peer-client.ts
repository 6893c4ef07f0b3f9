import type { CryptoKey } from 'jose'
import { Refusal } from '../../core/errors.ts'
import { membersOf, refusalOf } from '../../core/oauth/answer.ts'
import { createClient, type RequestOptions } from '../../core/oauth/client.ts'
import type { Peer } from './peers-file.ts'

/** This node at another one, as the organization that endorsed its node key there. */
export type PeerClient = {
  readonly peer: Peer
  /**
   * A successful answer. Refusals: PEER_UNAVAILABLE when the peer can't be reached, is too slow or in trouble; else the
   * peer's own.
   */
  request(method: string, path: string, options?: RequestOptions): Promise<Response>
}

export type PeerDeps = {
  /** Its `kid` is what the organization endorsed, with kind `node`. */
  readonly nodeKey: { readonly key: CryptoKey; readonly kid: string }
  readonly fetch: typeof globalThis.fetch
  readonly now: () => Date
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 15_000

export const createPeerClient = (peer: Peer, deps: PeerDeps): PeerClient => {
  const { nodeKey, fetch, now, timeoutMs = TIMEOUT_MS } = deps
  const { key, kid } = nodeKey
  const client = createClient({ baseUrl: peer.url, credential: { uscc: peer.organization, key, kid }, fetch, now })

  const request: PeerClient['request'] = async (method, path, options = {}) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await client.request(method, path, { signal, ...options })
    if (response.ok) return response
    throw refusalOf(response, await membersOf(response))
  }
  return {
    peer,
    request: (method, path, options) =>
      request(method, path, options).catch(error => {
        throw isOutage(error) ? new Refusal('PEER_UNAVAILABLE', `${peer.name} can not be reached`) : error
      }),
  }
}

/** What passes by itself: no connection, no answer in time, and answers that blame the peer or our haste. */
const isOutage = (error: unknown): boolean => {
  if (error instanceof Refusal) {
    const { status } = error.extra
    return typeof status === 'number' && (status >= 500 || status === 408 || status === 425 || status === 429)
  }
  return (
    error instanceof TypeError ||
    (error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError'))
  )
}
