import { expect } from 'chai'
import { formatBundle } from '../../core/bundle.ts'
import { formatVerifierKey } from '../../core/note.ts'
import type { Trust } from '../../core/trust.ts'
import { pem } from '../../core/x509/pem.ts'
import { complete } from '../exchange/complete.ts'
import { openScene } from '../exchange/scene.ts'
import { asProcess, expectCouldNotRun, fileOf, tallystick } from './running.ts'

/** The trust file that this was read from. */
const written = ({ anchors, nodes, ...rest }: Trust): string =>
  JSON.stringify({
    ...rest,
    anchors: anchors.map(it => ({ ...it, certificate: pem('CERTIFICATE', it.certificate) })),
    nodes: nodes.map(it => ({ ...it, logKey: formatVerifierKey(it.logKey) })),
  })

describe('tallystick verify', () => {
  let file: string
  let text: string
  let trust: string
  let at: string

  before(async function () {
    this.timeout(60_000)
    const scene = await openScene()
    try {
      const played = await scene.play()
      await scene.anchor()
      text = formatBundle(await complete(scene, played))
      file = await fileOf('bundle.json', text)
      trust = await fileOf('trust.json', written(scene.trust))
      at = scene.clock.now.toISOString()
    } finally {
      await scene.close()
    }
  })

  it('ends with 0 where every step is true by the trust given', async () => {
    const { code, out, error } = await tallystick(['verify', file, '--trust', trust, '--at', at, '--lang', 'en'])
    expect({ code, error }).to.deep.equal({ code: 0, error: [] })
    expect(out.length).to.be.greaterThan(10)
  })

  it('ends with 1 where a byte was changed, and says so in Chinese, too', async () => {
    const changed = await fileOf('changed.json', text.replace('"version":1', '"version":2'))
    const { code, out } = await tallystick(['verify', changed, '--trust', trust, '--at', at, '--lang', 'zh-CN'])
    expect(code).to.equal(1)
    expect(out.join('\n')).to.match(/\p{Script=Han}/u)
  })

  it('never ends with 0 without trust, and says that it is self-consistent only', async () => {
    const { code, out } = await tallystick(['verify', file, '--at', at, '--lang', 'en'])
    expect(code).to.equal(3)
    expect(out.at(-1)).to.match(/self-consistent/i)
  })

  it('ends with 1 by the trust of somebody else', async () => {
    const nobody: Trust = { version: 1, anchors: [], nodes: [], chains: [], witnesses: { quorum: 0, keys: [] } }
    const stranger = await fileOf('trust.json', written(nobody))
    const { code } = await tallystick(['verify', file, '--trust', stranger, '--at', at])
    expect(code).to.equal(1)
  })

  it('gives machines one JSON object with each step', async () => {
    const { code, out } = await asProcess('verify', file, '--trust', trust, '--at', at, '--json')
    const { verdict, steps } = JSON.parse(out) as { verdict: string; steps: { step: string; outcome: string }[] }
    expect([code, verdict]).to.deep.equal([0, 'verified'])
    expect(steps.every(it => it.outcome !== 'false')).to.equal(true)
  })

  it('ends with 2 and one line where a file, the trust or an option can not be used', async () => {
    expectCouldNotRun(await tallystick(['verify', '/no/bundle']), /^\/no\/bundle: can not be read/)
    const bad = await fileOf('trust.json', '{"version":2}')
    expectCouldNotRun(await tallystick(['verify', file, '--trust', bad]), /trust\.json.*version/)
    expectCouldNotRun(await tallystick(['verify', file, '--at', 'noon']), /^--at: takes an instant/)
    expectCouldNotRun(await tallystick(['verify', file, '--rpc', 'chain']), 'takes an http or https address')
    expectCouldNotRun(await tallystick(['verify', file, '--lang', 'fr']), 'fr')
  })
})
