import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import pg from 'pg'
import { makeGtin } from '../../core/identifier/make.ts'
import { makeUscc } from '../../core/uscc.ts'
import type { Benchmark, Settings } from './benchmark.ts'
import { cpuSeconds } from './cpu.ts'
import { openGround } from './ground.ts'
import { drive, drivePaced, type Request, requestOf } from './load.ts'
import { sayMachine } from './machine.ts'
import { compare, figure, percentile, type Side, sayRow } from './measure.ts'

const CODES = 1_000_000
const CONNECTIONS = 64
const prefix = '6901234'
const gtin = makeGtin(prefix, 1)
const maker = makeUscc('91310000MA1000001')

/** Redirects of random codes out of a million, none of them cached, beside a Map in memory. */
export const resolve: Benchmark = {
  name: 'resolve',
  summary: 'random ones of a million codes redirected, beside a bare node:http server with a Map',
  async run(out, settings) {
    sayMachine(out, settings.json)
    const ground = await openGround()
    try {
      const url = await ground.database('bench_resolve')
      // The node makes its tables; then they are filled, and it starts again on full ones.
      await (await ground.node(url)).stop()
      await fill(ground.superuser('bench_resolve'))
      const node = await ground.node(url, settings.profile)
      const bare = await startBare()
      try {
        await measure(out, settings, node.url, bare.url, { node: node.pid, postgres: ground.postgresPid })
      } finally {
        bare.stop()
        await node.stop()
      }
    } finally {
      await ground.close()
    }
  },
}

const measure = async (
  out: (line: string) => void,
  settings: Settings,
  ours: string,
  theirs: string,
  pids: { readonly node: number; readonly postgres: number },
) => {
  const used = { node: 0, postgres: 0, client: 0, done: 0 }
  const usage = async () => ({
    node: await cpuSeconds(pids.node),
    postgres: await cpuSeconds(pids.postgres),
    client: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
  })
  const rates = new Map([
    [ours, 15_000],
    [theirs, 30_000],
  ])
  const side =
    (url: string): Side =>
    async seconds => {
      const requests = randomLookUps(url, Math.ceil(seconds * (rates.get(url) ?? 0) * 1.5) + CONNECTIONS)
      const before = await usage()
      const work = await drive({ url, connections: CONNECTIONS, seconds, requests, expected: 307 })
      const after = await usage()
      if (url === ours) {
        for (const part of ['node', 'postgres', 'client'] as const) used[part] += after[part] - before[part]
        used.done += work.done
      }
      rates.set(url, work.done / work.seconds)
      return work
    }
  const { rounds, seconds } = settings
  const row = await compare({
    what: `random codes of ${CODES.toLocaleString('en-US')} redirected, ${CONNECTIONS} connections`,
    named: 'a bare node:http server with a Map',
    counted: 'redirects',
    target: { atLeast: 0.6 },
    ours: side(ours),
    yardstick: side(theirs),
    ...{ rounds, seconds },
  })
  const each = (seconds: number) => `${Math.round((seconds / used.done) * 1e6)} µs`
  const spent = `node ${each(used.node)}, PostgreSQL ${each(used.postgres)}, client ${each(used.client)}`
  sayRow(out, settings.json, { ...row, detail: `${row.detail}; processor time a redirect: ${spent}` })
  const half = row.oursPerSecond / 2
  const samples: number[] = []
  for (let round = 0; round < rounds; round++) {
    const requests = randomLookUps(ours, Math.ceil(half * seconds))
    const latencies = await drivePaced({
      url: ours,
      connections: CONNECTIONS,
      perSecond: half,
      requests,
      expected: 307,
    })
    samples.push(percentile(latencies, 0.99))
  }
  const what = `redirect p99 at ${Math.round(half).toLocaleString('en-US')} a second, half of that`
  sayRow(out, settings.json, figure({ what, unit: 'ms', samples, target: { atMost: 20 } }))
}

const randomLookUps = (url: string, count: number): Request[] =>
  Array.from({ length: count }, () => {
    const n = Math.floor(Math.random() * CODES)
    return requestOf('GET', new URL(`/01/${gtin}/21/${n}`, url), {}, '')
  })

/** As superuser, past triggers and row security: how codes are registered is not what is measured here. */
const fill = async (url: string) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query("set session_replication_role = 'replica'")
    await client.query(
      `insert into organizations (uscc, name, roles, hosted) values ($1, 'Bench maker', array['manufacturer'], true)`,
      [maker],
    )
    await client.query('insert into code_prefixes (prefix, org, allocated_at) values ($1, $2, now())', [prefix, maker])
    await client.query(
      `insert into codes (code, identity, org, prefix, description, links, registered_at, changed_at)
        select 'https://id.gs1.org/01/' || $1 || '/21/' || n, 'https://id.gs1.org/01/' || $1 || '/21/' || n, $2, $3, 'Item ' || n,
          jsonb_build_array(jsonb_build_object('linkType', 'https://ref.gs1.org/voc/pip', 'title', 'Item ' || n,
            'href', 'https://maker.example/item/' || n, 'hreflang', '[]'::jsonb, 'context', '[]'::jsonb, 'default', true)),
          now(), now()
        from generate_series(0, $4 - 1) n`,
      [gtin, maker, prefix, CODES],
    )
    await client.query('vacuum analyze codes')
  } finally {
    await client.end()
  }
}

const startBare = async (): Promise<{ url: string; stop(): void }> => {
  const child: ChildProcess = fork(join(import.meta.dirname, 'bare-resolver.ts'), [gtin, String(CODES)])
  const port = await new Promise<number>((done, fail) => {
    child.once('error', fail)
    child.once('message', address => done((address as { port: number }).port))
  })
  return { url: `http://127.0.0.1:${port}`, stop: () => void child.kill() }
}
