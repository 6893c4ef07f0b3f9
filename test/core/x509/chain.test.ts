import { expect } from 'chai'
import { concat, fromHex, utf8 } from '../../../core/bytes.ts'
import { type Anchor, type ChainResult, validateChain } from '../../../core/x509/chain.ts'
import type { Rule } from '../../../core/x509/rules.ts'
import { webcryptoVerify } from '../../../core/x509/webcrypto.ts'
import {
  type Attribute,
  at,
  authorityKey,
  basicConstraints,
  bits,
  boolean,
  caName,
  certificate,
  extendedKeyUsage,
  extension,
  type Fields,
  generalizedTime,
  type Hierarchy,
  hierarchy,
  integer,
  keyUsage,
  makeKeys,
  name,
  octets,
  oid,
  organization,
  type Suite,
  sequence,
  set,
  subjectKey,
  suites,
  tlv,
  uscc,
  utcTime,
  utf8String,
} from './forge.ts'

let ca: Hierarchy
before(async () => {
  ca = await hierarchy()
})

const validate = (chain: readonly Uint8Array[], over: { anchors?: readonly Anchor[]; at?: Date } = {}) =>
  validateChain({ chain, anchors: [ca.anchorOf(ca.root)], crls: [], at, verify: webcryptoVerify, ...over })

const expectValid = (result: ChainResult): void => {
  expect(result.valid ? 'valid' : `${result.rule} at ${result.certificate}: ${result.detail}`).to.equal('valid')
}

const expectBroken = (result: ChainResult, rule: Rule, index: number): void => {
  expect(result.valid ? 'valid' : `${result.rule} at ${result.certificate}`).to.equal(`${rule} at ${index}`)
}

const keysOfIssuing = [subjectKey('issuing'), authorityKey('root')]

/** The good chain with some fields of one certificate replaced, signed again by the right issuer. */
const leafWith = async (fields: Partial<Fields>) => [
  await certificate(ca.keys.issuing, { ...ca.leafFields, ...fields }),
  ca.issuing,
]
const issuingWith = async (fields: Partial<Fields>) => [
  ca.leaf,
  await certificate(ca.keys.root, { ...ca.issuingFields, ...fields }),
]

describe('chain of certificates', () => {
  it('is valid from the organization to the pinned root, with whom it names and what the anchor allows', async () => {
    const result = await validate([ca.leaf, ca.issuing])
    expectValid(result)
    expect(result).to.include({ uscc, name: '某某医疗器械有限公司', anchorId: 'test' })
    expect(result.valid && result.roles).to.deep.equal(['distributor', 'bank'])
    expect(result.valid && result.leaf.der).to.deep.equal(ca.leaf)
  })

  it('may be sent with its root', async () => {
    expectValid(await validate([ca.leaf, ca.issuing, ca.root]))
  })

  it('may end at a pinned issuing CA', async () => {
    const anchors = [ca.anchorOf(ca.issuing)]
    expectValid(await validate([ca.leaf], { anchors }))
    expectValid(await validate([ca.leaf, ca.issuing], { anchors }))
  })

  for (const suite of Object.keys(suites) as Suite[]) {
    it(`may be signed with ${suite}`, async () => {
      const other = await hierarchy(suite)
      expectValid(await validate([other.leaf, other.issuing], { anchors: [other.anchorOf(other.root)] }))
    })
  }

  it('finds the right one among anchors of one name', async () => {
    const older = await hierarchy()
    const anchors = [older.anchorOf(older.root, { id: 'older' }), ca.anchorOf(ca.root)]
    expect(await validate([ca.leaf, ca.issuing], { anchors })).to.include({ valid: true, anchorId: 'test' })
  })

  describe('is refused', () => {
    it('when empty, over four certificates, or the anchor alone', async () => {
      expectBroken(await validate([]), 'CHAIN_LENGTH', 0)
      expectBroken(await validate([ca.leaf, ca.issuing, ca.root, ca.root, ca.root]), 'CHAIN_LENGTH', 0)
      expectBroken(await validate([ca.root]), 'CHAIN_LENGTH', 0)
    })

    it('without an anchor, or under another one', async () => {
      expectBroken(await validate([ca.leaf, ca.issuing], { anchors: [] }), 'ANCHOR_UNKNOWN', 1)
      expectBroken(await validate([ca.leaf]), 'ANCHOR_UNKNOWN', 0)
      const other = await hierarchy()
      // Same names, other keys.
      expectBroken(await validate([ca.leaf, ca.issuing], { anchors: [other.anchorOf(other.root)] }), 'SIGNATURE', 1)
    })

    it('in the wrong order, or with a certificate left out or put in', async () => {
      expectBroken(await validate([ca.issuing, ca.leaf]), 'ANCHOR_UNKNOWN', 1)
      expectBroken(await validate([ca.leaf, ca.root]), 'NAME_CHAINING', 0)
      expectBroken(await validate([ca.leaf, ca.leaf, ca.issuing]), 'PATH_LENGTH', 2)
    })

    it('before and after the validity of any certificate, to the second', async () => {
      const chain = [ca.leaf, ca.issuing]
      for (const [instant, rule] of [
        ['2024-12-31T23:59:59.999Z', 'NOT_YET_VALID'],
        ['2025-01-01T00:00:00Z', undefined],
        ['2035-01-01T00:00:00.999Z', undefined],
        ['2035-01-01T00:00:01Z', 'EXPIRED'],
        ['not an instant', 'NOT_YET_VALID'],
      ] as const) {
        const result = await validate(chain, { at: new Date(instant) })
        if (rule === undefined) expectValid(result)
        else expectBroken(result, rule, 2)
      }
      const short = sequence(utcTime('250101000000Z'), utcTime('260601115959Z'))
      expectBroken(await validate(await leafWith({ validity: short })), 'EXPIRED', 0)
      expectBroken(await validate(await issuingWith({ validity: short })), 'EXPIRED', 1)
    })

    it('for one changed bit of the signed part', async () => {
      const forged = ca.leaf.slice()
      const at = forged.length - 100
      forged[at] = (forged[at] ?? 0) ^ 1
      expect((await validate([forged, ca.issuing])).valid).to.equal(false)
    })

    it('when signed by anyone but its issuer', async () => {
      const thief = await certificate(ca.keys.leaf, ca.leafFields)
      expectBroken(await validate([thief, ca.issuing]), 'SIGNATURE', 0)
    })

    it('when the primitive rejects', async () => {
      const verify = () => Promise.reject(new Error('no such algorithm here'))
      const anchors = [ca.anchorOf(ca.root)]
      expectBroken(await validateChain({ chain: [ca.leaf, ca.issuing], anchors, crls: [], at, verify }), 'SIGNATURE', 1)
    })
  })

  describe('refuses an organization that issues further:', () => {
    it('its certificate is no CA', async () => {
      const below = await certificate(ca.keys.leaf, { ...ca.leafFields, issuer: organization })
      expectBroken(await validate([below, ca.leaf, ca.issuing]), 'PATH_LENGTH', 2)
      const long = await issuingWith({ extensions: [basicConstraints(true), keyUsage(0x06), ...keysOfIssuing] })
      expectBroken(await validate([below, ...long]), 'NOT_A_CA', 1)
    })
    it('nor one whose constraints say so but whose usage does not', async () => {
      const extensions = [basicConstraints(true), keyUsage(0x80)]
      expectBroken(await validate(await issuingWith({ extensions })), 'KEY_USAGE', 1)
      expectBroken(await validate(await issuingWith({ extensions: [basicConstraints(true)] })), 'KEY_USAGE', 1)
      expectBroken(await validate(await issuingWith({ extensions: [keyUsage(0x06)] })), 'NOT_A_CA', 1)
      expectBroken(
        await validate(await issuingWith({ extensions: [basicConstraints(false), keyUsage(0x06)] })),
        'NOT_A_CA',
        1,
      )
    })
    it('nor an anchor that is no CA', async () => {
      const root = await certificate(ca.keys.root, { ...ca.rootFields, extensions: [keyUsage(0x06)] })
      expectBroken(await validate([ca.leaf, ca.issuing], { anchors: [ca.anchorOf(root)] }), 'NOT_A_CA', 2)
    })
  })

  it('keeps to the path length of every CA above, the anchor included', async () => {
    const middle = await makeKeys()
    const build = async (rootLength: number | undefined, middleLength: number | undefined) => {
      const root = await certificate(ca.keys.root, {
        ...ca.rootFields,
        extensions: [basicConstraints(true, rootLength), keyUsage(0x06), subjectKey('root')],
      })
      const mid = await certificate(ca.keys.root, {
        ...ca.issuingFields,
        subject: caName('Middle'),
        spki: middle.spki,
        extensions: [basicConstraints(true, middleLength), keyUsage(0x06), subjectKey('middle'), authorityKey('root')],
      })
      const issuing = await certificate(middle, {
        ...ca.issuingFields,
        issuer: caName('Middle'),
        extensions: [basicConstraints(true), keyUsage(0x06), subjectKey('issuing'), authorityKey('middle')],
      })
      return validate([ca.leaf, issuing, mid], { anchors: [ca.anchorOf(root)] })
    }
    expectValid(await build(undefined, undefined))
    expectValid(await build(2, 1))
    expectBroken(await build(1, 1), 'PATH_LENGTH', 3)
    expectBroken(await build(undefined, 0), 'PATH_LENGTH', 2)
  })

  it('does not count a CA that certified its own next key', async () => {
    const next = await makeKeys()
    const rolled = await certificate(ca.keys.issuing, {
      ...ca.issuingFields,
      issuer: caName('Issuing'),
      spki: next.spki,
      extensions: [basicConstraints(true, 0), keyUsage(0x06), subjectKey('next'), authorityKey('issuing')],
    })
    const leaf = await certificate(next, { ...ca.leafFields, extensions: [keyUsage(0x80), authorityKey('next')] })
    expectValid(await validate([leaf, rolled, ca.issuing]))
    const other = await certificate(ca.keys.issuing, {
      ...ca.issuingFields,
      issuer: caName('Issuing'),
      subject: caName('Other'),
      spki: next.spki,
      extensions: [basicConstraints(true, 0), keyUsage(0x06), subjectKey('next'), authorityKey('issuing')],
    })
    const below = await certificate(next, { ...ca.leafFields, issuer: caName('Other'), extensions: [keyUsage(0x80)] })
    expectBroken(await validate([below, other, ca.issuing]), 'PATH_LENGTH', 2)
  })

  it('never asks the primitive about an algorithm that is not of the issuer’s key', async () => {
    const fields = { inner: fromHex(suites.rs256.id), outer: fromHex(suites.rs256.id) }
    const input = { anchors: [ca.anchorOf(ca.root)], crls: [], at, verify: async () => true }
    expectValid(await validateChain({ ...input, chain: [ca.leaf, ca.issuing] }))
    expectBroken(await validateChain({ ...input, chain: await leafWith(fields) }), 'SIGNATURE', 0)
  })

  it('requires digitalSignature of the leaf, and that it is no CA', async () => {
    const aki = authorityKey('issuing')
    expectBroken(await validate(await leafWith({ extensions: [aki] })), 'KEY_USAGE', 0)
    expectBroken(await validate(await leafWith({ extensions: [keyUsage(0x40), aki] })), 'KEY_USAGE', 0)
    expectValid(await validate(await leafWith({ extensions: [keyUsage(0xc0), aki] })))
    expectBroken(
      await validate(await leafWith({ extensions: [basicConstraints(true), keyUsage(0x80)] })),
      'LEAF_IS_A_CA',
      0,
    )
  })

  it('asks extended key usage of leaf and CAs, where it is there', async () => {
    const purposes = {
      client: '1.3.6.1.5.5.7.3.2',
      server: '1.3.6.1.5.5.7.3.1',
      ocsp: '1.3.6.1.5.5.7.3.9',
      any: '2.5.29.37.0',
    }
    const leaf = (...eku: string[]) =>
      leafWith({ extensions: [keyUsage(0x80), authorityKey('issuing'), extendedKeyUsage(...eku)] })
    expectValid(await validate(await leaf(purposes.client)))
    expectValid(await validate(await leaf(purposes.server, purposes.client)))
    expectBroken(await validate(await leaf(purposes.server)), 'EXTENDED_KEY_USAGE', 0)
    expectBroken(await validate(await leaf(purposes.ocsp)), 'EXTENDED_KEY_USAGE', 0)
    expectBroken(await validate(await leaf()), 'ENCODING', 0)
    expectBroken(await validate(await leaf(purposes.any)), 'EXTENDED_KEY_USAGE', 0)
    const issuing = (purpose: string) =>
      issuingWith({
        extensions: [basicConstraints(true), keyUsage(0x06), ...keysOfIssuing, extendedKeyUsage(purpose)],
      })
    expectBroken(await validate(await issuing(purposes.server)), 'EXTENDED_KEY_USAGE', 1)
    expectValid(await validate(await issuing(purposes.client)))
    expectValid(await validate(await issuing(purposes.any)))
  })

  it('compares the authority key identifier by key, and by name and serial', async () => {
    const withAuthority = (value: Uint8Array) =>
      leafWith({ extensions: [keyUsage(0x80), extension('2.5.29.35', value)] })
    const byName = (issuer: Uint8Array, serial: string) =>
      sequence(tlv(0x80, utf8('issuing')), tlv(0xa1, tlv(0xa4, issuer)), tlv(0x82, fromHex(serial)))
    expectBroken(
      await validate(await leafWith({ extensions: [keyUsage(0x80), authorityKey('other')] })),
      'AUTHORITY_KEY',
      0,
    )
    expectValid(await validate(await withAuthority(byName(caName('Root'), '02'))))
    expectBroken(await validate(await withAuthority(byName(caName('Root'), '03'))), 'AUTHORITY_KEY', 0)
    expectBroken(await validate(await withAuthority(byName(caName('Other'), '02'))), 'AUTHORITY_KEY', 0)
    expectBroken(await validate(await withAuthority(sequence(tlv(0x82, fromHex('02'))))), 'ENCODING', 0)
    const withoutKey = sequence(tlv(0xa1, tlv(0xa4, caName('Root'))), tlv(0x82, fromHex('02')))
    expectBroken(await validate(await withAuthority(withoutKey)), 'AUTHORITY_KEY', 0)
    expectBroken(await validate(await withAuthority(sequence())), 'AUTHORITY_KEY', 0)
  })

  describe('reads who the organization is:', () => {
    const subject = (...attributes: readonly Attribute[]) => leafWith({ subject: name(...attributes) })
    const o = ['2.5.4.10', utf8String('Org')] as const
    const id = ['2.5.4.97', utf8String(uscc)] as const

    it('the common name stands in for a missing organization name', async () => {
      expect(await validate(await subject(['2.5.4.3', utf8String('Common')], id))).to.include({
        valid: true,
        name: 'Common',
      })
    })
    it('the USCC may be elsewhere, where the anchor says so', async () => {
      const elsewhere = await subject(o, ['2.5.4.5', tlv(0x13, utf8(uscc))])
      const anchors = [ca.anchorOf(ca.root, { usccAt: '2.5.4.5' })]
      expect(await validate(elsewhere, { anchors })).to.include({ valid: true, uscc })
      expectBroken(await validate(elsewhere), 'USCC', 0)
    })
    for (const [what, attributes, rule] of [
      ['no USCC', [o], 'USCC'],
      ['two USCCs', [o, id, id], 'USCC'],
      ['a wrong check character', [o, ['2.5.4.97', utf8String('91350100M000100Y44')]], 'USCC'],
      ['a USCC in lower case', [o, ['2.5.4.97', utf8String(uscc.toLowerCase())]], 'USCC'],
      ['a USCC with a prefix', [o, ['2.5.4.97', utf8String(`NTRCN-${uscc}`)]], 'USCC'],
      ['a USCC in a string type without one reading', [o, ['2.5.4.97', tlv(0x14, utf8(uscc))]], 'USCC'],
      ['no name', [id], 'NAME'],
      ['two names', [o, o, id], 'NAME'],
      ['an empty name', [['2.5.4.10', utf8String('')], id], 'NAME'],
      ['a name of white space', [['2.5.4.10', utf8String('\u3000 ')], id], 'NAME'],
      ['a NUL in the name', [['2.5.4.10', utf8String('Good\0Bad')], id], 'NAME'],
      ['a direction mark in the name', [['2.5.4.10', utf8String('a\u202eb')], id], 'NAME'],
    ] as const satisfies readonly (readonly [string, readonly Attribute[], Rule])[]) {
      it(`${what} is refused`, async () => {
        expectBroken(await validate(await subject(...attributes)), rule, 0)
      })
    }
  })

  describe('refuses a certificate with', () => {
    const aki = authorityKey('issuing')
    const usage = keyUsage(0x80)
    for (const [what, fields, rule] of [
      ['version 1', { version: new Uint8Array() }, 'VERSION'],
      ['version 2', { version: tlv(0xa0, integer('01')) }, 'VERSION'],
      ['version 4', { version: tlv(0xa0, integer('03')) }, 'VERSION'],
      ['serial number zero', { serial: integer('00') }, 'SERIAL'],
      ['a negative serial number', { serial: integer('81') }, 'SERIAL'],
      ['a serial number of 21 octets', { serial: integer(`01${'00'.repeat(20)}`) }, 'SERIAL'],
      ['a serial number not in shortest form', { serial: integer('0001') }, 'ENCODING'],
      ['an empty serial number', { serial: integer('') }, 'ENCODING'],
      ['another algorithm inside', { inner: fromHex('300a06082a8648ce3d040303') }, 'ALGORITHM_MISMATCH'],
      ['the same algorithm with NULL inside', { inner: fromHex('300c06082a8648ce3d0403020500') }, 'ALGORITHM_MISMATCH'],
      [
        'an algorithm that is not in the table',
        { inner: fromHex('300906072a8648ce3d0401'), outer: fromHex('300906072a8648ce3d0401') },
        'ALGORITHM_UNKNOWN',
      ],
      [
        'parameters where there are none',
        { inner: fromHex('300c06082a8648ce3d0403020500'), outer: fromHex('300c06082a8648ce3d0403020500') },
        'ALGORITHM_UNKNOWN',
      ],
      [
        'an algorithm that is not of the issuer’s key',
        { inner: fromHex(suites.rs256.id), outer: fromHex(suites.rs256.id) },
        'SIGNATURE',
      ],
      ['an extension twice', { extensions: [usage, aki, aki] }, 'EXTENSION_DUPLICATE'],
      [
        'an unknown critical extension',
        { extensions: [usage, extension('1.2.3', sequence(), true)] },
        'EXTENSION_CRITICAL',
      ],
      [
        'a critical alternative name',
        { extensions: [usage, extension('2.5.29.17', sequence(), true)] },
        'EXTENSION_CRITICAL',
      ],
      ['name constraints', { extensions: [usage, extension('2.5.29.30', sequence(), true)] }, 'EXTENSION_REFUSED'],
      [
        'name constraints not marked critical',
        { extensions: [usage, extension('2.5.29.30', sequence())] },
        'EXTENSION_REFUSED',
      ],
      ['policy constraints', { extensions: [usage, extension('2.5.29.36', sequence(), true)] }, 'EXTENSION_REFUSED'],
      ['policy mappings', { extensions: [usage, extension('2.5.29.33', sequence())] }, 'EXTENSION_REFUSED'],
      [
        'inhibited any-policy',
        { extensions: [usage, extension('2.5.29.54', integer('00'), true)] },
        'EXTENSION_REFUSED',
      ],
      ['no extension in the list', { extensions: [] }, 'ENCODING'],
      ['a unique identifier', { uniqueIds: tlv(0x81, Uint8Array.of(0, 1)) }, 'ENCODING'],
      ['bytes after it', { trailer: Uint8Array.of(0) }, 'ENCODING'],
      ['an empty issuer', { issuer: sequence() }, 'ENCODING'],
      ['an empty set in its name', { subject: sequence(set()) }, 'ENCODING'],
      ['text that is not of its type', { subject: name(['2.5.4.10', tlv(0x13, utf8('a*b'))]) }, 'ENCODING'],
      ['text that is not UTF-8', { subject: name(['2.5.4.10', tlv(0x0c, Uint8Array.of(0xff))]) }, 'ENCODING'],
      [
        'criticality FALSE written out',
        { extensions: [usage, sequence(oid('1.2.3'), boolean(false), octets(sequence()))] },
        'ENCODING',
      ],
      [
        'a BOOLEAN of 01',
        { extensions: [sequence(oid('2.5.29.15'), tlv(1, Uint8Array.of(1)), octets(sequence()))] },
        'ENCODING',
      ],
      ['no usage bit', { extensions: [extension('2.5.29.15', bits(Uint8Array.of(0), 7), true)] }, 'ENCODING'],
      [
        'unused usage bits set',
        { extensions: [extension('2.5.29.15', bits(Uint8Array.of(0x81), 7), true)] },
        'ENCODING',
      ],
      ['a path length but no CA', { extensions: [usage, extension('2.5.29.19', sequence(integer('00')))] }, 'ENCODING'],
      [
        'a negative path length',
        { extensions: [usage, extension('2.5.29.19', sequence(boolean(true), integer('ff')))] },
        'ENCODING',
      ],
      [
        'a key identifier that is no octet string',
        { extensions: [usage, extension('2.5.29.14', sequence())] },
        'ENCODING',
      ],
      [
        'an OID arc with a leading zero',
        { subject: sequence(set(sequence(tlv(6, fromHex('558004')), utf8String('')))) },
        'ENCODING',
      ],
      ['an OID cut off', { subject: sequence(set(sequence(tlv(6, fromHex('5584')), utf8String('')))) }, 'ENCODING'],
      ['local time', { validity: sequence(utcTime('250101000000+0800'), utcTime('350101000000Z')) }, 'ENCODING'],
      ['time without seconds', { validity: sequence(utcTime('2501010000Z'), utcTime('350101000000Z')) }, 'ENCODING'],
      [
        'fractions of a second',
        { validity: sequence(generalizedTime('20250101000000.5Z'), utcTime('350101000000Z')) },
        'ENCODING',
      ],
      ['30 February', { validity: sequence(utcTime('250230000000Z'), utcTime('350101000000Z')) }, 'ENCODING'],
      ['second 60', { validity: sequence(utcTime('250101000060Z'), utcTime('350101000000Z')) }, 'ENCODING'],
      [
        'the year in two digits as GeneralizedTime',
        { validity: sequence(generalizedTime('250101000000Z'), utcTime('350101000000Z')) },
        'ENCODING',
      ],
    ] as const satisfies readonly (readonly [string, Partial<Fields>, Rule])[]) {
      it(what, async () => {
        expectBroken(await validate(await leafWith(fields)), rule, 0)
      })
    }
  })

  it('reads times before and after 2050', async () => {
    const from1999 = sequence(utcTime('990101000000Z'), generalizedTime('99991231235959Z'))
    expectValid(await validate(await leafWith({ validity: from1999 })))
    expectValid(
      await validate(
        await leafWith({ validity: sequence(generalizedTime('20260101000000Z'), utcTime('491231235959Z')) }),
      ),
    )
  })

  it('takes extensions that it does not know where they are not critical, and OIDs of any size', async () => {
    const uuid = extension('1.2.3', sequence())
    const big = sequence(tlv(6, fromHex(`69${'ff'.repeat(17)}7f`)), octets(sequence()))
    expectValid(
      await validate(await leafWith({ extensions: [...ca.leafFields.extensions, uuid, big, subjectKey('leaf')] })),
    )
    expectValid(
      await validate(
        await leafWith({
          extensions: [...ca.leafFields.extensions, extension('2.5.29.32', sequence(sequence(oid('1.2.3'))), true)],
        }),
      ),
    )
  })

  describe('refuses a public key', () => {
    const withKey = async (spki: Uint8Array) => validate(await leafWith({ spki }))
    const rsaKey = (modulus: string, exponent = '010001') =>
      sequence(fromHex('300d06092a864886f70d0101010500'), bits(sequence(integer(modulus), integer(exponent))))
    const odd = (octets: number) => `00${'c1'.repeat(octets)}`

    it('of RSA under 2048 bits or over 8192', async () => {
      expectBroken(await withKey(rsaKey(odd(255))), 'KEY_WEAK', 0)
      expectBroken(await withKey(rsaKey(`7f${'c1'.repeat(255)}`)), 'KEY_WEAK', 0)
      expectBroken(await withKey(rsaKey(odd(1025))), 'KEY_WEAK', 0)
      expectValid(await withKey(rsaKey(odd(256))))
      expectValid(await withKey(rsaKey(odd(1024))))
    })
    it('of RSA with an exponent even, small, huge or negative', async () => {
      for (const exponent of ['03', '00ffff', '010002', '0100000001', '01000000000001', '01']) {
        expectBroken(await withKey(rsaKey(odd(256), exponent)), 'KEY_WEAK', 0)
      }
      expectBroken(await withKey(rsaKey(odd(256), 'ff0001')), 'ENCODING', 0)
      expectValid(await withKey(rsaKey(odd(256), '00ffffffff')))
    })
    it('of RSA with an even modulus', async () => {
      expectBroken(await withKey(rsaKey(`${odd(255)}c0`)), 'KEY_WEAK', 0)
    })
    it('of a curve or type that is not in the table', async () => {
      const secp256k1 = fromHex('301006072a8648ce3d020106052b8104000a')
      const point = concat(Uint8Array.of(4), new Uint8Array(64))
      expectBroken(await withKey(sequence(secp256k1, bits(point))), 'KEY_UNKNOWN', 0)
      const explicit = sequence(oid('1.2.840.10045.2.1'), sequence(integer('01')))
      expectBroken(await withKey(sequence(explicit, bits(point))), 'KEY_UNKNOWN', 0)
      expectBroken(await withKey(sequence(sequence(oid('1.2.840.10040.4.1')), bits(point))), 'KEY_UNKNOWN', 0)
    })
    it('that is compressed, too long, or not of whole octets', async () => {
      const p256 = fromHex('301306072a8648ce3d020106082a8648ce3d030107')
      const hybrid = concat(Uint8Array.of(6), new Uint8Array(64))
      expectBroken(await withKey(sequence(p256, bits(concat(Uint8Array.of(2), new Uint8Array(32))))), 'KEY_UNKNOWN', 0)
      expectBroken(await withKey(sequence(p256, bits(hybrid))), 'KEY_UNKNOWN', 0)
      expectBroken(await withKey(sequence(p256, bits(concat(Uint8Array.of(4), new Uint8Array(65))))), 'KEY_UNKNOWN', 0)
      expectBroken(await withKey(sequence(p256, bits(hybrid, 1))), 'ENCODING', 0)
    })
  })
})
