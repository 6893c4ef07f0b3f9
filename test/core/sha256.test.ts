import { expect } from 'chai'
import fc from 'fast-check'
import * as browser from '../../core/sha256.browser.ts'
import * as node from '../../core/sha256.node.ts'

describe('SHA-256', () => {
  it('is the published one', () => {
    const abc = new TextEncoder().encode('abc')
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    for (const way of [node, browser]) expect(Buffer.from(way.sha256(abc)).toString('hex')).to.equal(digest)
  })

  it('is the same in the browser as in node, as bytes and as text', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), hash, hash, fc.nat(255), (bytes, left, right, prefix) => {
        const hex = (of: Uint8Array) => Buffer.from(of).toString('hex')
        const digest = hex(node.sha256(bytes))
        expect(hex(browser.sha256(bytes))).to.equal(digest)
        const joined = hex(node.sha256(Uint8Array.of(prefix, ...left, ...right)))
        for (const way of [node, browser]) {
          expect(hex(way.bytesOfText(way.sha256Text(bytes)))).to.equal(digest)
          expect(hex(way.bytesOfText(way.textOfBytes(bytes)))).to.equal(hex(bytes))
          const text = way.sha256OfTwo(prefix, way.textOfBytes(left), way.textOfBytes(right))
          expect(hex(way.bytesOfText(text))).to.equal(joined)
        }
      }),
    )
  })
})
