import { expect } from 'chai'
import { fromHex, utf8 } from '../../../core/bytes.ts'
import { validateChain } from '../../../core/x509/chain.ts'
import { parseCrl, readableCrls } from '../../../core/x509/crl.ts'
import { type Rule, X509Error } from '../../../core/x509/rules.ts'
import { webcryptoVerify } from '../../../core/x509/webcrypto.ts'
import {
  at,
  authorityKey,
  basicConstraints,
  type CrlFields,
  caName,
  certificate,
  crl,
  extension,
  type Hierarchy,
  hierarchy,
  integer,
  invalidSince,
  keyUsage,
  reason,
  revoked,
  sequence,
  subjectKey,
  tlv,
  utcTime,
} from './forge.ts'

let ca: Hierarchy
let ofRoot: Uint8Array
before(async () => {
  ca = await hierarchy()
  ofRoot = await crl(ca.keys.root, { issuer: caName('Root') })
})

/** The good chain under an anchor that requires revocation lists; the root's own is there unless told otherwise. */
const judge = async (
  lists: readonly Uint8Array[],
  { when = at, rule = 'required', chain = [ca.leaf, ca.issuing], root = [ofRoot], anchor = ca.root }: Judging = {},
): Promise<string> => {
  const result = await validateChain({
    chain,
    anchors: [ca.anchorOf(anchor, { crl: rule })],
    crls: readableCrls([...lists, ...root]),
    at: when,
    verify: webcryptoVerify,
  })
  return result.valid ? 'valid' : `${result.rule} at ${result.certificate}`
}
type Judging = {
  when?: Date
  rule?: 'required' | 'none'
  chain?: readonly Uint8Array[]
  root?: readonly Uint8Array[]
  anchor?: Uint8Array
}

const list = (fields: Partial<CrlFields> = {}) => crl(ca.keys.issuing, fields)
const full = (url: string) => tlv(0xa0, tlv(0x86, utf8(url)))
const points = (...urls: readonly string[]) => sequence(...urls.map(url => sequence(tlv(0xa0, full(url)))))
const leafSerial = integer('4102')

describe('revocation', () => {
  it('leaves a certificate standing that fresh lists of every issuer do not name', async () => {
    expect(await judge([await list()])).to.equal('valid')
    expect(await judge([await list({ revoked: [revoked(integer('4103'), '260501000000Z', reason(1))] })])).to.equal(
      'valid',
    )
  })

  it('is asked of every certificate below the anchor', async () => {
    expect(await judge([])).to.equal('CRL_MISSING at 0')
    expect(await judge([await list()], { root: [] })).to.equal('CRL_MISSING at 1')
    const root = [
      await crl(ca.keys.root, { issuer: caName('Root'), revoked: [revoked(integer('02'), '260501000000Z')] }),
    ]
    expect(await judge([await list()], { root })).to.equal('REVOKED at 1')
  })

  it('says since when and why', async () => {
    const crls = readableCrls([await list({ revoked: [revoked(leafSerial, '260501000000Z', reason(1))] }), ofRoot])
    const anchors = [ca.anchorOf(ca.root, { crl: 'required' })]
    const result = await validateChain({ chain: [ca.leaf, ca.issuing], anchors, crls, at, verify: webcryptoVerify })
    expect(result).to.deep.include({
      rule: 'REVOKED',
      detail: 'revoked since 2026-05-01T00:00:00.000Z, reason keyCompromise',
    })
  })

  it('counts even where lists are not required, which then may be missing, stale or forged', async () => {
    const rule = 'none'
    expect(await judge([], { rule, root: [] })).to.equal('valid')
    expect(await judge([await list({ revoked: [revoked(leafSerial, '260501000000Z')] })], { rule })).to.equal(
      'REVOKED at 0',
    )
    expect(await judge([await list()], { rule, when: new Date('2026-07-01T00:00:00Z') })).to.equal('valid')
    const forged = await crl(ca.keys.leaf, { revoked: [revoked(leafSerial, '260501000000Z')] })
    expect(await judge([forged], { rule })).to.equal('valid')
  })

  it('takes a list from its update to the next, both included', async () => {
    const lists = [await list()]
    for (const [instant, expected] of [
      ['2026-05-31T23:59:59.999Z', 'CRL_MISSING at 1'],
      ['2026-06-01T00:00:00Z', 'valid'],
      ['2026-06-02T00:00:00Z', 'valid'],
      ['2026-06-02T00:00:01Z', 'CRL_STALE at 1'],
    ] as const) {
      expect(await judge(lists, { when: new Date(instant) }), instant).to.equal(expected)
    }
  })

  it('asks the newest list made up to the instant: a hold that was lifted is lifted', async () => {
    const held = await list({
      thisUpdate: utcTime('260531000000Z'),
      nextUpdate: utcTime('260630000000Z'),
      revoked: [revoked(leafSerial, '260530000000Z', reason(6))],
    })
    expect(await judge([held])).to.equal('REVOKED at 0')
    expect(await judge([held, await list()])).to.equal('valid')
    expect(await judge([await list(), held])).to.equal('valid')
  })

  it('does not fall back to an older list when the newest is stale', async () => {
    const short = await list({ thisUpdate: utcTime('260601060000Z'), nextUpdate: utcTime('260601070000Z') })
    expect(await judge([await list(), short])).to.equal('CRL_STALE at 0')
  })

  describe('with lists made after the instant', () => {
    const later = { thisUpdate: utcTime('260701000000Z'), nextUpdate: utcTime('260702000000Z') }

    it('does not touch what was signed before the revocation', async () => {
      const lists = [await list(), await list({ ...later, revoked: [revoked(leafSerial, '260615000000Z', reason(1))] })]
      expect(await judge(lists)).to.equal('valid')
    })
    it('does touch what was signed after the key was invalid, though nobody knew', async () => {
      const entry = revoked(leafSerial, '260615000000Z', reason(1), invalidSince('20260601000000Z'))
      expect(await judge([await list(), await list({ ...later, revoked: [entry] })])).to.equal('REVOKED at 0')
    })
    it('proves nothing good', async () => {
      expect(await judge([await list(later)])).to.equal('CRL_MISSING at 0')
    })
  })

  it('starts at the instant of revocation', async () => {
    for (const [on, expected] of [
      ['260601120000Z', 'REVOKED at 0'],
      ['260601120001Z', 'valid'],
    ] as const) {
      expect(await judge([await list({ revoked: [revoked(leafSerial, on, reason(4))] })]), on).to.equal(expected)
    }
  })

  it('believes a list only with the issuer’s signature, key and right to sign lists', async () => {
    expect(await judge([await crl(ca.keys.root)])).to.equal('CRL_SIGNATURE at 0')
    expect(await judge([await list({ extensions: [authorityKey('other')] })])).to.equal('CRL_SIGNATURE at 0')
    expect(await judge([await list({ extensions: [authorityKey('issuing')] })])).to.equal('valid')
    const extensions = [basicConstraints(true, 0), keyUsage(0x04), subjectKey('issuing'), authorityKey('root')]
    const chain = [ca.leaf, await certificate(ca.keys.root, { ...ca.issuingFields, extensions })]
    expect(await judge([await list()], { chain })).to.equal('CRL_SIGNATURE at 0')
    const forged = (await list()).slice()
    forged[40] = (forged[40] ?? 0) ^ 1
    expect(await judge([forged])).to.not.equal('valid')
  })

  it('keeps to lists that cover this kind of certificate', async () => {
    const only = (field: number) => [extension('2.5.29.28', sequence(tlv(0x80 | field, Uint8Array.of(0xff))), true)]
    expect(await judge([await list({ extensions: only(1) })])).to.equal('valid')
    expect(await judge([await list({ extensions: only(2) })])).to.equal('CRL_SCOPE at 0')
    const root = [await crl(ca.keys.root, { issuer: caName('Root'), extensions: only(1) })]
    expect(await judge([await list()], { root })).to.equal('CRL_SCOPE at 1')
  })

  it('takes a list split by distribution point for the certificates that point there', async () => {
    const pointing = async (...where: readonly string[]) => [
      await certificate(ca.keys.issuing, {
        ...ca.leafFields,
        extensions: [...ca.leafFields.extensions, extension('2.5.29.31', points(...where))],
      }),
      ca.issuing,
    ]
    const part = await list({ extensions: [extension('2.5.29.28', sequence(tlv(0xa0, full('http://ca/1'))), true)] })
    expect(await judge([part], { chain: await pointing('http://ca/1') })).to.equal('valid')
    expect(await judge([part], { chain: await pointing('http://ca/0', 'http://ca/1') })).to.equal('valid')
    expect(await judge([part], { chain: await pointing('http://ca/2') })).to.equal('CRL_SCOPE at 0')
    expect(await judge([part])).to.equal('CRL_SCOPE at 0')
  })

  it('can not be decided for a certificate that points to lists of changes', async () => {
    const extensions = [keyUsage(0x80), authorityKey('issuing'), extension('2.5.29.46', points('http://ca/delta'))]
    const chain = [await certificate(ca.keys.issuing, { ...ca.leafFields, extensions }), ca.issuing]
    expect(await judge([await list()], { chain })).to.equal('CRL_SCOPE at 0')
    expect(await judge([await list()], { chain, rule: 'none' })).to.equal('valid')
  })

  describe('refuses a list', () => {
    const distribution = (value: Uint8Array) => [extension('2.5.29.28', value, true)]
    for (const [what, fields, rule] of [
      ['of version 1', { version: new Uint8Array() }, 'VERSION'],
      ['with another algorithm inside', { inner: fromHex('300a06082a8648ce3d040303') }, 'ALGORITHM_MISMATCH'],
      ['without a next update', { nextUpdate: new Uint8Array() }, 'ENCODING'],
      [
        'with an unknown critical extension',
        { extensions: [extension('1.2.3', sequence(), true)] },
        'EXTENSION_CRITICAL',
      ],
      ['of changes', { extensions: [extension('2.5.29.27', integer('01'), true)] }, 'EXTENSION_CRITICAL'],
      [
        'of changes that does not say it is critical',
        { extensions: [extension('2.5.29.27', integer('01'))] },
        'CRL_SCOPE',
      ],
      ['that a list of changes adds to', { extensions: [extension('2.5.29.46', sequence())] }, 'CRL_SCOPE'],
      [
        'split by points named relative to it',
        { extensions: distribution(sequence(tlv(0xa0, tlv(0xa1)))) },
        'CRL_SCOPE',
      ],
      ['split by points without a name', { extensions: distribution(sequence(tlv(0xa0, tlv(0xa0)))) }, 'ENCODING'],
      ['without a number', { number: undefined }, 'ENCODING'],
      ['with a negative number', { number: extension('2.5.29.20', integer('81')) }, 'ENCODING'],
      ['with a critical number', { number: extension('2.5.29.20', integer('01'), true) }, 'EXTENSION_CRITICALITY'],
      ['of some reasons', { extensions: distribution(sequence(tlv(0x83, Uint8Array.of(6, 0x40)))) }, 'CRL_SCOPE'],
      ['that is indirect', { extensions: distribution(sequence(tlv(0x84, Uint8Array.of(0xff)))) }, 'CRL_SCOPE'],
      [
        'of attribute certificates',
        { extensions: distribution(sequence(tlv(0x85, Uint8Array.of(0xff)))) },
        'CRL_SCOPE',
      ],
      [
        'of users only and CAs only',
        { extensions: distribution(sequence(tlv(0x81, Uint8Array.of(0xff)), tlv(0x82, Uint8Array.of(0xff)))) },
        'ENCODING',
      ],
      ['with a default written out', { extensions: distribution(sequence(tlv(0x81, Uint8Array.of(0)))) }, 'ENCODING'],
      [
        'with a serial twice',
        { revoked: [revoked(leafSerial, '260501000000Z'), revoked(leafSerial, '260501000000Z')] },
        'ENCODING',
      ],
      [
        'with an unknown critical entry extension',
        { revoked: [revoked(leafSerial, '260501000000Z', extension('2.5.29.29', sequence(), true))] },
        'EXTENSION_CRITICAL',
      ],
      ['with an entry removed', { revoked: [revoked(leafSerial, '260501000000Z', reason(8))] }, 'ENCODING'],
      ['with an unknown reason', { revoked: [revoked(leafSerial, '260501000000Z', reason(7))] }, 'ENCODING'],
      [
        'with an empty list of entry extensions',
        { revoked: [sequence(leafSerial, utcTime('260501000000Z'), sequence())] },
        'ENCODING',
      ],
      ['with an extension twice', { extensions: [extension('2.5.29.20', integer('02'))] }, 'EXTENSION_DUPLICATE'],
      ['with a number that is no integer', { number: extension('2.5.29.20', utf8('1')) }, 'ENCODING'],
    ] as const satisfies readonly (readonly [string, Partial<CrlFields>, Rule])[]) {
      it(what, async () => {
        const der = await list(fields)
        expect(() => parseCrl(der))
          .to.throw(X509Error)
          .with.property('rule', rule)
        expect(await judge([der])).to.equal('CRL_MISSING at 0')
      })
    }
  })

  it('reads number, scope and entries', async () => {
    const parsed = parseCrl(
      await list({
        revoked: [
          revoked(integer('00ff'), '260501000000Z', reason(9), invalidSince('20260401000000Z')),
          revoked(leafSerial, '260502000000Z'),
        ],
        number: extension('2.5.29.20', integer('0fff')),
      }),
    )
    expect(parsed).to.include({ number: '0fff', scope: 'all' })
    expect(Object.fromEntries(parsed.revoked)).to.deep.equal({
      '00ff': {
        revokedAt: Date.parse('2026-05-01T00:00:00Z'),
        invalidSince: Date.parse('2026-04-01T00:00:00Z'),
        reason: 'privilegeWithdrawn',
      },
      '4102': { revokedAt: Date.parse('2026-05-02T00:00:00Z'), invalidSince: undefined, reason: 'unspecified' },
    })
  })

  it('passes over bytes that are no list', () => {
    expect(readableCrls([new Uint8Array(), fromHex('3000'), ca.leaf])).to.deep.equal([])
  })
})
