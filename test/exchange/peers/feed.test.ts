import { expect } from 'chai'
import { sql } from 'kysely'
import { z } from 'zod'
import { Refusal } from '../../../core/errors.ts'
import { asNode } from '../../../db/database.ts'
import { type Feed, itemsPage, retakeRefused, takePage } from '../../../exchange/peers/feed.ts'
import { startPoller } from '../../../exchange/peers/poller.ts'
import { startTwoNodes, type TwoNodes, until } from './two-nodes.ts'

const listed = z.looseObject({ id: z.string(), logIndex: z.string() })

describe('a feed of another node', () => {
  let nodes: TwoNodes
  let node: string
  let all: string[]
  let late = 0
  const now = () => new Date(Date.now() + late)
  before(async () => {
    nodes = await startTwoNodes()
    const listing = (await nodes.market.client(nodes.hospital).json('GET', '/api/v1/keys')) as {
      items: { id: string }[]
    }
    node = listing.items[0]?.id ?? ''
    all = [node, ...(await nodes.grow(6))]
  })
  after(() => nodes.stop())

  let count = 0
  /** A feed of its own for each test, two items a page, and what it took. */
  const openFeed = (take: (id: string) => void | Promise<void> = () => undefined) => {
    const taken: string[] = []
    const feed: Feed = {
      peer: 'market',
      name: `keys ${count++}`,
      path: cursor => `/api/v1/keys?limit=2${cursor === undefined ? '' : `&after=${cursor}`}`,
      read: itemsPage(item => listed.parse(item).logIndex),
      take: async item => {
        const { id } = listed.parse(item)
        await take(id)
        taken.push(id)
      },
    }
    return { feed, taken }
  }
  const deps = () => ({ db: nodes.own.db, client: nodes.client, now })
  const drain = async (feed: Feed) => {
    while (await takePage(deps(), feed));
  }
  const setAside = async (feed: Feed) => {
    const rows = sql<{ code: string; attempts: number; item: string }>`
      select code, attempts, item from peer_refused where feed = ${feed.name} order by id`
    return (await asNode(nodes.own.db, tx => rows.execute(tx))).rows
  }

  it('is read page by page, in order and to its end', async () => {
    const { feed, taken } = openFeed()
    expect(await takePage(deps(), feed)).to.equal(true)
    expect(taken).to.deep.equal(all.slice(0, 2))
    await drain(feed)
    expect(taken).to.deep.equal(all)
  })

  it('is read on from where it was left, also by another process', async () => {
    const { feed, taken } = openFeed()
    await drain(feed)
    all.push(...(await nodes.grow(1)))
    await drain(feed)
    await drain(feed)
    expect(taken).to.deep.equal(all)
  })

  it('brings a page again when we fall over in the midst of it, and misses nothing', async () => {
    let falls = 1
    const { feed, taken } = openFeed(id => {
      if (id === all[3] && falls-- > 0) throw new Error('fell over')
    })
    await takePage(deps(), feed)
    const fallen: unknown = await takePage(deps(), feed).catch((error: unknown) => error)
    expect(fallen).to.be.instanceOf(Error).with.property('message', 'fell over')
    await drain(feed)
    expect(taken).to.deep.equal([...all.slice(0, 3), all[2], ...all.slice(3)])
    expect(await setAside(feed)).to.deep.equal([])
  })

  it('stops where our own log is busy, without setting the item aside', async () => {
    const { feed, taken } = openFeed(id => {
      if (id === all[1]) throw new Refusal('LOG_BUSY')
    })
    const stopped: unknown = await takePage(deps(), feed).catch((error: unknown) => error)
    expect(stopped).to.be.instanceOf(Refusal).with.property('code', 'LOG_BUSY')
    expect([taken, await setAside(feed)]).to.deep.equal([[all[0]], []])
  })

  it('goes on past an item that is refused here, keeps it, and takes it when it can be taken', async () => {
    let known = false
    const { feed, taken } = openFeed(id => {
      if (id === all[2] && !known) throw new Refusal('ORGANIZATION_UNKNOWN', 'not registered yet')
    })
    await drain(feed)
    expect(taken).to.deep.equal(all.filter(id => id !== all[2]))
    const kept = await setAside(feed)
    expect(kept.map(({ code, attempts }) => [code, attempts])).to.deep.equal([['ORGANIZATION_UNKNOWN', 1]])
    expect(JSON.parse(kept[0]?.item ?? '')).to.deep.include({ id: all[2] })

    await retakeRefused(deps(), feed)
    expect((await setAside(feed))[0]?.attempts, 'not due yet').to.equal(1)
    late += 61_000
    await retakeRefused(deps(), feed)
    expect((await setAside(feed))[0]?.attempts).to.equal(2)
    known = true
    late += 121_000
    await retakeRefused(deps(), feed)
    expect(await setAside(feed)).to.deep.equal([])
    expect(taken.at(-1)).to.equal(all[2])
  })

  it('keeps a refused item once, though its page comes again', async () => {
    let falls = 1
    const { feed } = openFeed(id => {
      if (id === all[0]) throw new Refusal('KEY_UNKNOWN')
      if (falls-- > 0) throw new Error('fell over')
    })
    await takePage(deps(), feed).catch(() => undefined)
    await drain(feed)
    expect(await setAside(feed)).to.have.length(1)
  })

  it('is taken whole by two processes that race for it', async () => {
    const { feed, taken } = openFeed()
    await Promise.all([drain(feed), drain(feed)])
    expect([...new Set(taken)]).to.have.members(all)
    const again: string[] = []
    await drain({ ...feed, take: async item => void again.push(listed.parse(item).id) })
    expect(again, 'the cursor is at the end').to.deep.equal([])
  })

  it('refuses a page that is no page', async () => {
    const { feed, taken } = openFeed()
    const wrong = { ...feed, path: () => `/api/v1/organizations/${nodes.hospital.uscc}` }
    const error: unknown = await takePage(deps(), wrong).catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(z.ZodError)
    expect(taken).to.deep.equal([])
  })

  it('is followed while the peer goes down and comes back, and loses nothing', async () => {
    const { feed, taken } = openFeed()
    const idle = openFeed()
    const troubles: unknown[] = []
    const poller = startPoller({
      ...deps(),
      feeds: [feed, idle.feed],
      clients: nodes.clients,
      everyMs: 30,
      onTrouble: (_, error) => troubles.push(error),
    })
    try {
      await until('first items', () => taken.length === all.length)
      all.push(...(await nodes.grow(3)))
      await nodes.market.down()
      await until('trouble', () => (poller.status()[0]?.failures ?? 0) > 0 && troubles.length > 0)
      await nodes.market.up()
      all.push(...(await nodes.grow(2)))
      poller.poke()
      await until('all items', () => new Set(taken).size === all.length)
      expect(taken.filter((id, i) => taken.indexOf(id) === i)).to.deep.equal(all)
      await until('recovery', () => poller.status()[0]?.failures === 0)
      expect(troubles.every(error => error instanceof Refusal && error.code === 'PEER_UNAVAILABLE')).to.equal(true)
    } finally {
      await poller.stop()
    }
  })
})
