import { expect } from 'chai'
import { createPeerClient, type PeerClient } from '../../../exchange/peers/peer-client.ts'
import { type Peer, parsePeers } from '../../../exchange/peers/peers-file.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { endorse, type MachineKey, makeMachineKey, type Party } from '../../support/parties.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../../support/server.ts'

/** The market's node, and the side of a hospital's node that reaches out to it. */
export type TwoNodes = {
  readonly market: TestServer
  readonly hospital: Party
  readonly peer: Peer
  readonly client: PeerClient
  readonly clients: ReadonlyMap<string, PeerClient>
  /** Of the hospital's node. */
  readonly own: TestDatabase
  readonly nodeKey: MachineKey
  /** Has the hospital endorse so many new keys at the market, and gives their ids: a list there that grows. */
  grow(count: number): Promise<string[]>
  stop(): Promise<void>
}

export const startTwoNodes = async (options: TestServerOptions = {}): Promise<TwoNodes> => {
  const market = await startTestServer(options)
  const hospital = await market.party('hospital')
  const nodeKey = await makeMachineKey()
  const asHospital = market.client(hospital)
  const enrol = async (text: string): Promise<string> => {
    const response = await asHospital.request('POST', '/api/v1/keys', { body: text, type: 'application/jose' })
    expect(response.status).to.equal(201)
    return ((await response.json()) as { key: { id: string } }).key.id
  }
  await enrol(await endorse(hospital, nodeKey, { kind: 'node' }))
  const [peer] = parsePeers(JSON.stringify([{ name: 'market', url: market.url, organization: hospital.uscc }]))
  if (peer === undefined) throw new Error('no peer')
  const client = createPeerClient(peer, { nodeKey, fetch, now: market.now, timeoutMs: 2_000 })
  const own = await testDatabase()
  return {
    ...{ market, hospital, peer, client, own, nodeKey, clients: new Map([['market', client]]) },
    async grow(count) {
      const ids: string[] = []
      for (let i = 0; i < count; i++) ids.push(await enrol(await endorse(hospital, await makeMachineKey())))
      return ids
    },
    async stop() {
      await market.stop()
      await own.drop()
    },
  }
}

/** Resolves when the condition holds; fails loudly when it never does. */
export const until = async (what: string, holds: () => Promise<boolean> | boolean): Promise<void> => {
  for (let i = 0; i < 400; i++) {
    if (await holds()) return
    await new Promise(done => setTimeout(done, 25))
  }
  throw new Error(`never: ${what}`)
}
