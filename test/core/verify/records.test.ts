import { expect } from 'chai'
import { issueCrl } from '../../../certs/authority.ts'
import { makeKeys } from '../../../certs/keys.ts'
import type { BundledType, BundleRecord } from '../../../core/bundle.ts'
import { base64url, fromUtf8, hex } from '../../../core/bytes.ts'
import { canonical } from '../../../core/canonical.ts'
import { captureDigests, captureSalt, signCapture } from '../../../core/capture.ts'
import { hideClaim } from '../../../core/document.ts'
import { jwkThumbprint, toPublicJwk } from '../../../core/jwk.ts'
import { signCompact } from '../../../core/jws.ts'
import { issueSdJwt } from '../../../core/sd-jwt.ts'
import { type Typ, typ } from '../../../core/typ.ts'
import type { Context } from '../../../core/verify/context.ts'
import { openRecords } from '../../../core/verify/records.ts'
import { parseCertificate } from '../../../core/x509/certificate.ts'
import { readableCrls } from '../../../core/x509/crl.ts'
import { webcryptoVerify } from '../../../core/x509/webcrypto.ts'
import { foundParties, type Parties, type Party } from '../../exchange/parties.ts'
import { codes } from '../../exchange/scene.ts'

describe('the records of a bundle', () => {
  let parties: Parties
  let context: Context

  before(async () => {
    parties = await foundParties()
    context = {
      trust: { version: 1, anchors: parties.anchors, nodes: [], chains: [], witnesses: { quorum: 0, keys: [] } },
      crls: readableCrls(parties.crls),
      answers: [],
      verify: webcryptoVerify,
      times: { stamps: new Map(), heads: [], witnessed: undefined, made: new Date('2026-03-15T08:00:00.000Z') },
    }
  })

  const recordOf = (type: BundledType, by: Party, body: string, more: Partial<BundleRecord> = {}): BundleRecord => ({
    type,
    org: by.uscc,
    index: '0',
    loggedAt: '2026-03-15T08:00:00.000Z',
    salt: base64url(new Uint8Array(32)),
    body,
    proof: 'of no interest here',
    ...more,
  })
  const signed = (of: Typ, by: Party, payload: object) =>
    signCompact({ typ: of, key: by.key, x5c: by.x5c, payload: canonical(payload) })
  /** Which steps are false about these records, with their reasons. */
  const wrongIn = async (
    records: readonly BundleRecord[],
    captures: { jws: string; digests: string[] }[] = [],
    by = context,
  ) => {
    const { opened, steps } = await openRecords({ records: [...records], captures }, by)
    return [...opened.flatMap(it => it.steps), ...steps].filter(({ outcome }) => outcome !== 'true')
  }
  const expectWrong = async (records: readonly BundleRecord[], step: string, detail: RegExp, by = context) => {
    const wrong = await wrongIn(records, [], by)
    expect(wrong.map(it => it.step)).to.include(step)
    expect(wrong.map(it => it.detail).join()).to.match(detail)
  }

  const document = async (claimed: object, by: Party, org = by) => {
    const { seller, hospital } = parties
    const claims = {
      ...{ iss: seller.uscc, iat: 1773561600, kind: 'invoice', code: codes.invoice, number: 'I1', version: 1 },
      parties: { seller: seller.uscc, buyer: hospital.uscc },
      issueDate: '2026-03-12',
      ...claimed,
    }
    const text = await issueSdJwt(claims, hideClaim, { typ: typ.document, key: by.key, x5c: by.x5c })
    const [jwt = '', ...disclosures] = text.split('~').slice(0, -1)
    return recordOf('document', org, jwt, { disclosures })
  }

  it('are good when their own parties signed them', async () => {
    const { seller, hospital } = parties
    expect(await wrongIn([await document({}, seller)])).to.deep.equal([])
    expect(await wrongIn([await document({ kind: 'receipt', iss: hospital.uscc }, hospital)])).to.deep.equal([])
  })

  it('are not good when somebody else signed a document, though certified by the same CA', async () => {
    const { seller, hospital, bank } = parties
    await expectWrong([await document({}, bank, seller)], 'signature', /signed by 91310000607000123C/)
    await expectWrong(
      [await document({ iss: bank.uscc }, bank)],
      'record',
      /not who may sign a document of kind invoice/,
    )
    await expectWrong(
      [await document({ kind: 'receipt' }, seller)],
      'record',
      /not who may sign a document of kind receipt/,
    )
    await expectWrong([await document({}, seller, hospital)], 'record', /kept as a record of/)
  })

  it('are not good when a disclosure is foreign, doubled or of another form', async () => {
    const record = await document({}, parties.seller)
    const [first = ''] = record.disclosures!
    const foreign = base64url(canonical(['c2FsdA', 'gross', '999']))
    await expectWrong([{ ...record, disclosures: [first, foreign] }], 'disclosures', /belongs to nothing/)
    await expectWrong([{ ...record, disclosures: [first, first] }], 'disclosures', /twice/)
    expect(await wrongIn([{ ...record, disclosures: [] }])).to.deep.equal([])
  })

  it('are not good when an answer is not by the hospital, or is another act', async () => {
    const { seller, hospital } = parties
    const opened = {
      ...{ seller: seller.uscc, buyer: hospital.uscc, number: 'I1', issueDate: '2026-03-12' },
      ...{ gross: '22600', currency: 'CNY' },
    }
    const nonce = 'nonce-of-sixteen-bytes-0'
    const answer = {
      invoice: codes.invoice,
      commitment: 'ab'.repeat(32),
      opened,
      status: 'AP',
      match: { number: true, grossAmount: true, acceptedQtyCoversInvoiced: true },
      ...{ dueConfirmed: true, payeeAccountMatch: true, disputeOpen: false },
      ...{ asOf: '2026-03-15T07:30:00Z', expires: '2026-04-15T07:30:00Z', nonce },
    }
    const good = recordOf('confirmation', hospital, await signed(typ.confirmation, hospital, answer))
    expect(await wrongIn([good])).to.deep.equal([])
    const bySeller = recordOf('confirmation', hospital, await signed(typ.confirmation, seller, answer))
    await expectWrong([bySeller], 'signature', /it takes the signature of/)
    const asQuestion = recordOf('confirmation', hospital, await signed(typ.question, hospital, answer))
    await expectWrong([asQuestion], 'signature', /expected tallystick.confirmation/)
    const question = recordOf('question', seller, await signed(typ.confirmation, hospital, answer))
    await expectWrong([question], 'record', /Unrecognized|not valid|Invalid/i)
  })

  it('are not good by a certificate that had been revoked, had expired, or is of another CA', async () => {
    const { seller, authority } = parties
    const record = await document({}, seller)
    const revoked = await issueCrl(authority.issuing, {
      revoked: [
        {
          serial: hex(parseCertificate(seller.x5c[0]!).serial),
          revokedAt: new Date('2026-03-14T00:00:00Z'),
          reason: 'keyCompromise',
        },
      ],
      number: 2n,
      thisUpdate: new Date('2026-03-14T00:00:00Z'),
      nextUpdate: new Date('2026-04-14T00:00:00Z'),
    })
    const crls = readableCrls([...parties.crls, revoked])
    await expectWrong([record], 'signature', /revoked since/, { ...context, crls })
    const dated = (at: string) => ({ ...context, times: { ...context.times, made: new Date(at) } })
    // What the log says of the time is a claim: it changes nothing.
    const claimed = { ...record, loggedAt: '2026-03-13T23:59:59.000Z' }
    await expectWrong([claimed], 'signature', /revoked since/, { ...context, crls })
    const earlier = { ...dated('2026-03-13T23:59:59.000Z'), crls }
    expect(await wrongIn([record], [], earlier)).to.deep.equal([])
    await expectWrong([record], 'signature', /expired|update/, dated('2027-01-01T00:00:01.000Z'))
    await expectWrong([record], 'signature', /no revocation list/, { ...context, crls: [] })
    const stranger = await foundParties('Stranger')
    await expectWrong(
      [await document({}, { ...stranger.seller })],
      'signature',
      /not trusted|SIGNATURE|does not verify/,
    )
  })

  it('are not good by a CA that is trusted for organizations of another kind', async () => {
    const record = await document({}, parties.seller)
    const banks = parties.anchors.map(anchor => ({ ...anchor, roles: ['bank' as const] }))
    const trust = { ...context.trust!, anchors: banks }
    await expectWrong([record], 'signature', /not trusted to certify a seller/, { ...context, trust })
  })

  describe('that a device captured', () => {
    const endorse = async (owner: Party, by = owner, changed: object = {}) => {
      const keys = await makeKeys()
      const jwk = toPublicJwk(await crypto.subtle.exportKey('jwk', keys.publicKey))
      const endorsement = {
        ...{ id: crypto.randomUUID(), kind: 'device', uscc: owner.uscc, jwk, thumbprint: jwkThumbprint(jwk) },
        ...{ location: codes.hospital, label: 'scanner' },
        ...{ notBefore: '2026-01-02T00:00:00Z', notAfter: '2026-12-31T00:00:00Z', ...changed },
      }
      const record = recordOf('endorsement', by, await signed(typ.keyEndorsement, by, endorsement))
      return { record, key: keys.privateKey, device: jwkThumbprint(jwk) }
    }
    const capture = async (by: Awaited<ReturnType<typeof endorse>>, org: Party) => {
      const seed = new Uint8Array(32).fill(7)
      const bodies = ['a', 'b'].map(eventID => canonical({ type: 'ObjectEvent', eventID }))
      const digests = captureDigests(seed, bodies)
      const jws = await signCapture({ key: by.key, device: by.device, seq: 1, at: new Date() }, digests)
      const events = bodies.map((body, position) => {
        const salt = base64url(captureSalt(seed, position))
        return recordOf('event', org, fromUtf8(body), { salt, capture: { of: 0, position } })
      })
      return { events, captures: [{ jws, digests: digests.map(hex) }] }
    }

    it('are good by the device of their owner, all of them or one alone', async () => {
      const device = await endorse(parties.hospital)
      const { events, captures } = await capture(device, parties.hospital)
      expect(await wrongIn([device.record, ...events], captures)).to.deep.equal([])
      expect(await wrongIn([device.record, events[1]!], captures)).to.deep.equal([])
    })

    const cases: Record<string, () => Promise<readonly [BundleRecord[], { jws: string; digests: string[] }[]]>> = {
      'endorsed by somebody else': async () => {
        const device = await endorse(parties.hospital, parties.seller)
        const { events, captures } = await capture(device, parties.hospital)
        return [[device.record, ...events], captures]
      },
      'kept as the record of another': async () => {
        const device = await endorse(parties.seller)
        const { events, captures } = await capture(device, parties.hospital)
        return [[device.record, ...events], captures]
      },
      'that nobody endorsed': async () => {
        const { events, captures } = await capture(await endorse(parties.hospital), parties.hospital)
        return [events, captures]
      },
      'endorsed for another time': async () => {
        const device = await endorse(parties.hospital, parties.hospital, { notAfter: '2026-03-14T00:00:00Z' })
        const { events, captures } = await capture(device, parties.hospital)
        return [[device.record, ...events], captures]
      },
      'at another place of the list': async () => {
        const device = await endorse(parties.hospital)
        const { events, captures } = await capture(device, parties.hospital)
        return [[device.record, { ...events[0]!, capture: { of: 0, position: 1 } }], captures]
      },
      'in a list that is not the signed one': async () => {
        const device = await endorse(parties.hospital)
        const { events, captures } = await capture(device, parties.hospital)
        return [[device.record, ...events], captures.map(it => ({ ...it, digests: it.digests.toReversed() }))]
      },
      'in a list of which no event is shown': async () => {
        const device = await endorse(parties.hospital)
        const { captures } = await capture(device, parties.hospital)
        return [[device.record], captures]
      },
      'in a list that is not there': async () => {
        const device = await endorse(parties.hospital)
        const { events } = await capture(device, parties.hospital)
        return [[device.record, ...events], []]
      },
    }
    for (const [what, make] of Object.entries(cases)) {
      it(`are not good ${what}`, async () => {
        const wrong = await wrongIn(...(await make()))
        expect(wrong.map(({ step }) => step)).to.include('capture')
      })
    }
  })
})
