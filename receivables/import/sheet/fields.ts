import * as read from './values.ts'

export const sheetKinds = ['order', 'despatch', 'receipt', 'invoice', 'credit-note'] as const
export type SheetKind = (typeof sheetKinds)[number]

/** How one column of a document is called, and what may stand in it. */
export type Field = {
  /** Of the document as a whole: the same on all of its rows, where it stands at all. */
  readonly head?: true
  readonly required?: true
  readonly read: read.Reader
  /** As our templates write it, in Chinese and English; then what others call it. */
  readonly headers: readonly [zh: string, en: string, ...others: string[]]
}

const number = (zh: string, en: string, ...others: string[]): Field => ({
  head: true,
  required: true,
  read: read.number,
  headers: [zh, en, ...others],
})
const issueDate = (zh: string, en: string, ...others: string[]): Field => ({
  head: true,
  required: true,
  read: read.day,
  headers: [zh, en, ...others],
})

const parties = {
  seller: {
    head: true,
    read: read.uscc,
    headers: ['供方统一社会信用代码', 'Seller USCC', '销售方纳税人识别号', '供应商信用代码'],
  },
  buyer: {
    head: true,
    read: read.uscc,
    headers: ['需方统一社会信用代码', 'Buyer USCC', '购买方纳税人识别号', '医院信用代码'],
  },
} satisfies Record<string, Field>

const line = { line: { read: read.lineId, headers: ['行号', 'Line', '序号', 'Line No.'] } } satisfies Record<
  string,
  Field
>
const goods = {
  item: {
    required: true,
    read: read.item,
    headers: ['产品标识', 'Item', 'UDI-DI', 'GTIN', '商品条码', '产品编码(UDI)'],
  },
  quantity: { required: true, read: read.quantity, headers: ['数量', 'Quantity', 'Qty'] },
  unit: { required: true, read: read.unit, headers: ['单位', 'Unit', '计量单位', 'UOM'] },
} satisfies Record<string, Field>
const lot = { lot: { read: read.lot, headers: ['批号', 'Lot', '生产批号', 'Batch'] } } satisfies Record<string, Field>
const serials = {
  serials: { read: read.serials, headers: ['序列号', 'Serials', 'Serial numbers', 'SN'] },
} satisfies Record<string, Field>
const orderLine = {
  orderLine: { required: true, read: read.lineId, headers: ['订单行号', 'Order line', 'PO line', '采购订单行号'] },
} satisfies Record<string, Field>
const order = {
  order: {
    head: true,
    required: true,
    read: read.number,
    headers: ['采购订单号', 'Order', 'PO number', '订单号', '订单编号'],
  },
} satisfies Record<string, Field>
const priced = {
  unitPrice: {
    required: true,
    read: read.price,
    headers: ['不含税单价', 'Unit price', 'Unit price excl. tax', '单价(不含税)'],
  },
  taxRate: { required: true, read: read.rate, headers: ['税率', 'Tax rate', '税率(%)'] },
} satisfies Record<string, Field>
const currency = {
  currency: { head: true, read: read.currency, headers: ['币种', 'Currency', '币别'] },
} satisfies Record<string, Field>
const version = {
  version: { head: true, read: read.count, headers: ['版本', 'Version'] },
} satisfies Record<string, Field>

const billed = {
  ...order,
  ...currency,
  ...line,
  ...orderLine,
  ...goods,
  ...lot,
  ...serials,
  ...priced,
  net: { required: true, read: read.amount, headers: ['不含税金额', 'Net amount', '金额', 'Line net', '金额(不含税)'] },
  tax: { read: read.amount, headers: ['税额', 'Tax amount', 'Line tax'] },
  totalNet: { head: true, read: read.amount, headers: ['合计金额', 'Total net', '合计金额(不含税)'] },
  totalTax: { head: true, read: read.amount, headers: ['合计税额', 'Total tax'] },
  totalGross: { head: true, read: read.amount, headers: ['价税合计', 'Total gross', '价税合计(小写)'] },
} satisfies Record<string, Field>

/** The columns of each kind of document, in the order of its template. */
export const fields = {
  order: {
    number: number('采购订单号', 'Order', 'PO number', '订单号', '订单编号'),
    issueDate: issueDate('订单日期', 'Order date', '下单日期', '采购日期'),
    ...parties,
    ...currency,
    ...line,
    item: goods.item,
    description: { read: read.text, headers: ['品名规格', 'Description', '品名', '产品名称', '商品名称'] },
    quantity: goods.quantity,
    unit: goods.unit,
    ...priced,
    serialised: { read: read.flag, headers: ['逐件序列号管理', 'Serialised', '序列号管理'] },
    termDays: { head: true, read: read.days, headers: ['账期天数', 'Days to pay', '账期(天)', '账期'] },
    termFrom: { head: true, read: read.termFrom, headers: ['账期起算', 'Days count from', '账期起算日'] },
    ...version,
  },
  despatch: {
    number: number('随货同行单号', 'Despatch advice', 'Delivery note', '出库单号', '送货单号'),
    issueDate: issueDate('发货日期', 'Despatch date', '出库日期', 'Delivery date'),
    ...parties,
    ...order,
    shipment: { head: true, read: read.sscc, headers: ['物流箱码(SSCC)', 'SSCC', '箱码', 'Shipment'] },
    ...line,
    ...orderLine,
    ...goods,
    ...lot,
    ...serials,
    ...version,
  },
  receipt: {
    number: number('验收入库单号', 'Receipt advice', 'Goods receipt', '入库单号', '验收单号'),
    issueDate: issueDate('验收日期', 'Receipt date', '入库日期', 'Acceptance date'),
    ...parties,
    ...order,
    despatch: {
      head: true,
      read: read.number,
      headers: ['随货同行单号', 'Despatch advice', 'Delivery note', '送货单号'],
    },
    shipment: { head: true, read: read.sscc, headers: ['物流箱码(SSCC)', 'SSCC', '箱码', 'Shipment'] },
    ...line,
    ...orderLine,
    item: goods.item,
    ...lot,
    quantity: {
      required: true,
      read: read.quantityOrNone,
      headers: ['验收合格数量', 'Accepted quantity', '合格数量', '验收数量', '入库数量'],
    },
    short: { read: read.quantityOrNone, headers: ['短缺数量', 'Short quantity', '短少数量'] },
    unit: goods.unit,
    ...version,
  },
  invoice: {
    number: number('发票号码', 'Invoice', 'Invoice number', '数电票号码'),
    issueDate: issueDate('开票日期', 'Invoice date', 'Issue date'),
    ...parties,
    ...billed,
    dueDate: { head: true, read: read.day, headers: ['到期日', 'Due date', '付款到期日'] },
    ...version,
  },
  'credit-note': {
    number: number('红字发票号码', 'Credit note', 'Credit note number'),
    issueDate: issueDate('开票日期', 'Credit note date', 'Issue date'),
    ...parties,
    invoice: {
      head: true,
      required: true,
      read: read.number,
      headers: ['蓝字发票号码', 'Invoice', 'Invoice number', '对应蓝字发票号码'],
    },
    ...billed,
    ...version,
  },
} as const satisfies Record<SheetKind, Readonly<Record<string, Field>>>

export const fieldsOf = (kind: SheetKind): ReadonlyMap<string, Field> => new Map(Object.entries(fields[kind]))
