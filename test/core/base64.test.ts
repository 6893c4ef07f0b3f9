import { expect } from 'chai'
import fc from 'fast-check'
import * as browser from '../../core/base64.browser.ts'
import * as node from '../../core/base64.node.ts'
import { fromBase64, fromBase64url } from '../../core/bytes.ts'

describe('base64', () => {
  it('is the same in the browser as in node', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70_000 }), fc.boolean(), (bytes, url) => {
        const text = node.encodeBase64(bytes, url)
        expect(browser.encodeBase64(bytes, url)).to.equal(text)
        for (const way of [node, browser]) expect(Buffer.from(way.decodeBase64(text)).equals(bytes)).to.equal(true)
      }),
      { numRuns: 40 },
    )
  })

  it('has one spelling for each value: padding, alphabets, white space and spare bits are not free', () => {
    for (const text of ['AA==', 'A', 'AB', 'A A', 'AA\n', 'AA+_', 'AA/-', '+/+/', 'AÄ'])
      expect(() => fromBase64url(text), text).to.throw(SyntaxError)
    for (const text of ['AA', 'AB==', 'AA= =', 'AA==\n', '-_-_', 'AAA', 'AA==AA==', 'AÄ=='])
      expect(() => fromBase64(text), text).to.throw(SyntaxError)
    expect([...fromBase64url('-_-_')]).to.deep.equal([...fromBase64('+/+/')])
  })
})
