import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { sql } from 'kysely'
import { readerOf } from '../../api/auth/reader.ts'
import { createAskHolder } from '../../api/holders.ts'
import { insertOrganization } from '../../certs/store.ts'
import { base64url, fromBase64url } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { Refusal } from '../../core/errors.ts'
import { valueDigest } from '../../core/handle-value.ts'
import { parseCode } from '../../core/identifier/code.ts'
import { signCompact } from '../../core/jws.ts'
import { typ } from '../../core/typ.ts'
import { makeUscc } from '../../core/uscc.ts'
import { asNode } from '../../db/database.ts'
import { openReader, type Reader } from '../../db/reader.ts'
import { type Peer, parsePeers } from '../../exchange/peers/peers-file.ts'
import type { ResolverDeps } from '../../resolver/deps.ts'
import { createLookUp } from '../../resolver/look-up.ts'
import { resolverRouter } from '../../resolver/router.ts'
import { resolverRoutes } from '../../resolver/routes.ts'
import { insertPrefix } from '../../resolver/store.ts'
import { valueRoutes } from '../../resolver/values/routes.ts'
import { createWhole } from '../../resolver/values/whole.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { endorse, makeMachineKey, makeTestPki, type Party, type TestPki } from '../support/parties.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../support/server.ts'

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
  const readers: Reader[] = []

  type Parts = Parameters<NonNullable<TestServerOptions['routes']>>[0]
  const begin = async () => {
    let self: TestServer | undefined
    const depsOf = ({ db, ledger, nodeKey }: Parts) => {
      const ways = () => createAskHolder((self && peers.get(self)) ?? [], { nodeKey, now })
      return {
        ...{ db, nodeKey, now, append: ledger.append, log: ledger, allocatable: [] },
        holdersOf: async () => new Map(),
        askHolder: (...asked: Parameters<ReturnType<typeof ways>>) => ways()(...asked),
      }
    }
    const node = await startTestServer({
      pki,
      now,
      routes: parts => [...resolverRoutes(depsOf(parts)), ...valueRoutes(depsOf(parts))],
      routers: parts => {
        const reads = openReader(parts.database.url, () => undefined, 1)
        readers.push(reads)
        const deps = {
          ...{ ...depsOf(parts), reader: reads, noted: () => undefined, pageOf: () => '/' },
          readerOf: (request: Parameters<ResolverDeps['readerOf']>[0]) =>
            readerOf(parts.identity.authenticate, request),
        }
        return [resolverRouter(deps, createLookUp(deps))]
      },
    })
    self = node
    nodes.push(node)
    return node
  }
  const prefix = '88.118.8'
  const start = async () => {
    const node = await begin()
    await node.register(operator, maker, reader, stranger)
    await node.client(operator).json('POST', `${api}/prefixes`, { prefix, uscc: maker.uscc })
    await node.client(maker).json('POST', api, { code })
    return node
  }
  /** It knows whose the prefix is, and that this organization's records live at the other node. */
  const startBeside = async (other: TestServer) => {
    const node = await begin()
    await node.register(operator, reader, stranger)
    const { uscc, name, roles } = maker
    await insertOrganization(node.db, { uscc, name, roles, hosted: false, node: other.url, gln: null })
    await node.client(operator).json('POST', `${api}/prefixes`, { prefix, uscc })
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
    await Promise.all(readers.splice(0).map(it => it.close()))
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

  describe('with the whole code, whose organization has its records there', () => {
    type Values = { heldAt?: string; hidden: number; signature: string; values: { data: { value: string } }[] }
    const handle = '/api/handles/88.118.8/stent-7'
    const values = `${api}/values?code=${encodeURIComponent(code)}`
    type Handle = {
      heldAt?: string
      responseCode: number
      values: { index: number; type: string; data: { value: string } }[]
    }
    const asked = async <T>(node: TestServer, as: Party, path: string, headers: Record<string, string> = {}) => {
      const answer = await node.client(as).request('GET', path, { headers })
      return { status: answer.status, body: (await answer.json()) as T & { code?: string } }
    }
    let here: TestServer
    beforeEach(async () => {
      await say(holder, { value: 'tensile 1250 MPa' }, { ttl: 60 })
      here = await startBeside(holder)
      await endorsed(here, holder, reader)
    })

    it('are read there in the reader’s own name: the same values, under the same signature’s digests', async () => {
      const { status, body } = await asked<Values>(here, reader, values)
      expect([status, body.heldAt, body.values[0]?.data.value]).to.deep.equal([200, holder.url, 'tensile 1250 MPa'])
      const there = (await asked<Values>(holder, reader, values)).body
      const digests = ({ signature }: Values) =>
        JSON.parse(new TextDecoder().decode(fromBase64url(signature.split('.')[1] ?? ''))).digests
      expect(digests(body)).to.deep.equal(digests(there))
      expect(body.values).to.deep.equal(there.values)
      expect(there).not.to.have.property('heldAt')
    })

    it('are found by the Handle API, with where the handle leads from there', async () => {
      const { status, body } = await asked<Handle>(here, reader, handle)
      expect([status, body.responseCode, body.heldAt]).to.deep.equal([200, 1, holder.url])
      // The signature is made anew for each answer.
      const lasting = (it: Handle) => it.values.filter(({ type }) => type !== 'HS_SIGNATURE')
      expect(lasting(body)).to.deep.equal(lasting((await asked<Handle>(holder, reader, handle)).body))
      expect(body.values.find(it => it.index === 100)?.data.value).to.equal('tensile 1250 MPa')
      const typed = (await asked<Handle>(here, reader, `${handle}?type=lotReport`)).body
      expect(typed.values.map(it => it.index)).to.deep.equal([100])
      const none = await asked<Handle>(here, reader, `${handle}?type=nothing`)
      expect([none.status, none.body.responseCode]).to.deep.equal([200, 200])
    })

    it('are shown to nobody in another’s name: who has no way there is told where to go, strangers too', async () => {
      const refused = await asked<Values>(here, stranger, values)
      expect([refused.status, refused.body.code, refused.body.heldAt]).to.deep.equal([
        404,
        'HELD_ELSEWHERE',
        holder.url,
      ])
      const anonymous = (await (await fetch(here.url + handle)).json()) as Handle
      const byStranger = (await asked<Handle>(here, stranger, handle)).body
      for (const answer of [anonymous, byStranger]) {
        expect(answer.values[0]).to.deep.include({ index: 1, type: 'URL' })
        expect(answer.values[0]?.data.value).to.equal(`${holder.url}/88.118.8/stent-7`)
        expect(JSON.stringify(answer)).not.to.include('tensile')
      }
    })

    it('are what the reader may see there, and no more', async () => {
      const own = [{ index: 101, type: 'cost', visibility: 'owner', content: { value: 'secret' } }]
      await holder.client(maker).json('PUT', `${api}/values`, { code, values: own })
      const { body } = await asked<Values>(here, reader, values)
      expect([body.values, body.hidden]).to.deep.equal([[], 1])
      const byHandle = (await asked<Handle>(here, reader, handle)).body
      expect(byHandle.values.map(it => it.type))
        .to.include('DESC')
        .and.not.to.include('cost')
      expect(JSON.stringify([body, byHandle])).not.to.include('secret')
    })

    it('are kept as long as the shortest ttl says, for the reader who asked alone', async () => {
      await endorsed(here, holder, stranger)
      expect((await asked(here, reader, values)).status).to.equal(200)
      expect((await asked<Handle>(here, reader, handle)).body.heldAt).to.equal(holder.url)
      await holder.down()
      expect((await asked(here, reader, values)).status).to.equal(200)
      expect((await asked<Handle>(here, reader, handle)).body.heldAt).to.equal(holder.url)
      const other = await asked<Values>(here, stranger, values)
      expect([other.status, other.body.code, other.body.heldAt]).to.deep.equal([503, 'PEER_UNAVAILABLE', holder.url])
      shift = 61_000
      expect((await asked(here, reader, values)).status).to.equal(503)
      // The way to the holder is told all the same.
      expect((await asked<Handle>(here, reader, handle)).body.values[0]?.data.value).to.include(holder.url)
      await holder.up()
      expect((await asked(here, reader, values)).status).to.equal(200)
    })

    it('are asked for from node to node, in no circle, and not farther than three', async () => {
      const further = await startBeside(here)
      await endorsed(further, here, reader)
      const { body } = await asked<Values>(further, reader, values)
      expect([body.heldAt, body.values[0]?.data.value]).to.deep.equal([holder.url, 'tensile 1250 MPa'])
      const far = await asked<Values>(here, reader, values, { Via: '1.1 a, 1.1 b, 1.1 c' })
      // Kept from before, when nobody had asked in vain; for another reader it is too far.
      expect(far.status).to.equal(200)
      await endorsed(here, holder, stranger)
      const tooFar = await asked<Values>(here, stranger, values, { Via: '1.1 a, 1.1 b, 1.1 c' })
      expect([tooFar.status, tooFar.body.code]).to.deep.equal([404, 'HELD_ELSEWHERE'])

      const ring = await startBeside(here)
      await endorsed(ring, here, stranger)
      await here.db.transaction().execute(async tx => {
        await sql`select set_config('tallystick.reader', 'node', true)`.execute(tx)
        await sql`update organizations set node = ${ring.url} where uscc = ${maker.uscc}`.execute(tx)
      })
      await endorsed(here, ring, stranger)
      const round = await asked<Values>(here, stranger, values)
      expect([round.status, round.body.code]).to.deep.equal([404, 'HELD_ELSEWHERE'])
      expect((await asked<Handle>(here, stranger, handle)).body.responseCode).to.equal(1)
    })

    it('are nobody’s where the holder says nothing of them, and unknown prefixes are asked about nowhere', async () => {
      const nothing = encodeURIComponent('hdl:88.118.8/nothing')
      const absent = await asked<Values>(here, reader, `${api}/values?code=${nothing}`)
      expect([absent.status, absent.body.code]).to.deep.equal([404, 'NOT_FOUND'])
      const unknown = encodeURIComponent('hdl:88.999/x')
      const nowhere = await asked<Values>(here, reader, `${api}/values?code=${unknown}`)
      expect([nowhere.status, nowhere.body.code]).to.deep.equal([404, 'NOT_FOUND'])
    })
  })
})

describe('the answer of a node that lies about a code', () => {
  let database: TestDatabase
  const liar = 'https://liar.example'
  const as = makeUscc('91310000MA1000009')
  const maker = makeUscc('91310000MA1000008')
  const now = () => new Date()
  let answer: unknown
  let whole: ReturnType<typeof createWhole>
  before(async () => {
    database = await testDatabase()
    const { db } = database
    const roles = ['manufacturer'] as const
    await insertOrganization(db, { uscc: maker, name: 'm', roles, hosted: false, node: liar, gln: null })
    await asNode(db, tx => insertPrefix(tx, '88.118.8', maker, now()))
    const nodeKey = { key: (await makeMachineKey()).key, kid: 'here' }
    whole = createWhole({ db, now, nodeKey, askHolder: async () => Response.json(answer) })
  })
  after(() => database.drop())

  const parsed = parseCode(code)
  const wanted = parsed.ok && parsed.code.scheme === 'handle' ? parsed.code : expect.fail('no handle')
  const salt = base64url(new Uint8Array(32))
  const data = { format: 'string', value: 'as promised' } as const
  const signatureOver = async (sub: string, more: object = {}) => {
    const digest = base64url(valueDigest(new Uint8Array(32), { index: 100, type: 'x', data }))
    const payload = { sub, digests: { alg: 'SHA-256', digests: [{ index: 100, digest }] }, ...more }
    const { key, kid } = await makeMachineKey()
    return signCompact({ typ: typ.handleSignature, payload: canonical(payload), key, kid })
  }
  const said = async (over: object = {}, value: object = {}) => ({
    ...{ code, template: null, record: '1', hidden: 0, signature: await signatureOver(code) },
    values: [{ index: 100, type: 'x', data, salt, visibility: 'public', ttl: 0, ...value }],
    ...over,
  })

  it('is taken where it agrees with itself', async () => {
    answer = await said()
    expect((await whole.values(wanted, { as, via: undefined })).heldAt).to.equal(liar)
  })

  const lies: readonly (readonly [what: string, make: () => Promise<unknown>])[] = [
    ['about another code', () => said({ code: 'hdl:88.118.8/other' })],
    [
      'under a signature about another code',
      async () => said({ signature: await signatureOver('hdl:88.118.8/other') }),
    ],
    ['with a value that is not the signed one', () => said({}, { data: { ...data, value: 'as it suits' } })],
    ['with a value of another type', () => said({}, { type: 'y' })],
    ['with a value at a place that nobody signed', () => said({}, { index: 101 })],
    ['with another salt', () => said({}, { salt: base64url(new Uint8Array(32).fill(1)) })],
    ['with no signature', () => said({ signature: '' })],
    ['with a signature that is none', () => said({ signature: 'a.b.c' })],
    ['that is a list', async () => []],
    ['that is nothing', async () => null],
  ]
  for (const [what, make] of lies) {
    it(`${what} is shown to nobody`, async () => {
      answer = await make()
      const refused = await whole.values(wanted, { as, via: undefined }).catch((error: unknown) => error)
      expect(refused).to.be.instanceOf(Refusal)
      expect((refused as Refusal).code).to.equal('HELD_ELSEWHERE')
      expect((refused as Refusal).extra.heldAt).to.equal(liar)
    })
  }

  it('can not make the Handle API name an address that nobody could register', async () => {
    const value = (index: number, type: string, text: string) => ({
      ...{ index, type, data: { format: 'string', value: text }, ttl: 0 },
    })
    const bad = ['javascript:alert(1)', 'http://evil.example/', '//evil.example', 'https://u:p@evil.example', 'x']
    const good = ['https://fine.example/', `${liar}/page`]
    answer = {
      ...{ responseCode: 1, handle: '88.118.8/stent-7' },
      values: [value(2, 'DESC', 'javascript: the book'), ...[...bad, ...good].map((it, i) => value(11 + i, 'URL', it))],
    }
    const shown = await whole.handle(wanted, { as, via: undefined })
    expect(shown?.values.map(it => it.data.value)).to.deep.equal(['javascript: the book', ...good])
    answer = { responseCode: 1, handle: '88.118.8/stent-7', values: [{ ...value(100, 'x', 'v'), salt }] }
    expect(await whole.handle(wanted, { as, via: undefined })).to.equal(undefined)
  })
})
