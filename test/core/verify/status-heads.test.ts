import { expect } from 'chai'
import { type Demand, demandedMatters, isNamed } from '../../../core/authorization/matters.ts'
import { type Bundle, formatBundle, type UnsealedBundle } from '../../../core/bundle.ts'
import { base64url } from '../../../core/bytes.ts'
import { canonical } from '../../../core/canonical.ts'
import { parseCompact, signCompact } from '../../../core/jws.ts'
import { releaseReceiptSchema } from '../../../core/release.ts'
import { evaluate } from '../../../core/report/evaluate.ts'
import { halvesOf, type Matter } from '../../../core/statement.ts'
import { typ } from '../../../core/typ.ts'
import { verifyBundle } from '../../../core/verify/bundle.ts'
import { evidenceOf } from '../../../core/verify/evidence.ts'
import type { Step } from '../../../core/verify/step.ts'
import { act } from '../../../exchange/authorizations/act.ts'
import { seal } from '../../../exchange/releases/seal.ts'
import { complete, policyOf, pull } from '../../exchange/complete.ts'
import { type Party, signAct } from '../../exchange/parties.ts'
import { type Case, headOf, openScene, type Scene } from '../../exchange/scene.ts'

describe('a bundle from which its own node left something out', () => {
  let scene: Scene
  before(async () => {
    scene = await openScene()
  })
  after(() => scene.close())

  const orderOf = ({ application }: Case) => application.trades[0]!
  const mattersOf = (it: Case) => demandedMatters(it.authorization, it.application.trades).filter(isNamed)
  const publish = (it: Case, changed?: object) => scene.publish(mattersOf(it), changed)
  const verify = async (contents: UnsealedBundle, at = scene.clock.now) => {
    const file = formatBundle(await seal(scene.releases.nodeKey, contents))
    return verifyBundle(file, { trust: scene.trust, at })
  }
  const unsealed = ({ seal: _, ...contents }: Bundle): UnsealedBundle => contents
  const headSteps = (steps: readonly Step[]) =>
    steps.filter(({ step, outcome }) => step === 'status head' && outcome !== 'true')
  /** The node signs a receipt that does not name it either. */
  const without = async (contents: UnsealedBundle, index: bigint): Promise<UnsealedBundle> => {
    const position = contents.records.findIndex(record => record.index === `${index}`)
    const receipt = releaseReceiptSchema.parse(JSON.parse(payloadOf(contents.release)))
    const payload = canonical({ ...receipt, records: receipt.records.toSpliced(position, 1) })
    const release = await signCompact({ typ: typ.releaseReceipt, ...scene.releases.nodeKey, payload })
    return { ...contents, release, records: contents.records.toSpliced(position, 1) }
  }
  const withRecord = (it: Case, index: bigint): Case => ({
    ...it,
    application: { ...it.application, records: [...it.application.records, index] },
  })
  const heads = async (contents: UnsealedBundle, it: Case) => {
    const shown = new Set<string>()
    const made = await scene.releases.headsFor(mattersOf(it), shown)
    return { ...contents, heads: made.heads }
  }

  const opened = (it: Case) => ({
    ...{ seller: scene.parties.seller.uscc, buyer: scene.parties.hospital.uscc },
    ...{ number: '26312000000000000001', issueDate: '2026-03-12', gross: '22600', currency: 'CNY' },
    ...{ invoice: orderOf(it).invoice },
  })
  const dispute = async (it: Case) => {
    const { invoice, ...of } = opened(it)
    const { index } = await scene.logAct('confirmation', typ.confirmation, scene.parties.hospital, {
      ...{ invoice, commitment: it.application.invoices[0], opened: of, status: 'RE', reason: 'QTY' },
      match: { number: true, grossAmount: true, acceptedQtyCoversInvoiced: false },
      ...{ dueConfirmed: false, payeeAccountMatch: true, disputeOpen: true },
      ...{
        asOf: '2026-03-15T07:50:00Z',
        expires: '2026-04-15T07:30:00Z',
        nonce: base64url(crypto.getRandomValues(new Uint8Array(16))),
      },
    })
    return index
  }
  const creditNote = async (it: Case) => {
    const { order, invoice } = orderOf(it)
    const { index } = await scene.logDocument(scene.parties.seller, {
      ...{ kind: 'credit-note', code: `${invoice}C`, number: 'CN1', issueDate: '2026-03-13', order, invoice },
      ...{ currency: 'CNY', net: '20000', tax: '2600', gross: '22600' },
      lines: [
        {
          ...{ id: '1', item: 'https://id.gs1.org/01/06901234000013', quantity: '2', unit: 'H87', orderLine: '1' },
          ...{ unitPrice: '100.00', taxRate: '0.13', net: '20000' },
        },
      ],
    })
    return index
  }

  const drops: Readonly<Record<string, readonly [log: (it: Case) => Promise<bigint>, by: () => Party, kind: string]>> =
    {
      'a dispute': [dispute, () => scene.parties.hospital, 'answer'],
      'a credit note': [creditNote, () => scene.parties.seller, 'billing'],
    }
  for (const [what, [log, by, kind]] of Object.entries(drops)) {
    it(`${what} is missed by the head of who signed it, and no verdict stands without it`, async () => {
      const clean = await scene.play()
      await scene.anchor()
      expect((await verify(unsealed(await complete(scene, clean)))).verdict).to.equal('verified')

      const index = await log(clean)
      await publish(clean)
      await scene.anchor()
      const whole = unsealed(await complete(scene, withRecord(clean, index)))
      expect((await verify(whole)).verdict).to.equal('verified')
      expect(JSON.parse(payloadOf(whole.report!)).verdict).to.equal('REJECT')

      // As if it had never come: neither report nor policy, then with the report that was true before it came.
      const { report: _, ...bare } = await without(whole, index)
      for (const dropped of [bare, await reportedAs(bare, 'VERIFIED')]) {
        const { verdict, steps } = await verify(dropped)
        expect(verdict).to.equal('false')
        const [found, ...more] = headSteps(steps)
        expect(more).to.deep.equal([])
        expect(found).to.include({ outcome: 'false' })
        expect(found?.subject).to.contain(by().uscc).and.to.contain(kind)
        expect(found?.detail).to.match(/statement \d of \d is not in the bundle/)
      }
      // An honest report over the rest can't say VERIFIED either.
      const evidence = await evidenceOf(bare, scene.trust)
      if (!evidence.ok) throw new Error(evidence.detail)
      const honest = evaluate(evidence.evidence, policyOf(scene), '2026-03-15T08:00:00Z')
      expect(honest.verdict).to.equal('REFER')
      expect(JSON.stringify(honest)).to.contain('HEAD_NEWER')
    })
  }

  it('a revocation is missed by the head of who revoked, and by any window for older heads', async () => {
    const it = await scene.play()
    await scene.anchor()
    const before = await pull(scene, it)
    expect((await verify(before)).verdict).to.equal('verified')
    const { seller, bank } = scene.parties
    const signed = await signAct('revoke', it.authorization.id, seller)
    await act(scene.authorizations, seller.caller, it.authorization.id, ['revoke'], signed)
    await publish(it)

    const { verdict, steps } = await verify(await heads(before, it))
    expect(verdict).to.equal('false')
    expect(headSteps(steps).map(({ subject }) => subject)).to.deep.equal([
      `${seller.uscc}, authorization ${it.authorization.id}`,
    ])

    // The old head hides it from nobody who asks for a fresh one.
    const later = { ...before, createdAt: '2026-03-18T08:00:00.000Z' }
    const demanding = policyOf(scene, { confirmation: { maxAgeDays: 90, headWithinHours: 24 } })
    const policy = await signPolicyOf(bank, { ...demanding, version: 1 })
    const stale = await verify({ ...later, policy }, new Date('2026-03-18T09:00:00Z'))
    expect(stale.verdict).to.equal('undecided')
    for (const { detail } of headSteps(stale.steps)) expect(detail).to.match(/older than the 24 hours/)
    expect(headSteps(stale.steps)).to.have.length.of.at.least(6)
  })

  it('its own word in the place of a head settles nothing', async () => {
    const it = await scene.play()
    const index = await dispute(it)
    await publish(it)
    await scene.anchor()
    const whole = await pull(scene, withRecord(it, index))
    const { hospital } = scene.parties
    // Both answers and head of the hospital go, and the node says that it never knew more than one.
    const others = whole.heads.filter(text => !payloadOf(text).includes(`"signer":"${hospital.uscc}"`))
    const { verdict, steps } = await verify(await without({ ...whole, heads: others }, index))
    expect(verdict).to.equal('undecided')
    expect(headSteps(steps).every(({ subject }) => subject.startsWith(hospital.uscc))).to.equal(true)
  })

  it('what it shows as withheld is counted, and leaves the bundle undecided', async () => {
    const it = await scene.play()
    const index = await creditNote(it)
    await publish(it)
    await scene.anchor()
    const whole = await pull(scene, withRecord(it, index))
    const body = whole.records.find(record => record.index === `${index}`)!.body
    const jws = parseCompact(body)
    if (!jws.ok) throw new Error(jws.detail)
    const { header, payloadHash } = halvesOf(jws)
    const stub = { header, payload: base64url(payloadHash) }
    const { verdict, steps } = await verify({ ...(await without(whole, index)), withheld: [stub] })
    expect(verdict).to.equal('undecided')
    expect(headSteps(steps).map(({ detail }) => detail)).to.deep.equal([
      'statement 2 of 2 is withheld: the agreement does not cover it',
    ])
    const stray = await verify({ ...whole, withheld: [stub, { ...stub, header: `${header.slice(0, -1)}A` }] })
    expect(stray.verdict).to.equal('false')
    const evidence = await evidenceOf({ ...(await without(whole, index)), withheld: [stub] }, scene.trust)
    if (!evidence.ok) throw new Error(evidence.detail)
    const report = evaluate(evidence.evidence, policyOf(scene), '2026-03-15T08:00:00Z')
    expect(JSON.stringify(report)).to.contain('STATEMENT_WITHHELD')
    expect(report.verdict).not.to.equal('VERIFIED')
  })

  describe('a status head', () => {
    let played: Case
    let contents: UnsealedBundle
    before(async () => {
      played = await scene.play()
      await scene.anchor()
      contents = await pull(scene, played)
    })
    const ownMatters = (by: Party): (Demand & Matter)[] => mattersOf(played).filter(({ signer }) => signer === by.uscc)
    const nonce = 'nonce-of-sixteen-bytes-x'
    const signHead = (by: Party, head: object, key = by) =>
      signCompact({ typ: typ.statusHead, key: key.key, x5c: key.x5c, payload: canonical(head) })
    const exchanged = async (by: Party, text: string): Promise<UnsealedBundle> => ({
      ...contents,
      heads: [...contents.heads.filter(it => !payloadOf(it).includes(`"signer":"${by.uscc}"`)), text],
    })
    const expectFalse = async (changed: UnsealedBundle, detail: RegExp) => {
      const { verdict, steps } = await verify(changed)
      expect(verdict).to.equal('false')
      expect(
        headSteps(steps).some(step => step.outcome === 'false' && detail.test(step.detail)),
        JSON.stringify(headSteps(steps)),
      ).to.equal(true)
    }

    it('is false when forged: another number, another signature', async () => {
      const { hospital } = scene.parties
      const good = contents.heads.find(it => payloadOf(it).includes(`"signer":"${hospital.uscc}"`))!
      const [header, , signature] = good.split('.')
      const forged = payloadOf(good).replaceAll('"seq":1', '"seq":0')
      await expectFalse(await exchanged(hospital, `${header}.${base64url(Buffer.from(forged))}.${signature}`), /./)
      await expectFalse(await exchanged(hospital, `${good.slice(0, -12)}AAAAAAAAAA${good.slice(-2)}`), /signature/)
    })

    it('is false by another signer', async () => {
      const { hospital, seller } = scene.parties
      const head = headOf(hospital, ownMatters(hospital), nonce, '2026-03-15T08:00:00Z')
      await expectFalse(await exchanged(hospital, await signHead(hospital, head, seller)), /is signed by/)
    })

    it('is false from after the bundle, and as another act', async () => {
      const { hospital } = scene.parties
      const head = headOf(hospital, ownMatters(hospital), nonce, '2026-03-15T09:00:00Z')
      await expectFalse(await exchanged(hospital, await signHead(hospital, head)), /after the bundle was made/)
      const { key, x5c } = hospital
      const now = { ...head, iat: '2026-03-15T08:00:00Z' }
      const other = await signCompact({ typ: typ.confirmation, key, x5c, payload: canonical(now) })
      await expectFalse(await exchanged(hospital, other), /expected tallystick.status-head/)
    })

    it('that names another statement under a number shows that its signer contradicts itself', async () => {
      const { hospital } = scene.parties
      const head = headOf(hospital, ownMatters(hospital), nonce, '2026-03-15T08:00:00Z')
      const other = base64url(new Uint8Array(32).fill(7))
      const changed = { ...head, heads: head.heads.map(it => (it.seq === 0 ? it : { ...it, hash: other })) }
      await expectFalse(
        await exchanged(hospital, await signHead(hospital, changed)),
        /is not in the bundle|contradicts/,
      )
      const both = { ...contents, heads: [...contents.heads, await signHead(hospital, changed)] }
      await expectFalse(both, /contradicts itself|is not in the bundle/)
    })

    it('of before the latest statement counts as far as the statement itself goes', async () => {
      const { hospital } = scene.parties
      const matters = ownMatters(hospital)
      const early = { ...headOf(hospital, matters, nonce, '2026-03-15T07:00:00Z') }
      const none = { ...early, heads: early.heads.map(({ about }) => ({ about, seq: 0 })) }
      const { verdict } = await verify(await exchanged(hospital, await signHead(hospital, none)))
      expect(verdict).to.equal('verified')
    })
  })

  const reportedAs = async (contents: UnsealedBundle, verdict: 'VERIFIED'): Promise<UnsealedBundle> => {
    const evidence = await evidenceOf(contents, scene.trust)
    if (!evidence.ok) throw new Error(evidence.detail)
    const { heads: _, ...before } = evidence.evidence
    const report = evaluate(before, policyOf(scene), '2026-03-15T08:00:00Z')
    expect(report.verdict).to.equal(verdict)
    const { key, kid } = scene.releases.nodeKey
    return { ...contents, report: await signCompact({ typ: typ.report, key, kid, payload: canonical(report) }) }
  }
})

const payloadOf = (jws: string): string => Buffer.from(jws.split('.')[1]!, 'base64url').toString()

const signPolicyOf = (bank: Party, policy: object): Promise<string> =>
  signCompact({ typ: typ.policy, key: bank.key, x5c: bank.x5c, payload: canonical(policy) })
