import { expect } from 'chai'
import { type Bundle, formatBundle } from '../../../core/bundle.ts'
import { verifyBundle } from '../../../core/verify/bundle.ts'
import type { StepName } from '../../../core/verify/step.ts'
import { seal } from '../../../exchange/releases/seal.ts'
import { complete, pull } from '../../exchange/complete.ts'
import { type Case, openScene, type Scene } from '../../exchange/scene.ts'
import { expectFalse, leavesOf, mutate, positionsOf, replaceAt } from './tamper.ts'

describe('an evidence bundle', () => {
  let scene: Scene
  let played: Case
  let bundle: Bundle
  let file: string

  before(async function () {
    this.timeout(60_000)
    scene = await openScene()
    played = await scene.play()
    await scene.anchor()
    bundle = await complete(scene, played)
    file = formatBundle(bundle)
  })
  after(() => scene.close())

  const verify = (text: string) => verifyBundle(text, { trust: scene.trust, at: scene.clock.now })
  const reseal = async ({ seal: _, ...contents }: Bundle) => formatBundle(await seal(scene.releases.nodeKey, contents))

  it('is verified by who trusts its parts', async () => {
    const { verdict, steps } = await verify(file)
    expect(steps.filter(({ outcome }) => outcome === 'false')).to.deep.equal([])
    expect(verdict).to.equal('verified')
  })

  it('is false with any byte changed, removed or added anywhere in the file', async function () {
    this.timeout(120_000)
    for (let at = 0; at < file.length; at += 2003) {
      for (const changed of [
        file.slice(0, at) + String.fromCharCode(file.charCodeAt(at) ^ 1) + file.slice(at + 1),
        file.slice(0, at) + file.slice(at + 1),
        `${file.slice(0, at)} ${file.slice(at)}`,
      ]) {
        const { verdict } = await verify(changed)
        expect(verdict, `byte ${at} of ${file.slice(at - 20, at + 20)}`).to.equal('false')
      }
    }
    expect((await verify(`${file}\n`)).verdict).to.equal('false')
    expect((await verify('')).verdict).to.equal('false')
  })

  /** What must find a change that even the node's own seal covers up. Fields that are the node's word alone are not here. */
  const finders: readonly [path: RegExp, steps: readonly StepName[]][] = [
    [/^(format|version)$/, ['format']],
    [/^log$/, ['checkpoint']],
    [/^application\.(id|mode)$/, ['application']],
    [/^application\.(seller|bank)$/, ['application']],
    [/^application\.invoices/, ['application']],
    [/^authorization$/, ['authorization']],
    [/^release$/, ['release']],
    [/^records\.\d+\.type$/, ['record', 'disclosures', 'inclusion']],
    [/^records\.\d+\.org$/, ['record', 'scope', 'capture']],
    [/^records\.\d+\.index$/, ['format', 'inclusion']],
    [/^records\.\d+\.(salt|body)$/, ['inclusion']],
    [/^records\.\d+\.disclosures/, ['disclosures']],
    [/^records\.\d+\.capture/, ['capture']],
    [/^records\.\d+\.proof$/, ['inclusion']],
    [/^captures\.\d+\./, ['capture']],
    [/^checkpoint$/, ['checkpoint']],
    [/^anchors\.\d+\.(chainId|genesis|contract)$/, ['anchor']],
    [/^anchors\.\d+\.(size|root|consistency)/, ['consistency']],
    [/^crls\.\d+$/, ['revocation list', 'signature']],
    [/^heads\.\d+$/, ['status head']],
    [/^registry$/, ['registry']],
    [/^policy$/, ['policy', 'report']],
    [/^report$/, ['report']],
    [/^seal$/, ['seal']],
  ]

  it('is false with any field changed, by the step that looks at it, even when the node seals the change', async function () {
    this.timeout(300_000)
    for (const path of leavesOf(bundle, [])) {
      const name = path.join('.')
      const steps = finders.find(([pattern]) => pattern.test(name))?.[1]
      if (steps === undefined || isSeen(path)) continue
      for (const at of positionsOf(bundle, path)) {
        const changed = mutate(bundle, path, at)
        const text = name === 'seal' ? formatBundle(changed) : await reseal(changed)
        expectFalse(await verify(text), steps, `${name} at ${at}`)
      }
    }
  })

  /** What is the same for every record is changed in the first of each type; bodies are changed in all. */
  const isSeen = ([list, index, member]: readonly string[]): boolean =>
    list === 'records' &&
    member !== 'body' &&
    bundle.records.findIndex(({ type }) => type === bundle.records[Number(index)]!.type) < Number(index)

  it('has no field that nothing looks at', () => {
    const wordOfTheNode = /^(createdAt|records\.\d+\.loggedAt|anchors\.\d+\.(chain|transaction|block|blockHash|at))$/
    for (const path of leavesOf(bundle, [])) {
      const name = path.join('.')
      expect(wordOfTheNode.test(name) !== finders.some(([pattern]) => pattern.test(name)), name).to.equal(true)
    }
  })

  it('is false when any record is left out', async () => {
    const pulled = await seal(scene.releases.nodeKey, await pull(scene, played))
    for (const [index, { type }] of pulled.records.entries()) {
      const without = (of: Bundle) => ({ ...of, records: of.records.toSpliced(index, 1) })
      expect((await verify(await reseal(without(bundle)))).verdict).to.equal('false')
      // The last event of a capture takes its device's list along.
      if (type === 'event') continue
      const { verdict } = await verify(await reseal(without(pulled)))
      // The node's own receipt names every record that it released.
      expect(verdict, `without record ${index} (${type})`).to.equal('false')
    }
  })

  it('is consistent with itself at best without trust settings', async () => {
    const { verdict, steps } = await verifyBundle(file, { at: scene.clock.now })
    expect(verdict).to.equal('undecided')
    expect(steps.some(({ outcome }) => outcome === 'false')).to.equal(false)
    for (const name of ['seal', 'checkpoint', 'anchor', 'signature', 'authorization', 'application', 'release']) {
      expect(steps.filter(({ step }) => step === name).every(({ outcome }) => outcome === 'not_checkable')).to.equal(
        true,
      )
    }
    const [body] = [bundle.records[0]!.body]
    const changed = replaceAt(bundle, ['records', '0', 'body'], body.replace('draft', 'drift'))
    expect((await verifyBundle(formatBundle(changed), { at: scene.clock.now })).verdict).to.equal('false')
  })

  it('is undecided until the log is anchored, and says which records are not', async () => {
    const none = await verify(
      await reseal({ ...(await seal(scene.releases.nodeKey, await pull(scene, played))), anchors: [] }),
    )
    expect(none.verdict).to.equal('undecided')
    expect(none.steps.filter(({ outcome }) => outcome === 'pending').map(({ step }) => step)).to.deep.equal(['anchor'])
  })

  it('is false before it was made', async () => {
    const { verdict, steps } = await verifyBundle(file, { trust: scene.trust, at: new Date('2026-03-15T07:58:00Z') })
    expect(verdict).to.equal('false')
    expect(steps.map(({ step }) => step)).to.deep.equal(['format'])
  })

  it('is false where any one of its keys, chains and authorities is not trusted', async () => {
    const { trust } = scene
    const [node] = trust.nodes
    const other = (await openScene()) satisfies Scene
    try {
      const [stranger] = other.trust.nodes
      const changes: Record<string, Partial<typeof trust>> = {
        checkpoint: { nodes: [{ ...node!, logKey: { ...node!.logKey, publicKey: new Uint8Array(32) } }] },
        seal: { nodes: [{ ...node!, nodeKey: { ...stranger!.nodeKey, x: node!.nodeKey.y } }] },
        anchor: { chains: [{ ...trust.chains[0]!, genesis: `0x${'44'.repeat(32)}` }] },
        signature: { anchors: other.trust.anchors },
      }
      for (const [step, change] of Object.entries(changes)) {
        const found = await verifyBundle(file, { trust: { ...trust, ...change }, at: scene.clock.now })
        expectFalse(found, [step as StepName], step)
      }
      const expired = [{ ...node!, notAfter: '2026-03-15T07:59:59Z' }]
      expectFalse(await verifyBundle(file, { trust: { ...trust, nodes: expired }, at: scene.clock.now }), ['seal'], '')
    } finally {
      await other.close()
    }
  })

  it('is false from a stranger, however perfect', async function () {
    this.timeout(60_000)
    const stranger = await openScene()
    try {
      const it = await stranger.play()
      await stranger.anchor()
      const text = formatBundle(await complete(stranger, it))
      expect((await verifyBundle(text, { trust: stranger.trust, at: stranger.clock.now })).verdict).to.equal('verified')
      expectFalse(await verify(text), ['signature'], 'a stranger')
    } finally {
      await stranger.close()
    }
  })
})
