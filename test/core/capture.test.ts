import { expect } from 'chai'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { base64url, utf8 } from '../../core/bytes.ts'
import { captureDigests, captureSalt, readCapture, signCapture, verifyCapture } from '../../core/capture.ts'
import { commitment } from '../../core/entry.ts'

describe('a signed capture', () => {
  const seed = new Uint8Array(32).fill(7)
  const events = [utf8('{"a":1}'), utf8('{"b":2}'), utf8('{"c":3}')]
  const digests = captureDigests(seed, events)

  const device = async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(publicKey)
    return { publicKey, privateKey, thumbprint: await calculateJwkThumbprint(jwk) }
  }
  const signed = async () => {
    const { publicKey, privateKey, thumbprint } = await device()
    const jws = await signCapture({ key: privateKey, device: thumbprint, seq: 1, at: new Date(0) }, digests)
    return { jws, publicKey }
  }

  it('commits to each event under a salt of its own, exactly as the log does', () => {
    expect(new Set(digests.map(base64url))).to.have.lengthOf(3)
    expect(digests[1]).to.deep.equal(commitment('event', captureSalt(seed, 1), events[1]!))
    expect(captureSalt(seed, 1)).not.to.deep.equal(captureSalt(seed, 256))
  })

  it('holds for all its events in their order', async () => {
    const { jws, publicKey } = await signed()
    const result = await verifyCapture(jws, digests, publicKey)
    expect(result).to.deep.include({ ok: true })
    expect(readCapture(jws)).to.deep.equal(result)
  })

  it('fails when an event is missing, added, exchanged or moved', async () => {
    const { jws, publicKey } = await signed()
    const [a, b, c] = digests as [Uint8Array, Uint8Array, Uint8Array]
    for (const list of [[a, b], [a, b, c, c], [b, a, c], [a, b, new Uint8Array(32)], []]) {
      expect(await verifyCapture(jws, list, publicKey)).to.deep.include({ ok: false, code: 'CAPTURE_DIGESTS' })
    }
  })

  it('fails under the key of another device', async () => {
    const { jws } = await signed()
    const other = await device()
    expect(await verifyCapture(jws, digests, other.publicKey)).to.deep.include({ ok: false, code: 'JWS_SIGNATURE' })
  })

  it('is refused as malformed when it is no capture', () => {
    for (const text of ['', 'a.b.c', 'x', '..', 'e30.e30.']) expect(readCapture(text).ok).to.equal(false)
  })
})
