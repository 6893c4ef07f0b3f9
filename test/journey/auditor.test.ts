import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { makeLogKeyFile, makeNodeKeyFile, readLogKey, readNodeKey } from '../../api/key-files.ts'
import { createAuthority, usccAt } from '../../certs/authority.ts'
import { type Bundle, formatBundle, parseBundle, type UnsealedBundle } from '../../core/bundle.ts'
import { formatVerifierKey } from '../../core/note.ts'
import type { TrustFile } from '../../core/trust.ts'
import { verifyBundle } from '../../core/verify/bundle.ts'
import type { Step, StepName } from '../../core/verify/step.ts'
import { pem } from '../../core/x509/pem.ts'
import { seal } from '../../exchange/releases/seal.ts'
import type { QuestionItem } from '../../receivables/confirmations/contract.ts'
import { run } from '../../scripts/commands/program.ts'
import { anchor, type Change, digit, resealable, sealedOnly } from './changes.ts'
import { useWorld } from './world.ts'

type Told = {
  readonly code: number
  readonly verdict: string
  readonly conclusion: string
  readonly steps: readonly Step[]
}

describe('7. the auditor', function () {
  this.timeout(60_000)
  const world = useWorld()
  let folder: string
  let text: string
  let bundle: Bundle
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallystick-auditor-'))
    text = await readFile(world().bundle, 'utf8')
    bundle = parseBundle(text)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  /** `tallystick verify … --json`, as it would be typed. */
  const tallystick = async (file: string, ...options: readonly string[]): Promise<Told> => {
    const out: string[] = []
    const terminal = { out: (line: string) => out.push(line), error: (line: string) => out.push(line) }
    const code = await run(['verify', file, '--json', ...options], terminal, {})
    return { ...(JSON.parse(out.join('\n')) as Told), code }
  }
  const trusting = () => ['--trust', world().trust]
  const written = async (name: string, content: string): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }
  const falseSteps = ({ steps }: Pick<Told, 'steps'>) => [
    ...new Set(steps.filter(it => it.outcome === 'false').map(it => it.step)),
  ]

  describe('of the sample’s bundle', () => {
    it('gets a yes offline, and is told on whose word the anchors stand then', async () => {
      const { fetch } = globalThis
      let calls = 0
      globalThis.fetch = (...asked) => {
        calls += 1
        return fetch(...asked)
      }
      const told = await tallystick(world().bundle, ...trusting()).finally(() => {
        globalThis.fetch = fetch
      })
      expect(calls).to.equal(0)
      expect(told).to.include({ code: 0, verdict: 'verified' })
      expect(told.conclusion).to.match(/offline/)
      expect(told.steps.filter(it => it.outcome !== 'true').map(it => it.step)).to.deep.equal(
        bundle.anchors.map(() => 'anchor'),
      )
      const checked = new Set(told.steps.map(it => it.step))
      const all: readonly StepName[] = [
        'format',
        'seal',
        'checkpoint',
        'inclusion',
        'consistency',
        'anchor',
        'signature',
      ]
      const more: readonly StepName[] = [
        'disclosures',
        'capture',
        'authorization',
        'scope',
        'status head',
        'registry',
        'policy',
        'report',
      ]
      expect([...checked]).to.include.members([...all, ...more, 'application'])
    })

    it('gets the same yes with the chain asked, and nothing left unchecked', async () => {
      const told = await tallystick(world().bundle, ...trusting(), '--rpc', world().chain)
      expect(told).to.include({ code: 0, verdict: 'verified' })
      expect(told.steps.filter(it => it.outcome !== 'true')).to.deep.equal([])
      expect(told.steps.filter(it => it.step === 'anchor')).to.have.lengthOf(bundle.anchors.length)
    })

    it('gets no more than “self-consistent” without trust settings', async () => {
      const told = await tallystick(world().bundle)
      expect(told).to.include({ code: 3, verdict: 'undecided' })
      expect(told.conclusion).to.match(/self-consistent only/)
    })

    it('finds every bundle that the bank can fetch true, and undecided where the hospital was never asked', async () => {
      const { client } = await world().actor('bank')
      const questions = await world().all<QuestionItem>('distributor', '/api/v1/questions')
      const asked = new Set(questions.map(({ question }) => question.invoice))
      const reports = await world().all<{ id: string }>('bank', '/api/v1/reports')
      for (const { id } of reports) {
        const response = await client.request('GET', `/api/v1/reports/${id}/bundle`)
        const told = await tallystick(await written('one.json', await response.text()), ...trusting())
        const open = told.steps.filter(it => it.outcome !== 'true' && !it.offline)
        // About an invoice that it never heard of the hospital publishes no head: only the node says that there is no answer.
        const [, invoice = ''] = /, answer (.+)$/.exec(open[0]?.subject ?? '') ?? []
        expect(open.length, JSON.stringify(open)).to.equal(asked.has(invoice) || invoice === '' ? 0 : 1)
        expect(told.code).to.equal(open.length === 0 ? 0 : 3)
      }
    })
  })

  describe('of a stranger’s deployment', () => {
    let stranger: TrustFile
    let ours: TrustFile
    before(async () => {
      ours = JSON.parse(await readFile(world().trust, 'utf8')) as TrustFile
      const { root } = await createAuthority({ name: 'Stranger', now: new Date(Date.now() - 3_600_000) })
      const nodes = await Promise.all(
        ours.nodes.map(async (node, i) => {
          const [log, key] = [join(folder, `log-${i}.key`), join(folder, `node-${i}.key`)]
          await makeLogKeyFile(log)
          await makeNodeKeyFile(key)
          const logKey = formatVerifierKey(await readLogKey(log, node.origin))
          return { ...node, logKey, nodeKey: (await readNodeKey(key)).jwk }
        }),
      )
      const roles = ours.anchors.flatMap(it => it.roles)
      stranger = {
        ...ours,
        anchors: [
          { id: 'development-ca', certificate: pem('CERTIFICATE', root.certificate), roles, usccAt, crl: 'required' },
        ],
        nodes,
        chains: ours.chains.map(it => ({ ...it, genesis: `0x${'5'.repeat(64)}` })),
      }
    })

    const toldWith = async (trust: TrustFile) =>
      tallystick(world().bundle, '--trust', await written('stranger.json', JSON.stringify(trust)))

    it('takes nothing for true by its trust file, which names the same origins and organizations', async () => {
      const told = await toldWith(stranger)
      expect(told).to.include({ code: 1, verdict: 'false' })
      expect(falseSteps(told)).to.include.members(['seal', 'checkpoint', 'anchor', 'signature', 'registry', 'report'])
    })

    for (const [part, steps] of [
      ['anchors', ['signature']],
      ['chains', ['anchor']],
    ] as const) {
      it(`takes nothing for true when its ${part} alone are other ones`, async () => {
        const told = await toldWith({ ...ours, [part]: stranger[part] })
        expect(told.code).to.equal(1)
        expect(falseSteps(told)).to.include.members([...steps])
      })
    }

    for (const [key, step] of [
      ['logKey', 'checkpoint'],
      ['nodeKey', 'seal'],
    ] as const) {
      it(`takes nothing for true when the node’s ${key} alone is another one`, async () => {
        const nodes = ours.nodes.map((node, i) => ({ ...node, [key]: stranger.nodes[i]?.[key] }))
        const told = await toldWith({ ...ours, nodes: nodes as TrustFile['nodes'] })
        expect(told.code).to.equal(1)
        expect(falseSteps(told)).to.include(step)
      })
    }
  })

  describe('of a changed bundle', () => {
    const changed = (change: Change): Bundle => {
      const copy = structuredClone(bundle)
      change(copy)
      expect(copy).not.to.deep.equal(bundle)
      return copy
    }
    const resealed = async (change: Change): Promise<string> => {
      const { seal: _, ...contents }: Bundle = changed(change)
      const key = await readNodeKey(join(world().dataDir, 'market', 'node.key'))
      return formatBundle(await seal(key, contents satisfies UnsealedBundle))
    }

    for (const [what, step, change] of resealable) {
      it(`finds ${what} changed, also when the node itself sealed it again`, async () => {
        const told = await tallystick(await written('changed.json', await resealed(change)), ...trusting())
        expect(told).to.include({ code: 1, verdict: 'false' })
        expect(falseSteps(told)).to.include(step).and.not.to.include('seal')
      })
    }

    it('finds by the seal whatever nothing else protects', async () => {
      for (const change of sealedOnly) {
        const told = await tallystick(await written('changed.json', formatBundle(changed(change))), ...trusting())
        expect(told.code).to.equal(1)
        expect(falseSteps(told)).to.include('seal')
      }
    })

    for (const member of ['transaction', 'blockHash'] as const) {
      it(`finds by the chain that the node sealed another ${member} of an anchor`, async () => {
        const file = await written('changed.json', await resealed(anchor(it => ({ [member]: digit(it[member]) }))))
        const told = await tallystick(file, ...trusting(), '--rpc', world().chain)
        expect(told).to.include({ code: 1, verdict: 'false' })
        expect(falseSteps(told)).to.deep.equal(['anchor'])
      })
    }

    it('finds any one byte anywhere changed', async () => {
      const trust = await world().trusted()
      const bytes = Buffer.from(text)
      const anywhere = fc.record({ at: fc.nat(bytes.length - 1), by: fc.integer({ min: 1, max: 255 }) })
      await fc.assert(
        fc.asyncProperty(anywhere, async ({ at, by }) => {
          const copy = Buffer.from(bytes)
          copy[at] = (copy[at] ?? 0) ^ by
          const { verdict, steps } = await verifyBundle(copy.toString('utf8'), { trust })
          return verdict === 'false' && steps.some(it => it.outcome === 'false')
        }),
        { numRuns: 40 },
      )
    })
  })
})
