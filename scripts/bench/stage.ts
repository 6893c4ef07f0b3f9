import { mkdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { readConfig } from '../../api/config.ts'
import type { Actor } from '../sample/actor.ts'
import { type Cast, enrol, places } from '../sample/cast.ts'
import { clean, type LiveTrade, registerLive } from '../sample/live.ts'
import { type Applied, answer, apply, ask, authorize } from '../sample/money.ts'
import { enrolScanner, type ScanInput, type Scanner } from '../sample/scanner.ts'
import { arrived } from '../sample/waits.ts'
import { lockFolder } from '../start/lock.ts'
import { startNode } from '../start/node.ts'
import { makeWorld } from '../start/world.ts'

/** The two nodes of the demonstration with everybody enrolled, in `.data/bench/exchange`; gone with `close`. */
export type BenchStage = {
  readonly bank: Actor
  readonly trustFile: string
  /** For files of the benchmark. */
  readonly folder: string
  /**
   * One invoice over so many serials, ordered, shipped, received and accepted by scanning, confirmed, authorized and applied for.
   * @param serials in one event: all of them as a pallet is scanned, or 1 where each item is
   */
  readonly apply: (serials: number, inOneEvent: number) => Promise<Applied>
  readonly close: () => Promise<void>
}

const root = join(import.meta.dirname, '..', '..')

export async function openStage(): Promise<BenchStage> {
  const bench = join(root, '.data', 'bench')
  await mkdir(bench, { recursive: true, mode: 0o700 })
  const unlock = await lockFolder(bench, 0)
  const closing: (() => Promise<unknown>)[] = [unlock]
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    const dataDir = join(bench, 'exchange')
    await rm(dataDir, { recursive: true, force: true })
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    closing.push(() => rm(dataDir, { recursive: true, force: true, maxRetries: 3 }))
    const port = String(await freePair())
    const world = await makeWorld(readConfig({ TALLYSTICK_ENV: 'development', DATA_DIR: dataDir, PORT: port }))
    closing.push(world.close)
    const quick = { REQUESTS_PER_MINUTE: '10000000' }
    const nodes = await Promise.all(
      (['market', 'hospital'] as const).map(name => startNode(root, name, { ...world.env[name], ...quick })),
    )
    closing.push(() => Promise.all(nodes.map(node => node.stop())))
    const [market, hospital] = nodes.map(({ url }) => url)
    const cast = await enrol({ dataDir, world, market: market ?? '', hospital: hospital ?? '', say: () => undefined })
    const from = new Date(Date.now() - 60_000)
    const dock = await enrolScanner(cast.distributor, places.distributor, 'dock', from)
    const store = await enrolScanner(cast.hospital, places.hospital, 'store', from)
    let trades = 0
    return {
      ...{ bank: cast.bank, trustFile: world.trustFile, folder: dataDir, close },
      apply: (serials, inOneEvent) => trade(cast, dock, store, ++trades, serials, inOneEvent),
    }
  } catch (error) {
    await close()
    throw error
  }
}

const trade = async (
  cast: Cast,
  dock: Scanner,
  store: Scanner,
  number: number,
  serials: number,
  inOneEvent: number,
): Promise<Applied> => {
  const net = BigInt(serials) * 79_800n
  const of = { ordered: serials, despatched: serials, accepted: serials, invoiced: serials }
  const live = await registerLive(cast, {
    ...{ ...clean, ...of, net, tax: (net * 13n) / 100n, reference: 80_000 + number },
    orderNumber: `PO-BENCH-${number}`,
    invoiceNumber: `2644200000000009${String(number).padStart(4, '0')}`,
  })
  await scan(dock, 'shipping', live, inOneEvent)
  await arrived.papers(cast, [live])
  for (const step of ['receiving', 'accepting'] as const) await scan(store, step, live, inOneEvent)
  const { number: named, issueDate, gross, currency, parties } = live.invoiceDocument
  const facts = { number: named, issueDate, gross, currency, parties }
  await ask(cast.distributor, live.invoice, facts)
  await arrived.questions(cast, [live])
  await answer(cast.hospital, live.invoice, facts, 'AP')
  await arrived.answers(cast, number)
  await arrived.heads(cast, [live])
  return apply(cast.distributor, cast.bank, await authorize(cast, cast.bank), live.invoice, facts, '明保理')
}

/** The logistic unit goes along in each event. */
const scan = async (by: Scanner, bizStep: ScanInput['bizStep'], { shipped }: LiveTrade, inOneEvent: number) => {
  const [unit = '', ...serials] = shipped.epcs
  const events = Array.from({ length: Math.ceil(serials.length / inOneEvent) }, (_, i) => ({
    ...{ ...shipped, bizStep, at: new Date().toISOString() },
    epcs: [unit, ...serials.slice(i * inOneEvent, (i + 1) * inOneEvent)],
  }))
  while (events.length > 0) await by.capture(events.splice(0, 500))
}

/** The nodes take a port and the next one. */
const freePair = async (): Promise<number> => {
  for (;;) {
    const port = await free(0)
    if ((await free(port + 1).catch(() => 0)) === port + 1) return port
  }
}

const free = (wanted: number): Promise<number> =>
  new Promise((done, fail) => {
    const probe = createServer().once('error', fail)
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })
