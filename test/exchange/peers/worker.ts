import { type CryptoKey, importJWK } from 'jose'
import { connect } from '../../../db/database.ts'
import { startDeliveries } from '../../../exchange/peers/deliveries.ts'
import { createPeerClient } from '../../../exchange/peers/peer-client.ts'
import type { Peer } from '../../../exchange/peers/peers-file.ts'

/** A process that works deliveries off until it is killed. */
const { databaseUrl, peer, jwk, kid } = JSON.parse(process.argv[2] ?? '') as {
  databaseUrl: string
  peer: Peer
  jwk: Parameters<typeof importJWK>[0]
  kid: string
}
const key = (await importJWK(jwk, 'ES256')) as CryptoKey
const { db } = connect(databaseUrl, () => undefined)
const client = createPeerClient(peer, { nodeKey: { key, kid }, fetch, now: () => new Date() })
await startDeliveries({ db, databaseUrl, clients: new Map([[peer.name, client]]), onTrouble: () => undefined })
