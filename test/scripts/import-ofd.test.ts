import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { expectCouldNotRun, fileOf, tallystick } from './running.ts'

const vector = (name: string) => fileURLToPath(new URL(`../vectors/ofd/${name}`, import.meta.url))

describe('import ofd', () => {
  const trusting = async () =>
    fileOf(
      'trust.json',
      JSON.stringify({
        ...{ version: 1, anchors: [], nodes: [], chains: [], witnesses: { quorum: 0, keys: [] } },
        seals: [{ id: 'tax-test', certificate: await readFile(vector('maker.pem'), 'utf8'), crl: 'none' }],
      }),
    )

  it('says what an invoice is, and that its seal holds', async () => {
    const { code, out, error } = await tallystick([
      'import',
      'ofd',
      vector('invoice-intact.ofd'),
      '--trust',
      await trusting(),
    ])
    expect(error).to.deep.equal([])
    expect(code).to.equal(0)
    expect(out[0]).to.equal(
      '05000170011112235358 of 2020-08-05, 财天下科技有限公司 91500102563638729E to 个人: 100 lines, CNY 10600.00',
    )
    expect(out[1]).to.match(
      /seal 测试全国统一发票监制章国家税务总局重庆市税务局 by .* of 2020-08-17T11:13:29\.000Z holds$/,
    )
  })

  it('ends with 1 where a seal does not hold, and names the part that was changed', async () => {
    const { code, out } = await tallystick([
      ...['import', 'ofd', vector('invoice-tampered.ofd'), '--json', '--trust', await trusting()],
    ])
    expect(code).to.equal(1)
    const { outcome, seals } = JSON.parse(out[0]!)
    expect(outcome).to.equal('no')
    expect(JSON.stringify(seals)).to.include('Doc_0/Document.xml is changed')
  })

  it('says that a seal is undecided without makers of seals to trust, and which file it can not read', async () => {
    const { code, out } = await tallystick(['import', 'ofd', vector('invoice-intact.ofd')])
    expect(code).to.equal(0)
    expect(out[1]).to.match(/can not be decided; no makers of seals are trusted/)
    const broken = await fileOf('broken.ofd', 'no archive')
    expectCouldNotRun(await tallystick(['import', 'ofd', broken]), /broken\.ofd: /)
  })
})
