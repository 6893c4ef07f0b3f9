import { expect } from 'chai'
import { makeCsr, makeKeys } from '../../../certs/keys.ts'
import { fromHex } from '../../../core/bytes.ts'
import { parseCertificate } from '../../../core/x509/certificate.ts'
import { parseCrl } from '../../../core/x509/crl.ts'
import { verifyCsr } from '../../../core/x509/csr.ts'
import { Der, readOnly, tag } from '../../../core/x509/der.ts'
import { parsePem } from '../../../core/x509/pem.ts'
import { X509Error } from '../../../core/x509/rules.ts'
import { namedBits, oidOf, smallIntegerOf } from '../../../core/x509/values.ts'
import { webcryptoVerify } from '../../../core/x509/webcrypto.ts'
import { crl, hierarchy, integer, invalidSince, reason, revoked, tlv } from './forge.ts'

const octets = (hex: string): Uint8Array => readOnly(fromHex(hex), tag.octetString).value

describe('DER', () => {
  it('has one length for one value', () => {
    const long = (length: number): string => 'aa'.repeat(length)
    expect(octets('0400')).to.have.length(0)
    expect(octets(`047f${long(127)}`)).to.have.length(127)
    expect(octets(`048180${long(128)}`)).to.have.length(128)
    expect(octets(`0481ff${long(255)}`)).to.have.length(255)
    expect(octets(`04820100${long(256)}`)).to.have.length(256)
    for (const wrong of [`04817f${long(127)}`, `048100`, `048200ff${long(255)}`, `0483000100${long(256)}`]) {
      expect(() => octets(wrong), wrong.slice(0, 10)).to.throw(X509Error, 'shortest form')
    }
  })

  it('has no element without an end, beyond its parent, or beyond 4 GiB', () => {
    expect(() => octets('0480aa0000')).to.throw(X509Error, 'indefinite')
    expect(() => octets('048500000000 01aa'.replace(' ', ''))).to.throw(X509Error, 'oversized')
    expect(() => octets('0402aa')).to.throw(X509Error, 'past its parent')
    expect(() => octets('0484ffffffffaa')).to.throw(X509Error, 'past its parent')
    expect(() => octets('048201')).to.throw(X509Error, 'cut off')
    expect(() => octets('04')).to.throw(X509Error, 'length is missing')
    expect(() => octets('')).to.throw(X509Error, 'found the end')
    expect(() => octets('0401aa00')).to.throw(X509Error, 'at the end')
    expect(() => new Der(fromHex('1f0100')).any()).to.throw(X509Error, 'multi-byte')
    expect(() => new Der(new Uint8Array()).any()).to.throw(X509Error, 'missing')
  })

  it('has OIDs in dotted form, with arcs of any size, to 64 octets', () => {
    for (const [hex, dotted] of [
      ['2a8648ce3d040302', '1.2.840.10045.4.3.2'],
      ['550461', '2.5.4.97'],
      ['00', '0.0'],
      ['27', '0.39'],
      ['28', '1.0'],
      ['4f', '1.39'],
      ['50', '2.0'],
      ['883703', '2.999.3'],
      // 2^128 - 1 under the arc of UUIDs.
      ['6983ffffffffffffffffffffffffffffffffff7f', '2.25.340282366920938463463374607431768211455'],
    ] as const) {
      expect(oidOf(fromHex(hex))).to.equal(dotted)
    }
    expect(oidOf(new Uint8Array(64).fill(1))).to.match(/^0\.1(\.1){63}$/)
    for (const wrong of ['', '80', '2a80', '2a8001', '2a86'])
      expect(() => oidOf(fromHex(wrong)), wrong).to.throw(X509Error)
    expect(() => oidOf(new Uint8Array(65).fill(1))).to.throw(X509Error)
  })

  it('has named bits and small integers', () => {
    expect([...namedBits(fromHex('0780'))]).to.deep.equal([0])
    expect([...namedBits(fromHex('0106'))]).to.deep.equal([5, 6])
    expect([...namedBits(fromHex('070080'))]).to.deep.equal([8])
    expect([...namedBits(fromHex('00'))]).to.deep.equal([])
    for (const wrong of ['', '01', '0880', '0781']) expect(() => namedBits(fromHex(wrong)), wrong).to.throw(X509Error)
    expect(smallIntegerOf(fromHex('7fffffff'))).to.equal(2 ** 31 - 1)
    for (const wrong of ['', 'ff', '0080000000', '0001', 'ff80']) {
      expect(() => smallIntegerOf(fromHex(wrong)), wrong).to.throw(X509Error)
    }
  })
})

/** The same DER with one more NULL at the end of one constructed element, for each of them in turn. */
const withOneMore = (der: Uint8Array): Uint8Array[] => {
  const grown: Uint8Array[] = []
  const reader = new Der(der)
  const before: Uint8Array[] = []
  while (reader.peek() !== undefined) {
    const element = reader.any()
    const rest = der.subarray(before.reduce((length, part) => length + part.length, 0) + element.der.length)
    const put = (value: Uint8Array) => grown.push(joined(...before, tlv(element.tag, value), rest))
    if ((element.tag & 0x20) !== 0) {
      put(joined(element.value, fromHex('0500')))
      for (const inner of withOneMore(element.value)) put(inner)
    }
    before.push(element.der)
  }
  return grown
}
const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap(part => [...part]))

describe('structures of X.509', () => {
  it('have no place, at any level, for an element that does not belong there', async () => {
    const { leaf, issuing, keys } = await hierarchy()
    const list = await crl(keys.issuing, {
      revoked: [revoked(integer('07'), '260501000000Z', reason(1), invalidSince('20260401000000Z'))],
    })
    for (const [der, parse] of [
      [leaf, parseCertificate],
      [issuing, parseCertificate],
      [list, parseCrl],
    ] as const) {
      const grown = withOneMore(der)
      expect(grown).to.have.length.above(10)
      expect(() => parse(der)).to.not.throw()
      for (const wrong of grown) expect(() => parse(wrong)).to.throw(X509Error)
    }
    const [request] = parsePem('CERTIFICATE REQUEST', await makeCsr(await makeKeys(), 'x'))
    expect(await verifyCsr(request, webcryptoVerify)).to.have.property('publicKey')
    for (const wrong of withOneMore(request)) {
      expect(await verifyCsr(wrong, webcryptoVerify).catch(error => error)).to.be.instanceOf(X509Error)
    }
  })
})
