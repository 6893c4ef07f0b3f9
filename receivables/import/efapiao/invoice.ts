import { type Decimal, decimal } from '../../../core/quantity.ts'
import { UblError } from '../ubl/error.ts'
import { readXml, type XmlElement } from '../ubl/xml.ts'

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

/** 全面数字化的电子发票, as the tax authority's XML has it. */
export type EInvoice = {
  /** 20 digits. */
  readonly number: string
  /** The header's own number, which is the same. */
  readonly headerNumber: string | undefined
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
export const readEInvoice = (file: Uint8Array): EInvoice => {
  const root = readXml(file)
  if (root.name !== 'EInvoice') throw new UblError('NOT_EINVOICE', `its root is ${root.name.slice(0, 40)}`)
  const data = child(root, 'EInvoiceData')
  const sums = child(data, 'BasicInformation')
  const supervision = child(root, 'TaxSupervisionInfo')
  const header = find(root, 'Header')
  const remark = remarkOf(data)
  const lines = data.children.filter(it => it.name === 'IssuItemInformation').map(lineOf)
  if (lines.length === 0) throw new UblError('MISSING', 'IssuItemInformation')
  return {
    number: text(supervision, 'InvoiceNumber'),
    headerNumber: perhaps(header, 'EIid'),
    issueDate: dayOf(text(supervision, 'IssueTime')),
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

const find = (from: XmlElement | undefined, name: string): XmlElement | undefined =>
  from?.children.find(it => it.name === name)

const child = (from: XmlElement, name: string): XmlElement => {
  const found = find(from, name)
  if (found === undefined) throw new UblError('MISSING', name)
  return found
}

const perhaps = (from: XmlElement | undefined, name: string): string | undefined => find(from, name)?.text || undefined

const text = (from: XmlElement, name: string): string => {
  const found = perhaps(from, name)
  if (found === undefined) throw new UblError('MISSING', `${from.name}/${name}`)
  return found
}

/** Two places at most, in minor units. */
const amount = (from: XmlElement, name: string): bigint => {
  const said = text(from, name)
  const [, sign, whole, fraction = ''] = /^(-?)([0-9]{1,15})(?:\.([0-9]{1,2})0*)?$/.exec(said) ?? []
  if (whole === undefined) throw new UblError('VALUE', `${name} ${said.slice(0, 40)}`)
  const minor = BigInt(whole + fraction.padEnd(2, '0'))
  return sign ? -minor : minor
}

/** Up to 13 places, as unit prices have them. */
const number = (from: XmlElement, name: string): Decimal | undefined => {
  const said = perhaps(from, name)
  if (said === undefined) return undefined
  const [, sign, whole, fraction = ''] = /^(-?)([0-9]{1,16})(?:\.([0-9]{0,20}))?$/.exec(said) ?? []
  if (whole === undefined) throw new UblError('VALUE', `${name} ${said.slice(0, 40)}`)
  const digits = BigInt(whole + fraction)
  return decimal(sign ? -digits : digits, fraction.length)
}

const rateOf = (said: string | undefined): Decimal | undefined => {
  const percent = /^([0-9]{1,3}(?:\.[0-9]{1,3})?)%$/.exec(said ?? '')?.[1]
  const plain = percent ?? /^0(?:\.[0-9]{1,4})?$|^1$/.exec(said ?? '')?.[0]
  if (plain === undefined) {
    if (said === undefined || ['免税', '不征税', '***', '*'].includes(said)) return undefined
    throw new UblError('VALUE', `TaxRate ${said.slice(0, 20)}`)
  }
  const [whole = '', fraction = ''] = plain.split('.')
  return decimal(BigInt(whole + fraction), fraction.length + (percent === undefined ? 0 : 2))
}

const dayOf = (said: string): string => {
  const day = /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T].*)?$/.exec(said)?.[1]
  const at = new Date(`${day}T00:00:00Z`)
  if (day === undefined || Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== day) {
    throw new UblError('VALUE', `IssueTime ${said.slice(0, 40)}`)
  }
  return day
}

const remarkOf = (data: XmlElement): string =>
  data.children
    .filter(it => it.name === 'AdditionalInformation')
    .flatMap(it => perhaps(it, 'Remark') ?? [])
    .join(' ')
