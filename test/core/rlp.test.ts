import { expect } from 'chai'
import { decodeRlp as decodeByEthers, encodeRlp as encodeByEthers } from 'ethers/utils'
import fc from 'fast-check'
import { fromHex, hex, utf8 } from '../../core/bytes.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../../core/rlp.ts'

type Plain = string | readonly Plain[]
const plain = (item: RlpItem): Plain => (item instanceof Uint8Array ? `0x${hex(item)}` : item.map(plain))

const item = fc.letrec<{ item: RlpItem }>(tie => ({
  item: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('item'), { maxLength: 6 }),
  ),
})).item

describe('RLP', () => {
  const lorem = 'Lorem ipsum dolor sit amet, consectetur adipisicing elit'
  // The examples of Ethereum's own documentation.
  const examples: readonly (readonly [string, RlpItem, string])[] = [
    ['"dog"', utf8('dog'), '83646f67'],
    ['["cat", "dog"]', [utf8('cat'), utf8('dog')], 'c88363617483646f67'],
    ['the empty string', new Uint8Array(), '80'],
    ['the empty list', [], 'c0'],
    ['the byte 0', Uint8Array.of(0), '00'],
    ['the byte 15', Uint8Array.of(15), '0f'],
    ['1024', Uint8Array.of(4, 0), '820400'],
    ['sets of sets', [[], [[]], [[], [[]]]], 'c7c0c1c0c3c0c1c0'],
    ['56 characters', utf8(lorem), `b838${hex(utf8(lorem))}`],
  ]
  for (const [what, value, encoded] of examples) {
    it(`reads and writes ${what}`, () => {
      expect(hex(encodeRlp(value))).to.equal(encoded)
      expect(plain(decodeRlp(fromHex(encoded)))).to.deep.equal(plain(value))
    })
  }

  it('refuses what breaks off, goes on, or is longer than it need be', () => {
    const wrong = [
      '',
      '83646f',
      'c883636174',
      '8100',
      '817f',
      'b800',
      'b837',
      'b90038',
      'f800',
      'c08080',
      '8080',
      'bb01000000',
    ]
    for (const text of wrong) expect(() => decodeRlp(fromHex(text)), text).to.throw(SyntaxError)
    expect(() => decodeRlp(fromHex('c1'.repeat(40)))).to.throw(SyntaxError)
  })

  it('takes a list apart where its items end, not beyond', () => {
    // The inner string claims a byte that belongs to what follows the list.
    expect(() => decodeRlp(fromHex('c4c2836100'))).to.throw(SyntaxError)
  })

  it('agrees with ethers on whatever there is, to 2^16 bytes', () => {
    fc.assert(
      fc.property(item, it => {
        const bytes = encodeRlp(it)
        expect(`0x${hex(bytes)}`).to.equal(encodeByEthers(plain(it) as never))
        expect(plain(decodeRlp(bytes))).to.deep.equal(decodeByEthers(`0x${hex(bytes)}`))
      }),
    )
    for (const length of [55, 56, 255, 256, 65_535, 65_536]) {
      const long = new Uint8Array(length).fill(200)
      expect(plain(decodeRlp(encodeRlp(long)))).to.equal(plain(long))
      expect(`0x${hex(encodeRlp(long))}`).to.equal(encodeByEthers(long))
    }
  })

  it('has one spelling of everything: whatever is read is written as it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        let found: RlpItem
        try {
          found = decodeRlp(bytes)
        } catch (error) {
          expect(error).to.be.instanceOf(SyntaxError)
          return
        }
        expect(hex(encodeRlp(found))).to.equal(hex(bytes))
      }),
      { numRuns: 2000 },
    )
  })
})
