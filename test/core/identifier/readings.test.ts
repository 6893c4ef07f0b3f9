import { expect } from 'chai'
import fc from 'fast-check'
import { elementStringOf, gs1 } from '../../../core/identifier/code.ts'
import { readingsOf } from '../../../core/identifier/readings.ts'
import { arbitraryCode } from './arbitrary-code.ts'

const labels = (text: string) => readingsOf(text).map(it => it.code.text.replace('https://id.gs1.org', ''))

describe('what a scanner can have meant', () => {
  it('is one code where the text says it all', () => {
    const only = ['/01/06901234900026/10/A7/21/S1']
    for (const text of [
      '(01)06901234900026(10)A7(21)S1',
      '^010690123490002610A7^21S1',
      ']d2010690123490002610A7\u001d21S1',
      '010690123490002610A7\u001d21S1',
      '\u001d010690123490002610A7\u001d21S1\r',
      'https://id.gs1.org/01/06901234900026/10/A7/21/S1?17=301231',
    ])
      expect(labels(text), text).to.deep.equal(only)
  })

  it('is one code where every value has its length, separators or not', () => {
    expect(labels('00069012341234567894')).to.deep.equal(['/00/069012341234567894'])
    expect(labels('010690123490002617301231')).to.deep.equal(['/01/06901234900026'])
    expect(labels('01069012349000261730123121S1')).to.deep.equal(['/01/06901234900026/21/S1'])
  })

  it('is several codes where the separator behind a lot was swallowed, as written first', () => {
    expect(labels('010690123490002610A721S1')).to.deep.equal([
      '/01/06901234900026/10/A721S1',
      '/01/06901234900026/10/A7/21/S1',
    ])
    expect(labels(']C1010690123490002610A721S1')).to.include('/01/06901234900026/10/A7/21/S1')
  })

  it('is the item of a retail symbol, and nothing where its check digit is wrong', () => {
    expect(labels('6901234900026')).to.deep.equal(['/01/06901234900026'])
    expect(labels('16901234900023')).to.deep.equal(['/01/16901234900023'])
    expect(labels('6901234900027')).to.deep.equal([])
  })

  it('is nothing for what is no code, however long', () => {
    for (const text of ['', ' ', 'WIFI:S:x;;', '12345', '1'.repeat(4000), '10A'.repeat(1500), '^', '\u001d'])
      expect(labels(text), text.slice(0, 20)).to.deep.equal([])
  })

  it('has the code itself among the readings, whichever separators are lost', () => {
    fc.assert(
      fc.property(arbitraryCode, ({ key, value, qualifiers }) => {
        const code = gs1(key, value, qualifiers)
        const lost = elementStringOf(code)!.replaceAll('^', '')
        const readings = readingsOf(lost).map(it => it.code.text)
        expect(readings).to.include(code.text)
        expect(new Set(readings).size).to.equal(readings.length)
      }),
    )
  })
})
