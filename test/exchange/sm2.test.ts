import { expect } from 'chai'
import { type Bundle, formatBundle } from '../../core/bundle.ts'
import { type Jws, parseCompact } from '../../core/jws.ts'
import { parseGeneral } from '../../core/jws-general.ts'
import { statementsIn } from '../../core/statements-in.ts'
import { verifyBundle } from '../../core/verify/bundle.ts'
import { seal } from '../../exchange/releases/seal.ts'
import { complete } from './complete.ts'
import { openScene, type Scene } from './scene.ts'

/** Every signature of an organization in the records, whatever kind of act. */
const actsOf = ({ records }: Bundle): readonly Jws[] =>
  records.flatMap(({ type, body }) => {
    const jws = parseCompact(body)
    if (jws.ok) return [jws]
    const general = parseGeneral(body)
    return general.ok ? general.signatures : statementsIn({ type, body })
  })

describe('a case among organizations whose only certificates are SM2', () => {
  let scene: Scene
  let bundle: Bundle

  before(async function () {
    this.timeout(60_000)
    scene = await openScene('sm2')
    const played = await scene.play()
    await scene.anchor()
    bundle = await complete(scene, played)
  })
  after(() => scene.close())

  const verify = (text: string, trust = scene.trust) => verifyBundle(text, { trust, at: scene.clock.now })

  it('is signed by them with SM2 throughout, and by their endorsed ES256 keys where machines sign', () => {
    const acts = actsOf(bundle)
    const typs = new Set(acts.map(({ header }) => header.typ?.replace(/^tallystick\./, '').replace(/\+.*$/, '')))
    expect([...typs]).to.include.members(['document', 'question', 'confirmation', 'application', 'key-endorsement'])
    expect([...typs]).to.include('authorization')
    for (const { header } of acts) expect(header.alg, header.typ).to.equal('SM2-CMS')
    const captures = bundle.captures.map(({ jws }) => parseCompact(jws))
    expect(captures).to.not.have.lengthOf(0)
    for (const jws of captures) expect(jws.ok && jws.header.alg).to.equal('ES256')
  })

  it('verifies from its records up, by the rules that hold for any suite', async () => {
    const { verdict, steps } = await verify(formatBundle(bundle))
    expect(steps.filter(({ outcome }) => outcome === 'false')).to.deep.equal([])
    expect(verdict).to.equal('verified')
  })

  it('is consistent with itself for whoever trusts nobody, and false with a signature of another key', async () => {
    const { verdict, steps } = await verifyBundle(formatBundle(bundle), { at: scene.clock.now })
    expect(steps.filter(({ outcome }) => outcome === 'false')).to.deep.equal([])
    expect(verdict).to.equal('undecided')
  })

  it('is false under another CA, and with one signature changed though the node seals it anew', async () => {
    const stranger = await openScene('sm2')
    try {
      const other = { ...scene.trust, anchors: stranger.trust.anchors }
      expect((await verify(formatBundle(bundle), other)).verdict).to.equal('false')
    } finally {
      await stranger.close()
    }
    const { seal: _, ...contents } = bundle
    const [status, ...heads] = contents.heads
    expect(status).to.be.a('string')
    const text = String(status)
    const changed = `${text.slice(0, -5)}${text.at(-5) === 'A' ? 'B' : 'A'}${text.slice(-4)}`
    const resealed = await seal(scene.releases.nodeKey, { ...contents, heads: [changed, ...heads] })
    const { verdict } = await verify(formatBundle(resealed))
    expect(verdict).to.equal('false')
  })
})
