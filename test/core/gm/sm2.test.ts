import { expect } from 'chai'
import fc from 'fast-check'
import smCrypto from 'sm-crypto'
import { concat, fromHex, hex, utf8 } from '../../../core/bytes.ts'
import { makeSm2Key } from '../../../core/gm/key.ts'
import { gmSelfTest } from '../../../core/gm/self-test.ts'
import { bytes32, isSm2Point, order, sm2Digest, sm2KeyPair, sm2Sign, sm2Verify } from '../../../core/gm/sm2.ts'

/** GB/T 32918.5 annex A: the recommended curve, user id 1234567812345678. */
const example = {
  d: 0x3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8n,
  k: 0x59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21n,
  publicKey:
    '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
  e: 'f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640',
  signature:
    'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3' +
    'b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
}
const message = utf8('message digest')
const publicKey = fromHex(example.publicKey)
const signature = fromHex(example.signature)

describe('SM2', () => {
  it('gives the example of GB/T 32918.5 at every step', () => {
    const key = sm2KeyPair(example.d)
    expect(hex(key.publicKey)).to.equal(example.publicKey)
    expect(hex(sm2Digest(message, publicKey))).to.equal(example.e)
    expect(hex(sm2Sign(key, message, { random: () => example.k }))).to.equal(example.signature)
    expect(sm2Verify(publicKey, message, signature)).to.equal(true)
    gmSelfTest()
  })

  it('refuses the same signature under another user id, message or key', () => {
    expect(sm2Verify(publicKey, message, signature, '')).to.equal(false)
    expect(sm2Verify(publicKey, message, signature, '1234567812345679')).to.equal(false)
    expect(sm2Verify(publicKey, utf8('message digesT'), signature)).to.equal(false)
    expect(sm2Verify(makeSm2Key().publicKey, message, signature)).to.equal(false)
  })

  it('refuses numbers outside their range, and another length', () => {
    const r = BigInt(`0x${example.signature.slice(0, 64)}`)
    const s = BigInt(`0x${example.signature.slice(64)}`)
    for (const [left, right] of [
      [0n, s],
      [r, 0n],
      [order, s],
      [r, order],
      [0n, 0n],
      [order - 1n, 1n],
      [2n ** 256n - 1n, s],
    ] as const) {
      expect(sm2Verify(publicKey, message, concat(bytes32(left), bytes32(right)))).to.equal(false)
    }
    for (const length of [0, 63, 65]) expect(sm2Verify(publicKey, message, new Uint8Array(length))).to.equal(false)
  })

  it('refuses r + s = n, which leaves the key out of the equation', () => {
    for (const s of [1n, 5n, order - 1n]) {
      expect(sm2Verify(publicKey, message, concat(bytes32(order - s), bytes32(s)))).to.equal(false)
    }
  })

  it('takes no key but an uncompressed point of the curve', () => {
    const compressed = concat(Uint8Array.of(0x03), publicKey.subarray(1, 33))
    const off = Uint8Array.from(publicKey, (byte, i) => (i === 64 ? byte ^ 1 : byte))
    const p256 = concat(
      Uint8Array.of(4),
      fromHex('6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296'),
      fromHex('4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5'),
    )
    const large = concat(Uint8Array.of(4), new Uint8Array(64).fill(0xff))
    const bad = [
      compressed,
      off,
      p256,
      large,
      Uint8Array.of(0),
      new Uint8Array(65),
      concat(publicKey, Uint8Array.of(0)),
    ]
    for (const key of bad) {
      expect(isSm2Point(key)).to.equal(false)
      expect(sm2Verify(key, message, signature)).to.equal(false)
    }
    expect(isSm2Point(publicKey)).to.equal(true)
  })

  it('makes no key of a number that is none', () => {
    for (const d of [0n, -1n, order - 1n, order, order + 1n]) expect(() => sm2KeyPair(d)).to.throw(RangeError)
    expect(sm2KeyPair(1n).publicKey).to.have.lengthOf(65)
    expect(sm2KeyPair(order - 2n).publicKey).to.have.lengthOf(65)
  })

  it('signs what sm-crypto verifies, and verifies what sm-crypto signs', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ minLength: 1, maxLength: 20 }), (bytes, userId) => {
        const key = makeSm2Key()
        const [secret, point] = [hex(bytes32(key.d)), hex(key.publicKey)]
        expect(smCrypto.sm2.getPublicKeyFromPrivateKey(secret)).to.equal(point)
        const ours = sm2Sign(key, bytes, { userId })
        const theirs = fromHex(smCrypto.sm2.doSignature([...bytes], secret, { hash: true, publicKey: point, userId }))
        expect(smCrypto.sm2.doVerifySignature([...bytes], hex(ours), point, { hash: true, userId })).to.equal(true)
        expect(sm2Verify(key.publicKey, bytes, theirs, userId)).to.equal(true)
        const changed = Uint8Array.from(theirs, (byte, i) => (i === bytes.length % 64 ? byte ^ 4 : byte))
        expect(sm2Verify(key.publicKey, bytes, changed, userId)).to.equal(false)
        expect(smCrypto.sm2.doVerifySignature([...bytes], hex(changed), point, { hash: true, userId })).to.equal(false)
      }),
      { numRuns: 10 },
    )
  })
})
