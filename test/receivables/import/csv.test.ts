import { expect } from 'chai'
import fc from 'fast-check'
import { readCsv } from '../../../receivables/import/csv.ts'

const rows = (text: string) => [...readCsv(text)].map(({ fields }) => fields)

describe('a CSV file', () => {
  it('is read alike with LF, CRLF and the lone CR of old exports', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const records = [...readCsv(['a,b', '1,2', '3,4'].join(end) + end)]
      expect(records).to.deep.equal([
        { line: 1, fields: ['a', 'b'] },
        { line: 2, fields: ['1', '2'] },
        { line: 3, fields: ['3', '4'] },
      ])
    }
  })

  it('may begin with a byte order mark, which is no part of the first name', () => {
    expect(rows('\ufeffID,Name\r1,x')).to.deep.equal([
      ['ID', 'Name'],
      ['1', 'x'],
    ])
  })

  it('keeps commas, quotes and line ends inside quoted fields, and still counts lines', () => {
    const records = [...readCsv('"a,b","say ""yes""","two\r\nlines"\nnext\n')]
    expect(records).to.deep.equal([
      { line: 1, fields: ['a,b', 'say "yes"', 'two\r\nlines'] },
      { line: 3, fields: ['next'] },
    ])
  })

  it('takes a quote in the middle of a field as text', () => {
    expect(rows('12" tube,x')).to.deep.equal([['12" tube', 'x']])
  })

  it('has empty fields, and passes over empty lines', () => {
    expect(rows(',\n\n\r\na')).to.deep.equal([['', ''], ['a']])
    expect(rows('')).to.deep.equal([])
  })

  it('that ends inside a quoted field is refused with the line of that field', () => {
    expect(() => rows('a\n"b')).to.throw(SyntaxError, 'line 2')
  })

  it('gives back whatever fields were written as RFC 4180 says', () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'é', '中', '"', ',', '\r', '\n', ' ', '1') })
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n', '\r'), (written, end) => {
        const text = written.map(fields => fields.map(it => `"${it.replaceAll('"', '""')}"`).join(',')).join(end)
        expect(rows(text)).to.deep.equal(written)
      }),
    )
  })
})
