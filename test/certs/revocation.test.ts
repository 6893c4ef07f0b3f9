import { expect } from 'chai'
import { refreshAt, withCrl } from '../../certs/revocation.ts'
import { parseCertificate } from '../../core/x509/certificate.ts'
import { X509Error } from '../../core/x509/rules.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import { type CrlFields, caName, crl, type Hierarchy, hierarchy, utcTime } from '../core/x509/forge.ts'

let ca: Hierarchy
before(async () => {
  ca = await hierarchy()
})

const list = (day: number, over: Partial<CrlFields> = {}) =>
  crl(ca.keys.issuing, {
    thisUpdate: utcTime(`26060${day}000000Z`),
    nextUpdate: utcTime(`26060${day + 2}000000Z`),
    ...over,
  })
const add = (cache: Parameters<typeof withCrl>[0], der: Uint8Array, by = ca.issuing) =>
  withCrl(cache, der, parseCertificate(by), webcryptoVerify)

describe('cache of revocation lists', () => {
  it('keeps the newest list of each issuer, in whatever order they come', async () => {
    const [first, second] = [await list(1), await list(2)]
    const ofRoot = await crl(ca.keys.root, { issuer: caName('Root') })
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      let cache = await add(new Map(), ofRoot, ca.root)
      for (const der of order) cache = await add(cache, der)
      expect([...cache.values()].map(held => held.der)).to.have.deep.members([ofRoot, second])
    }
  })

  it('takes no list from anybody but its issuer, however new, and keeps what it had', async () => {
    const cache = await add(new Map(), await list(1))
    for (const [der, by] of [
      [
        await crl(ca.keys.leaf, { thisUpdate: utcTime('270101000000Z'), nextUpdate: utcTime('280101000000Z') }),
        ca.issuing,
      ],
      [await list(2), ca.root],
      [Uint8Array.of(0x30, 0), ca.issuing],
    ] as const) {
      const outcome = await add(cache, der, by).catch(error => error)
      expect(outcome).to.be.instanceOf(X509Error)
    }
    expect(cache.size).to.equal(1)
  })

  it('is due for a new list half-way to the earliest next update', async () => {
    const cache = await add(
      await add(new Map(), await list(1)),
      await crl(ca.keys.root, { issuer: caName('Root') }),
      ca.root,
    )
    // The root's runs from the first to the second of June, the other to the third.
    expect(new Date(refreshAt(cache)).toISOString()).to.equal('2026-06-01T12:00:00.000Z')
    expect(refreshAt(new Map())).to.equal(Number.POSITIVE_INFINITY)
  })
})
