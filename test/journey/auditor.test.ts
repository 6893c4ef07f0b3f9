import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { makeLogKeyFile, makeNodeKeyFile, readLogKey, readNodeKey } from '../../api/key-files.ts'
import { createAuthority, usccAt } from '../../certs/authority.ts'
import { type Bundle, type BundledType, formatBundle, parseBundle, type UnsealedBundle } from '../../core/bundle.ts'
import { formatVerifierKey } from '../../core/note.ts'
import type { TrustFile } from '../../core/trust.ts'
import { verifyBundle } from '../../core/verify/bundle.ts'
import type { Step, StepName } from '../../core/verify/step.ts'
import { pem } from '../../core/x509/pem.ts'
import { seal } from '../../exchange/releases/seal.ts'
import { run } from '../../scripts/commands/program.ts'
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
      const told = await tallystick(world().bundle, ...trusting())
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

    it('finds every bundle that the bank can fetch true', async () => {
      const { client } = await world().actor('bank')
      const reports = await world().all<{ id: string }>('bank', '/api/v1/reports')
      for (const { id } of reports) {
        const response = await client.request('GET', `/api/v1/reports/${id}/bundle`)
        const told = await tallystick(await written('one.json', await response.text()), ...trusting())
        expect(told.code, JSON.stringify(told.steps.filter(it => it.outcome !== 'true'))).to.equal(0)
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
    type Change = (bundle: Bundle) => void
    /** Another character of the same alphabet, far from any padding. */
    const other = (value: string, at: number): string =>
      `${value.slice(0, at)}${value[at] === 'A' ? 'B' : 'A'}${value.slice(at + 1)}`
    const otherDigit = (value: string, at = value.length - 1): string =>
      `${value.slice(0, at)}${value[at] === '1' ? '2' : '1'}${value.slice(at + 1)}`
    const middle = (value: string) => other(value, Math.floor(value.length / 2))
    const late = (value: string) => other(value, value.length - 20)
    const first = (it: Bundle, type: BundledType) => {
      const found = it.records.find(record => record.type === type)
      if (!found) throw new Error(`no ${type} in the bundle`)
      return found
    }
    const anchor = (it: Bundle) => {
      const found = it.anchors.find(({ consistency }) => consistency.length > 0)
      if (!found) throw new Error('no anchor before the checkpoint')
      return found
    }
    const line = (note: string, at: number, change: (text: string) => string) =>
      note
        .split('\n')
        .map((one, i) => (i === at ? change(one) : one))
        .join('\n')
    /** A certificate stands in the header of each signature: the first part of the JWS. */
    const certificate = (jws: string) => other(jws, Math.floor(jws.indexOf('.') / 2))

    const changes: readonly (readonly [what: string, step: StepName, change: Change])[] = [
      ...(['document', 'endorsement', 'question', 'confirmation', 'application'] as const).flatMap(
        type =>
          [
            [
              `the body of the ${type}`,
              'inclusion',
              it => Object.assign(first(it, type), { body: middle(first(it, type).body) }),
            ],
            [
              `the signature of the ${type}`,
              'signature',
              it => Object.assign(first(it, type), { body: late(first(it, type).body) }),
            ],
          ] as const satisfies readonly (readonly [string, StepName, Change])[],
      ),
      [
        'the body of an event',
        'capture',
        it => Object.assign(first(it, 'event'), { body: first(it, 'event').body.replace(/\d/, '7') }),
      ],
      [
        'the authorization',
        'authorization',
        it => Object.assign(first(it, 'authorization'), { body: late(first(it, 'authorization').body) }),
      ],
      [
        'a state of the authorization',
        'authorization',
        it => Object.assign(first(it, 'authorization-state'), { body: late(first(it, 'authorization-state').body) }),
      ],
      [
        'the salt of a document',
        'inclusion',
        it => Object.assign(first(it, 'document'), { salt: other(first(it, 'document').salt, 5) }),
      ],
      [
        'the salt of an event',
        'inclusion',
        it => Object.assign(first(it, 'event'), { salt: other(first(it, 'event').salt, 5) }),
      ],
      [
        'a disclosure',
        'disclosures',
        it =>
          Object.assign(first(it, 'document'), {
            disclosures: first(it, 'document').disclosures?.map((text, i) => (i ? text : other(text, 20))),
          }),
      ],
      [
        'a certificate in a document',
        'inclusion',
        it => Object.assign(first(it, 'document'), { body: certificate(first(it, 'document').body) }),
      ],
      [
        'a hash of a proof',
        'inclusion',
        it =>
          Object.assign(first(it, 'document'), { proof: line(first(it, 'document').proof, 2, text => other(text, 5)) }),
      ],
      [
        'the index in a proof',
        'inclusion',
        it =>
          Object.assign(first(it, 'document'), {
            proof: line(first(it, 'document').proof, 1, text => otherDigit(text)),
          }),
      ],
      [
        'the head in a proof',
        'inclusion',
        it => Object.assign(first(it, 'document'), { proof: late(first(it, 'document').proof) }),
      ],
      [
        'the signature of a device',
        'capture',
        it => Object.assign(it.captures[0] ?? {}, { jws: late(it.captures[0]?.jws ?? '') }),
      ],
      [
        'a commitment that a device signed',
        'capture',
        it =>
          Object.assign(it.captures[0] ?? {}, {
            digests: it.captures[0]?.digests.map((text, i) => (i ? text : otherDigit(text))),
          }),
      ],
      [
        'the root of the checkpoint',
        'checkpoint',
        it => Object.assign(it, { checkpoint: line(it.checkpoint, 2, text => other(text, 5)) }),
      ],
      [
        'the size of the checkpoint',
        'checkpoint',
        it => Object.assign(it, { checkpoint: line(it.checkpoint, 1, text => otherDigit(text)) }),
      ],
      ['the signature of the checkpoint', 'checkpoint', it => Object.assign(it, { checkpoint: late(it.checkpoint) })],
      ['the root of an anchor', 'consistency', it => Object.assign(anchor(it), { root: other(anchor(it).root, 5) })],
      [
        'the size of an anchor',
        'consistency',
        it => Object.assign(anchor(it), { size: otherDigit(anchor(it).size, 0) }),
      ],
      [
        'a consistency proof',
        'consistency',
        it =>
          Object.assign(anchor(it), {
            consistency: anchor(it).consistency.map((text, i) => (i ? text : other(text, 5))),
          }),
      ],
      ['a revocation list', 'signature', it => Object.assign(it, { crls: it.crls.map(late) })],
      ['the registry’s statement', 'registry', it => Object.assign(it, { registry: middle(it.registry ?? '') })],
      [
        'the signature of the registry’s statement',
        'registry',
        it => Object.assign(it, { registry: late(it.registry ?? '') }),
      ],
      [
        'the policy',
        'policy',
        it => Object.assign(it, { policy: it.policy?.replace(/\d/, digit => (digit === '1' ? '2' : '1')) }),
      ],
      ['the report', 'report', it => Object.assign(it, { report: middle(it.report ?? '') })],
      ['the signature of the report', 'report', it => Object.assign(it, { report: late(it.report ?? '') })],
      [
        'the application’s mode',
        'application',
        it => Object.assign(it, { application: { ...it.application, mode: '信用贷' } }),
      ],
    ]

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

    for (const [what, step, change] of changes) {
      it(`finds ${what} changed, also when the node itself sealed it again`, async () => {
        const told = await tallystick(await written('changed.json', await resealed(change)), ...trusting())
        expect(told).to.include({ code: 1, verdict: 'false' })
        expect(falseSteps(told)).to.include(step).and.not.to.include('seal')
      })
    }

    it('finds by the seal whatever nothing else protects', async () => {
      const unguarded: readonly Change[] = [
        it =>
          Object.assign(it, { createdAt: it.createdAt.replace(/\d\d\dZ$/, ms => (ms === '111Z' ? '222Z' : '111Z')) }),
        it => Object.assign(anchor(it), { transaction: otherDigit(anchor(it).transaction) }),
        it => Object.assign(anchor(it), { blockHash: otherDigit(anchor(it).blockHash) }),
        it => Object.assign(it, { anchors: it.anchors.slice(1) }),
        it => Object.assign(it, { seal: late(it.seal) }),
      ]
      for (const change of unguarded) {
        const told = await tallystick(await written('changed.json', formatBundle(changed(change))), ...trusting())
        expect(told.code).to.equal(1)
        expect(falseSteps(told)).to.include('seal')
      }
    })

    for (const member of ['transaction', 'blockHash', 'block'] as const) {
      it(`finds by the chain that the node sealed another ${member} of an anchor`, async () => {
        const change: Change = it => Object.assign(anchor(it), { [member]: otherDigit(anchor(it)[member]) })
        const file = await written('changed.json', await resealed(change))
        const told = await tallystick(file, ...trusting(), '--rpc', world().chain)
        expect(told.code).not.to.equal(0)
        expect(told.steps.filter(it => it.step === 'anchor').map(it => it.outcome)).to.satisfy(
          (outcomes: readonly string[]) => outcomes.some(it => it === 'false' || it === 'pending'),
        )
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
