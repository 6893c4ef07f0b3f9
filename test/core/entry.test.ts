import { createHash } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { hex, utf8 } from '../../core/bytes.ts'
import { commitment, entryOf, leafOf } from '../../core/entry.ts'
import { recordTypes } from '../../core/record.ts'

const salt = new Uint8Array(32).fill(7)

describe('an entry of the log', () => {
  it('is the version byte and the salted hash of type and body, as an independent implementation has it', () => {
    const body = utf8('{"type":"ObjectEvent"}')
    const preimage = Buffer.concat([Buffer.of(5), Buffer.from('event', 'ascii'), salt, body])
    const digest = createHash('sha256').update(preimage).digest('hex')
    expect(hex(commitment('event', salt, body))).to.equal(digest)
    expect(hex(entryOf(commitment('event', salt, body)))).to.equal(`01${digest}`)
    const leaf = createHash('sha256')
      .update(Buffer.from(`0001${digest}`, 'hex'))
      .digest('hex')
    expect(hex(leafOf(commitment('event', salt, body)))).to.equal(leaf)
  })

  it('keeps the digests that were published before, whatever changes in the code', () => {
    expect(hex(commitment('document', new Uint8Array(32), utf8('a')))).to.equal(
      'f5a66a73b62f58cae50a4ac19a241dd725a100f366e9d9ecb687dfbb2455c998',
    )
  })

  it('differs by type, salt and body, also where the bytes joined would be the same', () => {
    const digests = new Set(recordTypes.map(type => hex(commitment(type, salt, utf8('x')))))
    expect(digests.size).to.equal(recordTypes.length)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (body, other) => {
        fc.pre(hex(other) !== hex(salt))
        expect(hex(commitment('authorization', salt, body))).not.to.equal(hex(commitment('authorization', other, body)))
        const longer = Uint8Array.of(...utf8('-state').slice(0, 1), ...body)
        expect(hex(commitment('authorization', salt, body))).not.to.equal(
          hex(commitment('authorization', salt, longer)),
        )
      }),
    )
  })

  it('takes salts of 32 bytes and commitments of 32 bytes only', () => {
    for (const length of [0, 31, 33]) {
      expect(() => commitment('event', new Uint8Array(length), utf8('x'))).to.throw(RangeError)
      expect(() => entryOf(new Uint8Array(length))).to.throw(RangeError)
    }
  })
})
