import { expect } from 'chai'
import { sql } from 'kysely'
import { fromBase64url } from '../../../core/bytes.ts'
import type { DocumentOf } from '../../../core/document.ts'
import { Refusal } from '../../../core/errors.ts'
import { typ } from '../../../core/typ.ts'
import { asNode } from '../../../db/database.ts'
import { compareBooked } from '../../../receivables/books/books.ts'
import type { BookEntry } from '../../../receivables/books/entry.ts'
import { takeQuestion } from '../../../receivables/confirmations/ask.ts'
import type { Received } from '../../../receivables/confirmations/comparison.ts'
import { confirmationRoutes } from '../../../receivables/confirmations/routes.ts'
import { documentRoutes } from '../../../receivables/documents/routes.ts'
import { takeDocument } from '../../../receivables/documents/submit.ts'
import { rejection } from '../../ledger/open-ledger.ts'
import {
  expectRefusal,
  freshNonce,
  type Market,
  openMarket,
  type Party,
  type Reply,
  signAs,
  submitted,
  tradeOf,
} from '../market.ts'

const PEER = 'https://market.example'

const bookedAs = ({ parties, number, currency, gross }: DocumentOf<'invoice'>): BookEntry => ({
  ...{ supplier: parties.seller, number, currency, gross: BigInt(gross) },
  ...{ accepted: undefined, paid: undefined, due: undefined, account: undefined, disputed: undefined },
})

describe('questions and answers about pending invoices', () => {
  let market: Market
  let hospitalNode: Market
  let delivered: { readonly peer: string; readonly jws: string }[]
  let received: readonly Received[]
  let outage: Error | undefined
  let booked: Partial<BookEntry> | null
  let wanted: { readonly receiver: string; readonly codes: readonly string[]; readonly about: readonly string[] }

  const questionsPerDay = 40
  const confirmationDeps = (of: Market) => ({
    ...of.deps,
    questionsPerDay,
    deliver: async (_tx: unknown, peer: string, jws: Uint8Array) => {
      if (outage) throw outage
      delivered.push({ peer, jws: Buffer.from(jws).toString() })
    },
    receivedQuantities: async (_tx: unknown, of: typeof wanted) => {
      wanted = of
      return received
    },
    bookedOf: async (buyer: string, invoice: DocumentOf<'invoice'>) => {
      if (buyer !== market.hospital.uscc || booked === null) return null
      return compareBooked({ ...bookedAs(invoice), ...booked }, invoice)
    },
  })

  before(async function () {
    this.timeout(60_000)
    market = await openMarket()
    hospitalNode = await openMarket(market)
    for (const node of [market, hospitalNode]) {
      await node.serve([...documentRoutes(node.deps), ...confirmationRoutes(confirmationDeps(node))])
    }
  })
  beforeEach(() => {
    delivered = []
    received = []
    outage = undefined
    booked = null
    for (const node of [market, hospitalNode]) node.now = new Date('2026-03-15T08:00:00Z')
  })
  after(async () => {
    await hospitalNode.stop()
    await market.stop()
  })

  type Logged = { readonly invoice: DocumentOf<'invoice'>; readonly commitment: string }

  /** A trade whose invoice is logged at the market, and as a copy at the hospital's node. */
  const invoiced = async (consigned = false): Promise<Logged> => {
    const { order, despatch, invoice } = tradeOf(market)
    let last: Reply | undefined
    const lines = order.lines.map(line => (consigned ? { ...line, consigned } : line))
    for (const claims of [{ ...order, lines }, despatch, invoice]) {
      last = await submitted(market, claims)
      const { sdJwt, salt } = last.body as Record<'sdJwt' | 'salt', string>
      await takeDocument(hospitalNode.deps, PEER, { sdJwt, salt: fromBase64url(salt) })
    }
    return { invoice, commitment: String(last?.body.commitment) }
  }
  const opened = ({ parties, number, issueDate, gross, currency }: DocumentOf<'invoice'>) => ({
    ...parties,
    ...{ number, issueDate, gross, currency },
  })
  const questionOf = ({ invoice, commitment }: Logged, changed: object = {}) => ({
    ...{ invoice: invoice.code, version: invoice.version, commitment, opened: opened(invoice) },
    ...{ nonce: freshNonce(), iat: '2026-03-15T07:59:00Z' },
    ...changed,
  })
  const answerOf = ({ invoice, commitment }: Logged, changed: object = {}) => ({
    ...{ invoice: invoice.code, commitment, opened: opened(invoice), status: 'AP' },
    match: { number: true, grossAmount: true, acceptedQtyCoversInvoiced: true },
    ...{ dueConfirmed: true, payeeAccountMatch: true, disputeOpen: false },
    ...{ asOf: '2026-03-15T07:30:00Z', expires: '2026-04-15T00:00:00Z', nonce: freshNonce() },
    ...changed,
  })
  const ask = async (
    question: object,
    by: Party = market.seller,
    act = typ.question as typeof typ.question | typeof typ.decision,
  ) => market.post(by, '/api/v1/questions', await signAs(by, act, question))
  const answer = async (content: object, node = market, by: Party = market.hospital) =>
    node.post(by, '/api/v1/confirmations', await signAs(by, typ.confirmation, content))
  const asked = async (consigned = false): Promise<Logged> => {
    const logged = await invoiced(consigned)
    const reply = await ask(questionOf(logged))
    expect(reply.status, JSON.stringify(reply.body)).to.equal(201)
    await takeQuestion(confirmationDeps(hospitalNode), PEER, String(reply.body.jws))
    return logged
  }
  const records = async (of: Market, type: string) => {
    const { rows } = await asNode(of.database.db, tx =>
      sql<{ count: bigint }>`select count(*) from records where type = ${type}`.execute(tx),
    )
    return Number(rows[0]?.count)
  }

  describe('the seller’s question', () => {
    it('is logged at both nodes and seen by seller and hospital', async () => {
      const { commitment } = await asked()
      for (const [node, party] of [
        [market, market.seller],
        [market, market.hospital],
        [hospitalNode, market.hospital],
      ] as const) {
        const { status, body } = await node.get(party, `/api/v1/questions/${commitment}`)
        expect(status).to.equal(200)
        expect(body).to.deep.include({ id: commitment, answer: null, earlier: null })
      }
      expectRefusal(await market.get(market.bank, `/api/v1/questions/${commitment}`), 403, 'ROLE_FORBIDDEN')
      expectRefusal(await market.get(market.seller, `/api/v1/questions/${'0'.repeat(64)}`), 404, 'QUESTION_UNKNOWN')
    })

    it('is asked once for each version, and the same act again changes nothing', async () => {
      const logged = await invoiced()
      const jws = await signAs(market.seller, typ.question, questionOf(logged))
      const before = await records(market, 'question')
      const first = await market.post(market.seller, '/api/v1/questions', jws)
      const again = await market.post(market.seller, '/api/v1/questions', jws)
      expect([first.status, again.status]).to.deep.equal([201, 200])
      expect(again.body.index).to.equal(first.body.index)
      expectRefusal(await ask(questionOf(logged)), 409, 'QUESTION_EXISTS')
      expect(await records(market, 'question')).to.equal(before + 1)
    })

    it('says of a new version that it follows another', async () => {
      const first = await asked()
      const changed = { ...first.invoice, version: 2, issueDate: '2026-03-06' }
      const { body } = await submitted(market, changed)
      const second = { invoice: changed, commitment: String(body.commitment) }
      expectRefusal(await ask(questionOf(first)), 422, 'DOCUMENT_INVALID')
      expect((await ask(questionOf(second))).body).to.include({ earlier: first.commitment })
    })

    it('opens what the logged invoice says, and names it by its commitment', async () => {
      const logged = await invoiced()
      const other = await invoiced()
      const open = opened(logged.invoice)
      expectRefusal(await ask(questionOf(logged, { commitment: other.commitment })), 404, 'DOCUMENT_UNKNOWN')
      expectRefusal(await ask(questionOf(logged, { invoice: other.invoice.code })), 404, 'DOCUMENT_UNKNOWN')
      for (const wrong of [{ gross: '1' }, { number: 'X' }, { issueDate: '2026-03-04' }, { currency: 'USD' }]) {
        expectRefusal(await ask(questionOf(logged, { opened: { ...open, ...wrong } })), 422, 'DOCUMENT_INVALID')
      }
      expectRefusal(await ask(questionOf(logged, { version: 2 })), 422, 'DOCUMENT_INVALID')
      const buyer = { opened: { ...open, buyer: market.bank.uscc } }
      expectRefusal(await ask(questionOf(logged, buyer)), 403, 'ROLE_FORBIDDEN')
    })

    it('is the seller’s own act, no other, and of a time that has come', async () => {
      const logged = await invoiced()
      const question = questionOf(logged)
      const byHospital = await signAs(market.hospital, typ.question, question)
      expectRefusal(await market.post(market.seller, '/api/v1/questions', byHospital), 422, 'SIGNER_MISMATCH')
      expectRefusal(await ask(question, market.seller, typ.decision), 422, 'SIGNATURE_WRONG_ACT')
      expectRefusal(await ask(question, market.hospital), 403, 'ROLE_FORBIDDEN')
      expectRefusal(await ask(questionOf(logged, { iat: '2026-03-15T08:02:00Z' })), 400, 'DATE_IN_FUTURE')
      expectRefusal(await ask(questionOf(logged, { extra: 1 })), 400, 'INVALID_REQUEST')
      const first = await ask(question)
      expect(first.status).to.equal(201)
      const another = await invoiced()
      expectRefusal(await ask(questionOf(another, { nonce: question.nonce })), 409, 'NONCE_REPLAYED')
    })

    it('waits for the next day when too many were asked', async () => {
      const logged = await invoiced()
      let refused: Reply | undefined
      for (let i = 0; i <= questionsPerDay && !refused; i++) {
        const reply = await ask(questionOf(await invoiced()))
        if (reply.status !== 201) refused = reply
      }
      expectRefusal(refused!, 429, 'RATE_LIMITED')
      market.now = new Date('2026-03-16T08:00:01Z')
      expect((await ask(questionOf(logged))).status).to.equal(201)
    }).timeout(30_000)

    it('is not taken from a peer before the invoice is', async () => {
      const { order, invoice } = tradeOf(market)
      await submitted(market, order)
      market.now = new Date('2026-03-18T00:00:00Z')
      const { body } = await submitted(market, invoice)
      const reply = await ask(questionOf({ invoice, commitment: String(body.commitment) }))
      const taken = takeQuestion(confirmationDeps(hospitalNode), PEER, String(reply.body.jws))
      expect(await rejection(taken)).to.include({ code: 'DOCUMENT_UNKNOWN' })
    })
  })

  describe('the hospital’s answer', () => {
    before(() => {
      market.now = new Date('2026-03-25T08:00:00Z')
    })
    beforeEach(() => {
      for (const node of [market, hospitalNode]) node.now = new Date('2026-03-25T08:00:00Z')
    })
    const dates = { asOf: '2026-03-25T07:30:00Z' }

    it('is logged at the hospital’s node, passed on in the same transaction, and stands at both', async () => {
      const logged = await asked()
      const reply = await answer(answerOf(logged, dates), hospitalNode)
      expect(reply.status, JSON.stringify(reply.body)).to.equal(201)
      expect(delivered).to.deep.equal([{ peer: PEER, jws: reply.body.jws }])
      for (const expected of [201, 200]) {
        const there = await market.post(market.hospital, '/api/v1/confirmations', delivered[0]!.jws)
        expect(there.status, JSON.stringify(there.body)).to.equal(expected)
      }
      expect(delivered).to.have.length(1)
      for (const party of [market.seller, market.hospital]) {
        const { body } = await market.get(party, `/api/v1/questions/${logged.commitment}`)
        expect(body.answer).to.deep.include({ jws: reply.body.jws })
        const list = await market.get(party, `/api/v1/confirmations?question=${logged.commitment}`)
        expect(list.body.items).to.have.length(1)
      }
    })

    it('is not given at all when it can’t be queued for the other node', async () => {
      const logged = await asked()
      outage = new Refusal('DATABASE_UNAVAILABLE')
      const before = await records(hospitalNode, 'confirmation')
      expectRefusal(await answer(answerOf(logged, dates), hospitalNode), 503, 'DATABASE_UNAVAILABLE')
      expect(await records(hospitalNode, 'confirmation')).to.equal(before)
      const { body } = await hospitalNode.get(market.hospital, `/api/v1/questions/${logged.commitment}`)
      expect(body.answer).to.equal(null)
    })

    it('is the buyer’s own, over this act, of now, and not expired', async () => {
      const logged = await asked()
      const bySeller = await signAs(market.seller, typ.confirmation, answerOf(logged, dates))
      expectRefusal(await market.post(market.hospital, '/api/v1/confirmations', bySeller), 422, 'SIGNER_MISMATCH')
      const otherAct = await signAs(market.hospital, typ.question, answerOf(logged, dates))
      expectRefusal(await market.post(market.hospital, '/api/v1/confirmations', otherAct), 422, 'SIGNATURE_WRONG_ACT')
      expectRefusal(await answer(answerOf(logged, { asOf: '2026-03-25T08:02:00Z' })), 400, 'DATE_IN_FUTURE')
      const over = { asOf: '2026-03-20T00:00:00Z', expires: '2026-03-25T08:00:00Z' }
      expectRefusal(await answer(answerOf(logged, over)), 422, 'ANSWER_EXPIRED')
      expectRefusal(await answer(answerOf(logged, { ...dates, status: 'RE' })), 400, 'INVALID_REQUEST')
      const stranger = { ...opened(logged.invoice), buyer: market.seller.uscc, seller: market.hospital.uscc }
      expectRefusal(await answer(answerOf(logged, { ...dates, opened: stranger })), 422, 'SIGNER_MISMATCH')
      expect((await market.get(market.seller, `/api/v1/questions/${logged.commitment}`)).body.answer).to.equal(null)
    })

    it('is to a question that was asked, in the words that were opened', async () => {
      const logged = await asked()
      const unasked = await invoiced()
      expectRefusal(await answer(answerOf(unasked, dates)), 404, 'QUESTION_UNKNOWN')
      const words = { ...opened(logged.invoice), gross: '1' }
      expectRefusal(await answer(answerOf(logged, { ...dates, opened: words })), 422, 'DOCUMENT_INVALID')
    })

    it('is given once for each nonce, and moves only where the trade’s table lets it', async () => {
      const logged = await asked()
      const first = answerOf(logged, { asOf: '2026-03-25T01:00:00Z', status: 'UQ', reason: 'QTY' })
      const at = (hour: number, status: string, more = {}) =>
        answerOf(logged, { asOf: `2026-03-25T0${hour}:00:00Z`, status, ...more })
      expect((await answer(first)).status).to.equal(201)
      expectRefusal(await answer(at(2, 'AP', { nonce: first.nonce })), 409, 'NONCE_REPLAYED')
      expectRefusal(await answer(at(2, 'IP')), 409, 'ANSWER_EXISTS')
      expectRefusal(await answer(at(1, 'AP')), 409, 'ANSWER_EXISTS')
      expect((await answer(at(3, 'AP'))).status).to.equal(201)
      // Overtaken on its way: it fits between what was said before it and after it.
      expect((await answer(at(2, 'CA', { reason: 'PRI' }))).status).to.equal(201)
      expect(
        (await market.get(market.seller, `/api/v1/questions/${logged.commitment}`)).body.answer,
      ).to.deep.nested.include({
        'answer.status': 'AP',
      })
      expect((await answer(at(4, 'RE', { reason: 'UNR' }))).status).to.equal(201)
      expectRefusal(await answer(at(5, 'AP')), 409, 'ANSWER_EXISTS')
      const { body } = await market.get(market.hospital, `/api/v1/confirmations?question=${logged.commitment}`)
      expect(body.items).to.have.length(4)
    })

    it('that disputes is kept as a dispute', async () => {
      const logged = await asked()
      await answer(answerOf(logged, { ...dates, disputeOpen: true, reason: 'QUA' }))
      const { rows } = await asNode(market.database.db, tx =>
        sql`select status, disputed from confirmations where commitment = ${Buffer.from(logged.commitment, 'hex')}`.execute(
          tx,
        ),
      )
      expect(rows).to.deep.equal([{ status: 'AP', disputed: true }])
    })

    it('is never changed', async () => {
      await answer(answerOf(await asked(), dates))
      const change = asNode(market.database.db, tx => sql`update confirmations set status = 'PD'`.execute(tx))
      expect(await rejection(change)).to.match(/append-only/)
    })
  })

  describe('the clerk’s comparison', () => {
    beforeEach(() => {
      for (const node of [market, hospitalNode]) node.now = new Date('2026-03-28T08:00:00Z')
    })
    const item = 'https://id.gs1.org/01/06901234567892'
    const scan = (quantity: string, step: Received['step'] = 'accepted', code = `${item}/10/L1`): Received => ({
      ...{ code, quantity, unit: 'EA', step },
    })
    const compare = (of: Logged, by: Party = market.hospital) =>
      hospitalNode.get(by, `/api/v1/questions/${of.commitment}/comparison`)

    it('says yes where the hospital’s own scans cover the invoice', async () => {
      const logged = await asked()
      received = [scan('60'), scan('40', 'accepted', item)]
      expect((await compare(logged)).body).to.deep.include({
        lines: [{ line: '1', item, unit: 'EA', invoiced: '100', received: '100', covered: true }],
        match: { number: true, grossAmount: true, acceptedQtyCoversInvoiced: true },
      })
      expect(wanted.receiver).to.equal(market.hospital.uscc)
      expect(wanted.codes).to.include(item)
      // The item comes under other orders, too: only scans of this trade's shipments count.
      expect(wanted.about).to.have.length(1).and.not.to.include(item)
    })

    it('says no after a return, for other goods, and before anything came', async () => {
      const logged = await asked()
      for (const [scans, got] of [
        [[], '0'],
        [[scan('100'), scan('10', 'returned')], '90'],
        [[scan('100', 'accepted', 'https://id.gs1.org/01/00000000000000')], '0'],
      ] as const) {
        received = scans
        const { body } = await compare(logged)
        expect(body).to.deep.nested.include({ 'match.acceptedQtyCoversInvoiced': false })
        expect((body as { lines: object[] }).lines[0]).to.include({ received: got, covered: false })
      }
    })

    it('goes by what was used where the goods are consigned, whatever came in', async () => {
      const logged = await asked(true)
      received = [scan('100')]
      const covers = async () => (await compare(logged)).body
      expect(await covers()).to.deep.nested.include({ 'match.acceptedQtyCoversInvoiced': false })
      const { iat, parties, order, code, lines } = logged.invoice
      for (const [n, quantity, covered] of [
        [1, '60', false],
        [2, '40', true],
      ] as const) {
        const [{ id, unit, orderLine }] = lines as [(typeof lines)[number]]
        const used = {
          ...{ iss: market.hospital.uscc, iat, parties, order, kind: 'consumption' as const, version: 1 },
          ...{ code: `${code}-U${n}`, number: `U${n}-${code}`, issueDate: '2026-03-14' },
          lines: [{ id, item: `${item}/10/L1`, quantity, unit, orderLine }],
        }
        expect((await submitted(hospitalNode, used, market.hospital)).status).to.equal(201)
        expect(await covers()).to.deep.nested.include({ 'match.acceptedQtyCoversInvoiced': covered })
      }
    })

    it('can’t tell where a unit is unknown', async () => {
      const logged = await asked()
      received = [{ ...scan('10'), unit: 'pallet' }]
      expect((await compare(logged)).body).to.deep.nested.include({ 'match.acceptedQtyCoversInvoiced': null })
    })

    it('has the yes and no of the hospital’s books beside the scans, and no figure of theirs', async () => {
      const logged = await asked()
      expect((await compare(logged)).body).to.deep.include({ books: null })
      booked = { gross: 987_654_321n }
      const { body } = await compare(logged)
      expect(body).to.deep.nested.include({
        books: {
          ...{ state: 'booked', grossAmount: false, acceptedQtyCoversInvoiced: null },
          ...{ dueConfirmed: null, payeeAccountMatch: null, disputed: null, paid: null },
        },
      })
      expect(JSON.stringify(body)).not.to.include('987654321')
      booked = {}
      expect((await compare(logged)).body).to.deep.nested.include({ 'books.grossAmount': true })
    })

    it('is for the hospital alone', async () => {
      const logged = await asked()
      expectRefusal(await compare(logged, market.seller), 403, 'ROLE_FORBIDDEN')
      expectRefusal(await compare(logged, market.bank), 403, 'ROLE_FORBIDDEN')
    })
  })
})
