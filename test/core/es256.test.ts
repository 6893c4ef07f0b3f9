import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { exportJWK, generateKeyPair, importJWK } from 'jose'
import * as browser from '../../core/es256.browser.ts'
import * as node from '../../core/es256.node.ts'

const ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'

describe('ES256', () => {
  it('takes the signature of RFC 7515, appendix A.3', async () => {
    const key = await importJWK(
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      },
      'ES256',
    )
    if (key instanceof Uint8Array) throw new TypeError('no public key')
    const signed = Buffer.from(
      'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ',
    )
    const signature = Buffer.from(
      'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
      'base64url',
    )
    for (const way of [node, browser]) expect(await way.verifyEs256(key, signed, signature)).to.equal(true)
  })

  it('is the same in node as in WebCrypto, whatever is signed and whatever is changed', async () => {
    const keys = await generateKeyPair('ES256', { extractable: true })
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(63),
        fc.integer({ min: 1, max: 255 }),
        async (bytes, at, flip) => {
          for (const [by, other] of [
            [node, browser],
            [browser, node],
          ] as const) {
            const signature = await by.signEs256(keys.privateKey, bytes)
            expect(signature.length).to.equal(64)
            expect(await other.verifyEs256(keys.publicKey, bytes, signature)).to.equal(true)
            const changed = signature.map((byte, i) => (i === at ? byte ^ flip : byte))
            expect(await other.verifyEs256(keys.publicKey, bytes, changed)).to.equal(false)
            expect(await other.verifyEs256(keys.publicKey, Uint8Array.of(...bytes, flip), signature)).to.equal(false)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('takes no number that is none of the curve, and no other length', async () => {
    const { publicKey } = await generateKeyPair('ES256')
    const [zero, one, order] = ['00'.repeat(32), `${'00'.repeat(31)}01`, ORDER]
    const most = 'ff'.repeat(32)
    for (const r of [zero, one, order, most]) {
      for (const s of [zero, one, order, most]) {
        const signature = Buffer.from(r + s, 'hex')
        for (const way of [node, browser])
          expect(await way.verifyEs256(publicKey, Buffer.from('text'), signature)).to.equal(false)
      }
    }
    for (const length of [0, 63, 65, 128]) {
      for (const way of [node, browser]) {
        expect(await way.verifyEs256(publicKey, Buffer.from('text'), new Uint8Array(length))).to.equal(false)
      }
    }
  })

  it('is made and checked with keys for it alone', async () => {
    const keys = await generateKeyPair('ES256')
    const other = await generateKeyPair('ES384')
    expect(() => node.verifyEs256(keys.privateKey, new Uint8Array(1), new Uint8Array(64))).to.throw(TypeError)
    expect(() => node.verifyEs256(other.publicKey, new Uint8Array(1), new Uint8Array(64))).to.throw(TypeError)
    expect(() => node.signEs256(other.privateKey, new Uint8Array(1))).to.throw(TypeError)
  })

  it('is made by a key that nobody can read out, by what it was made from or by WebCrypto', async () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
    const hidden = pair.privateKey.toCryptoKey(algorithm, false, ['sign'])
    const shown = await importJWK(await exportJWK(pair.publicKey), 'ES256')
    if (shown instanceof Uint8Array) throw new TypeError('no public key')
    const bytes = Buffer.from('text')
    const there = node.signEs256(hidden, bytes)
    expect(there).to.be.instanceOf(Promise)
    expect(node.verifyEs256(shown, bytes, await there)).to.equal(true)
    const here = node.signEs256(
      node.keep(hidden, createPrivateKey(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))),
      bytes,
    )
    expect(here).to.be.instanceOf(Uint8Array)
    expect(node.verifyEs256(shown, bytes, await here)).to.equal(true)
    expect(hidden.extractable).to.equal(false)
  })
})
