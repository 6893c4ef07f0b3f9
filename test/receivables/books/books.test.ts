import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import pg from 'pg'
import type { DocumentOf } from '../../../core/document.ts'
import { payeeHash } from '../../../core/payee.ts'
import { bookedBy } from '../../../receivables/books/booked.ts'
import { type Books, BooksError, type BooksSay, compareBooked } from '../../../receivables/books/books.ts'
import { openBooks } from '../../../receivables/books/books-file.ts'
import { type BookEntry, bookColumns, readEntry } from '../../../receivables/books/entry.ts'
import { openFolder } from '../../../receivables/books/folder.ts'
import { openView } from '../../../receivables/books/view.ts'
import { rejection } from '../../ledger/open-ledger.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'

const organization = '12440100MB2H0G7A0C'
const supplier = '91440101MA5DTRBU0E'
const number = '26442000000000000018'
const of = { supplier, number }
const row = {
  supplier,
  invoice_number: number,
  gross: '18034.80',
  currency: 'CNY',
  accepted_gross: '18034.8',
  paid_gross: '0',
  due_date: '2026-05-01',
  payee_bank: '工商银行 广州支行',
  payee_account: '6222 0000 0000 0000 001',
  disputed: '否',
}
const entry: BookEntry = {
  supplier,
  number,
  currency: 'CNY',
  gross: 1_803_480n,
  accepted: 1_803_480n,
  paid: 0n,
  due: '2026-05-01',
  account: { bank: '工商银行 广州支行', account: '6222 0000 0000 0000 001' },
  disputed: false,
}
/** Only what is compared. */
const invoice = {
  parties: { seller: supplier, buyer: organization },
  number,
  gross: '1803480',
  currency: 'CNY',
  dueDate: '2026-05-01',
  payee: payeeHash({ bank: '工商银行广州支行', account: '6222000000000000001' }),
} as unknown as DocumentOf<'invoice'>

const booked = { state: 'booked', grossAmount: true, acceptedQtyCoversInvoiced: true } as const
const clean = { ...booked, dueConfirmed: true, payeeAccountMatch: true, disputed: false, paid: false }

describe('an entry in the hospital’s books', () => {
  it('is read with its amounts exact, and what is empty says nothing', () => {
    expect(readEntry(row)).to.deep.equal(entry)
    expect(readEntry({ supplier, invoice_number: '1', gross: '900719925474.93' })).to.deep.equal({
      ...{ supplier, number: '1', currency: 'CNY', gross: 90_071_992_547_493n },
      ...{ accepted: undefined, paid: undefined, due: undefined, account: undefined, disputed: undefined },
    })
    expect(readEntry({ ...row, currency: '', due_date: null, disputed: '' })).to.deep.include({
      ...{ currency: 'CNY', due: undefined, disputed: undefined },
    })
  })

  it('is refused by the name of the column, without a word of what stands there', () => {
    for (const [column, text] of [
      ['supplier', '91440101MA5DTRBU0F'],
      ['gross', '1,803.00'],
      ['gross', '-1'],
      ['gross', '1.999'],
      ['currency', 'RMB'],
      ['due_date', '2026-02-30'],
      ['disputed', 'maybe'],
    ] as const) {
      const read = () => readEntry({ ...row, [column]: text })
      expect(read, column).to.throw(SyntaxError, column === 'currency' ? 'ISO 4217' : `column ${column}`)
      if (column !== 'currency') expect(read).to.not.throw(text)
    }
  })

  it('never throws anything but a SyntaxError', () => {
    const any = fc.record(Object.fromEntries(bookColumns.map(name => [name, fc.option(fc.string())])))
    fc.assert(
      fc.property(any, texts => {
        try {
          readEntry(texts)
        } catch (error) {
          expect(error).to.be.instanceOf(SyntaxError)
        }
      }),
    )
  })
})

describe('the books’ yes and no', () => {
  const say = (changed: Partial<BookEntry>, asked: object = {}): BooksSay =>
    compareBooked({ ...entry, ...changed }, { ...invoice, ...asked })

  it('is yes where all agrees', () => expect(say({})).to.deep.equal(clean))

  it('is no for one 分, one day, another account, another currency', () => {
    expect(say({ gross: 1_803_479n })).to.deep.equal({ ...clean, grossAmount: false })
    expect(say({ accepted: 1_803_479n })).to.deep.equal({ ...clean, acceptedQtyCoversInvoiced: false })
    expect(say({ due: '2026-05-02' })).to.deep.equal({ ...clean, dueConfirmed: false })
    const other = { bank: '工商银行 广州支行', account: '6222 0000 0000 0000 002' }
    expect(say({ account: other })).to.deep.equal({ ...clean, payeeAccountMatch: false })
    expect(say({ currency: 'USD' })).to.deep.equal({ ...clean, grossAmount: false, acceptedQtyCoversInvoiced: false })
    expect(say({ paid: 1_803_480n, disputed: true })).to.deep.equal({ ...clean, paid: true, disputed: true })
  })

  it('is neither where the books or the invoice do not say', () => {
    const silent = { accepted: undefined, paid: undefined, due: undefined, account: undefined, disputed: undefined }
    const unsaid = { dueConfirmed: null, payeeAccountMatch: null }
    expect(say(silent)).to.deep.equal({
      ...{ ...clean, ...unsaid },
      ...{ acceptedQtyCoversInvoiced: null, disputed: null, paid: null },
    })
    expect(say({}, { dueDate: undefined, payee: undefined })).to.deep.equal({ ...clean, ...unsaid })
  })
})

describe('books in a folder', () => {
  let folder: string
  let books: Books
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallystick-books-'))
    books = openFolder({ organization, folder })
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const csv = (...rows: readonly Readonly<Record<string, string>>[]) =>
    [Object.keys(rows[0]!), ...rows.map(it => Object.values(it))].map(it => it.map(quoted).join(',')).join('\r\n')
  let dropped = 0
  const drop = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(folder, `.${name}`), content)
    await rename(join(folder, `.${name}`), join(folder, name))
    await utimes(join(folder, name), 1_700_000_000, 1_700_000_000 + ++dropped)
  }

  it('say what the newest file says', async () => {
    await drop('monday.csv', csv(row))
    expect(await books.find(of)).to.deep.equal(entry)
    expect(await books.find({ supplier, number: 'another' })).to.equal(undefined)
    expect(await books.find({ supplier: organization, number })).to.equal(undefined)
    await drop('tuesday.csv', csv({ ...row, gross: '1.00' }))
    expect((await books.find(of))?.gross).to.equal(100n)
  })

  it('are read in GB18030, with the hospital’s own names of columns', async () => {
    // 供应商, 发票号, 价税合计, 开户行 in GB18030, as a spreadsheet writes it.
    const words = {
      supplier: [0xb9, 0xa9, 0xd3, 0xa6, 0xc9, 0xcc],
      invoice_number: [0xb7, 0xa2, 0xc6, 0xb1, 0xba, 0xc5],
      gross: [0xbc, 0xdb, 0xcb, 0xb0, 0xba, 0xcf, 0xbc, 0xc6],
    }
    const header = Object.values(words).map(it => Buffer.from(it))
    const comma = Buffer.from(',')
    const bytes = Buffer.concat([
      ...[header[0]!, comma, header[1]!, comma, header[2]!],
      Buffer.from(`\n${supplier},${number},18034.80\n`),
    ])
    await drop('export.csv', bytes)
    const columns = { supplier: '供应商', invoice_number: '发票号', gross: '价税合计' }
    const named = openFolder({ organization, folder, columns })
    expect((await named.find(of))?.gross).to.equal(1_803_480n)
    expect(String(await rejection(books.find(of)))).to.include('no column supplier')
  })

  it('can not be read without a file, with a bad line, or with an invoice twice, and can again when it is put right', async () => {
    const why = async () => {
      const error = await rejection(books.find(of))
      expect(error).to.be.instanceOf(BooksError)
      return String(error)
    }
    expect(await why()).to.include('no CSV file')
    await drop('a.csv', csv({ ...row, gross: 'much' }))
    expect(await why()).to.include('line 2, column gross')
    await drop('b.csv', csv(row, row))
    expect(await why()).to.include('line 3: an invoice appears twice')
    await drop('c.csv', csv(row).replace('否', '"否'))
    expect(await why()).to.include('a quoted field does not end')
    await drop('d.csv', csv(row))
    expect(await books.find(of)).to.deep.equal(entry)
    const nowhere = openFolder({ organization, folder: join(folder, 'none') })
    expect(String(await rejection(nowhere.find(of)))).to.include('the folder can not be read')
  })

  it('do not take a folder of that name for a file', async () => {
    await mkdir(join(folder, 'x.csv'))
    await drop('y.csv', csv(row))
    await utimes(join(folder, 'x.csv'), 1_900_000_000, 1_900_000_000)
    expect(await books.find(of)).to.deep.equal(entry)
  })
})

describe('books in a database', () => {
  let database: TestDatabase
  let books: Books
  before(async () => {
    database = await testDatabase()
    const client = new pg.Client({ connectionString: database.superuser })
    await client.connect()
    await client.query(`create schema finance; create table finance.invoices (supplier text, no text, total numeric(20, 2),
      taken numeric(20, 4), due date, held boolean);
      create view finance."Tallystick" as select supplier, no as invoice_number, total as gross, taken as accepted_gross,
        due as due_date, held as disputed from finance.invoices;
      grant usage on schema finance to tallystick; grant select on finance."Tallystick" to tallystick`)
    await client.query('insert into finance.invoices values ($1, $2, 18034.80, 18034.8, $3, false)', [
      ...[supplier, number, '2026-05-01'],
    ])
    await client.query("insert into finance.invoices values ($1, 'big', 999999999999.99, null, null, null)", [supplier])
    await client.query("insert into finance.invoices select supplier, 'twice', 1 from finance.invoices", [])
    await client.end()
    books = openView({ organization, database: database.url, view: 'finance.Tallystick' }, () => undefined)
  })
  after(async () => {
    await books.close()
    await database.drop()
  })

  it('are read through a view, with every digit', async () => {
    expect(await books.find(of)).to.deep.equal({ ...entry, paid: undefined, account: undefined })
    expect((await books.find({ supplier, number: 'big' }))?.gross).to.equal(99_999_999_999_999n)
    expect(await books.find({ supplier, number: "' or true --" })).to.equal(undefined)
  })

  it('can not be told from what stands there twice, or from a view that is not there', async () => {
    expect(String(await rejection(books.find({ supplier, number: 'twice' })))).to.include('an invoice twice')
    const nowhere = openView({ organization, database: database.url, view: 'finance.none' }, () => undefined)
    expect(String(await rejection(nowhere.find(of)))).to.include('SQLSTATE 42P01')
    await nowhere.close()
  })

  it('are unavailable, and the clerk is told so, while their server is away', async () => {
    const away = openView({ organization, database: 'postgres://nobody@127.0.0.1:1/none', view: 'v' }, () => undefined)
    const troubles: string[] = []
    const asked = bookedBy(away, ({ message }) => troubles.push(message))
    expect(await asked(organization, invoice)).to.deep.equal({ state: 'unavailable' })
    expect(troubles).to.deep.equal(['no connection'])
    expect(await asked(supplier, invoice)).to.equal(null)
    await away.close()
  })

  it('are never written', async () => {
    const client = new pg.Client({ connectionString: database.superuser })
    await client.connect()
    await client.query(`create function finance.spoil() returns text language plpgsql as
        $$ begin insert into finance.invoices values ('x', 'x', 1); return 'x'; end $$;
      create view finance.spoiling as select finance.spoil() as supplier, 'x' as invoice_number, '1' as gross;
      grant select on finance.spoiling to tallystick; grant insert on finance.invoices to tallystick`)
    await client.end()
    const spoiling = openView({ organization, database: database.url, view: 'finance.spoiling' }, () => undefined)
    expect(String(await rejection(spoiling.find({ supplier: 'x', number: 'x' })))).to.include('SQLSTATE 25006')
    await spoiling.close()
  })
})

describe('the settings of the books', () => {
  it('take a folder or a view, and say what they take', async () => {
    const good = [
      { organization, folder: '/srv/drop' },
      { organization, folder: '/srv/drop', columns: { gross: '价税合计' } },
      { organization, database: 'postgres://reader@127.0.0.1/hrp', view: 'finance.tallystick_invoices' },
    ]
    for (const it of good) await openBooks(JSON.stringify(it), () => undefined).close()
    for (const bad of [
      {},
      { organization },
      { organization: 'x', folder: '/srv/drop' },
      { organization, folder: '/srv/drop', columns: { amount: 'x' } },
      { organization, database: 'mysql://reader@127.0.0.1/hrp', view: 'v' },
      { organization, database: 'postgres://reader@127.0.0.1/hrp', view: 'a.b.c' },
      { ...good[0], ...good[2] },
    ]) {
      expect(() => openBooks(JSON.stringify(bad), () => undefined), JSON.stringify(bad)).to.throw(SyntaxError)
    }
  })
})
