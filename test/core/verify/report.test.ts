import { expect } from 'chai'
import { type Bundle, formatBundle } from '../../../core/bundle.ts'
import { canonical, canonicalText } from '../../../core/canonical.ts'
import { parseCompact, signCompact } from '../../../core/jws.ts'
import type { Report } from '../../../core/report/report.ts'
import { parseJsonBytes } from '../../../core/strict-json.ts'
import { typ } from '../../../core/typ.ts'
import { verifyBundle } from '../../../core/verify/bundle.ts'
import { evidenceOf } from '../../../core/verify/evidence.ts'
import { seal } from '../../../exchange/releases/seal.ts'
import { askRegistry, complete, policyOf, pull, signPolicy } from '../../exchange/complete.ts'
import { type Case, openScene, type Scene } from '../../exchange/scene.ts'
import { expectFalse } from './tamper.ts'

describe('the report of a bundle', () => {
  let scene: Scene
  let it_: Case
  let bundle: Bundle

  before(async function () {
    this.timeout(60_000)
    scene = await openScene()
    it_ = await scene.play()
    await scene.anchor()
    bundle = await complete(scene, it_)
  })
  after(() => scene.close())

  const verify = async (changed: Partial<Bundle>) => {
    const { seal: _, ...contents } = { ...bundle, ...changed }
    const file = formatBundle(await seal(scene.releases.nodeKey, contents))
    return verifyBundle(file, { trust: scene.trust, at: scene.clock.now })
  }
  const reportOf = (of: Bundle): Report => {
    const jws = parseCompact(of.report!)
    if (!jws.ok) throw new Error(jws.detail)
    return parseJsonBytes(jws.payload) as Report
  }
  const signed = (payload: object, act: (typeof typ)[keyof typeof typ] = typ.report) =>
    signCompact({ typ: act, ...scene.releases.nodeKey, payload: canonical(payload) })

  it('is made again by the auditor, byte for byte', async () => {
    const { verdict, steps } = await verify({})
    expect(steps.filter(({ outcome }) => outcome === 'false')).to.deep.equal([])
    expect(steps.map(({ step }) => step)).to.include.members(['registry', 'policy', 'report'])
    expect(verdict).to.equal('verified')
    expect(reportOf(bundle).verdict).to.equal('VERIFIED')
  })

  it('is false when the node signs another one than the evidence gives', async () => {
    const report = reportOf(bundle)
    const [receivable] = report.receivables
    const changes: Record<string, object> = {
      verdict: { verdict: 'REFER', strength: null },
      amount: { receivables: [{ ...receivable!, financeable: '22601' }] },
      policy: { policy: { ...report.policy, name: 'other' } },
    }
    for (const [what, change] of Object.entries(changes)) {
      expectFalse(await verify({ report: await signed({ ...report, ...change }) }), ['report'], what)
    }
    expectFalse(await verify({ report: await signed({ ...report, more: 1 }) }), ['report'], 'another member')
    expectFalse(await verify({ report: await signed(report, typ.registryStatement) }), ['report'], 'another act')
    expectFalse(
      await verify({ report: await signed({ ...report, asOf: '2026-03-15T09:00:00Z' }) }),
      ['report'],
      'later',
    )
  })

  it('is false by another policy than the one in the bundle, or by none', async () => {
    const stricter = canonicalText(policyOf(scene, { coverage: '1' }))
    expectFalse(await verify({ policy: stricter }), ['report'], 'another policy')
    const { policy: _, ...without } = bundle
    const { seal: __, ...contents } = without
    const file = formatBundle(await seal(scene.releases.nodeKey, contents))
    expectFalse(await verifyBundle(file, { trust: scene.trust, at: scene.clock.now }), ['report'], 'no policy')
  })

  it("takes the bank's policy under its signature, and nobody else's", async () => {
    const { seller, otherBank } = scene.parties
    const policy = policyOf(scene, { version: 3 })
    const own = await complete(scene, it_, policy, await signPolicy(scene, policy))
    expect((await verifyBundle(formatBundle(own), { trust: scene.trust, at: scene.clock.now })).verdict).to.equal(
      'verified',
    )
    const wrong: Record<string, string> = {
      unsigned: canonicalText(policy),
      'by the seller': await signPolicy(scene, policy, seller),
      'of another bank': await signPolicy(scene, { ...policy, bank: otherBank.uscc }, otherBank),
    }
    for (const [what, text] of Object.entries(wrong)) {
      const { seal: _, ...contents } = { ...own, policy: text }
      const file = formatBundle(await seal(scene.releases.nodeKey, contents))
      expectFalse(await verifyBundle(file, { trust: scene.trust, at: scene.clock.now }), ['policy'], what)
    }
  })

  it('rests on a registry that is trusted and answered for this application', async () => {
    const { registry, ...pulled } = bundle
    expect(registry).to.be.a('string')
    const changes: Record<string, object> = {
      'another registry': { registry: 'log.example/other' },
      'another application': { application: crypto.randomUUID() },
      'a later answer': { asOf: '2026-03-15T08:06:00Z' },
    }
    for (const [what, change] of Object.entries(changes)) {
      expectFalse(await verify({ registry: await askRegistry(scene, pulled, change) }), ['registry'], what)
    }
    const { key } = scene.parties.seller
    const jws = parseCompact(registry!)
    if (!jws.ok) throw new Error(jws.detail)
    const bySeller = await signCompact({ typ: typ.registryStatement, key, payload: jws.payload })
    expectFalse(await verify({ registry: bySeller }), ['registry'], 'by the seller')
    const financed = JSON.parse(new TextDecoder().decode(jws.payload)) as { invoices: object[] }
    const invoices = financed.invoices.map(invoice => ({ ...invoice, financed: true }))
    expectFalse(
      await verify({ registry: await askRegistry(scene, pulled, { invoices }) }),
      ['report'],
      'another answer',
    )
  })

  it('counts no record whose signature or proof is not good', async () => {
    const contents = await pull(scene, it_)
    const index = contents.records.findIndex(({ type }) => type === 'confirmation')
    const records = contents.records.with(index, { ...contents.records[index]!, salt: contents.records[0]!.salt })
    const evidence = await evidenceOf({ ...contents, records }, scene.trust)
    if (!evidence.ok) throw new Error(evidence.detail)
    expect(evidence.evidence.answers).to.deep.equal([])
    expect(evidence.evidence.rejected).to.have.length(1)
    const strangers = await evidenceOf(contents, { ...scene.trust, nodes: [] })
    expect(strangers.ok).to.equal(false)
  })
})
