import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import fc from 'fast-check'
import { strFromU8, strToU8, unzipSync, type Zippable, zipSync } from 'fflate'
import { type CheckedOfd, type CheckedSeal, checkOfd, type SealTrust, sealOutcome } from '../../../core/ofd/check.ts'
import { parseTrust } from '../../../core/trust.ts'
import { parsePem } from '../../../core/x509/pem.ts'
import { webcryptoVerify } from '../../../core/x509/webcrypto.ts'

const vector = (name: string) => readFile(new URL(`../../vectors/ofd/${name}`, import.meta.url))

const only = (checked: CheckedOfd): CheckedSeal => {
  if (!checked.ok) throw new Error(checked.detail)
  const [seal, ...more] = checked.seals
  if (seal === undefined || more.length > 0) throw new Error('expected one seal')
  return seal
}
const wrong = (checked: CheckedOfd): readonly string[] =>
  only(checked)
    .findings.filter(it => it.outcome !== 'yes')
    .map(it => it.check)

describe('OFD invoices under a seal', () => {
  let trust: SealTrust
  let intact: Uint8Array
  let tampered: Uint8Array
  before(async () => {
    const [certificate] = parsePem(
      'CERTIFICATE',
      await readFile(new URL('../../vectors/ofd/maker.pem', import.meta.url), 'utf8'),
    )
    const anchors = [{ id: 'tax test', certificate, crl: 'none' }] as const
    trust = { anchors, crls: [], verify: webcryptoVerify, at: new Date('2026-11-23T00:00:00Z') }
    intact = new Uint8Array(await vector('invoice-intact.ofd'))
    tampered = new Uint8Array(await vector('invoice-tampered.ofd'))
  })

  /** The intact file with some parts written otherwise; undefined takes one out. */
  const rewritten = (change: (parts: Record<string, Uint8Array>) => Record<string, Uint8Array | undefined>) => {
    const parts = unzipSync(intact)
    const next: Zippable = {}
    for (const [name, part] of Object.entries({ ...parts, ...change(parts) })) if (part !== undefined) next[name] = part
    return zipSync(next, { level: 0 })
  }
  const replaced = (name: string, from: string | RegExp, to: string) =>
    rewritten(parts => ({ [name]: strToU8(strFromU8(parts[name] ?? new Uint8Array()).replace(from, to)) }))

  it('hold in every respect where nothing was changed', async () => {
    const checked = await checkOfd(intact, trust)
    const seal = only(checked)
    expect(sealOutcome(seal)).to.equal('yes')
    expect(seal).to.include({ name: '测试全国统一发票监制章国家税务总局重庆市税务局', sealId: '50011200000323' })
    expect(seal.maker).to.equal('国家税务总局电子印章测试系统')
    expect(seal.signedAt.toISOString()).to.equal('2020-08-17T11:13:29.000Z')
    expect(checked.ok && [...checked.covered.keys()]).to.include('Doc_0/Attachs/original_invoice.xml')
    expect(checked.ok && checked.covered.has('OFD.xml')).to.equal(false)
  })

  it('are told as changed, with the part that was, where the seal itself still verifies', async () => {
    const checked = await checkOfd(tampered, trust)
    const { findings } = only(checked)
    expect(wrong(checked)).to.deep.equal(['parts'])
    const parts = findings.find(it => it.check === 'parts')
    expect(parts?.parts).to.deep.equal(['Doc_0/Document.xml'])
    expect(parts?.detail).to.contain('Doc_0/Document.xml is changed')
    for (const check of ['signature', 'seal'] as const) {
      expect(findings.find(it => it.check === check)).to.include({ outcome: 'yes' })
    }
    expect(checked.ok && checked.covered.has('Doc_0/Document.xml')).to.equal(false)
    expect(checked.ok && checked.covered.has('Doc_0/Attachs/original_invoice.xml')).to.equal(true)
  })

  it('name every part that changed or is gone', async () => {
    const file = rewritten(() => ({
      'Doc_0/Attachs/original_invoice.xml': strToU8('<x/>'),
      'Doc_0/Pages/Page_1/Content.xml': undefined,
    }))
    const { findings } = only(await checkOfd(file, trust))
    const parts = findings.find(it => it.check === 'parts')
    expect(parts?.parts).to.have.members(['Doc_0/Attachs/original_invoice.xml', 'Doc_0/Pages/Page_1/Content.xml'])
    expect(parts?.detail).to.contain('Content.xml is missing')
  })

  it('say so when the description was changed, be it to fit a changed part', async () => {
    const file = replaced('Doc_0/Signs/Sign_0/Signature.xml', 'KingGrid', 'KingGriD')
    expect(wrong(await checkOfd(file, trust))).to.deep.equal(['description'])
    const fewer = replaced(
      'Doc_0/Signs/Sign_0/Signature.xml',
      /<ofd:Reference FileRef="\/Doc_0\/Document.xml">.*?<\/ofd:Reference>/,
      '',
    )
    expect(wrong(await checkOfd(fewer, trust))).to.deep.equal(['description', 'cover'])
  })

  it('do not cover a document that somebody put beside the sealed one', async () => {
    const file = rewritten(parts => ({
      'OFD.xml': strToU8(
        strFromU8(parts['OFD.xml'] ?? new Uint8Array()).replace('Doc_0/Document.xml', 'Doc_1/Document.xml'),
      ),
      'Doc_1/Document.xml': parts['Doc_0/Document.xml'],
    }))
    const checked = await checkOfd(file, trust)
    expect(wrong(checked)).to.deep.equal(['cover'])
    expect(only(checked).findings.find(it => it.check === 'cover')?.parts).to.include('Doc_1/Document.xml')
  })

  it('fail with any byte of the seal changed', async () => {
    const path = 'Doc_0/Signs/Sign_0/SignedValue.dat'
    const value = unzipSync(intact)[path] ?? new Uint8Array()
    await fc.assert(
      fc.asyncProperty(fc.nat(value.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const file = rewritten(() => ({ [path]: Uint8Array.from(value, (byte, i) => (i === at ? byte ^ flip : byte)) }))
        const checked = await checkOfd(file, trust)
        expect(checked.ok && checked.seals.every(seal => sealOutcome(seal) === 'yes')).to.equal(false)
      }),
      { numRuns: 15 },
    )
  })

  it('fail as any other changed file where a text in the seal is no text', async () => {
    const path = 'Doc_0/Signs/Sign_0/SignedValue.dat'
    const value = unzipSync(intact)[path] ?? new Uint8Array()
    const name = Buffer.from(value).indexOf('测试全国统一发票监制章')
    expect(name).to.be.greaterThan(0)
    const file = rewritten(() => ({ [path]: Uint8Array.from(value, (byte, i) => (i === name ? 0xff : byte)) }))
    expect(await checkOfd(file, trust)).to.deep.equal({ ok: false, detail: 'bytes that are not UTF-8' })
  })

  it('of another file do not fit', async () => {
    const path = 'Doc_0/Signs/Sign_0/SignedValue.dat'
    const file = rewritten(() => ({ [path]: unzipSync(tampered)[path] }))
    expect(wrong(await checkOfd(file, trust))).to.deep.equal(['description'])
  })

  it('are not trusted under other makers, and undecided without any', async () => {
    expect(wrong(await checkOfd(intact, { ...trust, anchors: [] }))).to.deep.equal(['trust'])
    expect(sealOutcome(only(await checkOfd(intact, { ...trust, anchors: [] })))).to.equal('unknown')
    const [anchor] = trust.anchors
    const [other] = parsePem(
      'CERTIFICATE',
      await readFile(new URL('../../vectors/ofd/maker.pem', import.meta.url), 'utf8'),
    )
    const changed = Uint8Array.from(other, (byte, i) => (i === other.length - 1 ? byte ^ 1 : byte))
    if (anchor === undefined) throw new Error('no anchor')
    const stranger = await checkOfd(intact, { ...trust, anchors: [{ ...anchor, certificate: changed }] })
    expect(wrong(stranger)).to.deep.equal(['trust'])
    expect(sealOutcome(only(stranger))).to.equal('no')
  })

  it('can not be later than the file was seen', async () => {
    const at = new Date('2020-08-17T11:13:28Z')
    expect(wrong(await checkOfd(intact, { ...trust, at }))).to.deep.equal(['period'])
    expect(wrong(await checkOfd(intact, { ...trust, at: new Date('2020-08-17T11:13:29Z') }))).to.deep.equal([])
  })

  it('are none where there is no OFD, or one that only some readers would read so', async () => {
    const deep = `${'<a>'.repeat(40)}${'</a>'.repeat(40)}`
    const bad: Readonly<Record<string, Uint8Array>> = {
      'no archive': strToU8('%PDF-1.7'),
      'no OFD.xml': rewritten(() => ({ 'OFD.xml': undefined })),
      'a document type': replaced('OFD.xml', '?>', '?><!DOCTYPE x [<!ENTITY a "b">]>'),
      'elements too deep': replaced('OFD.xml', '</ofd:OFD>', `${deep}</ofd:OFD>`),
      'no well-formed XML': replaced('OFD.xml', '</ofd:OFD>', ''),
      'another namespace': replaced('OFD.xml', 'http://www.ofdspec.org/2016', 'http://example.org'),
      'two roots': replaced('OFD.xml', '</ofd:DocBody>', '<ofd:DocRoot>x</ofd:DocRoot></ofd:DocBody>'),
      'a path out of the file': replaced('Doc_0/Signs/Signatures.xml', 'Sign_0/', '../../../'),
      'a part signed twice': replaced(
        'Doc_0/Signs/Sign_0/Signature.xml',
        /(<ofd:Reference .*?<\/ofd:Reference>)/,
        '$1$1',
      ),
      'no signature value': rewritten(() => ({ 'Doc_0/Signs/Sign_0/SignedValue.dat': undefined })),
      'an older seal': rewritten(parts => ({
        'Doc_0/Signs/Sign_0/SignedValue.dat': (parts['Doc_0/Signs/Sign_0/SignedValue.dat'] ?? new Uint8Array()).map(
          (byte, i) => (i === 10 ? 1 : byte),
        ),
      })),
    }
    for (const [what, bytes] of Object.entries(bad)) {
      expect(await checkOfd(bytes, trust), what).to.have.property('ok', false)
    }
  })

  it('are judged by the makers that a trust file names', async () => {
    const maker = await readFile(new URL('../../vectors/ofd/maker.pem', import.meta.url), 'utf8')
    const file = { version: 1, anchors: [], nodes: [], chains: [], witnesses: { quorum: 0, keys: [] } }
    const seals = [{ id: 'tax-test', certificate: maker, crl: 'none' }]
    const { seals: anchors = [] } = parseTrust(JSON.stringify({ ...file, seals }))
    expect(wrong(await checkOfd(intact, { ...trust, anchors }))).to.deep.equal([])
    const twice = JSON.stringify({ ...file, seals: [...seals, ...seals] })
    expect(() => parseTrust(twice)).to.throw(SyntaxError, 'a maker of seals appears twice')
  })

  it('without a seal have none', async () => {
    const file = replaced('OFD.xml', /<ofd:Signatures>.*?<\/ofd:Signatures>/, '')
    expect(await checkOfd(file, trust)).to.deep.include({ ok: true, seals: [] })
  })
})
