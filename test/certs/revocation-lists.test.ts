import { expect } from 'chai'
import { createRevocationLists, type RevocationLists } from '../../certs/revocation-lists.ts'
import { utf8 } from '../../core/bytes.ts'
import { validateChain } from '../../core/x509/chain.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import {
  type CrlFields,
  caName,
  certificate,
  crl,
  extension,
  type Hierarchy,
  hierarchy,
  integer,
  revoked,
  sequence,
  tlv,
  utcTime,
} from '../core/x509/forge.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

/** As many as an authority of a million certificates has; more than lists are kept of one part. */
const PARTS = 7

describe('revocation lists of an authority that splits them', () => {
  let ca: Hierarchy
  let database: TestDatabase
  let lists: RevocationLists
  before(async () => {
    ca = await hierarchy()
  })
  beforeEach(async () => {
    database = await testDatabase()
    lists = createRevocationLists(database.db)
    await lists.add(await crl(ca.keys.root, { ...month, issuer: caName('Root') }))
  })
  afterEach(() => database.drop())

  const month = { thisUpdate: utcTime('260601000000Z'), nextUpdate: utcTime('260701000000Z') }
  const url = (part: number) => tlv(0xa0, tlv(0x86, utf8(`http://ca/${part}`)))
  const of = (part: number) => extension('2.5.29.28', sequence(tlv(0xa0, url(part))), true)
  const only = (field: number) => extension('2.5.29.28', sequence(tlv(0x80 | field, Uint8Array.of(0xff))), true)
  const list = (day: number, about: Uint8Array, over: Partial<CrlFields> = {}) =>
    crl(ca.keys.issuing, {
      thisUpdate: utcTime(`26060${day}000000Z`),
      nextUpdate: utcTime(`26060${day + 1}120000Z`),
      extensions: [about],
      ...over,
    })

  const judge = async (crls: RevocationLists['current'], at: string, part?: number): Promise<string> => {
    const pointing = part === undefined ? [] : [extension('2.5.29.31', sequence(sequence(tlv(0xa0, url(part)))))]
    const leaf = { ...ca.leafFields, serial: integer('4102'), extensions: [...ca.leafFields.extensions, ...pointing] }
    const result = await validateChain({
      chain: [await certificate(ca.keys.issuing, leaf), ca.issuing],
      anchors: [ca.anchorOf(ca.root, { crl: 'required' })],
      crls: await crls(),
      at: new Date(at),
      verify: webcryptoVerify,
    })
    return result.valid ? 'valid' : `${result.rule} at ${result.certificate}`
  }

  it('are kept of each part, however many others are newer', async () => {
    const named = [revoked(integer('4102'), '260601060000Z')]
    await lists.add(await list(1, of(0), { thisUpdate: utcTime('260601070000Z'), revoked: named }))
    for (let part = 1; part < PARTS; part++) {
      await lists.add(await list(1, of(part), { thisUpdate: utcTime(`26060108000${part}Z`) }))
    }
    const at = '2026-06-01T12:00:00Z'
    expect(await judge(lists.current, at, 0)).to.equal('REVOKED at 0')
    for (let part = 1; part < PARTS; part++) expect(await judge(lists.current, at, part)).to.equal('valid')
    expect(await judge(lists.current, at, PARTS), 'a part that has not come').to.equal('CRL_SCOPE at 0')
  })

  it('go each into the evidence about an instant, as they were then and as they are', async () => {
    for (const day of [1, 2, 3]) for (const part of [0, 1]) await lists.add(await list(day, of(part)))
    await lists.add(await list(3, of(1), { thisUpdate: utcTime('260603010000Z') }))
    const at = '2026-06-01T12:00:00Z'
    const then = () => lists.asAt(new Date(at))
    // Of either part that of the first day and the newest, and the root's.
    expect(await then()).to.have.length(5)
    for (const part of [0, 1]) expect(await judge(then, at, part)).to.equal('valid')
    const afterwards = [revoked(integer('4102'), '260601060000Z')]
    await lists.add(await list(4, of(0), { revoked: afterwards }))
    expect(await judge(then, at, 0), 'what became known since').to.equal('REVOKED at 0')
    expect(await judge(then, at, 1)).to.equal('valid')
  })

  it('are told apart as lists of users and of CAs, too', async () => {
    await lists.add(await list(1, only(1)))
    for (const hour of [1, 2, 3, 4, 5, 6]) {
      await lists.add(await list(1, only(2), { thisUpdate: utcTime(`260601${String(hour).padStart(2, '0')}0000Z`) }))
    }
    const at = '2026-06-01T12:00:00Z'
    expect(await judge(lists.current, at)).to.equal('valid')
    expect(await judge(() => lists.asAt(new Date(at)), at)).to.equal('valid')
  })
})
