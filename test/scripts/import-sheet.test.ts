import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { strToU8, unzipSync, zipSync } from 'fflate'
import { sql } from 'kysely'
import { utf8 } from '../../core/bytes.ts'
import { asNode } from '../../db/database.ts'
import { documentRoutes } from '../../receivables/documents/routes.ts'
import { shown } from '../../receivables/import/sheet/grid.ts'
import { importSheet, readGrid } from '../../receivables/import/sheet/import.ts'
import { ownerOf } from '../../resolver/register.ts'
import { blue } from '../receivables/import/blue.ts'
import type { Party } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { keepingNumbers } from '../support/statements.ts'
import { deskOf, expectCouldNotRun, fileOf, newFolder, tallystick } from './running.ts'

const stent = '06901234567892'
const header = '采购订单号,订单日期,行号,产品标识,数量,单位,不含税单价,税率'
const order = (number: string, quantity: string) => `${number},2026-03-01,1,${stent},${quantity},支,798,13%`

describe('import sheet', () => {
  let server: TestServer
  let seller: Party
  let hospital: Party
  let at: readonly string[]

  before(async () => {
    server = await startTestServer({
      routes: ({ db, ledger, identity, now }) => {
        const { appendAll, routes } = keepingNumbers({ db, now, ledger, signerOf: identity.signerOf })
        return [...documentRoutes({ db, now, signerOf: identity.signerOf, appendAll, ownerOf }), ...routes]
      },
    })
    seller = await server.party('distributor')
    hospital = await server.party('hospital')
    at = ['--as', await deskOf(seller), '--node', server.url]
  })
  after(async () => {
    await server.stop()
    expect(server.faults).to.deep.equal([])
  })

  const run = (file: string, ...more: readonly string[]) =>
    tallystick(['import', 'sheet', file, '--kind', 'order', '--prefix', '6901234', '--buyer', hospital.uscc, ...more])
  const versions = (number: string) =>
    asNode(server.db, async tx => {
      const { rows } = await sql<{ version: number; quantity: string }>`
        select version, claims #>> '{lines,0,quantity}' as quantity from documents where number = ${number}
          order by version`.execute(tx)
      return rows.map(it => `${it.version}: ${it.quantity}`)
    })

  it('registers under the own signature, once, and other content under the same number as the next version', async () => {
    const first = await fileOf('a.csv', [header, order('S-1', '20'), order('S-2', '5')].join('\r\n'))
    const dry = await run(first, '--seller', seller.uscc)
    expect(dry.error).to.deep.equal([])
    expect(dry.out.at(-1)).to.match(/^Dry run/)
    expect(await versions('S-1')).to.deep.equal([])
    expect((await run(first, ...at)).out.at(-1)).to.match(/^2 documents registered, 0 were held already/)
    expect((await run(first, ...at)).out.at(-1)).to.match(/^0 documents registered, 2 were held already/)
    const changed = await fileOf('b.csv', [header, order('S-1', '18'), order('S-2', '5.0')].join('\n'))
    expect((await run(changed, ...at)).out.at(-1)).to.match(/^1 documents registered, 1 were held already/)
    expect((await run(changed, ...at)).out.at(-1)).to.match(/^0 documents registered, 2 were held already/)
    expect(await versions('S-1')).to.deep.equal(['1: 20', '2: 18'])
    expect(await versions('S-2')).to.deep.equal(['1: 5'])
  })

  it('with an error anywhere registers nothing, exits with 1, and gives the sheet back with it', async () => {
    const file = await fileOf('bad.csv', [header, order('S-8', '20'), order('S-9', 'many')].join('\n'))
    const marked = join(await newFolder(), 'marked.xlsx')
    const { code, error, out } = await run(file, ...at, '--marked', marked)
    expect(code).to.equal(1)
    expect(error).to.deep.equal(['row 3: 数量：不是规范的十进制数（不带千位分隔符、货币符号和指数）: many'])
    expect(out).to.deep.equal(['1 errors: nothing was imported'])
    expect(await versions('S-8')).to.deep.equal([])
    const rows = readGrid(new Uint8Array(await readFile(marked)), {}).rows
    expect(shown(rows[0]?.cells.get(9))).to.equal('导入错误')
    expect(shown(rows[2]?.cells.get(9))).to.match(/^数量：/)
    expect(rows[1]?.cells.has(9)).to.equal(false)
    expectCouldNotRun(await run(file, ...at, '--marked', file), 'is there already')
    expect(await readFile(file, 'utf8')).to.include('many')
  })

  it('takes a column map from a file, and tells problems for machines', async () => {
    const map = await fileOf(
      'map.json',
      JSON.stringify({ name: 'ERP', kind: 'order', columns: { number: 'No' }, constants: { unit: '支' } }),
    )
    const file = await fileOf('own.csv', `No,订单日期,产品标识,数量,不含税单价,税率\nM-1,2026-03-01,${stent},1,2,0.2`)
    const { out } = await run(file, '--map', map, '--json', '--seller', seller.uscc)
    expect(JSON.parse(out.join(''))).to.deep.include({ problems: [], ignored: [] })
    const wrong = await fileOf('map2.json', '{"name":"ERP"}')
    expectCouldNotRun(await run(file, '--map', wrong), 'the column map can not be used')
  })

  it('of what is no sheet, or too large to be one, says so in one line', async () => {
    expectCouldNotRun(await run(await fileOf('x.xlsx', 'PK\u0003\u0004')), 'x.xlsx: the workbook is damaged')
    expectCouldNotRun(
      await run(await fileOf('e.csv', 'a,b')),
      'columns that the documents can not do without are missing',
    )
    const large = join(await newFolder(), 'large.csv')
    await writeFile(large, new Uint8Array((16 << 20) + 1))
    expectCouldNotRun(await run(large), 'is larger than 16 MiB')
    expectCouldNotRun(
      await run(
        await fileOf('p.csv', [header, order('S-1', '1')].join('\n')),
        '--seller',
        seller.uscc,
        '--prefix',
        'x',
      ),
      'prefix',
    )
  })

  it('has a template for each kind, which is never written over another file', async () => {
    const out = join(await newFolder(), 'order.xlsx')
    expect((await tallystick(['template', 'order', '--out', out, '--language', 'en'])).code).to.equal(0)
    const bytes = new Uint8Array(await readFile(out))
    const settings = { kind: 'order', prefix: '6901234', seller: seller.uscc, buyer: hospital.uscc } as const
    expect(importSheet(bytes, settings).problems).to.deep.equal([])
    expectCouldNotRun(await tallystick(['template', 'order', '--out', out]), 'is there already')
    expect(importSheet(utf8(header), settings).documents).to.deep.equal([])
  })

  describe('with the invoices that the tax authority issued', () => {
    const columns =
      '发票号码,开票日期,采购订单号,行号,订单行号,产品标识,数量,单位,不含税单价,税率,不含税金额,税额,价税合计'
    const row = (gross: string) =>
      `26442000000000000018,2026-03-01,PO-1,1,1,${stent},20,支,798,0.13,15960.00,2074.80,${gross}`
    const parties = ['--seller', '91440101MA5DTRBU0E', '--buyer', '12440100MB2H0G7A0C']
    const invoices = async (gross: string, ...originals: readonly string[]) => {
      const sheet = await fileOf('invoices.csv', [columns, row(gross)].join('\n'))
      const given = originals.flatMap(file => ['--original', file])
      const about = ['--kind', 'invoice', '--prefix', '6901234', '--json']
      return tallystick(['import', 'sheet', sheet, ...about, ...parties, ...given])
    }

    it('takes what agrees with its original, and nothing that differs from it', async () => {
      const original = await fileOf('original.xml', blue)
      const good = await invoices('18034.80', original)
      expect(good.error).to.deep.equal([])
      expect(good.code).to.equal(0)
      const dearer = blue.replaceAll('18034.80', '18034.90').replace('肆圆捌角', '肆圆玖角')
      const { code, out } = await invoices('18034.80', await fileOf('dearer.xml', dearer))
      expect(code).to.equal(1)
      const { documents, problems } = JSON.parse(out[0]!)
      expect(documents).to.deep.equal([])
      expect(problems).to.have.length(1)
      expect(problems[0]).to.include({ code: 'ORIGINAL', row: 2 })
      expect(JSON.stringify(problems[0])).to.include('gross 1803480 ≠ 1803490')
    })

    it('refuses an original that no row names', async () => {
      const other = await fileOf('other.xml', blue.replaceAll('26442000000000000018', '26442000000000000026'))
      expectCouldNotRun(await invoices('18034.80', other), /no row of the sheet is the invoice 26442000000000000026/)
    })

    it('says in the invoice what its seal came to', async () => {
      const intact = new Uint8Array(await readFile(new URL('../vectors/ofd/invoice-intact.ofd', import.meta.url)))
      const file = join(await newFolder(), 'sealed.ofd')
      const data = 'Doc_0/Attachs/original_invoice.xml'
      const parts = unzipSync(intact)
      await writeFile(file, zipSync({ ...parts, [data]: strToU8(blue) }, { level: 0 }))
      const { out, error, code } = await invoices('18034.80', file)
      expect(error).to.deep.equal([])
      expect(code).to.equal(0)
      const [{ seal }] = JSON.parse(out[0]!).documents
      expect(seal).to.include({ status: 'broken', at: '2020-08-17T11:13:29.000Z' })
      expect(seal.file).to.equal(
        createHash('sha256')
          .update(await readFile(file))
          .digest('base64url'),
      )
    })
  })
})
