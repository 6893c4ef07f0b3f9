import { UblError } from '../ubl/error.ts'
import type { XmlElement } from '../ubl/xml.ts'
import type { EInvoice, EInvoiceLine, EInvoiceParty } from './invoice.ts'
import { amount, child, dayOf, number, perhaps, rateOf, text } from './values.ts'

/** Namespace of the 增值税电子发票 that are numbered by code and number, as OFD files have them. */
export const older = 'http://www.edrm.org.cn/schema/e-invoice/2019'

/** Reads an `eInvoice` of 2019, the original data in an OFD invoice. Throws UblError. */
export const olderInvoiceOf = (root: XmlElement): EInvoice => {
  const lines = child(root, 'GoodsInfos')
    .children.filter(it => it.name === 'GoodsInfo')
    .map(lineOf)
  if (lines.length === 0) throw new UblError('MISSING', 'GoodsInfo')
  const remark = perhaps(root, 'Note') ?? ''
  return {
    form: 'paper',
    number: numberOf(text(root, 'InvoiceCode'), text(root, 'InvoiceNo')),
    ...qrOf(perhaps(root, 'GraphCode')),
    issueDate: dayOf(text(root, 'IssueDate'), 'IssueDate'),
    kind: undefined,
    seller: partyOf(child(root, 'Seller'), 'Seller'),
    buyer: partyOf(child(root, 'Buyer'), 'Buyer'),
    net: amount(root, 'TaxExclusiveTotalAmount'),
    tax: amount(root, 'TaxTotalAmount'),
    gross: amount(root, 'TaxInclusiveTotalAmount'),
    grossInWords: undefined,
    lines,
    remark,
    takesBack: takenBack(remark),
  }
}

const numberOf = (code: string, number: string): string => {
  if (!/^(?:[0-9]{10}|[0-9]{12})$/.test(code) || !/^[0-9]{8}$/.test(number)) {
    throw new UblError('VALUE', `InvoiceCode ${code.slice(0, 20)} and InvoiceNo ${number.slice(0, 20)}`)
  }
  return code + number
}

/** 01, kind, code, number, net, day, check code, checksum. */
const qrOf = (said: string | undefined): Pick<EInvoice, 'headerNumber' | 'repeated'> => {
  const [, code, number, net, day] =
    /^[0-9]{2},[0-9]{2},([0-9]{10,12}),([0-9]{8}),(-?[0-9.]+),([0-9]{8}),/.exec(said ?? '') ?? []
  if (code === undefined || number === undefined || net === undefined || day === undefined) {
    return { headerNumber: undefined }
  }
  const [, sign = '', whole, fraction = ''] = /^(-?)([0-9]{1,15})(?:\.([0-9]{1,2}))?$/.exec(net) ?? []
  if (whole === undefined) throw new UblError('VALUE', `GraphCode ${net.slice(0, 40)}`)
  const minor = BigInt(whole + fraction.padEnd(2, '0'))
  return { headerNumber: code + number, repeated: { net: sign ? -minor : minor, issueDate: dayOf(day, 'GraphCode') } }
}

const lineOf = (item: XmlElement): EInvoiceLine => ({
  name: text(item, 'Item'),
  model: perhaps(item, 'Specification'),
  unit: perhaps(item, 'MeasurementDimension'),
  quantity: number(item, 'Quantity'),
  unitPrice: number(item, 'Price'),
  net: amount(item, 'Amount'),
  taxRate: rateOf(perhaps(item, 'TaxScheme')),
  // Of what is not taxed it is left out, or crossed out.
  tax: /^\**$/.test(perhaps(item, 'TaxAmount') ?? '') ? 0n : amount(item, 'TaxAmount'),
  gross: undefined,
  classification: undefined,
})

const partyOf = (from: XmlElement, side: 'Seller' | 'Buyer'): EInvoiceParty => ({
  id: perhaps(from, `${side}TaxID`),
  name: perhaps(from, `${side}Name`),
  // Bank and account are one text here: which part is which, nobody says.
  bank: undefined,
  account: undefined,
})

const takenBack = (remark: string): string | undefined => {
  const [, code, number] = /对应正数发票代码[:：]?\s*([0-9]{10,12})\s*号码[:：]?\s*([0-9]{8})/.exec(remark) ?? []
  return code === undefined || number === undefined ? undefined : code + number
}
