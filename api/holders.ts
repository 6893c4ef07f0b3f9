import { createPeerClient } from '../exchange/peers/peer-client.ts'
import type { Peer } from '../exchange/peers/peers-file.ts'
import type { ResolverDeps } from '../resolver/deps.ts'
import type { NodeKey } from './key-files.ts'

/** A reader waits for it. */
const TIMEOUT_MS = 5_000

/**
 * The ways to other nodes by which readers' questions go on: those of PEERS_FILE, each as the organization that endorsed
 * this node there, and for that organization's own questions alone. No address in a record is ever called for being there.
 */
export const createAskHolder = (
  peers: readonly Peer[],
  { nodeKey, now }: { readonly nodeKey: Pick<NodeKey, 'key' | 'kid'>; readonly now: () => Date },
): ResolverDeps['askHolder'] => {
  const key = (url: string, organization: string) => `${organization} ${url}`
  const clients = new Map(
    peers.map(peer => [
      key(peer.url, peer.organization),
      createPeerClient(peer, { nodeKey, fetch, now, timeoutMs: TIMEOUT_MS }),
    ]),
  )
  return async (holder, as, path, headers) => clients.get(key(holder, as))?.request('GET', path, { headers })
}
