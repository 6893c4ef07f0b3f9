import { expect } from 'chai'
import fc from 'fast-check'
import { strFromU8, unzipSync } from 'fflate'
import { utf8 } from '../../../../core/bytes.ts'
import { documentSchema } from '../../../../core/document.ts'
import { parseUscc } from '../../../../core/uscc.ts'
import { readColumnMap } from '../../../../receivables/import/sheet/column-map.ts'
import { SheetError } from '../../../../receivables/import/sheet/error.ts'
import { type SheetKind, sheetKinds } from '../../../../receivables/import/sheet/fields.ts'
import { shown } from '../../../../receivables/import/sheet/grid.ts'
import { importSheet, readGrid, type SheetSettings } from '../../../../receivables/import/sheet/import.ts'
import { problemText } from '../../../../receivables/import/sheet/problem.ts'
import { markedSheet, templateOf } from '../../../../receivables/import/sheet/write.ts'
import { textRows, workbook } from './workbook.ts'

const seller = parseUscc('91440101MA5DTRBU0E')
const buyer = parseUscc('12440100MB2H0G7A0C')
const stent = '06901234567892'
const settings = (kind: SheetKind, more: Partial<SheetSettings> = {}): SheetSettings => ({
  ...{ kind, seller, buyer, prefix: '6901234' },
  ...more,
})
const csv = (...lines: readonly string[]) => utf8(lines.join('\n'))
const run = (kind: SheetKind, lines: readonly string[], more: Partial<SheetSettings> = {}) =>
  importSheet(csv(...lines), settings(kind, more))
const told = ({ problems }: Pick<ReturnType<typeof importSheet>, 'problems'>) =>
  problems.map(({ row, header, code }) => `${row} ${header} ${code}`)
const fault = (read: () => unknown): string => {
  try {
    read()
    return 'read'
  } catch (error) {
    if (error instanceof SheetError) return `${error.fault} ${error.message.split(': ').slice(1).join(': ')}`
    throw error
  }
}

const orders = [
  '采购订单号,订单日期,币种,行号,产品标识,品名规格,数量,单位,不含税单价,税率,账期天数,账期起算',
  `PO-1,2026-03-01,,1,${stent},支架,20,支,798.0000,13%,30,验收`,
  'PO-1,,,2,(01)06901234567892,,0.500,盒,0,0.13,,',
  `PO-2,2026年3月2日,CNY,1,${stent},,7,支,1.5,免税,,`,
]
const invoices = [
  '发票号码,开票日期,采购订单号,行号,订单行号,产品标识,批号,序列号,数量,单位,不含税单价,税率,不含税金额,税额,价税合计,到期日',
  `26442000000000000018,20260305,PO-1,1,1,${stent},L1,"A1，A2",2,支,798,0.13,1596.00,207.48,1803.48,2026/4/30`,
]

describe('a sheet of documents', () => {
  it('makes orders, a row for each line, with the same codes at every import', () => {
    const { documents, problems, findings, ignored } = run('order', orders)
    expect(problems).to.deep.equal([])
    expect(findings).to.deep.equal([])
    expect(ignored).to.deep.equal([])
    expect(documents).to.have.length(2)
    expect(documents[0]).to.deep.equal({
      ...{ kind: 'order', code: 'https://id.gs1.org/253/6901234000016PO-1', number: 'PO-1', version: 1 },
      ...{ parties: { seller, buyer }, issueDate: '2026-03-01', currency: 'CNY' },
      paymentTerm: { days: 30, from: 'acceptance' },
      lines: [
        {
          ...{ id: '1', item: `https://id.gs1.org/01/${stent}`, description: '支架', quantity: '20', unit: '支' },
          ...{ unitPrice: '798', taxRate: '0.13' },
        },
        {
          ...{ id: '2', item: `https://id.gs1.org/01/${stent}`, quantity: '0.5', unit: '盒' },
          ...{ unitPrice: '0', taxRate: '0.13' },
        },
      ],
    })
    expect(run('order', orders).documents).to.deep.equal(documents)
  })

  it('makes despatch advices, receipts, invoices and credit notes that refer to one another by number', () => {
    const [order] = run('order', orders).documents
    const [despatch] = run('despatch', [
      '随货同行单号,发货日期,采购订单号,行号,订单行号,产品标识,批号,序列号,数量,单位',
      `SH-7,2026-03-03,PO-1,1,1,${stent},L1,A1 A2,2,支`,
    ]).documents
    const [receipt] = run(
      'receipt',
      [
        '验收入库单号,验收日期,采购订单号,随货同行单号,订单行号,产品标识,批号,验收合格数量,短缺数量,单位',
        `RK-1,2026.3.4,PO-1,SH-7,1,${stent},L1,0,2,支`,
      ],
      { prefix: '6909999', theirPrefix: '6901234' },
    ).documents
    const [invoice] = run('invoice', invoices).documents
    const [credit] = run('credit-note', [
      '红字发票号码,开票日期,蓝字发票号码,采购订单号,订单行号,产品标识,数量,单位,不含税单价,税率,不含税金额,税额',
      `26442000000000000099,2026-03-09,26442000000000000018,PO-1,1,${stent},-1,支,798,13%,-798.00,-103.74`,
    ]).documents
    const at = (of: unknown) => of as { code: string; order: string; shipment: string; invoice: string }
    expect(at(despatch).order).to.equal(order?.code)
    expect(at(receipt)).to.include({ order: order?.code, shipment: at(despatch).shipment })
    expect(receipt?.code).to.match(/^https:\/\/id\.gs1\.org\/253\/6909999/)
    expect(at(invoice).order).to.equal(order?.code)
    expect(at(credit)).to.include({ order: order?.code, invoice: invoice?.code, net: '79800', tax: '10374' })
    expect(credit?.lines[0]).to.include({ quantity: '1', net: '79800' })
    expect(invoice?.lines[0]).to.deep.include({
      item: `https://id.gs1.org/01/${stent}/10/L1`,
      serials: [`https://id.gs1.org/01/${stent}/21/A1`, `https://id.gs1.org/01/${stent}/21/A2`],
    })
    for (const it of [order, despatch, receipt, invoice, credit]) {
      expect(documentSchema.safeParse({ iss: seller, iat: 0, ...it }).success).to.equal(true)
    }
  })

  it('has the amounts of an invoice in minor units, as stated or else from its lines', () => {
    const [stated] = run('invoice', invoices).documents
    expect(stated).to.include({ net: '159600', tax: '20748', gross: '180348', dueDate: '2026-04-30' })
    const bare = run('invoice', [
      '发票号码,开票日期,采购订单号,币种,订单行号,产品标识,数量,单位,不含税单价,税率,不含税金额',
      `1,2026-03-05,PO-1,CNY,1,${stent},3,支,0.335,0.13,1.01`,
      `1,,,,2,${stent},1,支,0.50,0.13,0.50`,
      `2,2026-03-05,PO-1,JPY,1,${stent},1,支,15,0.1,15`,
    ])
    expect(bare.problems).to.deep.equal([])
    // 0.1313 and 0.065 are rounded line by line, half up: 0.13 and 0.07.
    expect(bare.documents[0]).to.include({ net: '151', tax: '20', gross: '171' })
    expect(bare.documents[1]).to.include({ net: '15', tax: '2', gross: '17' })
  })

  it('tells what does not add up, and takes it all the same', () => {
    const off = invoices.map(line => line.replace('1803.48', '1803.50').replace(',2,支', ',3,支'))
    const { documents, findings } = run('invoice', off)
    expect(documents).to.have.length(1)
    expect(findings.map(({ row, code }) => `${row} ${code}`)).to.deep.equal([
      ...['2 TOTALS', '2 LINE_AMOUNT', '2 SERIAL_COUNT'],
    ])
  })

  it('is refused row by row, and nothing of it is imported', () => {
    const cases: readonly (readonly [from: string, to: string, told: string])[] = [
      ['PO-2,2026', ',2026', '4 采购订单号 REQUIRED'],
      ['2026-03-01', '', '2 订单日期 REQUIRED'],
      ['2026-03-01', '03/04/2026', '2 订单日期 DAY'],
      ['2026-03-01', '2026-02-30', '2 订单日期 DAY'],
      ['2026-03-01', '46082', '2 订单日期 DAY'],
      [',20,支', ',-20,支', '2 数量 NEGATIVE'],
      [',20,支', ',0,支', '2 数量 ZERO'],
      [',20,支', ',2e1,支', '2 数量 NUMBER'],
      [',20,支', ',020,支', '2 数量 NUMBER'],
      [',20,支', ',"1,020",支', '2 数量 NUMBER'],
      [',20,支', ',２０,支', '2 数量 NUMBER'],
      [',20,支', ',20,', '2 单位 REQUIRED'],
      ['798.0000', '¥798', '2 不含税单价 NUMBER'],
      ['798.0000', '-798', '2 不含税单价 NEGATIVE'],
      ['13%', '13', '2 税率 RATE'],
      ['13%', '', '2 税率 REQUIRED'],
      [stent, '06901234567893', '2 产品标识 CODE'],
      [stent, '6.90123E+12', '2 产品标识 PRECISION'],
      [stent, 'no code', '2 产品标识 CODE'],
      ['PO-1,,,2', 'PO-1,,,1', '3 行号 LINE_TWICE'],
      ['PO-1,,,2', 'PO-1,,,', '3 行号 REQUIRED'],
      ['PO-1,,,2', 'PO-1,2026-03-09,,2', '3 订单日期 DIFFERS'],
      ['PO-2,2026年3月2日,CNY', 'PO-2,2026年3月2日,XYZ', '4 币种 CURRENCY'],
      ['30,验收', '1000,验收', '2 账期天数 NUMBER'],
      ['30,验收', '30,发货', '2 账期起算 CHOICE'],
    ]
    for (const [from, to, expected] of cases) {
      const lines = orders.join('\n')
      expect(lines, from).to.include(from)
      const result = importSheet(utf8(lines.replace(from, to)), settings('order'))
      expect(told(result), `${from} → ${to}`).to.deep.equal([expected])
      expect(result.documents).to.deep.equal([])
    }
  })

  it('keeps to the parties that were given, and takes them from the sheet where none were', () => {
    const lines = [
      `供方统一社会信用代码,需方统一社会信用代码,${orders[0]}`,
      `${seller.toLowerCase()},${buyer},${orders[3]}`,
    ]
    expect(run('order', lines, { seller: undefined, buyer: undefined }).documents).to.have.length(1)
    expect(told(run('order', lines, { seller: buyer }))).to.deep.equal(['2 供方统一社会信用代码 PARTY'])
    expect(told(run('order', orders, { buyer: undefined }))).to.deep.equal([
      ...['2 需方统一社会信用代码 REQUIRED', '4 需方统一社会信用代码 REQUIRED'],
    ])
    expect(told(run('order', orders, { buyer: seller }))).to.deep.equal([
      '2 采购订单号 DOCUMENT',
      '4 采购订单号 DOCUMENT',
    ])
  })

  it('has amounts of one sign in a credit note, and places that the currency has', () => {
    const [head = '', line = ''] = invoices
    expect(told(run('invoice', [head, line.replace('1596.00', '1596.001')]))).to.deep.equal(['2 不含税金额 PLACES'])
    const credit = [head.replace('发票号码', '蓝字发票号码').replace(/^/, '红字发票号码,'), `9,${line}`]
    expect(run('credit-note', credit).documents).to.have.length(1)
    expect(told(run('credit-note', [credit[0] ?? '', (credit[1] ?? '').replace(',2,支', ',-2,支')]))).to.deep.equal([
      ...['2 不含税金额 SIGN', '2 税额 SIGN', '2 价税合计 SIGN'],
    ])
    expect(told(run('invoice', [head, line.replace('1596.00', '-1596.00')]))).to.deep.equal(['2 不含税金额 NEGATIVE'])
  })

  it('finds headers as people vary them, and is refused with the place where they leave no choice', () => {
    const varied = orders.with(
      0,
      (orders[0] ?? '').replace('采购订单号', ' 采购 订单号* ').replace('产品标识', 'udi-di'),
    )
    expect(run('order', varied).documents).to.have.length(2)
    expect(fault(() => run('order', orders.with(0, (orders[0] ?? '').replace('数量', '数目'))))).to.equal(
      'HEADER_MISSING 数量 / Quantity: row 1',
    )
    expect(fault(() => run('order', orders.with(0, (orders[0] ?? '').replace('品名规格', 'Quantity'))))).to.equal(
      'HEADER_TWICE Quantity and 数量: G1',
    )
    expect(run('order', orders.with(0, (orders[0] ?? '').replace('品名规格', '备注'))).ignored).to.deep.equal(['备注'])
    expect(fault(() => run('order', []))).to.match(/^HEADER_MISSING/)
  })
})

describe('a column map', () => {
  const map = (value: unknown) => readColumnMap(utf8(JSON.stringify(value)))

  it('says where the headers are and what they are called, groups thousands, and fills in what no column says', () => {
    const lines = [
      '某公司采购订单',
      '',
      '单据编号,日期,物料,数目,单位,价格',
      `X1,2026-03-01,${stent},"1,020",支,"12,345.50"`,
    ]
    const own = map({
      ...{ name: '某系统采购订单', kind: 'order', headerRow: 3, grouping: ',' },
      columns: {
        number: '单据编号',
        issueDate: ['日期', '单据日期'],
        item: '物料',
        quantity: '数目',
        unitPrice: '价格',
      },
      constants: { taxRate: '0.13', currency: 'CNY' },
    })
    const { documents, problems } = run('order', lines, { map: own })
    expect(problems).to.deep.equal([])
    expect(documents[0]?.lines[0]).to.include({ quantity: '1020', unitPrice: '12345.5', taxRate: '0.13' })
    const wrong = run('order', [...lines, `X1,2026-03-01,${stent},"10,20",支,1`], { map: own })
    expect(told(wrong)).to.deep.equal(['5 数目 NUMBER'])
  })

  it('is refused where it says what there is not', () => {
    expect(fault(() => map({ name: 'a', kind: 'order', columns: { colour: 'x' } }))).to.match(
      /^MAP order has no field colour/,
    )
    expect(fault(() => map({ name: 'a', kind: 'order', extra: 1 }))).to.match(/^MAP/)
    expect(fault(() => map([]))).to.match(/^MAP/)
    expect(fault(() => readColumnMap(utf8('{')))).to.match(/^MAP/)
    expect(fault(() => readColumnMap(utf8('{"name":"a","name":"b","kind":"order"}')))).to.match(/^MAP/)
    expect(fault(() => run('order', orders, { map: map({ name: 'a', kind: 'invoice' }) }))).to.match(/^MAP/)
    expect(map({ name: 'a', kind: 'order', constants: { unit: '支' } }).constants).to.deep.equal({ unit: '支' })
  })
})

describe('a workbook that comes back', () => {
  const formula = '=HYPERLINK("http://example.com","x")'

  it('has the errors in their own column and their cells marked, and can be put right and imported', async () => {
    const rows = orders.map(line => line.split(',')).map((cells, i) => (i === 1 ? cells.with(6, formula) : cells))
    const first = importSheet(workbook({ sheet: textRows(rows) }), settings('order'))
    expect(told(first)).to.deep.equal(['2 数量 NUMBER'])
    const marked = markedSheet(first, 'zh')
    const back = readGrid(marked, {})
    const texts = back.rows.map(row => [...row.cells].map(([column, cell]) => [column, shown(cell)]))
    expect(texts[0]?.at(-1)).to.deep.equal([13, '导入错误'])
    expect(texts[1]?.at(-1)).to.deep.equal([13, problemText(first.problems[0]!, 'zh')])
    expect(texts[1]).to.deep.include([7, formula])
    expect(texts[2]?.at(-1)?.[0]).to.be.lessThan(13)
    // Marked again it has one such column, not two.
    const again = importSheet(marked, settings('order'))
    expect(told(again)).to.deep.equal(['2 数量 NUMBER'])
    expect(again.ignored).to.deep.equal([])
    expect(readGrid(markedSheet(again, 'zh'), {})).to.deep.equal(back)
  })

  it('is text where it was text: no formula comes out that was none, whatever went in', async () => {
    const grid = { sheet: 'x', rows: [{ number: 1, cells: new Map([[1, { kind: 'text', text: formula } as const]]) }] }
    const bytes = markedSheet({ grid, headerRow: 1, problems: [] }, 'en')
    const parts = unzipSync(bytes)
    const sheet = strFromU8(parts['xl/worksheets/sheet1.xml']!)
    const style = Number(/<c r="A1"[^>]* s="([0-9]+)"/.exec(sheet)?.[1])
    const styles = strFromU8(parts['xl/styles.xml']!)
    const cells = styles.slice(styles.indexOf('<cellXfs'))
    // 49 is `@`.
    expect([...cells.matchAll(/<xf numFmtId="([0-9]+)"/g)][style]?.[1]).to.equal('49')
    expect(sheet)
      .to.include('t="inlineStr"')
      .and.not.match(/<f[ >]/)
    expect(shown(readGrid(bytes, {}).rows[0]?.cells.get(1))).to.equal(formula)
  })

  it('keeps numbers, days and zeros as they were', async () => {
    const cells = new Map([
      [1, { kind: 'number', text: '19.99', digits: 0, lost: false } as const],
      [2, { kind: 'date', day: '2026-03-01' } as const],
      [3, { kind: 'number', text: '6901234567892', digits: 14, lost: false } as const],
      [4, { kind: 'flag', value: true } as const],
    ])
    const bytes = markedSheet({ grid: { sheet: 'x', rows: [{ number: 3, cells }] }, headerRow: 3, problems: [] }, 'en')
    const [row] = readGrid(bytes, {}).rows
    expect(row?.number).to.equal(3)
    expect([...(row?.cells.values() ?? [])].slice(0, 4).map(shown)).to.deep.equal([
      ...['19.99', '2026-03-01', '06901234567892', 'TRUE'],
    ])
  })

  it('is for any text what it was', async () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { minLength: 1, maxLength: 5 }), texts => {
        const said = texts.map(it => it.trim()).filter(it => it !== '')
        fc.pre(said.length > 0)
        const cells = new Map(said.map((text, i) => [i + 1, { kind: 'text', text } as const]))
        const grid = { sheet: 'x', rows: [{ number: 1, cells }] }
        const bytes = markedSheet({ grid, headerRow: 1, problems: [] }, 'en')
        expect([...(readGrid(bytes, {}).rows[0]?.cells.values() ?? [])].slice(0, said.length).map(shown)).to.deep.equal(
          said,
        )
      }),
      {
        numRuns: 30,
        examples: [[['toString', '__proto__', '_x0041_', '_x005F_x0041_', 'a\rb', '<&>"\'', '\u0001x', '\ud800y']]],
      },
    )
  })

  it('comes empty from its template, which has all that an import asks for', async () => {
    for (const kind of sheetKinds) {
      for (const language of ['zh', 'en'] as const) {
        const result = importSheet(templateOf(kind, language), settings(kind))
        expect(result).to.deep.include({ documents: [], problems: [], ignored: [] })
      }
    }
  })
})
