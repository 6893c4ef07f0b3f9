import { expect } from 'chai'
import fc from 'fast-check'
import {
  type DocumentKind,
  documentKinds,
  documentSchema,
  hideClaim,
  isFromFuture,
  mayIssue,
  originOf,
  readersOf,
  shownSchema,
} from '../../core/document.ts'
import { issueSdJwt, parseSdJwt, presentSdJwt } from '../../core/sd-jwt.ts'
import { typ } from '../../core/typ.ts'
import {
  bank,
  billedLine,
  code,
  consumption,
  creditNote,
  despatch,
  documentOf,
  hospital,
  invoice,
  order,
  orderLine,
  payment,
  query,
  seller,
  statement,
} from './report/scene.ts'

const receipt = documentOf(5, 'receipt', {
  code: code.receipt,
  number: 'RC-1',
  issueDate: '2026-03-03',
  order: code.order,
  shipment: code.shipment,
  lines: [{ id: '1', item: code.lot, quantity: '90', unit: 'XBX', orderLine: '1', short: '10' }],
})
const whole = {
  order: order(),
  despatch: despatch(),
  receipt,
  invoice: invoice(),
  'credit-note': creditNote('10', '11300'),
  consumption: consumption(),
  statement: statement(),
  payment: payment(),
  query: query('invoice-status', 'normal'),
}
const needed = (kind: DocumentKind): readonly string[] => {
  if (kind === 'payment') return ['amount', 'currency', 'payer', 'channel', 'allocations']
  if (kind === 'statement') return ['currency', 'until', 'balances']
  return kind === 'query' ? ['invoice', 'opened', 'source', 'asOf', 'about', 'result'] : ['lines']
}
const takes = (claims: object) => documentSchema.safeParse(claims).success
const withLine = (over: object) => ({ ...invoice().claims, lines: [{ ...billedLine, ...over }] })

describe('a document', () => {
  for (const kind of documentKinds) {
    it(`is read as ${kind} with every member known, and none beside`, () => {
      const { claims } = whole[kind]
      expect(takes(claims)).to.equal(true)
      expect(takes({ ...claims, discount: '1' })).to.equal(false)
      for (const name of ['iss', 'code', 'number', 'version', 'parties', 'issueDate', ...needed(kind)]) {
        const { [name]: _, ...rest } = claims
        expect(takes(rest), name).to.equal(false)
      }
    })
  }

  it('is the seller’s word, but what came in and was used is the buyer’s', () => {
    const origins = documentKinds.map(kind => originOf({ kind, parties: { seller, buyer: hospital } }))
    expect(origins).to.deep.equal([seller, seller, hospital, hospital, seller, seller, seller, seller, seller])
  })

  it('is signed by its origin; a payment or a statement by either, a query also by a stranger, but never by the buyer', () => {
    const may = (kind: DocumentKind, iss: string) => mayIssue({ kind, parties: { seller, buyer: hospital }, iss })
    for (const kind of documentKinds) {
      expect(may(kind, seller), kind).to.equal(kind !== 'receipt' && kind !== 'consumption')
      expect(may(kind, hospital), kind).to.equal(['receipt', 'consumption', 'statement', 'payment'].includes(kind))
      expect(may(kind, bank), kind).to.equal(kind === 'query')
    }
    const readers = (kind: DocumentKind) =>
      readersOf({ kind, parties: { seller, buyer: hospital }, iss: bank } as Parameters<typeof readersOf>[0])
    expect(readers('query')).to.deep.equal([seller, bank])
    expect(readers('payment')).to.deep.equal([seller, hospital])
  })

  it('is a payment of no more than came in, and says what a register can say', () => {
    const { claims } = payment()
    expect(takes({ ...claims, allocations: [{ invoice: code.invoice, amount: '50001' }] })).to.equal(false)
    expect(takes({ ...claims, allocations: [{ invoice: code.invoice, amount: '0' }] })).to.equal(false)
    expect(takes({ ...query('invoice-status', 'normal').claims, result: 'related' })).to.equal(false)
    expect(takes({ ...query('related', 'related').claims })).to.equal(true)
  })

  it('is a statement of account over each invoice once, of no more than was billed, up to a day that is over', () => {
    const { claims } = statement()
    const [balance] = claims.balances as [object]
    expect(takes({ ...claims, balances: [balance, balance] })).to.equal(false)
    expect(takes({ ...claims, balances: [{ ...balance, open: '113001' }] })).to.equal(false)
    expect(takes({ ...claims, balances: [{ ...balance, open: '0' }] })).to.equal(true)
    expect(takes({ ...claims, until: '2026-03-18' })).to.equal(true)
    expect(takes({ ...claims, until: '2026-03-19' })).to.equal(false)
  })

  it('is between two organizations', () => {
    expect(takes({ ...invoice().claims, parties: { seller, buyer: seller } })).to.equal(false)
  })

  it('names codes in their one spelling', () => {
    for (const wrong of [
      code.order.replace('id.gs1.org', 'codes.example'),
      '(253)690',
      code.order.replace('690', '691'),
      'x',
    ]) {
      expect(takes({ ...invoice().claims, order: wrong }), wrong).to.equal(false)
    }
  })

  it('takes no amount that is negative, fractional, too large, or a number', () => {
    for (const gross of ['-1', '1.5', '01', '1'.repeat(18), 113000]) {
      expect(takes({ ...invoice().claims, gross }), String(gross)).to.equal(false)
    }
    expect(takes({ ...invoice().claims, gross: '9'.repeat(17) })).to.equal(true)
  })

  it('takes no quantity of nothing, below it, or beyond all trade', () => {
    for (const quantity of ['0', '0.0', '-0', '-1', '1e3', '1'.repeat(13), '0.000000001', 1]) {
      expect(takes(withLine({ quantity })), String(quantity)).to.equal(false)
    }
    for (const quantity of ['0.00000001', '9'.repeat(12)]) expect(takes(withLine({ quantity }))).to.equal(true)
    expect(takes(withLine({ unitPrice: '0' }))).to.equal(true)
    expect(takes(withLine({ unitPrice: '-0' }))).to.equal(false)
    expect(takes(withLine({ taxRate: '1' }))).to.equal(false)
  })

  it('has each line once, and at least one', () => {
    expect(takes({ ...order().claims, lines: [orderLine, orderLine] })).to.equal(false)
    expect(takes({ ...order().claims, lines: [] })).to.equal(false)
  })

  it('is not from the future, wherever its issuer’s day has begun', () => {
    const now = new Date('2026-03-01T09:59:59Z')
    expect(isFromFuture({ issueDate: '2026-03-01' }, now)).to.equal(false)
    expect(isFromFuture({ issueDate: '2026-03-02' }, now)).to.equal(true)
    expect(isFromFuture({ issueDate: '2026-03-02' }, new Date('2026-03-01T10:00:00Z'))).to.equal(false)
  })
})

describe('what of a document can be left out', () => {
  it('is every claim but those that say which document it is; of lines each, and each of their fields', () => {
    const shown = ['iss', 'iat', 'kind', 'code', 'number', 'version', 'parties']
    for (const name of Object.keys(invoice().claims))
      expect(hideClaim([name], false), name).to.equal(!shown.includes(name))
    expect(hideClaim(['lines'], true)).to.equal(true)
    expect(hideClaim(['lines', 'quantity'], false)).to.equal(true)
    expect(hideClaim(['parties', 'buyer'], false)).to.equal(false)
  })

  it('leaves, for any choice of fields, a document that says no more than chosen and reads as one', async () => {
    const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
    const text = await issueSdJwt(invoice().claims, hideClaim, { typ: typ.document, key: privateKey })
    const issued = parseSdJwt(text)
    if (!issued.ok) throw new Error(issued.detail)
    const names = Object.keys(billedLine)
    await fc.assert(
      fc.asyncProperty(fc.subarray(names), async fields => {
        const keep = (path: readonly string[]) =>
          path[0] === 'lines' && (path.length === 1 || fields.includes(path[1] ?? ''))
        const presented = parseSdJwt(presentSdJwt(issued, keep))
        if (!presented.ok) throw new Error(presented.detail)
        const read = shownSchema.parse(presented.claims)
        expect(read.gross).to.equal(undefined)
        const expected = Object.fromEntries(Object.entries(billedLine).filter(([name]) => fields.includes(name)))
        expect(read.lines).to.deep.equal([expected])
      }),
      { numRuns: 30 },
    )
  })
})
