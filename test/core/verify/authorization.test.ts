import { expect } from 'chai'
import { formatBundle } from '../../../core/bundle.ts'
import { hex } from '../../../core/bytes.ts'
import { makeUscc } from '../../../core/uscc.ts'
import { type Verification, verifyBundle } from '../../../core/verify/bundle.ts'
import type { StepName } from '../../../core/verify/step.ts'
import { asNode } from '../../../db/database.ts'
import { act } from '../../../exchange/authorizations/act.ts'
import { readAuthorization } from '../../../exchange/authorizations/store.ts'
import { assemble } from '../../../exchange/releases/assemble.ts'
import { filter } from '../../../exchange/releases/filter.ts'
import type { Releasable } from '../../../exchange/releases/material.ts'
import { signReceipt } from '../../../exchange/releases/receipt.ts'
import { seal } from '../../../exchange/releases/seal.ts'
import { authorizationRecords } from '../../../exchange/releases/store.ts'
import { agreementOf, signAct } from '../../exchange/parties.ts'
import { type Case, openScene, type Scene } from '../../exchange/scene.ts'
import { expectFalse } from './tamper.ts'

describe('a bundle that its node put together against the agreement', () => {
  let scene: Scene

  before(async function () {
    this.timeout(60_000)
    scene = await openScene()
  })
  after(() => scene.close())

  type Choice = {
    /** What the node hands out instead of what the agreement lets it. */
    readonly choose: (permitted: readonly Releasable[], all: readonly Releasable[]) => readonly Releasable[]
    readonly more?: readonly bigint[]
    readonly authorization?: Uint8Array
    /** What the node's receipt, which binds the release to its audience, says instead. */
    readonly bound?: Readonly<Record<string, string>>
  }

  const verifyChoice = async (
    it: Case,
    { choose, more = [], authorization, bound = {} }: Choice,
  ): Promise<Verification> => {
    const { releases, db, clock } = scene
    const row = (await asNode(db.db, tx => readAuthorization(tx, it.authorization.id)))!
    const [proper, others] = await asNode(db.db, async tx => {
      const own = await authorizationRecords(tx, row.id)
      const proper = await releases.readMaterial(tx, [...it.application.records, ...own])
      return [proper, await releases.readMaterial(tx, more)]
    })
    const { released } = filter(it.authorization, row.frozen!, proper)
    const chosen = choose([...released, ...(others as readonly Releasable[])], [
      ...proper,
      ...others,
    ] as readonly Releasable[]).toSorted((a, b) => (a.index < b.index ? -1 : 1))
    const named = { digest: authorization ?? row.record_digest!, payload: it.authorization }
    await scene.anchor()
    const { jws: receipt } = await signReceipt(
      releases.nodeKey,
      {
        ...{ id: crypto.randomUUID(), authorization: row.id, agreement: hex(named.digest) },
        ...{ application: it.application.id, subject: it.application.seller, grantee: it.application.bank },
        ...{ purpose: 'receivable-financing', action: 'read', at: clock.now.toISOString() },
        ...bound,
      },
      chosen,
    )
    const contents = await assemble(releases, it.application, named, { records: chosen, receipt }, clock.now)
    return verifyBundle(formatBundle(await seal(releases.nodeKey, contents)), { trust: scene.trust, at: clock.now })
  }
  const expectFound = async (it: Case, choice: Choice, step: StepName) =>
    expectFalse(await verifyChoice(it, choice), [step], step)

  it('is verified as long as it keeps to it', async () => {
    const it = await scene.play()
    expect((await verifyChoice(it, { choose: permitted => permitted })).verdict).to.equal('verified')
  })

  it('is false where what binds it to its audience names another bank, seller, application or agreement', async () => {
    const it = await scene.play()
    const choose: Choice['choose'] = permitted => permitted
    for (const bound of [
      { grantee: makeUscc('91440300708461199') },
      { subject: makeUscc('91440300708461199') },
      { application: crypto.randomUUID() },
      { agreement: 'ab'.repeat(32) },
      { at: new Date(scene.clock.now.getTime() + 3600_000).toISOString() },
    ]) {
      await expectFound(it, { choose, bound }, 'release')
    }
  })

  it('is false with a record that is not covered', async () => {
    const { resources } = agreementOf(scene.parties)
    const it = await scene.play({ resources: resources.filter(({ type }) => type !== 'scan') })
    await expectFound(it, { choose: (_, all) => all }, 'scope')
  })

  it('is false with a field that is not covered', async () => {
    const { resources } = agreementOf(scene.parties)
    const fields = ['issueDate', 'gross']
    const it = await scene.play({ resources: resources.map(it => (it.type === 'invoice' ? { ...it, fields } : it)) })
    const choose: Choice['choose'] = (permitted, all) =>
      permitted.map(record => ({ ...record, ...all.find(({ index }) => index === record.index) }))
    await expectFound(it, { choose }, 'scope')
    expect((await verifyChoice(it, { choose: permitted => permitted })).verdict).to.equal('verified')
  })

  it('is false with more records than were agreed', async () => {
    const { resources } = agreementOf(scene.parties)
    const few = await scene.play({ resources: resources.map(it => ({ ...it, maxRecords: 3 })) })
    const many = await scene.play()
    const extra = many.application.records.slice(-3)
    await expectFound(few, { choose: permitted => permitted, more: extra }, 'scope')
  })

  it('is false with what belongs to another agreement or application', async () => {
    const [it, other] = [await scene.play(), await scene.play()]
    const moves = await asNode(scene.db.db, tx => authorizationRecords(tx, other.authorization.id))
    await expectFound(it, { choose: permitted => permitted, more: moves }, 'scope')
    const application = other.application.records[8]!
    await expectFound(it, { choose: permitted => permitted, more: [application] }, 'scope')
  })

  it('is false without a move, without the second signature, or once it was revoked', async () => {
    const it = await scene.play()
    const states = (permitted: readonly Releasable[]) => permitted.filter(({ type }) => type === 'authorization-state')
    for (const i of [0, 1, 2]) {
      const choose: Choice['choose'] = permitted => permitted.filter(record => record !== states(permitted)[i])
      await expectFound(it, { choose }, 'authorization')
    }
    const [alone] = await asNode(scene.db.db, async tx => {
      const [signed = 0n] = await authorizationRecords(tx, it.authorization.id)
      return scene.releases.readMaterial(tx, [signed - 1n])
    })
    expect(alone!.type).to.equal('authorization')
    const choose: Choice['choose'] = (permitted, all) => [
      ...permitted.filter(({ type }) => type !== 'authorization'),
      ...all.filter(({ index }) => index === alone!.index),
    ]
    await expectFound(it, { choose, more: [alone!.index], authorization: alone!.digest }, 'authorization')
    const { seller } = scene.parties
    const text = await signAct('revoke', it.authorization.id, seller)
    await act(scene.authorizations, seller.caller, it.authorization.id, ['revoke'], text)
    await expectFound(it, { choose: permitted => permitted }, 'authorization')
  })
})
