import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import { sql } from 'kysely'
import { z } from 'zod'
import { contract, route } from '../../../core/contract.ts'
import { Refusal, type RefusalCode } from '../../../core/errors.ts'
import { asNode, asOrganization } from '../../../db/database.ts'
import {
  type Deliveries,
  type DeliveryLimits,
  migrateDeliveries,
  startDeliveries,
} from '../../../exchange/peers/deliveries.ts'
import { addDelivery, countDeliveries, type Delivery } from '../../../exchange/peers/delivery-store.ts'
import { peerRoutes } from '../../../exchange/peers/routes.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { startTwoNodes, type TwoNodes, until } from './two-nodes.ts'

describe('a delivery to another node', () => {
  let nodes: TwoNodes
  /** What the market's node was told, and what it answers. */
  let told: { id: string; text: string; extra: string | undefined; by: string }[] = []
  let answer: (text: string) => Promise<void> = async () => undefined

  const inbox = route(
    contract({
      operation: 'inbox',
      method: 'post',
      path: '/inbox',
      summary: 'Takes everything',
      surface: 'organizations:read',
      body: { types: ['application/jose'], schema: z.string() },
      reply: { status: 200, description: 'Taken', schema: z.undefined() },
      refusals: [],
    }),
    async ({ body: text, request, caller }) => {
      const id = request.header('idempotency-key') ?? ''
      told.push({ id, text, extra: request.header('x-extra'), by: caller.uscc })
      await answer(text)
      return { body: undefined }
    },
  )

  before(async () => {
    nodes = await startTwoNodes({ routes: () => [inbox] })
    await migrateDeliveries(nodes.own.url)
  })
  after(() => nodes.stop())

  let working: Deliveries | undefined
  let troubles: string[] = []
  const work = async (limits: Partial<DeliveryLimits> = {}) => {
    working = await startDeliveries({
      db: nodes.own.db,
      databaseUrl: nodes.own.url,
      clients: nodes.clients,
      onTrouble: ({ error }) => troubles.push(error),
      limits: { pollSeconds: 0.05, pauseSeconds: 0.05, longestPauseSeconds: 0.2, ...limits },
    })
  }
  beforeEach(() => {
    told = []
    troubles = []
    answer = async () => undefined
  })
  afterEach(async () => {
    await working?.stop()
    working = undefined
    await asNode(nodes.own.db, tx => sql`delete from deliveries`.execute(tx))
  })

  const message = (text: string, more: Partial<Delivery> = {}): Delivery => ({
    peer: 'market',
    method: 'POST',
    path: '/inbox',
    contentType: 'application/jose',
    body: new TextEncoder().encode(text),
    ...more,
  })
  const add = (it: Delivery) => asNode(nodes.own.db, tx => addDelivery(tx, it))
  type Row = { attempts: number; delivered: boolean; dead: boolean; last_error: string | null }
  const stateOf = async (id: string): Promise<Row | undefined> => {
    const row = sql<Row>`select attempts, delivered_at is not null as delivered, dead_at is not null as dead, last_error
      from deliveries where id = ${id}`
    return (await asNode(nodes.own.db, tx => row.execute(tx))).rows[0]
  }
  const delivered = (id: string) => until('delivered', async () => (await stateOf(id))?.delivered === true)
  const dead = (id: string) => until('dead', async () => (await stateOf(id))?.dead === true)
  const refuse = (code: RefusalCode) => async () => {
    throw new Refusal(code)
  }

  it('is made by the organization, with body, headers and its id as idempotency key', async () => {
    await work()
    const id = await add(message('a', { headers: { 'X-Extra': 'more' } }))
    await delivered(id)
    expect(told).to.deep.equal([{ id, text: 'a', extra: 'more', by: nodes.hospital.uscc }])
    expect(await stateOf(id)).to.deep.equal({ attempts: 1, delivered: true, dead: false, last_error: null })
  })

  it('was asked for before there was a worker', async () => {
    const ids = [await add(message('a')), await add(message('b'))]
    await work()
    for (const id of ids) await delivered(id)
    expect(told.map(({ text }) => text)).to.have.members(['a', 'b'])
  })

  it('is not made when its transaction is not', async () => {
    await work()
    const undone: unknown = await asNode(nodes.own.db, async tx => {
      await addDelivery(tx, message('undone'))
      throw new Error('undone')
    }).catch((error: unknown) => error)
    expect(undone).to.be.instanceOf(Error)
    await delivered(await add(message('after')))
    expect(told.map(({ text }) => text)).to.deep.equal(['after'])
  })

  it('waits for a peer that is down, and loses nothing', async () => {
    await nodes.market.down()
    await work()
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.push(await add(message(`${i}`)))
    await until('attempts', () => troubles.length > 8)
    expect((await stateOf(ids[0] ?? ''))?.last_error).to.match(/^PEER_UNAVAILABLE: /)
    await nodes.market.up()
    for (const id of ids) await delivered(id)
    expect(told.map(({ id }) => id)).to.have.members(ids)
  })

  it('is repeated after an answer that was lost, with the same id', async () => {
    let losses = 1
    answer = async () => {
      if (losses-- > 0) {
        await nodes.market.down()
        await nodes.market.up()
      }
    }
    await work()
    const id = await add(message('twice'))
    await delivered(id)
    expect(told.map(it => it.id)).to.deep.equal([id, id])
  })

  it('is repeated while what it lacks at the peer may still come', async () => {
    for (const code of ['LOG_BUSY', 'RATE_LIMITED', 'ORGANIZATION_UNKNOWN', 'QUESTION_UNKNOWN'] as const) {
      let refusals = 2
      answer = async () => {
        if (refusals-- > 0) throw new Refusal(code)
      }
      if (working === undefined) await work()
      const id = await add(message(code))
      await delivered(id)
      expect((await stateOf(id))?.attempts, code).to.equal(3)
    }
  })

  it('is given up at once when the peer refuses the message itself, and stays to be seen', async () => {
    answer = refuse('SIGNATURE_INVALID')
    await work()
    const id = await add(message('bad'))
    await dead(id)
    const { last_error, ...state } = (await stateOf(id)) ?? {}
    expect(state).to.deep.equal({ attempts: 1, delivered: false, dead: true })
    expect(last_error).to.match(/^SIGNATURE_INVALID: /)
    expect(await asNode(nodes.own.db, countDeliveries)).to.deep.equal({ waiting: 0n, dead: 1n })
  })

  it('is given up when it has been tried for too long', async () => {
    answer = refuse('LOG_BUSY')
    await work({ giveUpSeconds: 1 })
    const id = await add(message('never'))
    await dead(id)
    expect((await stateOf(id))?.attempts).to.be.greaterThan(2)
  })

  it('waits for a peer that is not in the configuration', async () => {
    await work()
    const id = await add(message('a', { peer: 'elsewhere' }))
    await until('an attempt', () => troubles.length > 1)
    expect(await stateOf(id)).to.deep.include({
      delivered: false,
      dead: false,
      last_error: 'no peer is called elsewhere',
    })
  })

  it('is taken over when the process that was at it is killed', async () => {
    let release: () => void = () => undefined
    answer = () => new Promise(done => (release = done))
    const id = await add(message('survives'))
    const jwk = await crypto.subtle.exportKey('jwk', nodes.nodeKey.key)
    const { kid } = nodes.nodeKey
    const given = JSON.stringify({ databaseUrl: nodes.own.url, peer: nodes.peer, jwk, kid })
    const child: ChildProcess = spawn(process.execPath, [new URL('./worker.ts', import.meta.url).pathname, given], {
      stdio: 'inherit',
    })
    try {
      await until('it is under way', () => told.length === 1)
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    expect(await stateOf(id)).to.deep.include({ attempts: 1, delivered: false })
    answer = async () => undefined
    // Its lease is over: of sixty seconds, made short here.
    await asNode(nodes.own.db, tx => sql`update deliveries set next_at = now() - interval '2 seconds'`.execute(tx))
    await work({ rescueSeconds: 1 })
    await delivered(id)
    release()
    expect(told.map(it => it.id)).to.deep.equal([id, id])
  })

  it('is left alone while another worker holds it', async () => {
    let release: () => void = () => undefined
    answer = () => new Promise(done => (release = done))
    await work({ rescueSeconds: 0.05 })
    const id = await add(message('held'))
    await until('it is under way', () => told.length === 1)
    const second = await startDeliveries({
      db: nodes.own.db,
      databaseUrl: nodes.own.url,
      clients: nodes.clients,
      onTrouble: () => undefined,
      limits: { rescueSeconds: 0.05 },
    })
    const other = await add(message('other'))
    answer = async () => undefined
    await delivered(other)
    release()
    await delivered(id)
    await second.stop()
    expect(told.map(it => it.id)).to.deep.equal([id, other])
  })

  it('shows its content to no organization, whatever the query', async () => {
    await add(message('secret'))
    const read = sql`select * from deliveries`
    for (const uscc of [nodes.hospital.uscc, '']) {
      expect((await asOrganization(nodes.own.db, uscc, tx => read.execute(tx))).rows).to.deep.equal([])
    }
  })

  describe('over the API', () => {
    let server: TestServer
    before(async () => {
      // The hospital's node, over its database.
      server = await startTestServer({ routes: () => peerRoutes({ db: nodes.own.db }) })
    })
    after(() => server.stop())
    const ask = async (role: 'operator' | 'bank', method: string, path: string) => {
      const party = await server.party(role)
      return (await server.client(party).json(method, path)) as { items: Record<string, unknown>[] }
    }
    const codeOf = async (asking: Promise<unknown>) => {
      const error: unknown = await asking.catch((reason: unknown) => reason)
      return error instanceof Refusal ? error.code : error
    }

    it('is shown to the operator when dead, and tried again when told to', async () => {
      answer = refuse('DOCUMENT_INVALID')
      await work()
      const id = await add(message('again'))
      await dead(id)
      const waiting = await add(message('waits', { peer: 'elsewhere' }))
      const { items } = await ask('operator', 'GET', '/api/v1/deliveries')
      expect(items.map(it => it.id)).to.deep.equal([id, waiting])
      expect(items[0]).to.deep.include({ peer: 'market', method: 'POST', path: '/inbox', attempts: 1 })
      expect(items[0]?.lastError).to.match(/^DOCUMENT_INVALID/)
      expect(items[0]).to.not.have.any.keys('body', 'headers')
      answer = async () => undefined
      await ask('operator', 'POST', `/api/v1/deliveries/${id}/replay`)
      await delivered(id)
      expect(await codeOf(ask('operator', 'POST', `/api/v1/deliveries/${id}/replay`))).to.equal('NOT_FOUND')
      expect(await codeOf(ask('operator', 'POST', `/api/v1/deliveries/${waiting}/replay`))).to.equal('NOT_FOUND')
    })

    it('is nobody else’s business', async () => {
      expect(await codeOf(ask('bank', 'GET', '/api/v1/deliveries'))).to.equal('ROLE_FORBIDDEN')
    })
  })
})
