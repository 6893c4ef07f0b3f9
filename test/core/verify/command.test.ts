import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { formatBundle } from '../../../core/bundle.ts'
import { formatWitnessKey } from '../../../core/cosignature.ts'
import { formatVerifierKey } from '../../../core/note.ts'
import type { Trust, TrustFile } from '../../../core/trust.ts'
import type { Language } from '../../../core/verify/words.ts'
import { pem } from '../../../core/x509/pem.ts'
import { type VerifyArguments, verify } from '../../../scripts/verify.ts'
import { complete } from '../../exchange/complete.ts'
import { openScene } from '../../exchange/scene.ts'

const trustFileOf = ({ anchors, nodes, witnesses, timestamping: _, seals: ___, ...rest }: Trust): TrustFile => ({
  ...rest,
  witnesses: { quorum: witnesses.quorum, keys: witnesses.keys.map(formatWitnessKey) },
  anchors: anchors.map(anchor => ({ ...anchor, certificate: pem('CERTIFICATE', anchor.certificate) })),
  nodes: nodes.map(({ ownWitnesses: __, ...node }) => ({ ...node, logKey: formatVerifierKey(node.logKey) })),
})

describe('the command that verifies a bundle', () => {
  let folder: string
  const file = (name: string) => join(folder, name)

  before(async function () {
    this.timeout(60_000)
    folder = await mkdtemp(join(tmpdir(), 'tallystick-verify-'))
    const scene = await openScene()
    const it = await scene.play()
    await scene.anchor()
    const text = formatBundle(await complete(scene, it))
    await writeFile(file('bundle.json'), text)
    await writeFile(file('changed.json'), text.replace('"mode":"明保理"', '"mode":"暗保理"'))
    await writeFile(file('bytes.json'), Buffer.from(text, 'utf8').fill(0xff, 100, 101))
    await writeFile(file('trust.json'), JSON.stringify(trustFileOf(scene.trust)))
    await writeFile(file('stranger.json'), JSON.stringify({ ...trustFileOf(scene.trust), nodes: [] }))
    await scene.close()
  })
  after(() => rm(folder, { recursive: true }))

  const run = async (given: Partial<VerifyArguments>, language: Language = 'en') => {
    const out: string[] = []
    const errors: string[] = []
    const lines = { out: (line: string) => void out.push(line), error: (line: string) => void errors.push(line) }
    const all = { bundle: file('bundle.json'), trust: file('trust.json'), ...given }
    return { code: await verify(all, lines, language), out, errors }
  }

  it('ends with 0 for what is true, and says what was not asked', async () => {
    const { code, out, errors } = await run({})
    expect([code, errors]).to.deep.equal([0, []])
    expect(out.at(-1)).to.match(/^Verified · checked offline/)
    expect(out[0]).to.equal('[true] the file is well formed · the file · version 1, made at 2026-03-15T08:00:00.000Z')
  })

  it('ends with 1 for what is false, or not from whom the auditor trusts', async () => {
    for (const given of [
      { bundle: file('changed.json') },
      { bundle: file('bytes.json') },
      { bundle: file('trust.json') },
      { trust: file('stranger.json') },
      { at: '2026-03-15T07:00:00Z' },
    ]) {
      const { code, out } = await run(given)
      expect([code, out.at(-1)]).to.deep.equal([1, 'False'])
    }
  })

  it('ends with 2 when it could not run, with one line that says why', async () => {
    for (const [given, why] of [
      [{ bundle: file('nowhere.json') }, /nowhere\.json: can not be read/],
      [{ trust: file('nowhere.json') }, /nowhere\.json: can not be read/],
      [{ trust: file('bundle.json') }, /bundle\.json: /],
      [{ at: 'yesterday' }, /--at/],
      [{ rpc: 'chain' }, /--rpc/],
      [{ blockHash: ['0x12'] }, /--block-hash/],
    ] as const) {
      const { code, out, errors } = await run(given)
      expect([code, out, errors.length]).to.deep.equal([2, [], 1])
      expect(errors[0]).to.match(why)
    }
  })

  it('ends with 3 without trust settings, and when the chain asked does not answer', async () => {
    const alone = await run({ trust: undefined })
    expect(alone.code).to.equal(3)
    expect(alone.out.at(-1)).to.equal(
      'Undecided · self-consistent only: without trust settings this is no verification',
    )
    const silent = await run({ rpc: 'http://127.0.0.1:9' })
    expect(silent.code).to.equal(3)
  })

  it('speaks Chinese, and JSON', async () => {
    const { out } = await run({}, 'zh-CN')
    expect(out[0]).to.match(/^\[是\] 文件格式规范/)
    expect(out.at(-1)).to.match(/^核验通过 · 离线核验/)
    const [line = ''] = (await run({ json: true })).out
    expect(JSON.parse(line)).to.include({ verdict: 'verified' })
    expect(JSON.parse(line).steps[0]).to.have.keys('step', 'subject', 'outcome', 'detail')
  })
})
