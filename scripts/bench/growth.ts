import type { Benchmark, Settings } from './benchmark.ts'
import { residentMb } from './cpu.ts'
import { fill } from './fill.ts'
import { type BenchNode, type Ground, openGround } from './ground.ts'
import { drive } from './load.ts'
import { sayMachine } from './machine.ts'
import { type Market, openMarket } from './market.ts'
import { figure, median, sayRow } from './measure.ts'

const SMALL = 100_000n
const LARGE = 10_000_000n
/** Asked for, and appended, one after the other in each round. */
const PROOFS = 300
const EVENTS = 100

type Grown = { readonly node: BenchNode; readonly market: Market; readonly size: bigint }

/** Two nodes with a log each work by turns, so that what else the machine does hits both. */
export const growth: Benchmark = {
  name: 'growth',
  summary:
    'memory, proving and appending at 10 million entries beside 100 thousand; takes gigabytes of disk and some minutes',
  async run(out, settings) {
    const ground = await openGround()
    try {
      sayMachine(out, settings.json, ground.postgres)
      const small = await grown(ground, 'bench_small', SMALL)
      const large = await grown(ground, 'bench_large', LARGE)
      await measure(out, settings, small, large)
      await small.node.stop()
      await large.node.stop()
    } finally {
      await ground.close()
    }
  },
}

const grown = async (ground: Ground, name: string, size: bigint): Promise<Grown> => {
  const node = await ground.node(await ground.database(name), undefined, name)
  const market = await openMarket(ground.operator, node.url)
  await fill(ground.superuser(name), market.seller.uscc, size)
  return { node, market, size }
}

const measure = async (out: (line: string) => void, settings: Settings, small: Grown, large: Grown) => {
  const proving: number[] = []
  const appending: number[] = []
  const memory: number[] = []
  const times = { prove: [0, 0], append: [0, 0] }
  for (let round = -1; round < settings.rounds; round++) {
    const prove = [await proofMs(small), await proofMs(large)] as const
    const append = [await appendMs(small), await appendMs(large)] as const
    if (round < 0) continue
    times.prove = [...prove]
    times.append = [...append]
    proving.push(prove[1] / prove[0])
    appending.push(append[1] / append[0])
    memory.push((await residentMb(large.node.pid)) - (await residentMb(small.node.pid)))
  }
  const [sizes, target] = ['at 10,000,000 entries', { atMost: 1.5 }]
  const last = ([a, b]: readonly number[]) =>
    `${(b ?? 0).toFixed(2)} ms beside ${(a ?? 0).toFixed(2)} in the last round`
  const unit = 'of the time at 100,000'
  sayRow(
    out,
    settings.json,
    figure({ what: `a proof ${sizes}`, unit, samples: proving, target, detail: last(times.prove) }),
  )
  sayRow(
    out,
    settings.json,
    figure({ what: `an entry appended ${sizes}`, unit, samples: appending, target, detail: last(times.append) }),
  )
  const detail = `${Math.round(await residentMb(large.node.pid))} MB`
  const more = { what: `memory of the service ${sizes}`, unit: 'MB more than at 100,000', target: { atMost: 100 } }
  sayRow(out, settings.json, figure({ ...more, samples: memory, detail }))
}

/** Median time of a proof of any entry to the newest head, over HTTP. */
const proofMs = async ({ node, size }: Grown): Promise<number> => {
  const samples: number[] = []
  for (let n = 0; n < PROOFS; n++) {
    const index = BigInt(Math.floor(Math.random() * Number(size)))
    const began = performance.now()
    const answer = await fetch(`${node.url}/log/proof/${index}`)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`answered ${answer.status}: ${text.slice(0, 200)}`)
    samples.push(performance.now() - began)
  }
  return median(samples)
}

/** Median time of a signed event to its receipt, over HTTP on one connection. */
const appendMs = async ({ node, market }: Grown): Promise<number> => {
  const requests = await market.captures(EVENTS, 1)
  const samples: number[] = []
  await drive({ url: node.url, connections: 1, seconds: 60, requests, onAnswer: ({ ms }) => samples.push(ms) })
  return median(samples)
}
