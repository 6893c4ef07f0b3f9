/** What can be wrong with one cell or one document of a sheet. Nothing is imported while there is any. */
export const problems = {
  REQUIRED: { zh: '必填', en: 'is missing' },
  CELL_ERROR: { zh: '单元格是错误值，或公式没有计算结果', en: 'is an error, or a formula that was never calculated' },
  TEXT: { zh: '不是可接受的文本', en: 'is no text that is taken here' },
  PRECISION: {
    zh: '数字超过 15 位，表格软件已丢失后面的数字；请设为文本格式后重新填写',
    en: 'has more than 15 digits as a number, and the spreadsheet lost the rest: format the cell as text and enter it again',
  },
  NUMBER: {
    zh: '不是规范的十进制数（不带千位分隔符、货币符号和指数）',
    en: 'is no plain decimal (no grouping, no currency sign, no exponent)',
  },
  NEGATIVE: { zh: '不能为负数；退货和红字请用红字发票', en: 'is below zero: what is taken back is a credit note’s' },
  ZERO: { zh: '必须大于零', en: 'must be more than nothing' },
  DAY: {
    zh: '不是明确的日期；请用 2026-03-01 或日期格式的单元格',
    en: 'is no day beyond doubt: write 2026-03-01, or format the cell as a date',
  },
  RATE: { zh: '不是税率；请用 13% 或 0.13', en: 'is no tax rate: write 13% or 0.13' },
  USCC: { zh: '统一社会信用代码的格式或校验位不对', en: 'is no credit code, or its check character is wrong' },
  CODE: {
    zh: '不是 GTIN、UDI 或 GS1 标识，或校验位不对',
    en: 'is no GTIN, UDI or GS1 code, or its check digit is wrong',
  },
  SSCC: { zh: '不是 18 位 SSCC，或校验位不对', en: 'is no SSCC of 18 digits, or its check digit is wrong' },
  CURRENCY: { zh: '不是 ISO 4217 币种', en: 'is no currency of ISO 4217' },
  PLACES: { zh: '小数位超过该币种', en: 'has more places than the currency' },
  FLAG: { zh: '请填“是”或“否”', en: 'is neither yes nor no' },
  CHOICE: { zh: '请填“验收”或“开票”', en: 'is neither “acceptance” nor “invoice”' },
  LINE: { zh: '行号须为 1 至 50 个字符，不含空格', en: 'is no line number of up to 50 characters without blanks' },
  LINE_TWICE: { zh: '同一单据中行号重复', en: 'is the number of another line of the document' },
  DIFFERS: { zh: '与同一单据其他行不一致', en: 'differs from the document’s other rows' },
  PARTY: { zh: '与导入时指定的机构不一致', en: 'is not the organization that was given for the import' },
  SHIPMENT: {
    zh: '需要箱码（SSCC），或可由数字组成箱码的随货同行单号',
    en: 'takes an SSCC, or the number of a despatch advice that one can be made of',
  },
  SIGN: { zh: '红字发票的数量与金额符号须一致', en: 'has another sign than the rest of the credit note' },
  ORIGINAL: { zh: '与税务原件不一致', en: 'differs from what the tax authority issued' },
  DOCUMENT: { zh: '单据不符合要求', en: 'makes no document' },
} as const satisfies Record<string, { readonly zh: string; readonly en: string }>
export type ProblemCode = keyof typeof problems

export type SheetProblem = {
  readonly row: number
  /** From 1; undefined where it is the document's as a whole, or a column that is not there. */
  readonly column: number | undefined
  readonly field: string
  /** Header of the column, or the name of what is missing. */
  readonly header: string
  readonly code: ProblemCode
  /** What stands there, at most 100 characters. */
  readonly value: string
  readonly detail?: string
}

/** One sentence of a problem, as the marked sheet and the console show it. */
export const problemText = ({ header, code, detail }: SheetProblem, language: 'zh' | 'en'): string => {
  const said = problems[code][language]
  const more = detail === undefined ? '' : language === 'zh' ? `（${detail}）` : ` (${detail})`
  return language === 'zh' ? `${header}：${said}${more}` : `${header} ${said}${more}`
}

/** Thrown by a reader of one cell, and told with its place by whoever knows that. */
export class CellProblem extends Error {
  readonly code: ProblemCode

  constructor(code: ProblemCode) {
    super(code)
    this.code = code
  }
}
