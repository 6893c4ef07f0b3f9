import { expect } from 'chai'
import fc from 'fast-check'
import { sql } from 'kysely'
import { base64url, hex } from '../../../core/bytes.ts'
import { canonical } from '../../../core/canonical.ts'
import type { DocumentOf } from '../../../core/document.ts'
import { hideClaim } from '../../../core/document.ts'
import { type Place, parseCompact, signCompact } from '../../../core/jws.ts'
import { refusalOf } from '../../../core/oauth/answer.ts'
import { issueSdJwt } from '../../../core/sd-jwt.ts'
import { aboutOf, type Matter, placeAfter, statementHash } from '../../../core/statement.ts'
import { handIn } from '../../../core/statement-client.ts'
import { typ } from '../../../core/typ.ts'
import { asNode } from '../../../db/database.ts'
import { gapsIn } from '../../../ledger/statements/routes.ts'
import { documentRoutes } from '../../../receivables/documents/routes.ts'
import {
  type Body,
  expectRefusal,
  freshNonce,
  type Market,
  openMarket,
  type Party,
  type Reply,
  tradeOf,
} from '../../receivables/market.ts'
import { keepingNumbers } from '../../support/statements.ts'

describe('the numbers of a signer’s statements', () => {
  let market: Market
  let seller: Party
  const passedOn: string[] = []

  before(async () => {
    market = await openMarket()
    seller = market.seller
    const { routes } = keepingNumbers(
      { ...market.deps, ledger: market.ledger },
      { passOn: async (_tx, signer) => void passedOn.push(signer) },
    )
    await market.serve([...documentRoutes(market.deps), ...routes])
  })
  after(() => market.stop())

  const signed = (claims: object, place: Place | undefined, by = seller) =>
    issueSdJwt(claims as Record<string, unknown>, hideClaim, { typ: typ.document, key: by.key, x5c: by.x5c, place })
  const hand = (text: string) => market.post(seller, '/api/v1/documents', text, 'application/dc+sd-jwt')
  const billing = ({ order }: DocumentOf<'invoice'>): Matter => ({ kind: 'billing', id: order })
  const next = async (matter: Matter, by = seller) =>
    (await market.get(by, `/api/v1/statements/${aboutOf(matter)}`)).body as {
      seq: number
      hash: string | null
      next: Place
      gaps: readonly object[]
    }
  const hashOf = (text: string): Uint8Array => {
    const jws = parseCompact(text.split('~')[0]!)
    if (!jws.ok) throw new Error(jws.detail)
    return statementHash(jws)
  }
  /** Another invoice under the same order. */
  const another = (invoice: DocumentOf<'invoice'>, n: number): DocumentOf<'invoice'> => ({
    ...invoice,
    code: `${invoice.code}-${n}`,
    number: `${invoice.number.slice(0, 5)}${n + 1}${invoice.number.slice(6)}`,
  })
  const held = (matter: Matter) =>
    asNode(market.database.db, tx =>
      sql<{ seq: bigint; hash: Buffer }>`select seq, hash from statements
        where about = decode(translate(${aboutOf(matter)}, '-_', '+/') || '=', 'base64') order by seq`.execute(tx),
    ).then(({ rows }) => rows.map(({ seq, hash }) => [Number(seq), hex(hash)]))
  const conflicts = async () => (await market.get(seller, '/api/v1/statement-conflicts')).body.items as readonly Body[]

  it('begin at one, and each names the one before it', async () => {
    const { invoice } = tradeOf(market)
    expect(await next(billing(invoice))).to.deep.include({ seq: 0, hash: null, next: { seq: 1 }, gaps: [] })
    const first = await signed(invoice, { seq: 1 })
    expect((await hand(first)).status).to.equal(201)
    const { next: place } = await next(billing(invoice))
    expect(place).to.deep.equal({ seq: 2, prev: base64url(hashOf(first)) })
    const second = await signed(another(invoice, 1), place)
    expect((await hand(second)).status).to.equal(201)
    expect(await held(billing(invoice))).to.deep.equal([
      [1, hex(hashOf(first))],
      [2, hex(hashOf(second))],
    ])
  })

  it('are demanded, and nothing is written without one', async () => {
    const { invoice } = tradeOf(market)
    const reply = await hand(await signed(invoice, undefined))
    expectRefusal(reply, 422, 'STATEMENT_UNNUMBERED')
    expect(reply.body.next).to.deep.equal({ about: aboutOf(billing(invoice)), seq: 1 })
    expect(await held(billing(invoice))).to.deep.equal([])
  })

  it('are given once: a repeat with other content is refused with the number that is next, and both are kept', async () => {
    const { invoice } = tradeOf(market)
    const first = await signed(invoice, { seq: 1 })
    await hand(first)
    const other = await signed(another(invoice, 1), { seq: 1 })
    const reply = await hand(other)
    expectRefusal(reply, 409, 'STATEMENT_CONFLICT')
    expect(reply.body.next).to.deep.include({ seq: 2, prev: base64url(hashOf(first)) })
    const [found] = await conflicts()
    expect(found).to.include({ signer: seller.uscc, seq: 1, kind: 'repeat', jws: other.split('~')[0] })
    expect(found?.held).to.equal(first.split('~')[0])
    // Neither the other party nor a stranger is told.
    const { items } = (await market.get(market.hospital, '/api/v1/statement-conflicts')).body
    expect(items).to.deep.equal([])
    // Handed in again it is no second piece of evidence; and the first may come again.
    const before = (await conflicts()).length
    await hand(other)
    expect((await conflicts()).length).to.equal(before)
    expect((await hand(first)).status).to.equal(200)
  })

  it('that follow another statement than the one that is held are a fork, before and behind', async () => {
    const { invoice } = tradeOf(market)
    await hand(await signed(invoice, { seq: 1 }))
    const stranger = base64url(new Uint8Array(32).fill(1))
    expectRefusal(await hand(await signed(another(invoice, 1), { seq: 2, prev: stranger })), 409, 'STATEMENT_CONFLICT')
    expect((await conflicts())[0]).to.include({ kind: 'fork', seq: 2 })
    const ahead = await signed(another(invoice, 2), { seq: 3, prev: stranger })
    expect((await hand(ahead)).status).to.equal(201)
    const { next: _, ...state } = await next(billing(invoice))
    expect(state).to.deep.include({ seq: 3, gaps: [{ from: 2, to: 2 }] })
    const wrong = await signed(another(invoice, 3), { seq: 2, prev: (await next1(invoice)).prev })
    expectRefusal(await hand(wrong), 409, 'STATEMENT_CONFLICT')
  })
  const next1 = async (invoice: DocumentOf<'invoice'>): Promise<{ prev: string }> => {
    const [[, hash] = []] = await held(billing(invoice))
    return { prev: base64url(Buffer.from(String(hash), 'hex')) }
  }

  it('may come late: a gap is taken, told, and closed by what was missing', async () => {
    const { invoice } = tradeOf(market)
    const first = await signed(invoice, { seq: 1 })
    const second = await signed(another(invoice, 1), placeAfter({ seq: 1, hash: hashOf(first) }))
    const third = await signed(another(invoice, 2), placeAfter({ seq: 2, hash: hashOf(second) }))
    expect((await hand(third)).status).to.equal(201)
    expect((await next(billing(invoice))).gaps).to.deep.equal([{ from: 1, to: 2 }])
    expect((await hand(first)).status).to.equal(201)
    expect((await next(billing(invoice))).gaps).to.deep.equal([{ from: 2, to: 2 }])
    expect((await hand(second)).status).to.equal(201)
    expect((await next(billing(invoice))).gaps).to.deep.equal([])
    const far = { seq: 5_000, prev: base64url(hashOf(third)) }
    expectRefusal(await hand(await signed(another(invoice, 4), far)), 400, 'INVALID_REQUEST')
  })

  it('are counted for each signer and matter alone', async () => {
    const [one, two] = [tradeOf(market), tradeOf(market)]
    for (const { invoice, order, despatch } of [one, two]) {
      for (const claims of [order, despatch, invoice]) {
        expect((await hand(await signed(claims, { seq: 1 }))).status).to.equal(201)
      }
    }
    expect((await next(billing(one.invoice), market.hospital)).seq).to.equal(0)
  })

  it('go to one of many clerks each, who sign again when another was quicker', async () => {
    const { invoice } = tradeOf(market)
    const client = {
      json: async (_: string, path: string) => answered(await market.get(seller, path)),
    }
    const clerks = Array.from({ length: 3 }, (_, n) => another(invoice, n))
    await Promise.all(
      clerks.map(claims =>
        handIn(client, typ.document, claims, async place => answered(await hand(await signed(claims, place)))),
      ),
    )
    const rows = await held(billing(invoice))
    expect(rows.map(([seq]) => seq)).to.deep.equal([1, 2, 3])
    expect((await next(billing(invoice))).gaps).to.deep.equal([])
  })
  const answered = (reply: Reply): unknown => {
    if (reply.status < 400) return reply.body
    throw refusalOf(new Response(null, { status: reply.status }), reply.body)
  }

  it('stay with the order of the invoice, for credit notes and new versions', async () => {
    const { invoice } = tradeOf(market)
    const { invoice: other } = tradeOf(market)
    await hand(await signed(invoice, { seq: 1 }))
    const moved = await signed({ ...invoice, version: 2, order: other.order }, { seq: 1 })
    expectRefusal(await hand(moved), 422, 'DOCUMENT_INVALID')
    const { dueDate: _, payee: __, ...rest } = invoice
    const credit = { ...rest, kind: 'credit-note', code: `${invoice.code}-C`, number: 'CN', invoice: invoice.code }
    expectRefusal(await hand(await signed({ ...credit, order: other.order }, { seq: 1 })), 422, 'DOCUMENT_INVALID')
    const { next: place } = await next(billing(invoice))
    expect((await hand(await signed(credit, place))).status).to.equal(201)
  })

  it('leave gaps where numbers are missing, whatever they are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }), numbers => {
        const sorted = numbers.toSorted((a, b) => a - b)
        const missing = gapsIn(sorted).flatMap(({ from, to }) =>
          Array.from({ length: to - from + 1 }, (_, i) => from + i),
        )
        const last = sorted.at(-1) ?? 0
        expect([...sorted, ...missing].sort((a, b) => a - b)).to.deep.equal(
          Array.from({ length: last }, (_, i) => i + 1),
        )
      }),
    )
  })

  describe('in a published status head', () => {
    const headBy = (by: Party, heads: readonly object[], over: object = {}) => ({
      ...{ signer: by.uscc, heads, nonce: freshNonce(), iat: '2026-03-15T07:59:00Z' },
      ...over,
    })
    const publish = async (by: Party, head: object, signer = by) =>
      market.post(
        by,
        '/api/v1/status-heads',
        await signCompact({ typ: typ.statusHead, key: signer.key, x5c: signer.x5c, payload: canonical(head) }),
      )

    it('are logged, and passed on', async () => {
      const { invoice } = tradeOf(market)
      await hand(await signed(invoice, { seq: 1 }))
      const about = aboutOf(billing(invoice))
      const { seq, hash } = await next(billing(invoice))
      const head = headBy(seller, [{ about, seq, hash }])
      const reply = await publish(seller, head)
      expect(reply.status, JSON.stringify(reply.body)).to.equal(201)
      expect(passedOn.at(-1)).to.equal(seller.uscc)
      // The same act signed anew has other bytes under its nonce.
      expectRefusal(await publish(seller, head), 409, 'NONCE_REPLAYED')
    })

    it('may go beyond what has come here, but not against it', async () => {
      const { invoice } = tradeOf(market)
      await hand(await signed(invoice, { seq: 1 }))
      const about = aboutOf(billing(invoice))
      const hash = base64url(new Uint8Array(32).fill(9))
      expect((await publish(seller, headBy(seller, [{ about, seq: 7, hash }]))).status).to.equal(201)
      expectRefusal(await publish(seller, headBy(seller, [{ about, seq: 1, hash }])), 409, 'STATEMENT_CONFLICT')
      expect((await conflicts())[0]).to.include({ kind: 'head', seq: 1 })
    })

    it('are refused by another signer, from the future, twice on one matter, and of no form', async () => {
      const about = base64url(new Uint8Array(32))
      const heads = [{ about, seq: 0 }]
      expectRefusal(await publish(seller, headBy(seller, heads), market.bank), 422, 'SIGNER_MISMATCH')
      expectRefusal(await publish(market.bank, headBy(seller, heads), seller), 403, 'NOT_YOURS')
      const future = headBy(seller, heads, { iat: '2026-03-15T08:02:00Z' })
      expectRefusal(await publish(seller, future), 400, 'DATE_IN_FUTURE')
      for (const bad of [
        [],
        [...heads, ...heads],
        [{ about, seq: 1 }],
        [{ about, seq: -1 }],
        [{ about: 'x', seq: 0 }],
      ]) {
        expectRefusal(await publish(seller, headBy(seller, bad)), 400, 'INVALID_REQUEST')
      }
    })
  })
})
