import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { strFromU8, strToU8, unzipSync, type Zippable, zipSync } from 'fflate'
import type { SealTrust } from '../../../core/ofd/check.ts'
import { parsePem } from '../../../core/x509/pem.ts'
import { webcryptoVerify } from '../../../core/x509/webcrypto.ts'
import { readOfdInvoice } from '../../../receivables/import/efapiao/ofd.ts'
import { checkEInvoice } from '../../../receivables/import/efapiao/rules.ts'
import { UblError } from '../../../receivables/import/ubl/error.ts'

const vector = async (name: string) =>
  new Uint8Array(await readFile(new URL(`../../vectors/ofd/${name}`, import.meta.url)))
const data = 'Doc_0/Attachs/original_invoice.xml'

describe('an invoice in OFD', () => {
  let trust: SealTrust
  let intact: Uint8Array
  let tampered: Uint8Array
  before(async () => {
    const [certificate] = parsePem('CERTIFICATE', new TextDecoder().decode(await vector('maker.pem')))
    const anchors = [{ id: 'tax test', certificate, crl: 'none' }] as const
    trust = { anchors, crls: [], verify: webcryptoVerify, at: new Date('2026-11-23T00:00:00Z') }
    intact = await vector('invoice-intact.ofd')
    tampered = await vector('invoice-tampered.ofd')
  })
  const rewritten = (change: (parts: Record<string, Uint8Array>) => Record<string, Uint8Array | undefined>) => {
    const parts = unzipSync(intact)
    const next: Zippable = {}
    for (const [name, part] of Object.entries({ ...parts, ...change(parts) })) if (part !== undefined) next[name] = part
    return zipSync(next, { level: 0 })
  }
  const refused = (bytes: Uint8Array) =>
    readOfdInvoice(bytes, trust).then(
      () => 'read',
      error => (error instanceof UblError ? `${error.reason}: ${error.message}` : String(error)),
    )

  it('is read by its data, and holds under the seal of a maker who is trusted', async () => {
    const { invoice, path, seals, outcome } = await readOfdInvoice(intact, trust)
    expect(path).to.equal(data)
    expect(outcome).to.equal('yes')
    expect(seals).to.have.length(1)
    expect(invoice).to.include({ form: 'paper', number: '05000170011112235358', issueDate: '2020-08-05' })
    expect(invoice.seller.id).to.equal('91500102563638729E')
    expect([invoice.net, invoice.tax, invoice.gross]).to.deep.equal([1_000_000n, 60_000n, 1_060_000n])
    expect(invoice.lines).to.have.length(100)
    // The test data of the tax authority has a seller whose code fails its check character, and nothing else.
    expect(checkEInvoice(invoice).map(({ rule }) => rule)).to.deep.equal(['FP-SELLER'])
  })

  it('is undecided where nobody said whose seals are trusted', async () => {
    expect((await readOfdInvoice(intact, { ...trust, anchors: [] })).outcome).to.equal('unknown')
  })

  it('is read, and its seal broken, where a part was changed after it was sealed', async () => {
    const { invoice, seals, outcome } = await readOfdInvoice(tampered, trust)
    expect(outcome).to.equal('no')
    expect(invoice.number).to.equal('05000170011199999951')
    const parts = seals[0]?.findings.find(({ check }) => check === 'parts')
    expect(parts?.parts).to.deep.equal(['Doc_0/Document.xml'])
  })

  it('has a broken seal when an amount in its data was changed', async () => {
    const file = rewritten(parts => ({
      [data]: strToU8(
        strFromU8(parts[data]!).replace('<fp:TaxInclusiveTotalAmount>10600.00', '<fp:TaxInclusiveTotalAmount>10601.00'),
      ),
    }))
    const { invoice, outcome } = await readOfdInvoice(file, trust)
    expect(outcome).to.equal('no')
    expect(invoice.gross).to.equal(1_060_100n)
    expect(checkEInvoice(invoice).length).to.be.greaterThan(1)
  })

  it('without any seal says so, and is neither held nor broken', async () => {
    const file = rewritten(parts => ({
      'OFD.xml': strToU8(strFromU8(parts['OFD.xml']!).replace(/<ofd:Signatures>[^<]*<\/ofd:Signatures>/, '')),
    }))
    const { seals, outcome } = await readOfdInvoice(file, trust)
    expect(seals).to.deep.equal([])
    expect(outcome).to.equal(undefined)
  })

  it('whose data lies twice in it is refused, since whoever reads it could choose', async () => {
    const list = 'Doc_0/Attachs/Attachments.xml'
    const file = rewritten(parts => {
      const text = strFromU8(parts[list]!)
      const [entry = ''] = /<ofd:Attachment .*<\/ofd:Attachment>/s.exec(text) ?? []
      const second = entry.replace('original_invoice.xml', 'second.xml').replace(/ID="[^"]*"/, 'ID="9999"')
      return { [list]: strToU8(text.replace(entry, entry + second)), 'Doc_0/Attachs/second.xml': parts[data] }
    })
    expect(await refused(file)).to.match(/^OFD: .*invoice data is in .*original_invoice\.xml and .*second\.xml/)
  })

  it('is refused without data, with an entity in it, and as no archive at all, each by its reason', async () => {
    expect(await refused(rewritten(() => ({ [data]: strToU8('<x/>') })))).to.match(/^OFD: .*no invoice data/)
    expect(await refused(rewritten(() => ({ [data]: undefined })))).to.match(/^OFD: .*is missing/)
    const bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><eInvoice>&b;</eInvoice>'
    expect(await refused(rewritten(() => ({ [data]: strToU8(bomb) })))).to.match(/^DOCTYPE: /)
    expect(await refused(new Uint8Array([0x50, 0x4b, 3, 4]))).to.match(/^OFD: /)
  })
})
