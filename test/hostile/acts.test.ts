import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { sha256 } from '#sha256'
import { hex } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import type { RefusalCode } from '../../core/errors.ts'
import type { RegistryContract } from '../../core/financing.ts'
import { signGeneral } from '../../core/jws-general.ts'
import { signAssertion } from '../../core/oauth/assertion.ts'
import { type Typ, typ } from '../../core/typ.ts'
import { type Actor, get, instant, nonce, register, sign, until } from '../../scripts/sample/actor.ts'
import { clean, type LiveTrade, registerLive } from '../../scripts/sample/live.ts'
import { type Applied, apply, ask as askHospital, authorize } from '../../scripts/sample/money.ts'
import { useGround } from './ground.ts'
import { orderOf } from './order.ts'
import { ask, expectCode, expectNothingWritten, expectRefused } from './refused.ts'

const DAY = 86_400_000

describe('a signature in the wrong place', function () {
  this.timeout(60_000)
  const ground = useGround()
  let trade: LiveTrade
  let authorization: string
  let applied: Applied

  let registry: RegistryContract
  before(async () => {
    const { cast } = ground()
    trade = await registerLive(cast, clean)
    await askHospital(cast.distributor, trade.invoice, factsOf(trade))
    await until('the question to reach the hospital', async () => {
      const page = await get<{ items: readonly { id: string }[] }>(cast.hospital, '/api/v1/questions')
      return page.items.some(({ id }) => id === trade.invoice.commitment) || undefined
    })
    authorization = await authorize(cast, cast.bank)
    applied = await apply(cast.distributor, cast.bank, authorization, trade.invoice, factsOf(trade), '明保理')
    registry = (await get<{ financingRegistry: RegistryContract }>(cast.distributor, '/api/v1/node')).financingRegistry
  })

  const opened = () => {
    const { parties, ...rest } = factsOf(trade)
    return { ...parties, ...rest }
  }
  const question = (over: object = {}) => ({
    ...{ invoice: trade.invoice.code, version: 1, commitment: trade.invoice.commitment, opened: opened() },
    ...{ nonce: nonce(), iat: instant() },
    ...over,
  })
  const answer = (over: object = {}) => ({
    ...{ invoice: trade.invoice.code, commitment: trade.invoice.commitment, opened: opened(), status: 'AP' },
    match: { number: true, grossAmount: true, acceptedQtyCoversInvoiced: true },
    ...{ dueConfirmed: true, payeeAccountMatch: true, disputeOpen: false, nonce: nonce() },
    ...{ asOf: instant(), expires: instant(new Date(Date.now() + 90 * DAY)) },
    ...over,
  })
  const application = (over: object = {}) => ({
    ...{ id: randomUUID(), seller: ground().cast.distributor.uscc, bank: ground().cast.bank.uscc, authorization },
    invoices: [{ code: trade.invoice.code, commitment: trade.invoice.commitment }],
    ...{ mode: '明保理', recourse: true, currency: 'CNY', nonce: nonce(), iat: instant() },
    ...over,
  })
  const revocation = (over: object = {}) => ({
    ...{ authorization, act: 'revoke', reason: 'test', nonce: nonce(), iat: instant() },
    ...over,
  })
  const decision = (over: object = {}) => ({
    ...{ application: applied.id, bank: ground().cast.bank.uscc, outcome: 'declined' },
    ...{ reason: { code: 'OTHER', text: 'test' }, nonce: nonce(), iat: instant() },
    ...over,
  })
  const terms = () => ({
    ...{ application: applied.id, bank: ground().cast.bank.uscc, seller: ground().cast.distributor.uscc },
    ...{ mode: '明保理', recourse: true, amount: trade.invoiceDocument.gross },
  })
  const consent = (over: object = {}) => ({
    ...terms(),
    ...{ invoice: trade.invoice.code, commitment: trade.invoice.commitment, currency: 'CNY' },
    ...{ deadline: instant(new Date(Date.now() + DAY)), registry, nonce: nonce(), iat: instant() },
    ...over,
  })
  const mark = (of: object, over: object = {}) => {
    const { number, issueDate, gross } = trade.invoiceDocument
    const { code, commitment } = trade.invoice
    return {
      ...terms(),
      ...{ id: randomUUID(), act: 'register', consent: hex(sha256(canonical(of))), nonce: nonce(), iat: instant() },
      invoice: { code, commitment, number, issueDate, gross, currency: 'CNY' },
      goods: {
        serials: trade.invoiceDocument.lines[0]?.serials ?? [],
        lines: [{ order: trade.order.code, line: '1', quantity: '20', accepted: '20', units: [] }],
      },
      ...over,
    }
  }
  const hand = (actor: Actor, path: string, body: string, type = 'application/jose') =>
    ask(actor, 'POST', path, { body, type })
  const distributor = () => ground().cast.distributor
  const bank = () => ground().cast.bank
  const hospital = () => ground().cast.hospital

  /** Where each act is handed in, by whom, and what it says. */
  type Place = {
    readonly typ: Typ
    readonly by: () => Actor
    readonly path: () => string
    readonly payload: () => object
    readonly node?: 'hospital'
  }
  const places: Readonly<Record<string, Place>> = {
    question: { typ: typ.question, by: distributor, path: () => '/api/v1/questions', payload: question },
    confirmation: {
      ...{ typ: typ.confirmation, by: hospital, path: () => '/api/v1/confirmations', payload: answer },
      node: 'hospital',
    },
    application: { typ: typ.application, by: distributor, path: () => '/api/v1/applications', payload: application },
    decision: {
      ...{ typ: typ.decision, by: bank, payload: decision },
      path: () => `/api/v1/applications/${applied.id}/decision`,
    },
    revocation: {
      ...{ typ: typ.authorizationRevocation, by: distributor, payload: revocation },
      path: () => `/api/v1/authorizations/${authorization}/revocation`,
    },
  }

  for (const [name, place] of Object.entries(places)) {
    it(`as ${name} no other kind of act is taken, whatever it says`, () =>
      expectNothingWritten(
        ground(),
        async () => {
          const actor = place.by()
          for (const other of Object.values(typ)) {
            if (other === place.typ) continue
            const response = await hand(actor, place.path(), await sign(actor, other, place.payload()))
            await expectRefused(response, 'SIGNATURE_WRONG_ACT')
          }
          // What is signed only to sign in says the same of nothing.
          const { uscc, key, chain } = actor
          const assertion = await signAssertion({ uscc, key, chain }, actor.node, Math.floor(Date.now() / 1000))
          await expectRefused(await hand(actor, place.path(), assertion), 'SIGNATURE_WRONG_ACT')
        },
        place.node,
      ))

    it(`as ${name} nothing is taken that was changed, cut, or signed by another`, () =>
      expectNothingWritten(
        ground(),
        async () => {
          const actor = place.by()
          const good = await sign(actor, place.typ, place.payload())
          const [header = '', payload = '', signature = ''] = good.split('.')
          const other = await sign(actor, place.typ, { ...place.payload(), nonce: nonce() })
          const forged: readonly string[] = [
            `${header}.${other.split('.')[1]}.${signature}`,
            `${header}.${payload}.${signature.slice(0, -4)}`,
            `${header}.${payload}.`,
            `${header}..${signature}`,
            `${header}.${payload}=.${signature}`,
            `${header}.${payload}.${signature}.${signature}`,
            `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
            'x',
          ]
          for (const text of forged) await expectRefused(await hand(actor, place.path(), text), 'SIGNATURE_INVALID')
          // Somebody else's hand under the same words.
          const stranger = place.by() === hospital() ? bank() : ground().cast.wholesaler
          const theirs = await sign(stranger, place.typ, place.payload())
          const refused = await (await hand(actor, place.path(), theirs)).json()
          expect(['SIGNER_MISMATCH', 'NOT_YOURS']).to.include((refused as { code: string }).code)
        },
        place.node,
      ))
  }

  it('as authorization no revocation is taken, as revocation no authorization', () =>
    expectNothingWritten(ground(), async () => {
      const { key, chain: x5c } = distributor()
      const view = await get<{ signed?: string }>(distributor(), `/api/v1/authorizations/${authorization}`)
      const signed = JSON.parse(view.signed ?? '{}') as { payload: string; signatures: readonly object[] }
      const payload = Uint8Array.from(Buffer.from(signed.payload, 'base64url'))
      const other = await signGeneral(payload, { typ: typ.authorizationRevocation, key, x5c })
      await expectRefused(
        await hand(distributor(), '/api/v1/authorizations', other, 'application/jose+json'),
        'SIGNATURE_WRONG_ACT',
      )
      const [first] = signed.signatures as readonly { protected: string; signature: string }[]
      const compact = `${first?.protected}.${signed.payload}.${first?.signature}`
      const path = `/api/v1/authorizations/${authorization}/revocation`
      await expectRefused(await hand(distributor(), path, compact), 'SIGNATURE_WRONG_ACT')
    }))

  it('as consent no mark is taken, as mark no consent, and no consent for anything else', () =>
    expectNothingWritten(ground(), async () => {
      const both = async (given: object, as: { mark?: Typ; consent?: Typ; by?: Actor } = {}, over: object = {}) => {
        const body = {
          mark: await sign(bank(), as.mark ?? typ.financingMark, mark(given, over)),
          consent: await sign(as.by ?? distributor(), as.consent ?? typ.financingConsent, given),
        }
        return ask(bank(), 'POST', '/api/v1/financings', { body: JSON.stringify(body) })
      }
      const good = consent()
      await expectRefused(await both(good, { mark: typ.financingConsent }), 'SIGNATURE_WRONG_ACT')
      await expectRefused(await both(good, { consent: typ.financingMark }), 'SIGNATURE_WRONG_ACT')
      await expectRefused(await both(good, { consent: typ.application }), 'SIGNATURE_WRONG_ACT')
      await expectRefused(await both(good, { by: bank() }), 'SIGNER_MISMATCH')
      await expectRefused(await both(consent({ application: randomUUID() })), 'CONSENT_INVALID')
      await expectRefused(await both(consent({ amount: '1' })), 'CONSENT_INVALID')
      await expectRefused(await both(consent({ registry: undefined })), 'CONSENT_INVALID')
      for (const other of [{ chainId: '1' }, { genesis: `0x${'5'.repeat(64)}` }, { contract: `0x${'5'.repeat(40)}` }]) {
        await expectRefused(await both(consent({ registry: { ...registry, ...other } })), 'CONSENT_INVALID')
      }
      await expectRefused(await both(consent({ deadline: '2020-01-01T00:00:00Z' })), 'CONSENT_INVALID')
      await expectRefused(await both(good, {}, { consent: hex(sha256(canonical(consent()))) }), 'CONSENT_INVALID')
      for (const amount of ['-1', '1.5', '9'.repeat(18)]) {
        await expectRefused(await both(consent({ amount })), 'INVALID_REQUEST')
        await expectRefused(await both(good, {}, { amount }), 'INVALID_REQUEST')
      }
      await expectRefused(await both(good, {}, { iat: '2099-01-01T00:00:00Z' }), 'DATE_IN_FUTURE')
    }))

  it('an act from the future, of the year 0000, about nothing, or with U+0000 is refused', () =>
    expectNothingWritten(ground(), async () => {
      const say = async (name: keyof typeof places, over: object, code: RefusalCode) => {
        const place = places[name]
        if (!place) throw new Error(`there is no place for ${name}`)
        const actor = place.by()
        const text = await sign(actor, place.typ, { ...place.payload(), ...over })
        await expectRefused(await hand(actor, place.path(), text), code)
      }
      const nobody = randomUUID()
      await say('question', { iat: '2099-01-01T00:00:00Z' }, 'DATE_IN_FUTURE')
      await say('question', { iat: '0000-01-01T00:00:00Z' }, 'INVALID_REQUEST')
      await say('question', { commitment: '0'.repeat(64) }, 'DOCUMENT_UNKNOWN')
      await say('question', { opened: { ...opened(), gross: '1' } }, 'DOCUMENT_INVALID')
      await say('question', { opened: { ...opened(), gross: '-1' } }, 'INVALID_REQUEST')
      await say('question', {}, 'QUESTION_EXISTS')
      await say('application', { iat: '2099-01-01T00:00:00Z' }, 'DATE_IN_FUTURE')
      await say('application', { authorization: nobody }, 'AUTHORIZATION_UNKNOWN')
      await say('application', { bank: ground().cast.otherBank.uscc }, 'AUTHORIZATION_UNKNOWN')
      await say('application', { currency: 'USD' }, 'DOCUMENT_INVALID')
      await say('decision', { application: nobody }, 'INVALID_REQUEST')
      await say('decision', { reason: { code: 'OTHER', text: 'a\u0000b' } }, 'INVALID_REQUEST')
      await say('decision', { iat: '2099-01-01T00:00:00Z' }, 'DATE_IN_FUTURE')
      await say('revocation', { iat: '2099-01-01T00:00:00Z' }, 'DATE_IN_FUTURE')
      await say('revocation', { authorization: nobody }, 'SIGNATURE_WRONG_ACT')
      await say('revocation', { act: 'suspend' }, 'SIGNATURE_WRONG_ACT')
    }))

  it('a nonce counts once: the same act is answered as before, another one is NONCE_REPLAYED', async () => {
    const first = application()
    const text = await sign(distributor(), typ.application, first)
    expect((await hand(distributor(), '/api/v1/applications', text)).status).to.equal(201)
    await expectNothingWritten(ground(), async () => {
      expect((await hand(distributor(), '/api/v1/applications', text)).status).to.equal(200)
      const other = await sign(distributor(), typ.application, application({ nonce: first.nonce }))
      await expectRefused(await hand(distributor(), '/api/v1/applications', other), 'NONCE_REPLAYED')
    })
  })

  it('an answer is given once, and by its hospital alone', async () => {
    const text = await sign(hospital(), typ.confirmation, answer())
    await expectNothingWritten(ground(), async () => {
      // The seller and the bank have no role for it; at the seller's node the hospital's word arrives by its own node.
      for (const actor of [distributor(), bank()]) {
        await expectRefused(await hand(actor, '/api/v1/confirmations', text), 'ROLE_FORBIDDEN')
      }
    })
    expect((await hand(hospital(), '/api/v1/confirmations', text)).status).to.equal(201)
    await expectNothingWritten(
      ground(),
      async () => {
        const other = await sign(hospital(), typ.confirmation, answer({ status: 'IP' }))
        await expectRefused(await hand(hospital(), '/api/v1/confirmations', other), 'ANSWER_EXISTS')
        const over = await sign(
          hospital(),
          typ.confirmation,
          answer({ asOf: '2026-01-01T00:00:00Z', expires: '2026-01-02T00:00:00Z' }),
        )
        await expectRefused(await hand(hospital(), '/api/v1/confirmations', over), 'ANSWER_EXPIRED')
      },
      'hospital',
    )
  })

  describe('what is others’', () => {
    const code = () => encodeURIComponent(trade.invoice.code)

    it('stays unknown to another distributor and another bank', async () => {
      const { wholesaler, otherBank } = ground().cast
      const unknown: readonly (readonly [Actor, string, RefusalCode])[] = [
        [wholesaler, `/api/v1/documents/${code()}`, 'DOCUMENT_UNKNOWN'],
        [wholesaler, `/api/v1/questions/${trade.invoice.commitment}`, 'QUESTION_UNKNOWN'],
        [wholesaler, `/api/v1/authorizations/${authorization}`, 'AUTHORIZATION_UNKNOWN'],
        [wholesaler, `/api/v1/applications/${applied.id}`, 'APPLICATION_UNKNOWN'],
        [otherBank, `/api/v1/authorizations/${authorization}`, 'AUTHORIZATION_UNKNOWN'],
        [otherBank, `/api/v1/applications/${applied.id}`, 'APPLICATION_UNKNOWN'],
        [otherBank, `/api/v1/reports/${randomUUID()}`, 'REPORT_UNKNOWN'],
        [bank(), `/api/v1/documents/${code()}`, 'DOCUMENT_UNKNOWN'],
        [bank(), `/api/v1/questions/${trade.invoice.commitment}`, 'ROLE_FORBIDDEN'],
        // What the hospital's own scans say is not the seller's business, at either node.
        [distributor(), `/api/v1/questions/${trade.invoice.commitment}/comparison`, 'ROLE_FORBIDDEN'],
      ]
      for (const [actor, path, refusal] of unknown) await expectRefused(await ask(actor, 'GET', path), refusal)
    })

    it('is in no list of theirs', async () => {
      const { wholesaler, otherBank } = ground().cast
      const lists: readonly (readonly [Actor, string])[] = [
        [wholesaler, '/api/v1/documents'],
        [wholesaler, '/api/v1/questions'],
        [wholesaler, '/api/v1/confirmations'],
        [wholesaler, '/api/v1/applications'],
        [wholesaler, '/api/v1/financings'],
        [otherBank, '/api/v1/applications'],
        [otherBank, '/api/v1/financings'],
        [otherBank, '/api/v1/reports'],
      ]
      for (const [actor, path] of lists) {
        expect((await get<{ items: readonly unknown[] }>(actor, path)).items, path).to.deep.equal([])
      }
      expect((await get<{ scans: readonly unknown[] }>(wholesaler, '/api/v1/scans')).scans).to.deep.equal([])
      type Authorizations = { readonly authorizations: readonly unknown[] }
      expect((await get<Authorizations>(otherBank, '/api/v1/authorizations')).authorizations).to.deep.equal([])
    })

    it('is not acted on by them, and the bank without an authorization leaves a denial and nothing else', async () => {
      const { wholesaler, otherBank, hospital: buyer } = ground().cast
      await expectNothingWritten(ground(), async () => {
        const order = orderOf(distributor(), buyer, 'FORGED-1')
        await expectCode(register({ ...distributor(), client: wholesaler.client }, order), 'NOT_YOURS')
        await expectCode(register({ ...wholesaler, uscc: distributor().uscc }, order), 'SIGNER_MISMATCH')
        const declined = decision({ bank: otherBank.uscc })
        const path = `/api/v1/applications/${applied.id}/decision`
        const theirs = await hand(otherBank, path, await sign(otherBank, typ.decision, declined))
        await expectRefused(theirs, 'APPLICATION_UNKNOWN')
        const ended = await sign(wholesaler, typ.authorizationRevocation, revocation())
        const refused = await hand(wholesaler, `/api/v1/authorizations/${authorization}/revocation`, ended)
        await expectRefused(refused, 'AUTHORIZATION_UNKNOWN')
      })
      const before = await ground().rows('market')
      const report = await ask(otherBank, 'POST', '/api/v1/reports', {
        body: JSON.stringify({ application: applied.id }),
      })
      await expectRefused(report, 'AUTHORIZATION_REQUIRED')
      const { records = 0, denials = 0, ...rest } = before
      expect(await ground().rows('market')).to.deep.equal({ ...rest, records: records + 1, denials: denials + 1 })
    })
  })

  describe('afterwards', () => {
    it('no node had a fault of its own', () => {
      for (const node of ['market', 'hospital'] as const) {
        expect(ground().printed(node)).not.to.include('request failed')
      }
    })
  })
})

const factsOf = ({ invoiceDocument: { number, issueDate, gross, currency, parties } }: LiveTrade) => ({
  number,
  issueDate,
  gross,
  currency,
  parties,
})
