import { expect } from 'chai'
import { concat, fromHex, hex } from '../../../core/bytes.ts'
import { sm2SignatureDer } from '../../../core/gm/cms-sign.ts'
import {
  isSm2Pkcs8,
  makeSm2Key,
  readSm2Pkcs8,
  readSm2Sec1,
  sm2Pkcs8,
  sm2PointOf,
  sm2Spki,
} from '../../../core/gm/key.ts'
import { bytes32, order, sm2Sign, sm2Verify } from '../../../core/gm/sm2.ts'
import { importHeldKey, importPrivateKey } from '../../../core/private-key.ts'
import { readSpki } from '../../../core/x509/algorithms.ts'
import { parsePem, pem } from '../../../core/x509/pem.ts'
import { X509Error } from '../../../core/x509/rules.ts'
import { rawEcdsa } from '../../../core/x509/webcrypto.ts'
import { openssl, opensslBytes } from '../../certs/openssl.ts'

const id = '1234567812345678'
const message = new TextEncoder().encode('一物一码')

describe('SM2 keys in files', () => {
  it('are read as they were written', async () => {
    const key = makeSm2Key()
    expect(isSm2Pkcs8(sm2Pkcs8(key))).to.equal(true)
    expect(readSm2Pkcs8(sm2Pkcs8(key))).to.deep.equal(key)
    expect(await importHeldKey(sm2Pkcs8(key), false)).to.deep.equal(key)
    expect(readSpki(sm2Spki(key)).type).to.equal('SM2')
    expect(sm2PointOf(sm2Spki(key))).to.deep.equal(key.publicKey)
  })

  it('of OpenSSL are read, and sign what OpenSSL verifies', async function () {
    const text = await openssl(this, ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:SM2'])
    const key = readSm2Pkcs8(parsePem('PRIVATE KEY', text)[0])
    const spki = await opensslBytes(this, ['pkey', '-in', 'key', '-pubout', '-outform', 'DER'], { key: text })
    expect(hex(sm2Spki(key))).to.equal(hex(spki))
    const sec1 = await opensslBytes(this, ['ec', '-in', 'key', '-outform', 'DER'], { key: text })
    expect(readSm2Sec1(sec1)).to.deep.equal(key)
    const signature = sm2SignatureDer(sm2Sign(key, message))
    const check = ['pkeyutl', '-verify', '-rawin', '-digest', 'sm3', '-inkey', 'key', '-in', 'message']
    const files = { key: text, message, signature }
    const told = await openssl(this, [...check, '-sigfile', 'signature', '-pkeyopt', `distid:${id}`], files)
    expect(told).to.contain('Verified Successfully')
  })

  it('of ours are read by OpenSSL', async function () {
    const key = makeSm2Key()
    const text = pem('PRIVATE KEY', sm2Pkcs8(key))
    const spki = await opensslBytes(this, ['pkey', '-in', 'key', '-check', '-pubout', '-outform', 'DER'], { key: text })
    expect(hex(spki.subarray(-65))).to.equal(hex(key.publicKey))
    const made = ['pkeyutl', '-sign', '-rawin', '-digest', 'sm3', '-inkey', 'key', '-in', 'message', '-pkeyopt']
    const der = await opensslBytes(this, [...made, `distid:${id}`], { key: text, message })
    expect(sm2Verify(key.publicKey, message, rawEcdsa(der, 32))).to.equal(true)
    const nameless = await opensslBytes(this, [...made, 'distid:other'], { key: text, message })
    expect(sm2Verify(key.publicKey, message, rawEcdsa(nameless, 32))).to.equal(false)
  })

  it('are refused where anything about them is off', async () => {
    const key = makeSm2Key()
    const other = makeSm2Key()
    const good = hex(sm2Pkcs8(key))
    const d = hex(bytes32(key.d))
    const wrong = {
      'another public key beside it': good.replace(hex(key.publicKey), hex(other.publicKey)),
      'zero as private key': good.replace(d, '00'.repeat(32)),
      'n − 1 as private key': good.replace(d, hex(bytes32(order - 1n))),
      'another curve': good.replaceAll('06082a811ccf5501822d', '06082a8648ce3d030107'),
      'another curve inside alone': good.replace('a00a06082a811ccf5501822d', 'a00a06082a8648ce3d030107'),
      'bytes at the end': `${good}00`,
      'cut off': good.slice(0, -2),
    }
    for (const [what, bytes] of Object.entries(wrong)) {
      expect(bytes, what).to.not.equal(good)
      expect(() => readSm2Pkcs8(fromHex(bytes)), what).to.throw(X509Error)
    }
  })

  it('with a compressed point are refused, as certificates with one are', () => {
    const { publicKey } = makeSm2Key()
    const compressed = concat(Uint8Array.of(2 + ((publicKey[64] ?? 0) & 1)), publicKey.subarray(1, 33))
    const algorithm = fromHex('301306072a8648ce3d020106082a811ccf5501822d')
    const spki = concat(fromHex('3039'), algorithm, fromHex('032200'), compressed)
    expect(() => readSpki(spki)).to.throw(X509Error, '65 bytes')
    const hybrid = sm2Spki({ publicKey })
    hybrid[hybrid.length - 65] = 6
    expect(() => readSpki(hybrid)).to.throw(X509Error, 'uncompressed')
    const off = Uint8Array.from(sm2Spki({ publicKey }), (byte, i) => (i === 90 ? byte ^ 1 : byte))
    expect(() => readSpki(off))
      .to.throw(X509Error)
      .with.property('rule', 'KEY_POINT')
  })

  it('are none for WebCrypto', async () => {
    const failure = await importPrivateKey(sm2Pkcs8(makeSm2Key()), false).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(SyntaxError)
  })
})
