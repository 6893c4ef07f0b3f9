import type { Decimal } from '../../../core/quantity.ts'
import { UblError } from '../ubl/error.ts'
import { readXml, type XmlElement } from '../ubl/xml.ts'
import { amount, child, dayOf, find, number, perhaps, rateOf, text } from './values.ts'

/** One side of a 数电票. */
export type EInvoiceParty = {
  /** 统一社会信用代码 or taxpayer number, as printed; a private buyer has none. */
  readonly id: string | undefined
  readonly name: string | undefined
  readonly bank: string | undefined
  readonly account: string | undefined
}

/** Amounts are minor units of CNY; a red invoice has them below zero. */
export type EInvoiceLine = {
  readonly name: string
  readonly model: string | undefined
  readonly unit: string | undefined
  readonly quantity: Decimal | undefined
  readonly unitPrice: Decimal | undefined
  readonly net: bigint
  /** 0.13 for 13 %; undefined for 免税 and 不征税, which have none. */
  readonly taxRate: Decimal | undefined
  readonly tax: bigint
  readonly gross: bigint | undefined
  /** 税收分类编码, 19 digits. */
  readonly classification: string | undefined
}

/** An electronic invoice, as the tax authority's XML has it. */
export type EInvoice = {
  /** `full-digital`: 数电票. `paper`: the 增值税电子发票 before it, numbered as paper is. */
  readonly form: 'full-digital' | 'paper'
  /** 20 digits; of the older form the code of 12 and then the number of 8. */
  readonly number: string
  /** As the header repeats it, or the QR code. */
  readonly headerNumber: string | undefined
  /** What else the QR code repeats. */
  readonly repeated?: { readonly net: bigint; readonly issueDate: string } | undefined
  /** Day on which it was issued. */
  readonly issueDate: string
  /** Of the header: 增值税专用发票, 普通发票. */
  readonly kind: string | undefined
  readonly seller: EInvoiceParty
  readonly buyer: EInvoiceParty
  readonly net: bigint
  readonly tax: bigint
  readonly gross: bigint
  /** 价税合计（大写）. */
  readonly grossInWords: string | undefined
  readonly lines: readonly EInvoiceLine[]
  readonly remark: string
  /** Number of the blue invoice that a red one takes back, where the remark names it. */
  readonly takesBack: string | undefined
}

/**
 * Reads the XML of a 数电票: root EInvoice with Header, EInvoiceData and TaxSupervisionInfo, no namespace. What is signed in
 * it stays with the file; its authenticity is the seal's and the tax platform's to tell. Throws UblError.
 */
export const readEInvoice = (file: Uint8Array): EInvoice => eInvoiceOf(readXml(file))

/** The same of an element. */
export const eInvoiceOf = (root: XmlElement): EInvoice => {
  if (root.name !== 'EInvoice') throw new UblError('NOT_EINVOICE', `its root is ${root.name.slice(0, 40)}`)
  const data = child(root, 'EInvoiceData')
  const sums = child(data, 'BasicInformation')
  const supervision = child(root, 'TaxSupervisionInfo')
  const header = find(root, 'Header')
  const remark = remarkOf(data)
  const lines = data.children.filter(it => it.name === 'IssuItemInformation').map(lineOf)
  if (lines.length === 0) throw new UblError('MISSING', 'IssuItemInformation')
  return {
    form: 'full-digital',
    number: text(supervision, 'InvoiceNumber'),
    headerNumber: perhaps(header, 'EIid'),
    issueDate: dayOf(text(supervision, 'IssueTime'), 'IssueTime'),
    kind: perhaps(find(find(header, 'InherentLabel'), 'GeneralOrSpecialVAT'), 'LabelName'),
    seller: partyOf(child(data, 'SellerInformation'), 'Seller'),
    buyer: partyOf(child(data, 'BuyerInformation'), 'Buyer'),
    net: amount(sums, 'TotalAmWithoutTax'),
    tax: amount(sums, 'TotalTaxAm'),
    // Of the whole with a hyphen, of a line without: so the authority spells them.
    gross: amount(sums, 'TotalTax-includedAmount'),
    grossInWords: perhaps(sums, 'TotalTax-includedAmountInChinese'),
    lines,
    remark,
    takesBack: /被红冲[^0-9]{0,20}(?:数电|全电)?[^0-9]{0,20}号码[:：]?\s*([0-9]{20}|[0-9]{8})/.exec(remark)?.[1],
  }
}

const lineOf = (item: XmlElement): EInvoiceLine => ({
  name: text(item, 'ItemName'),
  model: perhaps(item, 'SpecMod'),
  unit: perhaps(item, 'MeaUnits'),
  quantity: number(item, 'Quantity'),
  unitPrice: number(item, 'UnPrice'),
  net: amount(item, 'Amount'),
  taxRate: rateOf(perhaps(item, 'TaxRate')),
  tax: perhaps(item, 'ComTaxAm') === undefined ? 0n : amount(item, 'ComTaxAm'),
  gross: perhaps(item, 'TotaltaxIncludedAmount') === undefined ? undefined : amount(item, 'TotaltaxIncludedAmount'),
  classification: perhaps(item, 'TaxClassificationCode'),
})

const partyOf = (from: XmlElement, side: 'Seller' | 'Buyer'): EInvoiceParty => ({
  id: perhaps(from, `${side}IdNum`),
  name: perhaps(from, `${side}Name`),
  bank: perhaps(from, `${side}BankName`),
  account: perhaps(from, `${side}BankAccNum`),
})

const remarkOf = (data: XmlElement): string =>
  data.children
    .filter(it => it.name === 'AdditionalInformation')
    .flatMap(it => perhaps(it, 'Remark') ?? [])
    .join(' ')
