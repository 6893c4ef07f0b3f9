import { expect } from 'chai'
import { fromHex, hex, utf8 } from '../../../core/bytes.ts'
import { validateChain } from '../../../core/x509/chain.ts'
import { isOnCurve, isSoundEdwards } from '../../../core/x509/points.ts'
import type { Rule } from '../../../core/x509/rules.ts'
import { webcryptoVerify } from '../../../core/x509/webcrypto.ts'
import {
  at,
  authorityKey,
  basicConstraints,
  bits,
  boolean,
  caName,
  certificate,
  extension,
  type Fields,
  type Hierarchy,
  hierarchy,
  integer,
  keyUsage,
  name,
  octets,
  oid,
  sequence,
  set,
  subjectKey,
  tlv,
  utf8String,
} from './forge.ts'

let ca: Hierarchy
before(async () => {
  ca = await hierarchy()
})

type Chain = { readonly leaf?: Partial<Fields>; readonly issuing?: Partial<Fields>; readonly root?: Partial<Fields> }

/** The good chain with fields of one certificate replaced, each signed again by its right issuer. */
const judge = async ({ leaf, issuing, root }: Chain): Promise<string> => {
  const anchor = root ? await certificate(ca.keys.root, { ...ca.rootFields, ...root }) : ca.root
  const result = await validateChain({
    chain: [
      leaf ? await certificate(ca.keys.issuing, { ...ca.leafFields, ...leaf }) : ca.leaf,
      issuing ? await certificate(ca.keys.root, { ...ca.issuingFields, ...issuing }) : ca.issuing,
    ],
    anchors: [ca.anchorOf(anchor)],
    crls: [],
    at,
    verify: webcryptoVerify,
  })
  return result.valid ? 'valid' : `${result.rule} at ${result.certificate}`
}

const ski = (critical: boolean, id = 'issuing') => extension('2.5.29.14', octets(utf8(id)), critical)
const aki = (value: Uint8Array, critical = false) => extension('2.5.29.35', value, critical)
const keyId = (id: string) => tlv(0x80, utf8(id))
const uri = (text: string) => tlv(0x86, utf8(text))
const bareConstraints = (ca: boolean) => extension('2.5.29.19', sequence(...(ca ? [boolean(true)] : [])))
const [usage, constraints] = [keyUsage(0x06), basicConstraints(true, 0)]
const [own, above] = [subjectKey('issuing'), authorityKey('root')]
const leafWith = (...more: readonly Uint8Array[]): Chain => ({
  leaf: { extensions: [keyUsage(0x80), authorityKey('issuing'), ...more] },
})

describe('profile of certificates', () => {
  const cases: readonly (readonly [string, Chain, `${Rule} at ${number}` | 'valid'])[] = [
    [
      'a CA without subject key identifier',
      { issuing: { extensions: [constraints, usage, above] } },
      'SUBJECT_KEY at 1',
    ],
    [
      'a CA with an empty subject key identifier',
      { issuing: { extensions: [constraints, usage, above, extension('2.5.29.14', octets(new Uint8Array()))] } },
      'SUBJECT_KEY at 1',
    ],
    [
      'an anchor without subject key identifier',
      { root: { extensions: [basicConstraints(true), usage] } },
      'SUBJECT_KEY at 2',
    ],
    [
      'a critical subject key identifier',
      { issuing: { extensions: [constraints, usage, above, ski(true)] } },
      'EXTENSION_CRITICALITY at 1',
    ],
    ['a critical subject key identifier of a leaf', leafWith(ski(true, 'leaf')), 'EXTENSION_CRITICALITY at 0'],
    ['a leaf without authority key identifier', { leaf: { extensions: [keyUsage(0x80)] } }, 'AUTHORITY_KEY at 0'],
    [
      'a CA without authority key identifier',
      { issuing: { extensions: [constraints, usage, own] } },
      'AUTHORITY_KEY at 1',
    ],
    [
      'a critical authority key identifier',
      { leaf: { extensions: [keyUsage(0x80), aki(sequence(keyId('issuing')), true)] } },
      'EXTENSION_CRITICALITY at 0',
    ],
    ['an anchor that names its own key', { root: { extensions: [...ca0(), aki(sequence(keyId('root')))] } }, 'valid'],
    [
      'an anchor that names another key than its own',
      { root: { extensions: [...ca0(), aki(sequence(keyId('other')))] } },
      'AUTHORITY_KEY at 2',
    ],
    [
      'an anchor whose authority key identifier holds no key',
      {
        root: { extensions: [...ca0(), aki(sequence(tlv(0xa1, tlv(0xa4, caName('Root'))), tlv(0x82, fromHex('01'))))] },
      },
      'AUTHORITY_KEY at 2',
    ],
    [
      'an anchor that names another serial than its own',
      {
        root: {
          extensions: [
            ...ca0(),
            aki(sequence(keyId('root'), tlv(0xa1, tlv(0xa4, caName('Root'))), tlv(0x82, fromHex('02')))),
          ],
        },
      },
      'AUTHORITY_KEY at 2',
    ],
    [
      'a CA whose basic constraints are not critical',
      { issuing: { extensions: [bareConstraints(true), usage, own, above] } },
      'EXTENSION_CRITICALITY at 1',
    ],
    [
      'an anchor whose basic constraints are not critical',
      { root: { extensions: [bareConstraints(true), usage, subjectKey('root')] } },
      'EXTENSION_CRITICALITY at 2',
    ],
    ['a leaf whose empty basic constraints are not critical', leafWith(bareConstraints(false)), 'valid'],
    ['a CA without key usage', { issuing: { extensions: [constraints, own, above] } }, 'KEY_USAGE at 1'],
    [
      'an anchor without key usage',
      { root: { extensions: [basicConstraints(true), subjectKey('root')] } },
      'KEY_USAGE at 2',
    ],
    ['an anchor without basic constraints', { root: { extensions: [usage, subjectKey('root')] } }, 'NOT_A_CA at 2'],
    [
      'a leaf that may sign certificates but is no CA',
      { leaf: { extensions: [keyUsage(0x84), authorityKey('issuing')] } },
      'KEY_USAGE at 0',
    ],
    ['an empty subject', { leaf: { subject: sequence() } }, 'SUBJECT at 0'],
    [
      'an empty subject with another name that is not critical',
      { leaf: { ...leafWith(extension('2.5.29.17', sequence(uri('urn:x')))).leaf, subject: sequence() } },
      'SUBJECT at 0',
    ],
    ['another name that is not critical', leafWith(extension('2.5.29.17', sequence(uri('urn:x')))), 'valid'],
    ['other names of which there is none', leafWith(extension('2.5.29.17', sequence())), 'ENCODING at 0'],
    ['another name that is empty', leafWith(extension('2.5.29.17', sequence(tlv(0x82)))), 'ENCODING at 0'],
    ['another name of no form', leafWith(extension('2.5.29.17', sequence(tlv(0x89, utf8('x'))))), 'ENCODING at 0'],
    [
      'another name that is an address of 5 octets',
      leafWith(extension('2.5.29.17', sequence(tlv(0x87, utf8('12345'))))),
      'ENCODING at 0',
    ],
    ['information access that is critical', leafWith(access(true)), 'EXTENSION_CRITICAL at 0'],
    ['information access', leafWith(access(false)), 'valid'],
    [
      'information access without a place',
      leafWith(extension('1.3.6.1.5.5.7.1.1', sequence(sequence(oid('1.3.6.1.5.5.7.48.1'))))),
      'ENCODING at 0',
    ],
    ['information access that is empty', leafWith(extension('1.3.6.1.5.5.7.1.1', sequence())), 'ENCODING at 0'],
    [
      'a distribution point that names nothing',
      leafWith(extension('2.5.29.31', sequence(sequence()))),
      'ENCODING at 0',
    ],
    [
      'a policy twice',
      leafWith(extension('2.5.29.32', sequence(sequence(oid('1.2.3')), sequence(oid('1.2.3'))))),
      'ENCODING at 0',
    ],
    ['policies of which there is none', leafWith(extension('2.5.29.32', sequence())), 'ENCODING at 0'],
    [
      'key usage whose last bits are zeros',
      { leaf: { extensions: [extension('2.5.29.15', bits(Uint8Array.of(0x80), 6), true), authorityKey('issuing')] } },
      'ENCODING at 0',
    ],
    [
      'parts of a name out of order',
      {
        leaf: {
          subject: sequence(set(sequence(oid('2.5.4.10'), utf8String('x')), sequence(oid('2.5.4.3'), utf8String('x')))),
        },
      },
      'ENCODING at 0',
    ],
    [
      'parts of a name in order, though without USCC',
      {
        leaf: {
          subject: sequence(set(sequence(oid('2.5.4.3'), utf8String('x')), sequence(oid('2.5.4.10'), utf8String('x')))),
        },
      },
      'USCC at 0',
    ],
    ['a subject of a CA that is empty', { issuing: { subject: sequence() } }, 'NAME_CHAINING at 0'],
    [
      'name constraints of the anchor',
      {
        root: {
          extensions: [...ca0(), extension('2.5.29.30', sequence(tlv(0xa0, sequence(tlv(0xa4, name())))), true)],
        },
      },
      'ANCHOR_UNKNOWN at 1',
    ],
  ]
  for (const [what, chain, expected] of cases) {
    it(`${expected === 'valid' ? 'takes' : 'refuses'} ${what}`, async () => {
      // A CA without a name breaks at itself, from the anchor down.
      const answer = await judge(chain)
      expect(answer).to.equal(chain.issuing?.subject ? 'SUBJECT at 1' : expected)
    })
  }

  it('refuses points that are not on the curve, at infinity, or outside the field', async () => {
    const p256 = (point: Uint8Array) => sequence(fromHex('301306072a8648ce3d020106082a8648ce3d030107'), bits(point))
    const good = ca.keys.leaf.spki.slice(-65)
    const off = good.slice()
    off[64] = (off[64] ?? 0) ^ 1
    expect(await judge({ leaf: { spki: p256(good) } })).to.equal('valid')
    expect(await judge({ leaf: { spki: p256(off) } })).to.equal('KEY_POINT at 0')
    expect(await judge({ leaf: { spki: p256(fromHex(`04${'00'.repeat(64)}`)) } })).to.equal('KEY_POINT at 0')
    expect(await judge({ leaf: { spki: p256(fromHex('00')) } })).to.equal('KEY_UNKNOWN at 0')
    expect(await judge({ leaf: { spki: p256(fromHex(`04${'ff'.repeat(64)}`)) } })).to.equal('KEY_POINT at 0')
  })

  it('refuses a curve that is written out instead of named, and curves and keys that are not in the table', async () => {
    const point = bits(ca.keys.leaf.spki.slice(-65))
    const explicit = sequence(sequence(oid('1.2.840.10045.2.1'), sequence(integer('01'))), point)
    expect(await judge({ leaf: { spki: explicit } })).to.equal('KEY_UNKNOWN at 0')
    const p192 = sequence(
      sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.1')),
      bits(fromHex(`04${'11'.repeat(48)}`)),
    )
    expect(await judge({ leaf: { spki: p192 } })).to.equal('KEY_UNKNOWN at 0')
    const dsa = sequence(sequence(oid('1.2.840.10040.4.1')), bits(integer('11')))
    expect(await judge({ leaf: { spki: dsa } })).to.equal('KEY_UNKNOWN at 0')
    const sha1 = sequence(oid('1.2.840.10045.4.1'))
    expect(await judge({ leaf: { inner: sha1, outer: sha1 } })).to.equal('ALGORITHM_UNKNOWN at 0')
  })

  it('refuses RSA of a length that is no multiple of 8', async () => {
    const rsa = (modulus: string) =>
      sequence(fromHex('300d06092a864886f70d0101010500'), bits(sequence(integer(modulus), integer('010001'))))
    expect(await judge({ leaf: { spki: rsa(`0f${'c1'.repeat(256)}`) } })).to.equal('KEY_WEAK at 0')
    expect(await judge({ leaf: { spki: rsa(`00${'c1'.repeat(257)}`) } })).to.equal('valid')
  })

  it('knows the points of both curves, and Ed25519 keys under which anything verifies', async () => {
    for (const curve of ['P-256', 'P-384'] as const) {
      const { publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: curve }, true, [
        'sign',
        'verify',
      ])
      const point = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))
      expect(isOnCurve(curve, point)).to.equal(true)
      point[5] = (point[5] ?? 0) ^ 4
      expect(isOnCurve(curve, point)).to.equal(false)
    }
    // The points of order 1, 2, 4 and 8, and forms that are not reduced (RFC 8032 §5.1.3).
    for (const weak of [
      '0100000000000000000000000000000000000000000000000000000000000000',
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      '0000000000000000000000000000000000000000000000000000000000000080',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    ]) {
      expect(isSoundEdwards(fromHex(weak)), weak).to.equal(false)
    }
    const ours = (await hierarchy('ed25519')).keys.leaf.spki.slice(-32)
    expect(isSoundEdwards(ours), hex(ours)).to.equal(true)
  })
})

function ca0(): readonly Uint8Array[] {
  return [basicConstraints(true), keyUsage(0x06), subjectKey('root')]
}

function access(critical: boolean): Uint8Array {
  return extension('1.3.6.1.5.5.7.1.1', sequence(sequence(oid('1.3.6.1.5.5.7.48.1'), uri('http://ca/ocsp'))), critical)
}
