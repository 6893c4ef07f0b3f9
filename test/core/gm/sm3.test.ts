import { createHash, getHashes } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import smCrypto from 'sm-crypto'
import { hex, utf8 } from '../../../core/bytes.ts'
import { sm3 } from '../../../core/gm/sm3.ts'

describe('SM3', () => {
  it('gives the two examples of GB/T 32905', () => {
    expect(hex(sm3(utf8('abc')))).to.equal('66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0')
    expect(hex(sm3(utf8('abcd'.repeat(16))))).to.equal(
      'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732',
    )
  })

  it('agrees with OpenSSL at every length around the blocks', () => {
    expect(getHashes()).to.include('sm3')
    for (let length = 0; length <= 260; length++) {
      const message = new Uint8Array(length).fill(length & 0xff)
      expect(hex(sm3(message)), `${length}`).to.equal(createHash('sm3').update(message).digest('hex'))
    }
  })

  it('agrees with OpenSSL and sm-crypto on any bytes, also a view into others', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(7), (bytes, skip) => {
        const view = bytes.subarray(Math.min(skip, bytes.length))
        expect(hex(sm3(view))).to.equal(createHash('sm3').update(view).digest('hex'))
        expect(hex(sm3(view))).to.equal(smCrypto.sm3([...view]))
      }),
    )
  })
})
