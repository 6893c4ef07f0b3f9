import { expect } from 'chai'
import { canonical } from '../../core/canonical.ts'
import { type Jws, parseCompact, signCompact } from '../../core/jws.ts'
import { verifyWithChain } from '../../core/jws-chain.ts'
import { mandatedActs } from '../../core/mandate/acts.ts'
import { mandateSchema, parseMandate } from '../../core/mandate.ts'
import { type Typ, typ } from '../../core/typ.ts'
import { readableCrls } from '../../core/x509/crl.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import { agreementOf, foundParties, type Parties, start } from '../exchange/parties.ts'
import { approve, type Clerk, giveMandate, makeClerk, mandateOf, nonceOf16, signedBy } from '../support/mandates.ts'

describe('a clerk who signs by a mandate', () => {
  let parties: Parties
  let wang: Clerk
  let li: Clerk

  before(async () => {
    parties = await foundParties()
    ;[wang, li] = [await makeClerk('王敏'), await makeClerk('李强')]
  })

  const answer = (more: object = {}) => ({
    invoice: 'https://id.gs1.org/253/6901234000047INV1',
    commitment: 'ab'.repeat(32),
    opened: {
      ...{ seller: parties.seller.uscc, buyer: parties.hospital.uscc, number: '1', issueDate: '2026-03-12' },
      ...{ gross: '22600', currency: 'CNY' },
    },
    status: 'AP',
    match: { number: true, grossAmount: true, acceptedQtyCoversInvoiced: true },
    ...{ dueConfirmed: true, payeeAccountMatch: true, disputeOpen: false },
    ...{ asOf: '2026-03-15T08:00:00Z', expires: '2026-04-15T08:00:00Z', nonce: nonceOf16() },
    ...more,
  })
  const judge = async (jws: Jws, expectedTyp: Typ = typ.confirmation, at = start) => {
    const { anchors, crls } = parties
    return verifyWithChain(jws, { expectedTyp, anchors, crls: readableCrls(crls), at, verify: webcryptoVerify })
  }
  const parsed = (text: string): Jws => {
    const jws = parseCompact(text)
    if (!jws.ok) throw new Error(jws.detail)
    return jws
  }
  type Signed = { clerk?: Clerk; mandate?: string; act?: Typ; said?: object; approval?: string; limits?: object }
  const sign = async ({
    clerk = wang,
    act = typ.confirmation,
    said = answer(),
    approval,
    limits,
    ...it
  }: Signed = {}) => {
    const mandate = it.mandate ?? (await giveMandate(parties.hospital, clerk, limits))
    return parsed(await signCompact({ typ: act, key: clerk.key, payload: canonical(said), mandate, approval }))
  }
  const refused = async (
    jws: Jws,
    because: string,
    code = 'JWS_MANDATE',
    expected: Typ = typ.confirmation,
    at = start,
  ) => {
    const result = await judge(jws, expected, at)
    expect(result, because).to.include({ ok: false, code })
    expect(result.ok ? '' : result.detail).to.include(because)
  }

  it('binds its organization, and is named beside it', async () => {
    const result = await judge(await sign())
    if (!result.ok) throw new Error(result.detail)
    const { uscc, name, thumbprint, clerks } = result.signer
    expect({ uscc, name, thumbprint }).to.deep.equal({
      uscc: parties.hospital.uscc,
      name: parties.hospital.name,
      thumbprint: parties.hospital.thumbprint,
    })
    expect(clerks!.map(clerk => clerk.name)).to.deep.equal(['王敏'])
  })

  it('is refused for acts, times, amounts, counterparties and matters that the mandate does not have', async () => {
    const { seller, bank } = parties
    const limit = (amount: string, currency = 'CNY') => ({ limit: { amount, currency } })
    await refused(await sign({ limits: { acts: ['question'] } }), 'does not name acts')
    await refused(await sign({ limits: { notBefore: '2026-03-15T08:00:01Z' } }), 'begins')
    await refused(await sign({ limits: { notAfter: '2026-03-15T07:59:59Z' } }), 'ended')
    await refused(await sign({ limits: limit('22599') }), '22599')
    await refused(await sign({ limits: limit('99999', 'USD') }), 'USD')
    await refused(await sign({ limits: { counterparties: [bank.uscc] } }), seller.uscc)
    await refused(await sign({ limits: { matters: ['another'] } }), 'does not name')
    const { invoice } = answer()
    const all = { ...limit('22600'), counterparties: [seller.uscc], matters: [invoice] }
    const edges = { notBefore: '2026-03-15T08:00:00Z', notAfter: '2026-03-15T08:00:01Z' }
    expect((await judge(await sign({ limits: { ...all, ...edges } }))).ok).to.equal(true)
  })

  it('is refused where a limit asks for what the act does not say', async () => {
    const application = {
      ...{ id: crypto.randomUUID(), seller: parties.seller.uscc, bank: parties.bank.uscc },
      ...{ authorization: crypto.randomUUID(), mode: '明保理', recourse: true, currency: 'CNY', nonce: nonceOf16() },
      ...{ invoices: [{ code: 'x', commitment: 'ab'.repeat(32) }], iat: '2026-03-15T08:00:00Z' },
    }
    const limits = { acts: ['application'], limit: { amount: '99999999', currency: 'CNY' } }
    const mandate = await giveMandate(parties.seller, wang, limits)
    const jws = await sign({ mandate, act: typ.application, said: application })
    await refused(jws, 'how much', 'JWS_MANDATE', typ.application)
    const free = await giveMandate(parties.seller, wang, { acts: ['application'] })
    const allowed = await judge(await sign({ mandate: free, act: typ.application, said: application }), typ.application)
    expect(allowed.ok).to.equal(true)
  })

  it('is refused with another key than the mandate names, or for another act than was signed', async () => {
    const mandate = await giveMandate(parties.hospital, wang)
    await refused(await sign({ clerk: li, mandate }), 'signature', 'JWS_SIGNATURE')
    await refused(await sign({ act: typ.question, mandate }), 'expected', 'JWS_TYP')
  })

  it('is refused by a mandate that is not signed by its organization, or as of another act', async () => {
    const forged = await signedBy(parties.seller, typ.mandate, mandateOf(parties.hospital, wang))
    await refused(await sign({ mandate: forged }), 'another organization')
    const asDocument = await signedBy(parties.hospital, typ.document, mandateOf(parties.hospital, wang))
    await refused(await sign({ mandate: asDocument }), 'expected', 'JWS_TYP')
    const stranger = (await foundParties('Stranger')).hospital
    const result = await judge(await sign({ mandate: await giveMandate(stranger, wang) }))
    expect(result).to.include({ ok: false, code: 'JWS_CHAIN', rule: 'ANCHOR_UNKNOWN' })
  })

  it('gives no mandate, ends none, and makes no keys or documents: no mandate can name such acts', async () => {
    const own = await giveMandate(parties.hospital, wang)
    for (const act of Object.values(typ)) {
      if (Object.values(mandatedActs).some(it => it.typ === act)) continue
      const jws = await sign({ mandate: own, act, said: mandateOf(parties.hospital, li) })
      expect(await judge(jws, act), act).to.include({ ok: false, code: 'JWS_MANDATE' })
      expect(mandateSchema.safeParse(mandateOf(parties.hospital, wang, { acts: [act] })).success).to.equal(false)
    }
    const chained = await signCompact({
      typ: typ.mandate,
      key: wang.key,
      payload: canonical(mandateOf(parties.hospital, li)),
      mandate: own,
    })
    await refused(await sign({ clerk: li, mandate: chained }), 'no clerk gives')
  })

  it('carries its mandate or a certificate, never both', async () => {
    const mandate = await giveMandate(parties.hospital, wang)
    const { key, x5c } = parties.hospital
    const both = await signCompact({ typ: typ.confirmation, key, x5c, mandate, payload: canonical(answer()) })
    expect(parseCompact(both)).to.include({ ok: false, code: 'JWS_HEADER' })
  })

  describe('where the organization demands two persons', () => {
    const limits = { twoPersons: true }
    const both = async (
      more: {
        by?: Clerk
        limits?: object
        said?: object
        approved?: object
        act?: string
        organization?: Parties['bank']
      } = {},
    ) => {
      const said = more.said ?? answer()
      const by = more.by ?? li
      const mandate = await giveMandate(more.organization ?? parties.hospital, by, more.limits)
      const approval = await approve(by, mandate, more.act ?? typ.confirmation, more.approved ?? said)
      return sign({ limits, said, approval })
    }

    it('takes the word of a second one on the same act, and names both', async () => {
      await refused(await sign({ limits }), 'second clerk')
      const result = await judge(await both())
      expect(result.ok && result.signer.clerks!.map(({ name }) => name)).to.deep.equal(['王敏', '李强'])
    })

    it('takes no word of the same clerk, on another act, beyond its own mandate, or from another house', async () => {
      await refused(await both({ by: wang }), 'two persons')
      await refused(await both({ by: { ...li, name: wang.name } }), 'two persons')
      await refused(await both({ by: { ...wang, name: li.name } }), 'two persons')
      await refused(await both({ approved: answer() }), 'another act')
      await refused(await both({ act: typ.question }), 'another act')
      await refused(await both({ limits: { acts: ['authorization'] } }), 'does not name acts')
      await refused(await both({ limits: { limit: { amount: '1', currency: 'CNY' } } }), 'ends at 1')
      await refused(await both({ organization: parties.bank }), 'another organization')
    })

    it('takes a word that the second clerk’s key has not signed for none', async () => {
      const said = answer()
      const mandate = await giveMandate(parties.hospital, li)
      const approval = await approve({ ...li, key: wang.key }, mandate, typ.confirmation, said)
      await refused(await sign({ limits, said, approval }), 'signature', 'JWS_SIGNATURE')
      const forged = await signedBy(parties.seller, typ.mandate, mandateOf(parties.hospital, li))
      const word = await approve(li, forged, typ.confirmation, said)
      await refused(await sign({ limits, said, approval: word }), 'another organization')
    })
  })

  it('signs authorizations within the same limits: every organization in them must be named', async () => {
    const payload = agreementOf(parties)
    const mandate = await giveMandate(parties.seller, wang, { counterparties: [parties.bank.uscc] })
    await refused(
      await sign({ mandate, act: typ.authorization, said: payload }),
      parties.hospital.uscc,
      'JWS_MANDATE',
      typ.authorization,
    )
    const named = { counterparties: [parties.bank.uscc, parties.hospital.uscc] }
    const wide = await giveMandate(parties.seller, wang, named)
    expect(
      (await judge(await sign({ mandate: wide, act: typ.authorization, said: payload }), typ.authorization)).ok,
    ).to.equal(true)
  })

  it('has a mandate whose every member is part of what is signed', () => {
    const mandate = mandateOf(parties.hospital, wang)
    expect(parseMandate(canonical(mandate))).to.deep.equal(mandate)
    expect(() => parseMandate(canonical({ ...mandate, more: 1 }))).to.throw(SyntaxError)
    expect(() => parseMandate(canonical({ ...mandate, notAfter: mandate.notBefore }))).to.throw(SyntaxError)
    expect(() => parseMandate(canonical({ ...mandate, acts: ['confirmation', 'confirmation'] }))).to.throw(SyntaxError)
  })
})
