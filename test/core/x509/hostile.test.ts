import { expect } from 'chai'
import fc from 'fast-check'
import { fromHex, hex } from '../../../core/bytes.ts'
import { validateChain } from '../../../core/x509/chain.ts'
import { parseCrl } from '../../../core/x509/crl.ts'
import { verifyCsr } from '../../../core/x509/csr.ts'
import { X509Error } from '../../../core/x509/rules.ts'
import { rawEcdsa, webcryptoVerify } from '../../../core/x509/webcrypto.ts'
import { at, crl, type Hierarchy, hierarchy, integer, reason, revoked } from './forge.ts'

let ca: Hierarchy
let list: Uint8Array
before(async () => {
  ca = await hierarchy()
  list = await crl(ca.keys.issuing, { revoked: [revoked(integer('07'), '260501000000Z', reason(1))] })
})

const validate = (chain: readonly Uint8Array[]) =>
  validateChain({ chain, anchors: [ca.anchorOf(ca.root)], crls: [], at, verify: webcryptoVerify })

/** Bytes overwritten, put in, left out or cut off: what fuzzers do to a good input. */
const mutations = fc.array(
  fc.record({
    kind: fc.constantFrom('set', 'insert', 'remove', 'cut', 'repeat'),
    where: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
    byte: fc.nat(255),
  }),
  { minLength: 1, maxLength: 4 },
)
const mutate = (bytes: Uint8Array, steps: readonly { kind: string; where: number; byte: number }[]): Uint8Array => {
  const out = [...bytes]
  for (const { kind, where, byte } of steps) {
    const index = Math.floor(where * out.length)
    if (kind === 'set') out[index] = byte
    else if (kind === 'insert') out.splice(index, 0, byte)
    else if (kind === 'remove') out.splice(index, 1)
    else if (kind === 'cut') out.length = index
    else out.splice(index, 0, ...out.slice(index, index + byte))
  }
  return Uint8Array.from(out)
}

describe('hostile bytes', () => {
  it('never make the validator throw, nor say yes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), async chain => {
        expect(await validate(chain)).to.include({ valid: false })
      }),
    )
  })

  it('never do so when they were a good leaf or issuer once', async () => {
    await fc.assert(
      fc.asyncProperty(mutations, fc.boolean(), async (steps, ofLeaf) => {
        const original = ofLeaf ? ca.leaf : ca.issuing
        const mutated = mutate(original, steps)
        fc.pre(hex(mutated) !== hex(original))
        const result = await validate(ofLeaf ? [mutated, ca.issuing] : [ca.leaf, mutated])
        expect(result).to.include({ valid: false })
      }),
      { numRuns: 1500 },
    )
  })

  it('never do so in place of an anchor', async () => {
    await fc.assert(
      fc.asyncProperty(mutations, async steps => {
        const anchors = [ca.anchorOf(mutate(ca.root, steps))]
        const input = { chain: [ca.leaf, ca.issuing], anchors, crls: [], at, verify: webcryptoVerify }
        expect(await validateChain(input)).to.have.property('valid')
      }),
      { numRuns: 300 },
    )
  })

  it('make the readers of lists and requests throw nothing but their own error', async () => {
    fc.assert(
      fc.property(mutations, steps => {
        try {
          parseCrl(mutate(list, steps))
        } catch (error) {
          expect(error).to.be.instanceOf(X509Error)
        }
      }),
      { numRuns: 1000 },
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async bytes => {
        try {
          await verifyCsr(bytes, webcryptoVerify)
          expect.fail('taken')
        } catch (error) {
          expect(error).to.be.instanceOf(X509Error)
        }
      }),
    )
  })

  for (const [what, der] of Object.entries({
    'an indefinite length': '3080020101020101 0000',
    'a long length in two octets': '3081060201010201 01',
    'a length with a leading zero': '308200060201010201 01',
    'a length of five octets': '308500000000060201010201 01',
    'a length past the end': '3007020101020101',
    'a length that is cut off': '3082',
    'a multi-byte tag': '3f8106 0201010201 01',
    nothing: '',
  })) {
    it(`are refused as DER with ${what}`, async () => {
      expect(await validate([fromHex(der.replaceAll(' ', ''))])).to.include({ valid: false, rule: 'ENCODING' })
    })
  }

  it('are refused beyond 64 KiB without being read', async () => {
    expect(await validate([new Uint8Array(65_537)])).to.deep.include({ rule: 'ENCODING' })
  })

  it('settle to false in the verifier, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.uint8Array(), fc.boolean(), async (key, signature, goodKey) => {
        const spki = goodKey ? ca.keys.root.spki : key
        expect(await webcryptoVerify('ECDSA-SHA256', spki, ca.leaf, signature)).to.equal(false)
      }),
    )
  })

  it('make an ECDSA signature in one encoding only', () => {
    expect(hex(rawEcdsa(fromHex('3006020101020102'), 2))).to.equal('00010002')
    expect(hex(rawEcdsa(fromHex('3008020200ff02020080'), 1))).to.equal('ff80')
    for (const bad of [
      '30060201010201020000',
      '300602010102010200',
      '3007020200010201 02',
      '3006020100020102',
      '3006020101020181',
      '3007020101020201 00',
      '3005020101 0200',
      '3003020101',
      '30090201010201020201 03',
      '308106020101020102',
    ]) {
      expect(() => rawEcdsa(fromHex(bad.replaceAll(' ', '')), 1), bad).to.throw(SyntaxError)
    }
  })
})
