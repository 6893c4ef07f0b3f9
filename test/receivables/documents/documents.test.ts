import { expect } from 'chai'
import { sql } from 'kysely'
import { fromBase64url, hex, utf8 } from '../../../core/bytes.ts'
import { type DocumentOf, hideClaim } from '../../../core/document.ts'
import { commitment } from '../../../core/entry.ts'
import { parseSdJwt } from '../../../core/sd-jwt.ts'
import { typ } from '../../../core/typ.ts'
import { parseUscc } from '../../../core/uscc.ts'
import { asNode } from '../../../db/database.ts'
import { documentRoutes } from '../../../receivables/documents/routes.ts'
import { takeDocument } from '../../../receivables/documents/submit.ts'
import { register } from '../../../resolver/register.ts'
import { insertPrefix } from '../../../resolver/store.ts'
import { rejection } from '../../ledger/open-ledger.ts'
import {
  expectRefusal,
  type Market,
  openMarket,
  type Reply,
  signAs,
  signDocument,
  submitted,
  tradeOf,
} from '../market.ts'

describe('documents at a node', () => {
  let market: Market
  before(async function () {
    this.timeout(60_000)
    market = await openMarket()
    await market.serve(documentRoutes(market.deps))
  })
  after(() => market.stop())

  const post = (text: string, by = market.seller) => market.post(by, '/api/v1/documents', text, 'application/dc+sd-jwt')
  const path = (code: string) => `/api/v1/documents/${encodeURIComponent(code)}`
  const rowsOf = (code: string) =>
    asNode(market.database.db, tx =>
      sql<{ version: number; body: Uint8Array; digest: Uint8Array; parties: string[]; codes: string[] }>`
        select version, body, records.digest, records.parties,
            array(select m.code from document_mentions m where m.record_index = index order by m.code) as codes
          from documents join records on index = record_index where code = ${code} order by version`.execute(tx),
    ).then(({ rows }) => rows)
  const nothingOf = async (reply: Reply, status: number, code: Parameters<typeof expectRefusal>[2], of: string) => {
    expectRefusal(reply, status, code)
    expect(await rowsOf(of)).to.have.length(0)
  }

  it('take no code that another registered, nor one below another’s prefix', async () => {
    const { order } = tradeOf(market)
    const { db } = market.database
    const other = market.seller.uscc === order.iss ? market.hospital.uscc : market.seller.uscc
    const codes = { registered: 'hdl:88.777.1/registered', below: 'hdl:88.777.2/below', own: 'hdl:88.777.3/own' }
    await asNode(db, async tx => {
      for (const [prefix, org] of [
        ['88.777.1', other],
        ['88.777.2', other],
        ['88.777.3', order.iss],
      ] as const) {
        await insertPrefix(tx, prefix, org, new Date())
      }
    })
    const registering = { db, append: market.ledger.append, holdersOf: async () => new Map() }
    await register(registering, parseUscc(other), [{ code: codes.registered, links: [], state: 'active' }], undefined)
    const trying = (code: string, number: string) => submitted(market, { ...order, code, number } as never)
    await nothingOf(await trying(codes.registered, 'PO-T1'), 409, 'CODE_EXISTS', codes.registered)
    await nothingOf(await trying(codes.below, 'PO-T2'), 403, 'PREFIX_FORBIDDEN', codes.below)
    const own = await trying(codes.own, 'PO-T3')
    expect(own.status, JSON.stringify(own.body)).to.equal(201)
  })

  it('are logged by their signed part, kept with what they disclose, and found by both parties', async () => {
    const { order, despatch, invoice } = tradeOf(market)
    for (const claims of [order, despatch, invoice]) {
      const reply = await submitted(market, claims)
      expect(reply.status, JSON.stringify(reply.body)).to.equal(201)
      const [row] = await rowsOf(claims.code)
      const parsed = parseSdJwt((reply.body as { sdJwt: string }).sdJwt)
      if (!parsed.ok || !row) throw new Error('no document')
      expect(parsed.claims).to.deep.equal({ ...claims })
      expect(Buffer.from(row.body).toString()).to.equal(parsed.jwt)
      expect(row.parties).to.have.members([market.seller.uscc, market.hospital.uscc])
      expect(hex(row.digest)).to.equal((reply.body as { commitment: string }).commitment)
      const salt = fromBase64url((reply.body as { salt: string }).salt)
      expect(hex(commitment('document', salt, utf8(parsed.jwt)))).to.equal(hex(row.digest))
      for (const party of [market.seller, market.hospital]) {
        expect((await market.get(party, path(claims.code))).body).to.deep.include({
          code: claims.code,
          claims: { ...claims },
        })
      }
    }
    expect((await rowsOf(despatch.code))[0]?.codes).to.have.members([
      despatch.code,
      order.code,
      despatch.shipment,
      despatch.lines[0]!.item,
    ])
    const trade = await market.get(market.hospital, `/api/v1/documents?trade=${encodeURIComponent(order.code)}`)
    expect((trade.body as { items: { kind: string }[] }).items.map(({ kind }) => kind)).to.deep.equal([
      'order',
      'despatch',
      'invoice',
    ])
  })

  it('are answered as before when sent again, also when they were signed anew', async () => {
    const { order } = tradeOf(market)
    const text = await signDocument(market.seller, order)
    const first = await post(text)
    const again = await post(text)
    const anew = await post(await signDocument(market.seller, { ...order, iat: order.iat + 60 }))
    expect([first.status, again.status, anew.status]).to.deep.equal([201, 200, 200])
    for (const { body } of [again, anew]) {
      expect(body).to.deep.include({ repeated: true, index: first.body.index, sdJwt: first.body.sdJwt })
    }
    expect(await rowsOf(order.code)).to.have.length(1)
  })

  it('are one when two hand the same in at once, and of two that differ the first stays', async () => {
    for (let round = 0; round < 5; round++) {
      const { order, invoice } = tradeOf(market)
      const text = await signDocument(market.seller, order)
      const same = await Promise.all([post(text), post(text)])
      expect(same.map(({ status }) => status)).to.have.members([201, 200])
      expect(await rowsOf(order.code)).to.have.length(1)
      const others = [invoice, { ...invoice, issueDate: '2026-03-06' }].map(it => submitted(market, it))
      expect((await Promise.all(others)).map(({ status }) => status)).to.have.members([201, 409])
      expect(await rowsOf(invoice.code)).to.have.length(1)
    }
  })

  it('keep their number and version, and their code, for ever', async () => {
    const { order, invoice } = tradeOf(market)
    await submitted(market, order)
    await submitted(market, invoice)
    expectRefusal(await submitted(market, { ...invoice, issueDate: '2026-03-06' }), 409, 'DOCUMENT_EXISTS')
    expectRefusal(await submitted(market, { ...invoice, code: `${invoice.code}x`, version: 2 }), 409, 'DOCUMENT_EXISTS')
    expectRefusal(await submitted(market, { ...invoice, number: '26312000000009999999' }), 409, 'CODE_EXISTS')
    expectRefusal(await submitted(market, { ...invoice, version: 3 }), 422, 'DOCUMENT_INVALID')
    const next = await submitted(market, { ...invoice, version: 2, issueDate: '2026-03-06' })
    expect(next.status).to.equal(201)
    expect((await market.get(market.seller, path(invoice.code))).body).to.include({ version: 2 })
    expect((await market.get(market.seller, `${path(invoice.code)}?version=1`)).body).to.include({ version: 1 })
    expect((await rowsOf(invoice.code)).map(({ version }) => version)).to.deep.equal([1, 2])
  })

  it('are signed by the party whose word they are, over this act, and handed in by it', async () => {
    const { order, despatch, invoice } = tradeOf(market)
    const receipt = {
      ...despatch,
      ...{ kind: 'receipt', iss: market.hospital.uscc, code: `${order.code}-R`, number: `R-${order.number}` },
    } as unknown as DocumentOf<'receipt'>
    await nothingOf(await post(await signDocument(market.hospital, order)), 422, 'SIGNER_MISMATCH', order.code)
    const forged = { ...order, iss: market.hospital.uscc }
    await nothingOf(await post(await signDocument(market.hospital, forged)), 422, 'SIGNER_MISMATCH', order.code)
    const bySeller = await post(await signDocument(market.seller, { ...receipt, iss: market.seller.uscc }))
    await nothingOf(bySeller, 422, 'SIGNER_MISMATCH', receipt.code)
    expect((await submitted(market, receipt, market.hospital)).status).to.equal(201)
    const notMine = await post(await signDocument(market.seller, invoice), market.hospital)
    await nothingOf(notMine, 403, 'NOT_YOURS', invoice.code)
    const act = await signAs(market.seller, typ.question, invoice)
    await nothingOf(await post(`${act}~`), 422, 'SIGNATURE_WRONG_ACT', invoice.code)
    const text = await signDocument(market.seller, invoice)
    const [head, payload, rest] = text.split('.') as [string, string, string]
    const other = (await signDocument(market.seller, { ...invoice, version: 9 })).split('.')[1]
    expect(other).not.to.equal(payload)
    const swapped = `${head}.${other}.${rest.split('~')[0]}~`
    await nothingOf(await post(swapped), 422, 'SIGNATURE_INVALID', invoice.code)
    await nothingOf(
      await market.post(market.bank, '/api/v1/documents', text, 'application/dc+sd-jwt'),
      403,
      'NOT_YOURS',
      invoice.code,
    )
  })

  it('hold nothing back, and nothing that was not signed', async () => {
    const { invoice } = tradeOf(market)
    const text = await signDocument(market.seller, invoice)
    const parts = text.split('~')
    await nothingOf(await post(parts.toSpliced(1, 1).join('~')), 422, 'DOCUMENT_INVALID', invoice.code)
    await nothingOf(await post(`${text}${parts[1]}~`), 422, 'DOCUMENT_INVALID', invoice.code)
    await nothingOf(await post(text.slice(0, -1)), 422, 'DOCUMENT_INVALID', invoice.code)
    const extra = await signDocument(market.seller, { ...invoice, cheque: 'x' }, hideClaim)
    await nothingOf(await post(extra), 422, 'DOCUMENT_INVALID', invoice.code)
  })

  it('have neither negative nor overflowing amounts', async () => {
    const { invoice } = tradeOf(market)
    const line = invoice.lines[0]!
    for (const wrong of [
      { gross: '-1' },
      { gross: '1'.repeat(18) },
      { net: '1.5' },
      { lines: [{ ...line, quantity: '-1' }] },
      { lines: [{ ...line, quantity: '0' }] },
      { lines: [{ ...line, quantity: '1e9' }] },
      { lines: [{ ...line, quantity: '9'.repeat(13) }] },
      { lines: [{ ...line, unitPrice: '-50' }] },
      { lines: [{ ...line, taxRate: '13' }] },
    ]) {
      const reply = await post(await signDocument(market.seller, { ...invoice, ...wrong }))
      await nothingOf(reply, 400, 'AMOUNT_OUT_OF_RANGE', invoice.code)
    }
  })

  it('have codes in their one form and dates that have come', async () => {
    const { invoice } = tradeOf(market)
    const wrong = async (claims: object) => post(await signDocument(market.seller, { ...invoice, ...claims }))
    await nothingOf(await wrong({ order: 'PO 17' }), 422, 'DOCUMENT_INVALID', invoice.code)
    await nothingOf(await wrong({ order: 'HDL:88.101.5/PO' }), 422, 'DOCUMENT_INVALID', invoice.code)
    await nothingOf(await wrong({ issueDate: '2026-03-17' }), 400, 'DATE_IN_FUTURE', invoice.code)
    await nothingOf(await wrong({ iat: market.now.getTime() / 1000 + 120 }), 400, 'DATE_IN_FUTURE', invoice.code)
    await nothingOf(await wrong({ issueDate: '2026-02-30' }), 422, 'DOCUMENT_INVALID', invoice.code)
    await nothingOf(await wrong({ dueDate: '2026-3-1' }), 422, 'DOCUMENT_INVALID', invoice.code)
  })

  it('name parties that are registered and not suspended', async () => {
    const { invoice } = tradeOf(market)
    const stranger = { ...invoice, parties: { ...invoice.parties, buyer: '91440300708461136T' } }
    await nothingOf(await submitted(market, stranger as typeof invoice), 403, 'ORGANIZATION_UNKNOWN', invoice.code)
    const suspend = (at: Date | null) =>
      asNode(market.database.db, tx =>
        sql`update organizations set suspended_at = ${at} where uscc = ${market.hospital.uscc}`.execute(tx),
      )
    await suspend(market.now)
    await nothingOf(await submitted(market, invoice), 403, 'ORGANIZATION_SUSPENDED', invoice.code)
    await suspend(null)
    expect((await submitted(market, invoice)).status).to.equal(201)
  })

  it('are seen by nobody else, and page by place in the log', async () => {
    const { order } = tradeOf(market)
    await submitted(market, order)
    expectRefusal(await market.get(market.bank, path(order.code)), 404, 'DOCUMENT_UNKNOWN')
    expect((await market.get(market.bank, '/api/v1/documents')).body.items).to.deep.equal([])
    const seen: string[] = []
    let after = ''
    for (;;) {
      const { body } = await market.get(market.hospital, `/api/v1/documents?kind=order&limit=1${after}`)
      const { items, next } = body as { items: { index: string }[]; next: string | null }
      seen.push(...items.map(({ index }) => index))
      if (next === null) break
      after = `&after=${next}`
    }
    expect(seen.length).to.be.greaterThan(2)
    expect(seen).to.deep.equal([...seen].sort((a, b) => Number(a) - Number(b)))
    const newest = await market.get(market.hospital, '/api/v1/documents?kind=order&limit=1&order=newest')
    expect((newest.body as { items: { index: string }[] }).items[0]?.index).to.equal(seen.at(-1))
  })

  it('are never changed, only erased', async () => {
    const { order } = tradeOf(market)
    await submitted(market, order)
    const change = (set: ReturnType<typeof sql>) =>
      asNode(market.database.db, tx => sql`update documents set ${set} where code = ${order.code}`.execute(tx))
    expect(await rejection(change(sql`number = 'other'`))).to.match(/erased, not changed/)
    expect(await rejection(change(sql`claims = '{}'`))).to.match(/erased, not changed/)
    const emptied = sql`claims = null, disclosures = '{}', content = null, issue_date = null, order_code = null,
      invoice_code = null, currency = null, gross = null`
    expect(await rejection(change(emptied)), 'while its record is there').to.match(/erased, not changed/)
  })

  describe('as copies of another node', () => {
    let hospitalNode: Market
    before(async function () {
      this.timeout(60_000)
      hospitalNode = await openMarket(market)
      await hospitalNode.serve(documentRoutes(hospitalNode.deps))
    })
    after(() => hospitalNode.stop())

    it('have the same commitment in both logs, and are taken once', async () => {
      const { invoice } = tradeOf(market)
      const { body } = await submitted(market, invoice)
      const { sdJwt, salt, commitment: id } = body as Record<'sdJwt' | 'salt' | 'commitment', string>
      const copy = { sdJwt, salt: fromBase64url(salt) }
      const first = await takeDocument(hospitalNode.deps, 'https://market.example', copy)
      const again = await takeDocument(hospitalNode.deps, 'https://market.example', copy)
      expect([first.logged.repeated, again.logged.repeated]).to.deep.equal([false, true])
      expect(hex(first.row.digest)).to.equal(id)
      expect((await hospitalNode.get(market.hospital, path(invoice.code))).body).to.include({ commitment: id })
    })

    it('are checked as if they had been submitted', async () => {
      const { invoice } = tradeOf(market)
      const copy = { sdJwt: await signDocument(market.hospital, invoice), salt: new Uint8Array(32) }
      expect(await rejection(takeDocument(hospitalNode.deps, 'https://market.example', copy))).to.include({
        code: 'SIGNER_MISMATCH',
      })
    })
  })
})
