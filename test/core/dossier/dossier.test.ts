import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { strToU8, zipSync } from 'fflate'
import { formatBundle } from '../../../core/bundle.ts'
import { fromUtf8, utf8 } from '../../../core/bytes.ts'
import { contentsOf } from '../../../core/dossier/contents.ts'
import { html } from '../../../core/dossier/markup.ts'
import { dossierPage } from '../../../core/dossier/page.ts'
import { bundleIn, isZip, makeDossier } from '../../../core/dossier.ts'
import { parseCertificate } from '../../../core/x509/certificate.ts'
import { parsePem } from '../../../core/x509/pem.ts'
import { readZip } from '../../../core/zip.ts'
import { run } from '../../../scripts/commands/program.ts'
import { complete } from '../../exchange/complete.ts'
import { openScene, type Scene } from '../../exchange/scene.ts'

describe('markup that is filled in', () => {
  it('takes text as text, wherever it stands', () => {
    const hostile = `</td><script>alert(1)</script><img src=x onerror="x" a='&amp;'>`
    const { text } = html`<td title="${hostile}">${hostile}</td>`
    expect(text.match(/[<>]/g)).to.have.lengthOf(4)
    expect(text.match(/"/g)).to.have.lengthOf(2)
    expect(text).to.include('&lt;script&gt;alert(1)&lt;/script&gt;')
  })

  it('never lets what is filled in end an element or an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), said => {
        const { text } = html`<p title="${said}">${[html`<b>${said}</b>`]}</p>`
        const markup = text.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, '').replaceAll(/[^<>"'&]/g, '')
        expect(markup).to.equal('<"">' + '<><>' + '<>')
      }),
    )
  })
})

describe('a dossier', function () {
  this.timeout(60_000)
  let scene: Scene
  let file: string
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallystick-dossier-'))
    scene = await openScene()
    const played = await scene.play()
    await scene.anchor()
    file = formatBundle(await complete(scene, played))
  })
  after(async () => {
    await scene.close()
    await rm(folder, { recursive: true, force: true })
  })

  const tallystick = async (...args: string[]) => {
    const lines: string[] = []
    const terminal = { out: (line: string) => void lines.push(line), error: (line: string) => void lines.push(line) }
    return { code: await run(args, terminal, {}), lines }
  }

  it('has the bundle byte for byte, and is the same archive whenever it is made', () => {
    const archive = makeDossier(file)
    expect(isZip(archive)).to.equal(true)
    expect(bundleIn(archive)).to.equal(file)
    expect(Buffer.from(makeDossier(file)).equals(archive)).to.equal(true)
  })

  it('has pages to print without script or address, the agreement as signed, and every signer’s certificate', () => {
    const files = readZip(makeDossier(file))
    const contents = contentsOf(file)
    for (const name of ['report.zh-CN.html', 'report.en.html']) {
      const page = fromUtf8(files.get(name)!)
      expect(page).to.match(/^<!doctype html>/)
      expect(page).not.to.match(/<script|https?:\/\/[^<]*["']|url\(/)
      for (const { record, digest } of contents.records) {
        expect(page).to.include(`<td>${record.index}</td>`)
        expect(page).to.include(digest)
      }
    }
    expect(fromUtf8(files.get('agreement.txt')!)).to.equal(contents.agreement)
    expect(contents.agreement).to.include(contents.bundle.application.seller)
    const certificates = [...files].filter(([name]) => name.startsWith('certificates/'))
    expect(certificates.length).to.be.greaterThan(2)
    for (const [, text] of certificates) parseCertificate(parsePem('CERTIFICATE', fromUtf8(text))[0])
    expect(fromUtf8(files.get('README.txt')!)).to.include('tallystick verify')
  })

  it('says in its pages what a hostile report says, and no more', () => {
    const contents = contentsOf(file)
    const hostile = '<img src=x onerror=alert(1)>'
    const page = dossierPage({ ...contents, agreement: hostile }, 'en')
    expect(page).not.to.include(hostile)
    expect(page).to.include('&lt;img src=x onerror=alert(1)&gt;')
  })

  it('is made and checked from the command line as the bundle is', async () => {
    const [bundle, dossier] = [join(folder, 'bundle.json'), join(folder, 'evidence.zip')]
    await writeFile(bundle, file)
    expect((await tallystick('dossier', bundle, '--out', dossier)).code).to.equal(0)
    const [ofBundle, ofDossier] = [await tallystick('verify', bundle), await tallystick('verify', dossier)]
    expect(ofDossier).to.deep.equal(ofBundle)
    expect(ofDossier.code).to.equal(3)
    // It is not written over, and what is no bundle makes none.
    expect((await tallystick('dossier', bundle, '--out', dossier)).code).to.equal(2)
    const other = await tallystick('dossier', dossier, '--out', join(folder, 'other.zip'))
    expect([other.code, other.lines.length]).to.deep.equal([2, 1])
  })

  it('without a bundle, or with another archive in its place, can not be checked', async () => {
    const cases: readonly (readonly [Uint8Array, RegExp])[] = [
      [zipSync({ 'report.html': strToU8('x') }), /the archive has no bundle\.json/],
      [zipSync({ '../bundle.json': utf8(file) }), /not a plain path/],
      [zipSync({ 'bundle.json': new Uint8Array(8 << 20) }, { level: 9 }), /packed too tightly/],
      [makeDossier(file).subarray(0, -40), /not a ZIP archive/],
      [zipSync({ 'bundle.json': new Uint8Array([0x7b, 0xff, 0x7d]) }), /not UTF-8/],
    ]
    for (const [bytes, why] of cases) {
      expect(() => bundleIn(bytes)).to.throw(SyntaxError, why)
      const path = join(folder, 'hostile.zip')
      await writeFile(path, bytes)
      const { code, lines } = await tallystick('verify', path)
      expect([code, lines.length]).to.deep.equal([2, 1])
      expect(lines[0]).to.match(why)
    }
  })
})
