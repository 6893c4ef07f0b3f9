import { expect } from 'chai'
import { formatBundle } from '../../../core/bundle.ts'
import { mandatesIn } from '../../../core/mandate/carried.ts'
import { typ } from '../../../core/typ.ts'
import { verifyBundle } from '../../../core/verify/bundle.ts'
import { seal } from '../../../exchange/releases/seal.ts'
import { pull } from '../../exchange/complete.ts'
import { openScene, type Scene } from '../../exchange/scene.ts'
import { type Clerk, giveMandate, makeClerk, mandateOf, revocationOf, signedBy } from '../../support/mandates.ts'
import { expectFalse } from './tamper.ts'

describe('a bundle in which a clerk signed', () => {
  let scene: Scene
  let wang: Clerk

  before(async function () {
    this.timeout(60_000)
    scene = await openScene()
    wang = await makeClerk('王敏')
  })
  afterEach(() => {
    delete scene.parties.seller.clerk
  })
  after(() => scene.close())

  const sealed = async (it: Awaited<ReturnType<Scene['play']>>, records: readonly bigint[] = []) => {
    await scene.anchor()
    const application = { ...it.application, records: [...it.application.records, ...records] }
    const contents = await pull(scene, { ...it, application })
    return formatBundle(await seal(scene.releases.nodeKey, contents))
  }
  const verify = (file: string, trust: Scene['trust'] | undefined = scene.trust) =>
    verifyBundle(file, { trust, at: scene.clock.now })

  it('is verified by the mandate that the act carries, and says who it was', async () => {
    const { seller } = scene.parties
    const given = mandateOf(seller, wang)
    const { index } = await scene.logAct('mandate', typ.mandate, seller, given)
    const mandate = await signedBy(seller, typ.mandate, given)
    seller.clerk = { key: wang.key, mandate }
    const it = await scene.play()
    delete seller.clerk
    const file = await sealed(it, [index])
    const { verdict, steps } = await verify(file)
    expect(verdict).to.equal('verified')
    expect(steps.some(step => step.detail.includes('王敏'))).to.equal(true)
    expect((await verifyBundle(file, { at: scene.clock.now })).verdict).to.equal('undecided')
    const { records } = JSON.parse(file) as { records: { type: 'authorization'; body: string }[] }
    expect(records.flatMap(({ type, body }) => mandatesIn(type, body))).to.deep.equal([given.id])
  })

  it('is false when the mandate was beyond its limits, whatever the node took', async () => {
    const { seller } = scene.parties
    seller.clerk = { key: wang.key, mandate: await giveMandate(seller, wang) }
    const it = await scene.play()
    const file = await sealed(it)
    expect((await verify(file)).verdict).to.equal('verified')
    const narrow = await giveMandate(seller, wang, { acts: ['question'] })
    const { signerOf } = scene.authorizations
    Object.assign(scene.authorizations, {
      signerOf: async (...[jws, ...rest]: Parameters<typeof signerOf>) => {
        const { uscc, name, thumbprint } = seller
        return typeof jws !== 'string' && jws.header.mandate === narrow
          ? { uscc, name, thumbprint, roles: [], anchorId: 'test-ca', chain: seller.x5c, payload: jws.payload }
          : signerOf(jws, ...rest)
      },
    })
    seller.clerk = { key: wang.key, mandate: narrow }
    const taken = await scene.play()
    Object.assign(scene.authorizations, { signerOf })
    expectFalse(await verify(await sealed(taken)), ['signature', 'authorization'], 'signature')
  })

  it('is false when the mandate had been taken back before, and good when it was later', async () => {
    const { seller } = scene.parties
    const given = mandateOf(seller, wang)
    const { index } = await scene.logAct('mandate', typ.mandate, seller, given)
    seller.clerk = { key: wang.key, mandate: await signedBy(seller, typ.mandate, given) }
    const before = await scene.play()
    const ended = await scene.logAct('mandate', typ.mandateRevocation, seller, revocationOf(seller, given.id))
    const after = await scene.play()
    delete seller.clerk
    expect((await verify(await sealed(before, [index, ended.index]))).verdict).to.equal('verified')
    expectFalse(await verify(await sealed(after, [index, ended.index])), ['signature', 'authorization'], 'signature')
  })
})
