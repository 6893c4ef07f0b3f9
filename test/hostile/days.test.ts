import { expect } from 'chai'
import { Refusal } from '../../core/errors.ts'
import { type Actor, get, type Registered, register, until } from '../../scripts/sample/actor.ts'
import { clean, type LiveTrade, registerLive } from '../../scripts/sample/live.ts'
import { answer, ask } from '../../scripts/sample/money.ts'
import { useGround } from './ground.ts'
import { orderOf } from './order.ts'
import { expectNothingInternal } from './refused.ts'

type Page<Item> = { readonly items: readonly Item[]; readonly next: string | null }
type Held = { readonly code: string; readonly index: string; readonly commitment: string }

describe('bad days', function () {
  this.timeout(150_000)
  const ground = useGround()

  const readiness = async (node: 'market' | 'hospital' = 'market') => {
    const response = await fetch(`${ground().url[node]}/readyz`)
    const parts = (await response.json()) as { database: string; log: string; chain: string }
    return { ...parts, http: response.status, retryAfter: response.headers.get('retry-after') }
  }
  const isReady = (node: 'market' | 'hospital') =>
    until(`the ${node} to be ready`, async () => {
      const { http } = await readiness(node).catch(() => ({ http: 0 }))
      return http === 200 || undefined
    })
  const documents = async (actor: Actor): Promise<Held[]> => {
    const all: Held[] = []
    for (let cursor = ''; ; ) {
      const page: Page<Held> = await get(actor, `/api/v1/documents?limit=100${cursor}`)
      all.push(...page.items)
      if (page.next === null) return all
      cursor = `&after=${page.next}`
    }
  }
  const order = (number: string) => {
    const { distributor, hospital } = ground().cast
    return register(distributor, orderOf(distributor, hospital, number))
  }
  /** What was acknowledged is there, at the place that was said, and each once. */
  const expectKept = async (acknowledged: readonly Registered[]) => {
    const held = await documents(ground().cast.distributor)
    expect(new Set(held.map(it => it.code)).size).to.equal(held.length)
    expect(new Set(held.map(it => it.index)).size).to.equal(held.length)
    const byCode = new Map(held.map(it => [it.code, it]))
    for (const { code, index, commitment } of acknowledged) {
      expect(byCode.get(code), code).to.include({ index, commitment })
    }
  }

  /** A trade whose question has reached the hospital's node. */
  const asked = async (reference: number): Promise<LiveTrade> => {
    const { cast } = ground()
    const number = String(reference)
    const trade = await registerLive(cast, { ...clean, reference, orderNumber: number, invoiceNumber: number })
    await ask(cast.distributor, trade.invoice, factsOf(trade))
    await until('the question to reach the hospital', async () => {
      const page: Page<{ id: string }> = await get(cast.hospital, '/api/v1/questions?limit=200')
      return page.items.some(({ id }) => id === trade.invoice.commitment) || undefined
    })
    return trade
  }
  const answerReaches = ({ invoice }: LiveTrade) =>
    until(
      'the answer to reach the distributor',
      async () => {
        const question: { answer: { answer: { status: string } } | null } = await get(
          ground().cast.distributor,
          `/api/v1/questions/${invoice.commitment}`,
        )
        return question.answer?.answer.status
      },
      90_000,
    )

  // A day that goes worse than expected must not spoil the next.
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return
    await ground().database.start()
    await ground().chainRoad.mend()
    for (const node of ['market', 'hospital'] as const) if (!ground().isAlive(node)) await ground().start(node)
  })

  it('the database server is stopped in the middle of requests: 503 until it is back, and nothing is lost', async () => {
    const acknowledged: Registered[] = []
    const refused: Refusal[] = []
    let going = true
    const worker = async (first: number) => {
      for (let n = first; going; n += 8) {
        try {
          acknowledged.push(await order(`STOPPED-${n}`))
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
          refused.push(error)
          await new Promise(done => setTimeout(done, 50))
        }
      }
    }
    const work = Promise.all(Array.from({ length: 8 }, (_, i) => worker(i)))
    await until('some orders', async () => acknowledged.length > 20 || undefined)
    await ground().database.stop()
    await until('refusals', async () => refused.length > 20 || undefined)
    expect(await readiness()).to.include({ http: 503, retryAfter: '2', database: 'unreachable' })
    expect((await fetch(`${ground().url.market}/healthz`)).status).to.equal(200)
    const response = await fetch(`${ground().url.market}/pki/crl`)
    const text = await response.text()
    expect(response.status, text).to.equal(503)
    expect(response.headers.get('retry-after')).to.equal('2')
    expect(response.headers.get('content-type')).to.match(/^application\/problem\+json/)
    expectNothingInternal(text)

    await ground().database.start()
    await Promise.all([isReady('market'), isReady('hospital')])
    const before = acknowledged.length
    await until('more orders', async () => acknowledged.length > before + 20 || undefined)
    going = false
    await work
    // Whatever was in the middle was told to come back; nobody heard that something is wrong with what they sent.
    const codes = new Set(refused.map(({ code }) => code))
    expect([...codes]).to.include('DATABASE_UNAVAILABLE')
    expect([...codes].filter(code => code !== 'DATABASE_UNAVAILABLE' && code !== 'LOG_BUSY')).to.deep.equal([])
    expect(new Set(refused.map(({ extra }) => extra.status))).to.deep.equal(new Set([503]))
    await expectKept(acknowledged)
  })

  it('the database server crashes while an answer is on its way: the node lives on, and the answer arrives', async () => {
    const trade = await asked(91001)
    // The delivery is under way for as long as the market's node says nothing, and fails when there is no database.
    ground().hang('market')
    await answer(ground().cast.hospital, trade.invoice, factsOf(trade), 'AP')
    await until('an attempt to deliver', async () => {
      const sql = 'select attempts from deliveries where delivered_at is null and attempts > 0'
      return (await ground().query('hospital', sql))[0]
    })
    await ground().database.crash()
    await ground().kill('market', 'SIGKILL')
    await until('the node to see it', async () => (await readiness('hospital')).http === 503 || undefined)
    // Long enough that the queue has seen it, too.
    await new Promise(done => setTimeout(done, 5_000))
    expect(ground().isAlive('hospital'), ground().printed('hospital').slice(-2_000)).to.equal(true)
    await ground().database.start()
    await ground().start('market')
    await isReady('hospital')
    // Of the attempt that got lost the lease of a minute goes on; here nobody waits for it.
    await ground().query(
      'hospital',
      `update deliveries set next_at = now() - interval '1 minute' where delivered_at is null`,
    )
    expect(await answerReaches(trade)).to.equal('AP')
  })

  it('the market’s node is killed while the hospital answers: the answer is kept, and delivered when it is back', async () => {
    const trade = await asked(91002)
    await ground().kill('market', 'SIGKILL')
    await answer(ground().cast.hospital, trade.invoice, factsOf(trade), 'RE', 'QTY')
    expect((await readiness('hospital')).http).to.equal(200)
    await ground().start('market')
    expect(await answerReaches(trade)).to.equal('RE')
  })

  it('the chain goes away: requests succeed, the node says so, and its anchors catch up', async () => {
    const { chainRoad, url } = ground()
    await chainRoad.cut()
    const acknowledged = [await order('UNCHAINED-1'), await order('UNCHAINED-2')]
    const troubled = await until('the node to notice', async () => {
      const now = await readiness()
      return now.chain === 'in trouble' ? now : undefined
    })
    expect(troubled).to.include({ http: 200, database: 'ok', log: 'ok' })
    acknowledged.push(await order('UNCHAINED-3'))
    await chainRoad.mend()
    const last = acknowledged.reduce((most, { index }) => (BigInt(index) > most ? BigInt(index) : most), 0n)
    await until('the anchors to catch up', async () => {
      type Anchors = { readonly anchors: readonly { readonly size: string; readonly state: string }[] }
      const { anchors } = (await (await fetch(`${url.market}/log/anchors?perPage=1000`)).json()) as Anchors
      return anchors.some(({ size, state }) => state === 'final' && BigInt(size) > last) || undefined
    })
    await until('the trouble to be over', async () => (await readiness()).chain === 'ok' || undefined)
    await expectKept(acknowledged)
  })

  it('a node is killed in the middle of 200 documents: each that was acknowledged is there, once', async () => {
    const numbers = Array.from({ length: 200 }, (_, n) => `KILLED-${n}`)
    const acknowledged: Registered[] = []
    const all = numbers.map(number =>
      order(number).then(
        it => void acknowledged.push(it),
        () => undefined,
      ),
    )
    await until('some to be acknowledged', async () => acknowledged.length > 0 || undefined)
    await ground().kill('market', 'SIGKILL')
    await Promise.all(all)
    expect(acknowledged.length).to.be.within(1, 199)
    await ground().start('market')
    await expectKept(acknowledged)
    // Sent again, also what was logged without anybody hearing of it is answered, and all are there once.
    const again = await Promise.all(numbers.map(order))
    await expectKept([...acknowledged, ...again])
    const held = await documents(ground().cast.distributor)
    expect(held.filter(({ code }) => again.some(it => it.code === code))).to.have.lengthOf(200)
  })
})

const factsOf = ({ invoiceDocument: { number, issueDate, gross, currency, parties } }: LiveTrade) => ({
  number,
  issueDate,
  gross,
  currency,
  parties,
})
