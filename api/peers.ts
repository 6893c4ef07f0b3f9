import type { Logger } from 'pino'
import { z } from 'zod'
import { forwardEvents } from '../capture/contract.ts'
import type { CaptureDeps } from '../capture/deps.ts'
import { organizationsNamed } from '../certs/store.ts'
import { fromBase64url, utf8 } from '../core/bytes.ts'
import type { Db, Tx } from '../db/database.ts'
import { migrateDeliveries, startDeliveries } from '../exchange/peers/deliveries.ts'
import { addDelivery } from '../exchange/peers/delivery-store.ts'
import { type Feed, itemsPage } from '../exchange/peers/feed.ts'
import { createPeerClient, type PeerClient } from '../exchange/peers/peer-client.ts'
import type { Peer } from '../exchange/peers/peers-file.ts'
import { startPoller } from '../exchange/peers/poller.ts'
import { publish } from '../ledger/statements/contract.ts'
import { confirm, listQuestions } from '../receivables/confirmations/contract.ts'
import { listDocuments } from '../receivables/documents/contract.ts'
import type { NodeKey } from './key-files.ts'

export type PeerParts = {
  readonly config: { readonly DATABASE_URL: string; readonly production: boolean }
  readonly peers: readonly Peer[]
  readonly db: Db
  readonly nodeKey: NodeKey
  readonly now: () => Date
  readonly log: Logger
}

/** What is kept here of what other nodes have for us. */
export type Takers = {
  readonly takeDocument: (peer: string, copy: { readonly sdJwt: string; readonly salt: Uint8Array }) => Promise<unknown>
  readonly takeQuestion: (peer: string, jws: string) => Promise<unknown>
}

const document = z.object({ index: z.string(), sdJwt: z.string(), salt: z.string() })
const question = z.object({ index: z.string(), jws: z.string() })
const place = z.object({ index: z.string() })
const placeOf = (item: unknown): string => place.parse(item).index

/** Follows the peers' lists, and delivers what is owed to them. Connections go out only: nobody needs a way in. */
export async function startPeers(
  { config, peers, db, nodeKey, now, log }: PeerParts,
  { takeDocument, takeQuestion }: Takers,
  /** What else than another node deliveries go to, by the name they have for it. */
  others: ReadonlyMap<string, Pick<PeerClient, 'request'>> = new Map(),
): Promise<{ stop(): Promise<void> }> {
  await migrateDeliveries(config.DATABASE_URL)
  const clients = new Map(peers.map(peer => [peer.name, createPeerClient(peer, { nodeKey, fetch, now })]))
  const follow = (peer: Peer, name: string, path: string, take: Feed['take']): Feed => ({
    peer: peer.name,
    name,
    path: cursor => `${path}?order=oldest&limit=100${cursor === undefined ? '' : `&after=${cursor}`}`,
    read: itemsPage(placeOf),
    take,
  })
  const feeds = peers.flatMap(peer => [
    follow(peer, 'documents', listDocuments.path, async item => {
      const { sdJwt, salt } = document.parse(item)
      await takeDocument(peer.name, { sdJwt, salt: fromBase64url(salt) })
    }),
    follow(peer, 'questions', listQuestions.path, async item => {
      await takeQuestion(peer.name, question.parse(item).jws)
    }),
  ])
  const poller = startPoller({
    db,
    now,
    feeds,
    clients,
    everyMs: config.production ? 5_000 : 1_000,
    onTrouble: ({ peer, name }, error) =>
      log.info(
        { peer, feed: name, trouble: error instanceof Error ? error.message : 'unknown' },
        'a peer can not be followed',
      ),
  })
  const deliveries = await startDeliveries({
    db,
    databaseUrl: config.DATABASE_URL,
    clients: new Map([...clients, ...others]),
    onTrouble: trouble => log.info(trouble, 'a delivery failed and will be tried again'),
  })
  return {
    async stop() {
      await poller.stop()
      await deliveries.stop()
    },
  }
}

/** The hospital's answer on its way to the node that asked. */
export const deliverAnswer = async (tx: Tx, peer: string, jws: Uint8Array): Promise<void> => {
  await addDelivery(tx, { peer, method: 'POST', path: confirm.path, contentType: 'application/jose', body: jws })
}

/** How far a signer has come, on its way to the nodes that rely on its answers. */
export const deliverHead = async (tx: Tx, peer: string, jws: Uint8Array): Promise<void> => {
  await addDelivery(tx, { peer, method: 'POST', path: publish.path, contentType: 'application/jose', body: jws })
}

/** Events go to the nodes where other parties of the same shipment live, and to nobody else. */
export const forwardTo =
  (peers: readonly Peer[]): CaptureDeps['forward'] =>
  async (tx, events) => {
    if (peers.length === 0) return
    const organizations = await organizationsNamed(tx, [...new Set(events.flatMap(({ parties }) => parties))])
    for (const { parties, event } of events) {
      const nodes = new Set(organizations.filter(({ uscc }) => parties.includes(uscc)).map(({ node }) => node))
      for (const { name } of peers.filter(({ url }) => nodes.has(url))) {
        const body = utf8(JSON.stringify(event))
        const path = forwardEvents.path
        await addDelivery(tx, { peer: name, method: 'POST', path, contentType: 'application/json', body })
      }
    }
  }
