import { expect } from 'chai'
import fc from 'fast-check'
import { sha256 } from '#sha256'
import { captureSalt } from '../../core/capture.ts'
import { leafHash } from '../../core/merkle.ts'
import { readingLeaf, readingLeaves } from '../../core/telemetry.ts'

/** As the definitions say it, without what is kept between calls. */
const plainSalt = (seed: Uint8Array, position: number) =>
  sha256(
    Buffer.concat([
      seed,
      Buffer.from([position >>> 24, (position >>> 16) & 255, (position >>> 8) & 255, position & 255]),
    ]),
  )
const plainLeaf = (salt: Uint8Array, text: string) =>
  leafHash(new Uint8Array(Buffer.concat([salt, Buffer.from(text, 'utf8')])))

describe('the leaves of a telemetry pack', () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const texts = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 900, maxLength: 3_000 })), {
    maxLength: 12,
  })

  it('are RFC 6962 leaf hashes over salt and text, whatever was hashed before', () => {
    fc.assert(
      fc.property(bytes, texts, (seed, all) => {
        const leaves = readingLeaves(seed, all)
        expect(leaves.map(it => Buffer.from(it).toString('hex'))).to.deep.equal(
          all.map((text, i) => Buffer.from(plainLeaf(plainSalt(seed, i), text)).toString('hex')),
        )
      }),
    )
  })

  it('have salts of their own at any place, from seeds of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(0xffffffff), (seed, position) => {
        expect([...captureSalt(seed, position)]).to.deep.equal([...plainSalt(seed, position)])
      }),
    )
  })

  it('are not changed by the leaf that is made after them', () => {
    const [salt, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    const first = readingLeaf(salt, 'a')
    const kept = [...first]
    readingLeaf(other, 'b'.repeat(5_000))
    expect([...first]).to.deep.equal(kept)
  })
})
