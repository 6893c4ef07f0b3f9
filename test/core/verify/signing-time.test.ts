import { expect } from 'chai'
import { sha256 } from '#sha256'
import { issueCrl } from '../../../certs/authority.ts'
import { type Bundle, formatBundle } from '../../../core/bundle.ts'
import { base64, hex } from '../../../core/bytes.ts'
import { verifyBundle } from '../../../core/verify/bundle.ts'
import { signaturesIn, signedAt } from '../../../core/verify/signing-time.ts'
import { parseCertificate } from '../../../core/x509/certificate.ts'
import { parseTimestampResponse } from '../../../core/x509/timestamp.ts'
import { makeTimestampRequest } from '../../../core/x509/timestamp-check.ts'
import { seal } from '../../../exchange/releases/seal.ts'
import { complete } from '../../exchange/complete.ts'
import { openScene, type Scene } from '../../exchange/scene.ts'
import { makeOpensslAuthority, type OpensslAuthority } from '../../support/openssl-authority.ts'

/** Records are logged at 08:00; the block that took them is of 09:00. */
const BLOCK = new Date('2026-03-15T09:00:00Z')

describe('the time of a signature', () => {
  let scene: Scene
  let bundle: Bundle
  let tsa: OpensslAuthority
  before(async function () {
    this.timeout(120_000)
    tsa = await makeOpensslAuthority()
    scene = await openScene()
    const played = await scene.play()
    await scene.anchor()
    for (const [i, head] of scene.heads.entries()) scene.heads[i] = { ...head, at: BLOCK }
    scene.clock.now = new Date('2026-03-15T12:00:00Z')
    bundle = await complete(scene, played)
  })
  after(async () => {
    await scene.close()
    await tsa.remove()
  })

  const resealed = ({ seal: _, ...contents }: Bundle) => seal(scene.releases.nodeKey, contents)
  const verify = async (of: Bundle, over: { trust?: Scene['trust']; at?: Date } = {}) =>
    verifyBundle(formatBundle(of), { trust: scene.trust, at: scene.clock.now, ...over })
  /** With a later list of the CA that says since when the seller's certificate is revoked. */
  const revoked = async (on: string, listed: string, invalidSince?: string): Promise<Bundle> => {
    const { authority, seller } = scene.parties
    const list = await issueCrl(authority.issuing, {
      revoked: [
        {
          serial: hex(parseCertificate(seller.x5c[0]!).serial),
          revokedAt: new Date(on),
          reason: 'keyCompromise',
          ...(invalidSince === undefined ? {} : { invalidSince: new Date(invalidSince) }),
        },
      ],
      number: 9n,
      thisUpdate: new Date(listed),
      nextUpdate: new Date('2026-12-31T00:00:00Z'),
    })
    return resealed({ ...bundle, crls: [...bundle.crls, base64(list)].sort() })
  }
  const falseSteps = ({ steps }: Awaited<ReturnType<typeof verify>>) =>
    new Set(steps.filter(({ outcome }) => outcome === 'false').map(({ step }) => step))

  it('is the block’s: the bundle verifies after the certificates expired, and after a later revocation', async () => {
    const late = new Date('2031-01-01T00:00:00Z')
    expect((await verify(bundle, { at: late })).verdict).to.equal('verified')
    const later = await revoked('2026-05-01T00:00:00Z', '2026-05-01T00:00:00Z')
    expect((await verify(later, { at: late })).verdict).to.equal('verified')
  })

  it('is not the log’s: what was revoked before the block fails, though it says that it was logged before', async () => {
    const before = await revoked('2026-03-15T08:30:00Z', '2026-03-15T08:30:00Z')
    expect(before.records.every(({ loggedAt }) => loggedAt < '2026-03-15T08:30')).to.equal(true)
    const result = await verify(before)
    expect(result.verdict).to.equal('false')
    expect([...falseSteps(result)]).to.include('signature')
  })

  it('meets an invalidity date before it, however late the revocation', async () => {
    const invalid = await revoked('2026-05-01T00:00:00Z', '2026-05-01T00:00:00Z', '2026-03-15T08:30:00Z')
    expect([...falseSteps(await verify(invalid))]).to.include('signature')
    // Status heads are from the making of the bundle at noon, and judged so.
    const after = await revoked('2026-05-01T00:00:00Z', '2026-05-01T00:00:00Z', '2026-03-15T12:30:00Z')
    expect((await verify(after)).verdict).to.equal('verified')
  })

  it('is the earliest of what is proven, and only where nothing is the making of the bundle', () => {
    const signature = new Uint8Array([1, 2, 3])
    const name = Buffer.from(sha256(signature)).toString('base64url')
    const at = (hour: number) => new Date(Date.UTC(2026, 2, 15, hour))
    const none = { stamps: new Map<string, Date>(), heads: [], witnessed: undefined, made: at(12) }
    expect(signedAt(none, '5', signature)).to.deep.equal(at(12))
    const heads = [
      { size: 5n, at: at(7) },
      { size: 6n, at: at(10) },
      { size: 9n, at: at(9) },
    ]
    expect(signedAt({ ...none, heads }, '5', signature), 'a head of 5 entries does not hold the sixth').to.deep.equal(
      at(9),
    )
    expect(signedAt({ ...none, heads, witnessed: at(8) }, '5', signature)).to.deep.equal(at(8))
    const stamps = new Map([[name, at(6)]])
    expect(signedAt({ ...none, heads, witnessed: at(8), stamps }, '5', signature)).to.deep.equal(at(6))
    expect(signedAt({ ...none, stamps }, '5', new Uint8Array([1, 2]))).to.deep.equal(at(12))
    expect(signedAt({ ...none, stamps, made: at(1) }, '5', signature), 'never a claim').to.deep.equal(at(6))
  })

  describe('by a time-stamp', () => {
    let token: Uint8Array
    const withTokens = (...timestamps: readonly Uint8Array[]) =>
      resealed({ ...bundle, timestamps: timestamps.map(base64) })
    const stampStep = async (of: Bundle, trust = scene.trust) =>
      (await verify(of, { trust })).steps.find(({ step }) => step === 'time-stamp')
    const trusting = (certificate: Uint8Array): Scene['trust'] => ({
      ...scene.trust,
      timestamping: [{ id: 'tsa', certificate, crl: 'none' }],
    })
    const stamp = async (of: Uint8Array) =>
      parseTimestampResponse(await tsa.stamp(makeTimestampRequest(sha256(of), new Uint8Array([9])))).der
    before(async () => {
      const invoice = bundle.records.find(({ type }) => type === 'document')!
      token = await stamp(signaturesIn(invoice.body)[0]!)
    })

    it('is believed of an authority that the auditor names, over a signature in the bundle', async () => {
      const stamped = await withTokens(token)
      expect(await stampStep(stamped, trusting(tsa.root))).to.include({ outcome: 'true' })
      expect((await verify(stamped, { trust: trusting(tsa.root) })).verdict).to.equal('verified')
    })

    it('counts for nothing where none is named, and is false of any other', async () => {
      const stamped = await withTokens(token)
      expect(await stampStep(stamped)).to.include({ outcome: 'not_required' })
      const other = scene.parties.authority.root.certificate
      expect(await stampStep(stamped, trusting(other))).to.include({ outcome: 'false' })
    })

    it('is false over nothing that is there, and as bytes that are none', async () => {
      expect(await stampStep(await withTokens(await stamp(new Uint8Array([1]))), trusting(tsa.root))).to.include({
        outcome: 'false',
        detail: 'it is over no signature in the bundle',
      })
      expect(await stampStep(await withTokens(new Uint8Array([0x30, 0x03, 0x02, 0x01, 0x01])))).to.include({
        outcome: 'false',
      })
    })
  })
})
