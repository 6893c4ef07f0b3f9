import { expect } from 'chai'
import fc from 'fast-check'
import { utf8 } from '../../../core/bytes.ts'
import { readCapitals } from '../../../receivables/import/efapiao/capitals.ts'
import { readEInvoice } from '../../../receivables/import/efapiao/invoice.ts'
import { checkEInvoice } from '../../../receivables/import/efapiao/rules.ts'
import { UblError } from '../../../receivables/import/ubl/error.ts'
import { blue } from './blue.ts'

const read = (text: string) => readEInvoice(utf8(text))
const rules = (text: string) =>
  checkEInvoice(read(text)).map(({ rule, at }) => (at === 'EInvoice' ? rule : `${rule} ${at}`))
const reason = (text: string) => {
  try {
    read(text)
    return undefined
  } catch (error) {
    if (error instanceof UblError) return `${error.reason} ${error.message.split(': ').at(-1)}`
    throw error
  }
}

/** The whole of it taken back. */
const red = blue
  .replaceAll('26442000000000000018', '26442000000000000099')
  .replace(
    /<(TotalAmWithoutTax|TotalTaxAm|TotalTax-includedAmount|Quantity|Amount|ComTaxAm|TotaltaxIncludedAmount)>/g,
    '<$1>-',
  )
  .replace('>壹万', '>负壹万')
  .replace(
    '订单 PO-2026-0001',
    '被红冲蓝字数电发票号码：26442000000000000018 红字发票信息确认单编号：44010026030000000001',
  )

describe('a 数电票', () => {
  it('is read with parties, exact amounts, lines and remark', () => {
    const invoice = read(blue)
    expect(invoice).to.deep.include({
      ...{ number: '26442000000000000018', issueDate: '2026-03-01', kind: '增值税专用发票' },
      ...{ net: 1_596_000n, tax: 207_480n, gross: 1_803_480n, takesBack: undefined },
    })
    expect(invoice.seller).to.include({ id: '91440101MA5DTRBU0E', account: '6222000000000000001' })
    expect(invoice.lines[0]).to.deep.include({ unit: '支', net: 1_596_000n, gross: 1_803_480n })
    expect(rules(blue)).to.deep.equal([])
  })

  it('that takes another back is told by its sign, and names the other', () => {
    expect(read(red)).to.deep.include({ gross: -1_803_480n, takesBack: '26442000000000000018' })
    expect(rules(red)).to.deep.equal([])
    expect(rules(red.replace('被红冲蓝字数电发票号码：26442000000000000018', ''))).to.deep.equal(['FP-RED'])
  })

  it('is told what is wrong with it, each by its rule', () => {
    const first = 'IssuItemInformation[1]'
    const changes: readonly (readonly [string, string, readonly string[]])[] = [
      ['<InvoiceNumber>2644', '<InvoiceNumber>2699', ['FP-NUMBER', 'FP-HEADER']],
      ['<EIid>26442', '<EIid>26443', ['FP-HEADER']],
      ['<IssueTime>2026', '<IssueTime>2025', ['FP-YEAR']],
      ['91440101MA5DTRBU0E', '91440101MA5DTRBU0F', ['FP-SELLER']],
      ['12440100MB2H0G7A0C', '12440100MB2H0G7A0D', ['FP-BUYER']],
      ['<TotalTax-includedAmount>18034.80', '<TotalTax-includedAmount>18034.82', ['FP-TOTAL', 'FP-WORDS']],
      ['零叁拾肆圆捌角整', '零叁拾伍圆捌角整', ['FP-WORDS']],
      ['<TotalAmWithoutTax>15960.00', '<TotalAmWithoutTax>15960.01', ['FP-LINES-NET']],
      ['<TotalTaxAm>2074.80', '<TotalTaxAm>2074.81', ['FP-LINES-TAX']],
      ['<Quantity>20', '<Quantity>21', [`FP-LINE-NET ${first}`]],
      ['<TaxRate>0.13', '<TaxRate>0.06', [`FP-LINE-TAX ${first}`]],
      ['<TotaltaxIncludedAmount>18034.80', '<TotaltaxIncludedAmount>18034.82', [`FP-LINE-GROSS ${first}`]],
    ]
    for (const [from, to, found] of changes) {
      expect(blue, from).to.include(from)
      expect(rules(blue.replace(from, to)), `${from} → ${to}`).to.deep.equal(found)
    }
    // Within one 分 the total may be off, and within six a line's tax.
    expect(rules(blue.replace('<TotalTax-includedAmount>18034.80', '<TotalTax-includedAmount>18034.81'))).to.deep.equal(
      ['FP-WORDS'],
    )
    expect(rules(red.replace('<Amount>-15960.00', '<Amount>15960.00'))).to.include('FP-SIGN')
  })

  it('may have lines without quantity, with a rate in per cent, untaxed, and with a discount below zero', () => {
    const discount = blue
      .match(/<IssuItemInformation>[\s\S]*<\/IssuItemInformation>/)![0]
      .replace(/<(Quantity|UnPrice|MeaUnits)>[^<]*<\/\1>/g, '')
      .replace('15960.00', '-100.00')
      .replace('0.13', '13%')
      .replace('2074.80', '-13.00')
      .replace('18034.80', '-113.00')
    const discounted = blue
      .replace('</IssuItemInformation>', `</IssuItemInformation>${discount}`)
      .replace('<TotalAmWithoutTax>15960.00', '<TotalAmWithoutTax>15860.00')
      .replace('<TotalTaxAm>2074.80', '<TotalTaxAm>2061.80')
      .replace('<TotalTax-includedAmount>18034.80', '<TotalTax-includedAmount>17921.80')
      .replace('壹万捌仟零叁拾肆圆捌角整', '壹万柒仟玖佰贰拾壹圆捌角整')
    expect(rules(discounted)).to.deep.equal([])
    const untaxed = blue.replace('<TaxRate>0.13', '<TaxRate>免税').replace('<ComTaxAm>2074.80', '<ComTaxAm>0.00')
    expect(rules(untaxed)).to.not.include('FP-LINE-TAX IssuItemInformation[1]')
  })

  it('is not taken for one where it is another file, lacks a part, or has a value that can not be read', () => {
    expect(reason('<Invoice/>')).to.equal('NOT_EINVOICE its root is Invoice')
    expect(reason('<!DOCTYPE x [<!ENTITY a "b">]><EInvoice/>')).to.match(/^DOCTYPE/)
    expect(reason('<EInvoice>')).to.match(/^XML/)
    expect(reason('<EInvoice/>')).to.equal('MISSING EInvoiceData')
    expect(reason(blue.replace(/<TotalTaxAm>.*<\/TotalTaxAm>/, ''))).to.equal('MISSING BasicInformation/TotalTaxAm')
    expect(reason(blue.replace(/<IssuItemInformation>[\s\S]*<\/IssuItemInformation>/, ''))).to.equal(
      'MISSING IssuItemInformation',
    )
    expect(reason(blue.replace('<Amount>15960.00', '<Amount>15,960.00'))).to.equal('VALUE Amount 15,960.00')
    expect(reason(blue.replace('<Amount>15960.00', '<Amount>15960.001'))).to.equal('VALUE Amount 15960.001')
    expect(reason(blue.replace('<IssueTime>2026-03-01', '<IssueTime>2026-02-30'))).to.match(/^VALUE IssueTime/)
    expect(reason(blue.replace('<TaxRate>0.13', '<TaxRate>13'))).to.equal('VALUE TaxRate 13')
  })

  it('is refused with a reason, and never otherwise, whatever is written into it', () => {
    const places = [...blue.matchAll(/>([^<\s][^<]*)</g)]
    fc.assert(
      fc.property(fc.nat(places.length - 1), fc.string(), (i, text) => {
        const place = places[i]!
        const at = place.index + 1
        const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
        reason(blue.slice(0, at) + escaped + blue.slice(at + place[1]!.length))
      }),
    )
  })
})

describe('amounts in Chinese capitals', () => {
  it('are read as they stand on invoices', () => {
    const cases: readonly (readonly [string, bigint])[] = [
      ['壹万捌仟零叁拾肆圆捌角整', 1_803_480n],
      ['壹拾玖圆壹角玖分', 1_919n],
      ['拾元整', 1_000n],
      ['零圆伍角整', 50n],
      ['叁圆零伍分', 305n],
      ['（负）壹佰壹拾叁圆整', -11_300n],
      ['壹亿零伍万圆整', 10_005_000_000n],
      ['壹拾贰亿叁仟肆佰伍拾陆万柒仟捌佰玖拾圆零壹分', 123_456_789_001n],
      ['人民币伍拾圆正', 5_000n],
    ]
    for (const [text, minor] of cases) expect(readCapitals(text), text).to.equal(minor)
    for (const text of ['', '圆圆', '18034.80', '一百元', '壹万捌仟'])
      expect(readCapitals(text), text).to.equal(undefined)
  })
})
