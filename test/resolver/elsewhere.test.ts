import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { createAskHolder } from '../../api/holders.ts'
import { base64url, fromBase64url } from '../../core/bytes.ts'
import { valueDigest } from '../../core/handle-value.ts'
import { type Peer, parsePeers } from '../../exchange/peers/peers-file.ts'
import { resolverRoutes } from '../../resolver/routes.ts'
import { valueRoutes } from '../../resolver/values/routes.ts'
import { endorse, makeTestPki, type Party, type TestPki } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const code = 'hdl:88.118.8/stent-7'
const api = '/api/v1/identifiers'
type Referral = { outcome: string; fetched?: { data: { value: string }; salt: string } }
type Content = { value: string } | { commitment: string; holder: string }

/** Nodes with codes and values over HTTP, signed in to by certificate, each with its own database, log and peers. */
describe('values that stay with their holder', () => {
  let pki: TestPki
  let operator: Party
  let maker: Party
  let reader: Party
  let stranger: Party
  let shift = 0
  const now = () => new Date(Date.now() + shift)
  const nodes: TestServer[] = []
  const peers = new Map<TestServer, Peer[]>()

  const start = async () => {
    let self: TestServer | undefined
    const node = await startTestServer({
      pki,
      now,
      routes: ({ db, ledger, nodeKey }) => {
        const ways = () => createAskHolder((self && peers.get(self)) ?? [], { nodeKey, now })
        const deps = {
          ...{ db, nodeKey, now, append: ledger.append, log: ledger, allocatable: [] },
          holdersOf: async () => new Map(),
          askHolder: (...asked: Parameters<ReturnType<typeof ways>>) => ways()(...asked),
        }
        return [...resolverRoutes(deps), ...valueRoutes(deps)]
      },
    })
    self = node
    nodes.push(node)
    await node.register(operator, maker, reader, stranger)
    const { uscc } = maker
    await node.client(operator).json('POST', `${api}/prefixes`, { prefix: '88.118.8', uscc })
    await node.client(maker).json('POST', api, { code })
    return node
  }
  /** `at` may act at `other` for `party`, who said so there. */
  const endorsed = async (at: TestServer, other: TestServer, party: Party) => {
    const body = await endorse(party, at.nodeKey, { kind: 'node' })
    const { status } = await other.client(party).request('POST', '/api/v1/keys', { body, type: 'application/jose' })
    expect(status).to.equal(201)
    const [peer] = parsePeers(JSON.stringify([{ name: 'p', url: other.url, organization: party.uscc }]))
    if (peer) peers.set(at, [...(peers.get(at) ?? []), peer])
  }
  /** One listed value; gives the digest that a pointer to it commits to. */
  const say = async (node: TestServer, content: Content, { index = 100, ttl = 0 } = {}) => {
    const values = [{ index, type: 'lotReport', visibility: 'listed', ttl, content }]
    const answer = await node.client(maker).json('PUT', `${api}/values`, { code, values })
    const salt = (answer as { salts: Record<string, string> }).salts[index] ?? ''
    const text = 'value' in content ? content.value : content.commitment
    const data = { format: 'string', value: text } as const
    return base64url(valueDigest(fromBase64url(salt), { index, type: 'lotReport', data }))
  }
  const grant = async (node: TestServer, ...to: readonly Party[]) => {
    for (const { uscc } of to) {
      await node.client(maker).json('POST', `${api}/grants`, { code, grantee: uscc, purpose: 'credit' })
    }
  }
  const read = async (node: TestServer, as: Party, headers: Record<string, string> = {}) => {
    const path = `${api}/values?code=${encodeURIComponent(code)}`
    const { values } = (await node.client(as).json('GET', path, undefined, { headers })) as {
      values: { data?: { value: string }; referral?: Referral }[]
    }
    return values[0]
  }
  const outcome = async (node: TestServer, as: Party, headers: Record<string, string> = {}) =>
    (await read(node, as, headers))?.referral?.outcome

  let record: TestServer
  let holder: TestServer
  beforeEach(async () => {
    shift = 0
    pki = await makeTestPki()
    operator = await pki.party('operator')
    maker = await pki.party('manufacturer')
    reader = await pki.party('bank')
    stranger = await pki.party('hospital')
    ;[record, holder] = [await start(), await start()]
    await endorsed(record, holder, reader)
    await grant(record, reader, stranger)
    await grant(holder, reader, stranger)
  })
  afterEach(async () => {
    const faults = nodes.flatMap(node => node.faults)
    await Promise.all(nodes.splice(0).map(node => node.stop()))
    peers.clear()
    expect(faults).to.deep.equal([])
  })

  it('are fetched there in the reader’s own name, and are what was committed to', async () => {
    const commitment = await say(holder, { value: 'tensile 1250 MPa' })
    await say(record, { commitment, holder: holder.url })
    const referral = (await read(record, reader))?.referral
    expect(referral?.outcome).to.equal('fetched')
    expect(referral?.fetched?.data.value).to.equal('tensile 1250 MPa')
  })

  it('are not fetched in anybody else’s name: who has no way here is referred, and gets it there', async () => {
    await say(record, { commitment: await say(holder, { value: 'secret' }), holder: holder.url })
    expect((await read(record, stranger))?.referral).to.deep.include({ outcome: 'referred' })
    expect(JSON.stringify(await read(record, stranger))).not.to.include('secret')
    expect((await read(holder, stranger))?.data?.value).to.equal('secret')
  })

  it('stay hidden from who may not see them there, whatever the record’s node would show', async () => {
    const other = await start()
    await endorsed(record, other, reader)
    await say(record, { commitment: await say(other, { value: 'secret' }), holder: other.url })
    expect(await outcome(record, reader)).to.equal('hidden')
  })

  it('that their holder has changed, or never had, are found out by the commitment', async () => {
    const commitment = await say(holder, { value: 'as promised' })
    await say(record, { commitment, holder: holder.url })
    expect(await outcome(record, reader)).to.equal('fetched')
    await say(holder, { value: 'as it suits' })
    expect(await outcome(record, reader)).to.equal('contradicted')
    await holder.client(maker).json('PUT', `${api}/values`, { code, values: [] })
    expect(await outcome(record, reader)).to.equal('contradicted')
  })

  it('are kept as long as their ttl says, for the reader who asked alone', async () => {
    await say(record, { commitment: await say(holder, { value: 'kept' }), holder: holder.url }, { ttl: 60 })
    expect(await outcome(record, reader)).to.equal('fetched')
    await holder.down()
    expect(await outcome(record, reader)).to.equal('fetched')
    expect(await outcome(record, stranger)).to.equal('referred')
    shift = 61_000
    expect(await outcome(record, reader)).to.equal('unreachable')
    await holder.up()
    expect(await outcome(record, reader)).to.equal('fetched')
  })

  it('may lie behind a further pointer, followed from node to node', async () => {
    const last = await start()
    await endorsed(holder, last, reader)
    await grant(last, reader)
    const commitment = await say(last, { value: 'far away' })
    await say(holder, { commitment, holder: last.url })
    await say(record, { commitment, holder: holder.url })
    expect((await read(record, reader))?.referral?.fetched?.data.value).to.equal('far away')
    await last.client(maker).json('PUT', `${api}/values`, { code, values: [] })
    expect(await outcome(record, reader)).to.equal('referred')
  })

  it('are looked for in no circle, and not farther than three nodes', async () => {
    await endorsed(holder, record, reader)
    const commitment = base64url(new Uint8Array(32))
    await say(record, { commitment, holder: holder.url })
    await say(holder, { commitment, holder: record.url })
    expect(await outcome(record, reader)).to.equal('referred')
    await say(record, { commitment: await say(holder, { value: 'near' }), holder: holder.url })
    expect(await outcome(record, reader, { Via: '1.1 a, 1.1 b' })).to.equal('fetched')
    expect(await outcome(record, reader, { Via: '1.1 a, 1.1 b, 1.1 c' })).to.equal('referred')
  })

  it('make nobody call an address that its operator did not name', async () => {
    let calls = 0
    const inside = createServer((_request, response) => {
      calls++
      response.end('{}')
    }).listen(0, '127.0.0.1')
    await once(inside, 'listening')
    const address = `http://127.0.0.1:${(inside.address() as AddressInfo).port}`
    await say(record, { commitment: base64url(new Uint8Array(32)), holder: address })
    expect(await outcome(record, reader)).to.equal('referred')
    const values = (holder: string) => [
      { index: 100, type: 'x', visibility: 'public', content: { commitment: base64url(new Uint8Array(32)), holder } },
    ]
    for (const bad of [
      `${holder.url}/path`,
      'https://a.example/',
      'https://u:p@a.example',
      'ftp://a.example',
      'http://10.0.0.1',
    ]) {
      const answer = await record.client(maker).request('PUT', `${api}/values`, {
        body: JSON.stringify({ code, values: values(bad) }),
      })
      expect(answer.status, bad).to.equal(400)
    }
    expect(calls).to.equal(0)
    inside.close()
  })
})
