import { type ChildProcess, fork } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect } from '../../db/database.ts'
import { migrate } from '../../db/migrate.ts'
import { type Benchmark, isWanted, type Settings } from './benchmark.ts'
import { type Copied, copied, openCopy } from './copy.ts'
import { cpuSeconds } from './cpu.ts'
import { type BenchNode, type Ground, openGround } from './ground.ts'
import { drive, drivePaced } from './load.ts'
import { sayMachine } from './machine.ts'
import { type Market, openMarket } from './market.ts'
import { compare, figure, percentile, type Side, sayRow, type Work } from './measure.ts'

/** Events in one request, and requests under way at once, of the bulk row. */
const BATCH = 500
const BATCH_CONNECTIONS = 4
const PACK = 1_000
const CONNECTIONS = 64
/** Seconds: after some 3,000 requests the node is as fast as it stays, a third faster than at first. */
const WARM_UP = 8

type Scene = { readonly ground: Ground; readonly node: BenchNode; readonly market: Market; readonly source: string }

export const ingest: Benchmark = {
  name: 'ingest',
  summary:
    'signed scans over HTTP, authenticated, judged, logged and durable: in bulk beside COPY, singly beside node:http',
  async run(out, settings) {
    const ground = await openGround()
    try {
      sayMachine(out, settings.json, ground.postgres)
      const databaseUrl = await ground.database('bench_ingest')
      const node = await ground.node(databaseUrl, settings.profile)
      const market = await openMarket(ground.operator, node.url)
      const scene = { ground, node, market, source: 'bench_ingest' }
      if (isWanted(settings, 'batches')) await batches(out, settings, scene)
      if (isWanted(settings, 'readings')) await readings(out, settings, scene)
      if (isWanted(settings, 'single')) await single(out, settings, scene)
      await node.stop()
    } finally {
      await ground.close()
    }
  },
}

const batches = async (out: (line: string) => void, settings: Settings, scene: Scene) => {
  const { ground, node, market, source } = scene
  const cost = costOf(scene)
  const yardstick = await openYardstick(ground, source, copied.events)
  try {
    let perSecond = 10_000
    const row = await compare({
      what: `events in signed batches of ${BATCH}`,
      named: 'bare COPY of the same rows into the same tables',
      counted: 'events',
      target: { atLeast: 0.6 },
      ours: async seconds => {
        const requests = await market.captures(enough(seconds, perSecond / BATCH), BATCH)
        const load = { url: node.url, connections: BATCH_CONNECTIONS, seconds, requests }
        const work = await cost.of(() => drive(load), BATCH)
        perSecond = work.done / work.seconds
        return work
      },
      yardstick: yardstick.run,
      oursFirst: true,
      warmUp: WARM_UP,
      ...settings,
    })
    sayRow(out, settings.json, { ...row, detail: `${row.detail}; ${cost.say()}` })
  } finally {
    await yardstick.close()
  }
}

const readings = async (out: (line: string) => void, settings: Settings, scene: Scene) => {
  const { ground, node, market, source } = scene
  const cost = costOf(scene)
  const yardstick = await openYardstick(ground, source, copied.packs)
  try {
    let perSecond = 20_000
    const row = await compare({
      what: `SenML readings in signed packs of ${PACK.toLocaleString('en-US')}`,
      named: 'bare COPY of the same rows into the same tables',
      counted: 'readings',
      target: { atLeast: 0.5 },
      ours: async seconds => {
        const requests = await market.packs(enough(seconds, perSecond / PACK), PACK)
        const load = { url: node.url, connections: BATCH_CONNECTIONS, seconds, requests, expected: 201 }
        const work = await cost.of(() => drive(load), PACK)
        perSecond = work.done / work.seconds
        return work
      },
      yardstick: async () => {
        const { done, seconds } = await yardstick.run()
        return { done: done * PACK, seconds }
      },
      oursFirst: true,
      warmUp: WARM_UP,
      ...settings,
    })
    sayRow(out, settings.json, { ...row, detail: `${row.detail}; ${cost.say('a reading')}` })
  } finally {
    await yardstick.close()
  }
}

const single = async (out: (line: string) => void, settings: Settings, scene: Scene) => {
  const { node, market } = scene
  const cost = costOf(scene)
  const bare = await startBare()
  try {
    let rates = { ours: 3_000, bare: 25_000 }
    const ours: Side = async seconds => {
      const requests = await market.captures(enough(seconds, rates.ours), 1)
      const work = await cost.of(() => drive({ url: node.url, connections: CONNECTIONS, seconds, requests }))
      rates = { ...rates, ours: work.done / work.seconds }
      return work
    }
    const yardstick: Side = async seconds => {
      const requests = market.bare(bare.url, enough(seconds, rates.bare), 1)
      const work = await drive({ url: bare.url, connections: CONNECTIONS, seconds, requests })
      rates = { ...rates, bare: work.done / work.seconds }
      return work
    }
    const row = await compare({
      what: `one signed event a request, ${CONNECTIONS} connections`,
      named: 'a bare node:http server that parses the same body',
      counted: 'events',
      target: { atLeast: 0.15 },
      ...{ ours, yardstick },
      warmUp: WARM_UP,
      ...settings,
    })
    sayRow(out, settings.json, { ...row, detail: `${row.detail}; ${cost.say()}` })
    const perSecond = row.oursPerSecond
    const floor = { what: 'one signed event a request', unit: 'events/s', target: { atLeast: 1_800 } }
    sayRow(out, settings.json, figure({ ...floor, samples: [perSecond] }))
    const samples: number[] = []
    for (let round = 0; round < settings.rounds; round++) {
      const requests = await market.captures(Math.ceil(settings.seconds * (perSecond / 2)), 1)
      const latencies = await drivePaced({
        url: node.url,
        connections: CONNECTIONS,
        perSecond: perSecond / 2,
        requests,
      })
      samples.push(percentile(latencies, 0.99))
    }
    const what = `receipt p99 at ${Math.round(perSecond / 2).toLocaleString('en-US')} events/s, half of that`
    sayRow(out, settings.json, figure({ what, unit: 'ms', samples, target: { atMost: 40 } }))
  } finally {
    bare.stop()
  }
}

/** Processor time of node and database for each thing done: what is left of a figure when others use the machine. */
const costOf = ({ ground, node, source }: Scene) => {
  const spent = { node: 0, postgres: 0, done: 0, commits: 0 }
  const now = async () => ({
    node: await cpuSeconds(node.pid),
    postgres: await cpuSeconds(ground.postgresPid),
    commits: Number((await headOf(ground.superuser(source))).version),
  })
  return {
    async of(work: () => Promise<Work>, each = 1): Promise<Work> {
      const before = await now()
      const { done, seconds } = await work()
      const after = await now()
      spent.node += after.node - before.node
      spent.postgres += after.postgres - before.postgres
      spent.commits += after.commits - before.commits
      spent.done += done * each
      return { done: done * each, seconds }
    },
    say: (each = 'an event') => {
      const micros = (seconds: number) => `${Math.round((seconds * 1e6) / spent.done)} µs`
      const shared = `${Number((spent.done / spent.commits).toPrecision(3))} a commit`
      return `${shared}; processor time ${each}: node ${micros(spent.node)}, PostgreSQL ${micros(spent.postgres)}`
    },
  }
}

const enough = (seconds: number, perSecond: number): number => Math.ceil(seconds * perSecond * 1.3) + 64

const openYardstick = async (ground: Ground, source: string, what: Copied) => {
  const { db, close } = connect(await ground.database('bench_yardstick'), () => undefined, 1)
  await migrate(db)
  await close()
  const { size } = await headOf(ground.superuser(source))
  return openCopy({
    source: ground.superuser(source),
    target: ground.superuser('bench_yardstick'),
    from: size,
    what,
  })
}

/** Its version counts the commits that made the log grow. */
const headOf = async (url: string): Promise<{ readonly size: bigint; readonly version: bigint }> => {
  const { pool, close } = connect(url, () => undefined, 1)
  const { rows } = await pool.query<{ size: bigint; version: bigint }>('select size, version from log_head')
  await close()
  return rows[0]!
}

const startBare = async (): Promise<{ url: string; stop(): void }> => {
  const child: ChildProcess = fork(join(import.meta.dirname, 'bare-server.ts'))
  const { port } = await new Promise<AddressInfo>((done, fail) => {
    child.once('error', fail)
    child.once('message', address => done(address as AddressInfo))
  })
  return { url: `http://127.0.0.1:${port}`, stop: () => child.disconnect() }
}
