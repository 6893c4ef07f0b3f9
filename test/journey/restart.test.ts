import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { hex } from '../../core/bytes.ts'
import type { Checkpoint } from '../../core/checkpoint.ts'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGdti, makeGtin } from '../../core/identifier/make.ts'
import { consistencyProof } from '../../core/merkle/proof.ts'
import { verifyConsistency } from '../../core/merkle/verify.ts'
import { parseCurrency } from '../../core/money.ts'
import type { DocumentItem } from '../../receivables/documents/contract.ts'
import { type Registered, register, until } from '../../scripts/sample/actor.ts'
import { demoNodes } from '../../scripts/start/world.ts'
import { verify } from '../../scripts/verify.ts'
import { anchorsOf, headOf, nodesOf } from './log.ts'
import { useWorld } from './world.ts'

const nodes = ['market', 'hospital'] as const

/** SIGINT or SIGTERM must have done its work by then. */
const END_MS = 30_000

describe('ending and starting again', function () {
  this.timeout(120_000)
  const world = useWorld()

  const heads = async (): Promise<Record<(typeof nodes)[number], Checkpoint>> => {
    const trust = await world().trusted()
    const [market, hospital] = await Promise.all(
      nodes.map(node => headOf(world()[node], demoNodes[node].origin, trust)),
    )
    if (!market || !hospital) throw new Error('two nodes have two heads')
    return { market, hospital }
  }
  const documents = () => world().all<DocumentItem>('distributor', '/api/v1/documents')
  const codes = (items: readonly DocumentItem[]) =>
    items.map(({ code, index, commitment }) => [code, index, commitment])
  const again = async (name: string) => {
    const began = performance.now()
    await world().again()
    // Told, not judged: how long it takes depends on what else the machine does.
    console.log(`        ready ${((performance.now() - began) / 1000).toFixed(1)} s after ${name}`)
  }
  /** From hash tiles alone, as a stranger would. */
  const mustExtend = async (node: (typeof nodes)[number], old: Checkpoint, now: Checkpoint) => {
    expect(now.size >= old.size, `${node} had ${old.size}, has ${now.size}`).to.equal(true)
    const proof = await consistencyProof(old.size, now.size, nodesOf(world()[node], now.size))
    expect(verifyConsistency(old.size, now.size, proof, old.root, now.root), node).to.equal(true)
  }
  const databaseServer = async (): Promise<number> => {
    const [pid] = (await readFile(join(world().dataDir, 'postgres/cluster/postmaster.pid'), 'utf8')).split('\n')
    return Number(pid)
  }
  const verified = (options: { readonly rpc?: string } = {}) => {
    const { bundle, trust } = world()
    const quiet = { out: () => undefined, error: () => undefined }
    return verify({ bundle, trust, json: true, ...options }, quiet, 'en')
  }

  it('ends within 30 s of SIGTERM, with 0, and has everything when started again', async () => {
    const [before, had] = [await heads(), await documents()]
    const late = new Promise<string>(done => setTimeout(done, END_MS, 'still running').unref())
    expect(await Promise.race([world().end('SIGTERM'), late])).to.equal(0)
    const refused = await fetch(`${world().market}/healthz`).then(
      () => false,
      () => true,
    )
    expect(refused).to.equal(true)
    await again('SIGTERM')
    expect(codes(await documents())).to.deep.equal(codes(had))
    const after = await heads()
    for (const node of nodes) await mustExtend(node, before[node], after[node])
  })

  for (const [what, prefix] of [
    ['all processes are killed in the middle of work', 'KILLED'],
    ['the database server is killed with them', 'CRASHED'],
  ] as const) {
    it(`loses nothing that was acknowledged when ${what}`, () => killed(prefix))
  }

  const killed = async (prefix: 'KILLED' | 'CRASHED') => {
    const distributor = await world().actor('distributor')
    const { uscc: hospital } = await world().actor('hospital')
    const before = await heads()
    const acknowledged: Registered[] = []
    let ending = false
    const orderOf = (n: number) => ({
      kind: 'order' as const,
      code: gs1('253', makeGdti('6901234', '1', `${prefix}${n}`)).text,
      number: `${prefix}-${n}`,
      version: 1,
      parties: { seller: distributor.uscc, buyer: hospital },
      issueDate: new Date().toISOString().slice(0, 10),
      currency: parseCurrency('CNY'),
      lines: [
        {
          id: '1',
          item: gs1('01', makeGtin('6901234', 90002)).text,
          quantity: '1',
          unit: 'C62',
          unitPrice: '1',
          taxRate: '0.13',
        },
      ],
    })
    const worker = async (first: number) => {
      for (let n = first; ; n += 4) {
        try {
          acknowledged.push(await register(distributor, orderOf(n)))
        } catch (error) {
          if (!ending) throw error
          return
        }
      }
    }
    const work = Promise.all([0, 1, 2, 3].map(worker))
    await until('some of the work to be acknowledged', async () => acknowledged.length >= 12 || undefined)
    ending = true
    const server = await databaseServer()
    if (prefix === 'CRASHED') process.kill(server, 'SIGKILL')
    await world().end('SIGKILL')
    // Until its parent has taken note of its end, a dead process is still on the list of those there are.
    if (prefix === 'CRASHED') await until('the server to be gone', async () => !isThere(server) || undefined)
    await work
    await again('kill -9')

    const kept = new Map((await documents()).map(it => [it.code, it]))
    for (const { code, index, commitment } of acknowledged) {
      expect(kept.get(code), code).to.include({ index, commitment })
    }
    // A head may wait a moment for its witnesses before it is shown.
    const after = await until('a head that covers what was acknowledged', async () => {
      const now = await heads()
      return now.market.size - before.market.size >= BigInt(acknowledged.length) ? now : undefined
    })
    for (const node of nodes) await mustExtend(node, before[node], after[node])
  }

  it('reads what the forgotten chains took as forgotten, and anchors the head anew', async () => {
    const { chains } = await world().trusted()
    // One for each start: the trust settings still name those that are gone.
    expect(chains.length).to.be.at.least(3)
    const current = chains.at(-1)?.genesis
    for (const node of nodes) {
      const head = (await heads())[node]
      const anchors = await until(`the head of ${node} to be anchored`, async () => {
        const all = await anchorsOf(world()[node])
        return all.some(it => it.genesis === current && it.state === 'final' && it.size >= head.size) ? all : undefined
      })
      for (const { genesis, state, size } of anchors) {
        expect(state, `${node} ${size}`).to.equal(genesis === current ? 'final' : 'chain-forgotten')
      }
      const now = (await heads())[node]
      const newest = anchors.filter(it => it.genesis === current).at(-1)
      if (newest?.size === now.size) expect(hex(newest.root)).to.equal(hex(now.root))
      else if (newest) await mustExtend(node, { origin: now.origin, size: newest.size, root: newest.root }, now)
    }
  })

  it('leaves the old bundle true offline, and undecided by a chain that has forgotten', async () => {
    expect(await verified()).to.equal(0)
    expect(await verified({ rpc: world().chain })).to.equal(3)
  })
})

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
