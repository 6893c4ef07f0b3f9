import { expect } from 'chai'
import type { DocumentEvidence, StatusHead } from '../../../core/report/evidence.ts'
import { makeUscc } from '../../../core/uscc.ts'
import {
  answered,
  asOf,
  billedLine,
  check,
  clean,
  code,
  creditNote,
  documentOf,
  hospital,
  idAt,
  invoice,
  order,
  policy,
  query,
  receiving,
  report,
  said,
  scan,
  seller,
  shipping,
  told,
  withPapers,
} from './scene.ts'

const other = makeUscc('91440000MA5ABCD10')
const without = (claims: object, name: string) =>
  Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))
const withInvoice = (over: object) => ({
  documents: clean.documents.map(it => (it.id === idAt(6) ? invoice(over) : it)),
})

describe('IDENTITY', () => {
  it('stands on certificates: a third party’s word', () => {
    expect(check('IDENTITY')).to.include({ outcome: 'pass', strength: 'third', gating: true })
  })

  it('fails when applicant, seller and signer are not one', () => {
    expect(said('IDENTITY', { application: { ...clean.application, signer: other } })).to.deep.equal([
      'fail',
      'APPLICANT_IS_NOT_SELLER',
    ])
    const forged = clean.documents.map(it => (it.id === idAt(6) ? { ...it, signer: other } : it))
    expect(said('IDENTITY', { documents: forged })).to.deep.equal(['fail', 'SIGNER_IS_NOT_SELLER'])
  })

  it('fails when any record of the bundle has no good signature', () => {
    const rejected = [{ index: '5', id: idAt(5), detail: 'revoked since 2026-02-01' }]
    expect(said('IDENTITY', { rejected })).to.deep.equal(['fail', 'RECORD_REJECTED'])
  })
})

describe('AUTHZ', () => {
  const { authorization } = clean
  it('passes on an agreement that both signed', () => {
    expect(check('AUTHZ')).to.include({ outcome: 'pass', strength: 'third' })
  })

  it('fails without the bank’s signature', () => {
    expect(said('AUTHZ', { authorization: { ...authorization, signedBy: [seller] } })).to.deep.equal([
      'fail',
      'NOT_COUNTERSIGNED',
    ])
  })

  it('fails when it is revoked, over, for another bank, purpose or application', () => {
    const { payload } = authorization
    for (const wrong of [
      { state: 'revoked' as const },
      { payload: { ...payload, notAfter: '2026-03-20T07:59:59Z' } },
      { payload: { ...payload, notBefore: '2026-03-20T08:00:01Z' } },
      { payload: { ...payload, grantee: { ...payload.grantee, uscc: other } } },
      { payload: { ...payload, purpose: { code: 'post-financing-monitoring' as const } } },
      { payload: { ...payload, purpose: { ...payload.purpose, application: 'another' } } },
    ]) {
      expect(said('AUTHZ', { authorization: { ...authorization, ...wrong } })).to.include('NOT_PERMITTED')
    }
  })

  it('is for what the records were released for, and for nothing else', () => {
    const purpose = { code: 'post-financing-monitoring' as const, application: clean.application.terms.id }
    const monitoring = { ...authorization, payload: { ...authorization.payload, purpose } }
    expect(said('AUTHZ', { authorization: monitoring, purpose: purpose.code })).to.deep.equal(['pass'])
    expect(said('AUTHZ', { purpose: purpose.code })).to.include('NOT_PERMITTED')
    expect(said('AUTHZ', { authorization: monitoring })).to.include('NOT_PERMITTED')
  })

  it('holds on its last use', () => {
    expect(said('AUTHZ', { authorization: { ...authorization, state: 'exhausted' } })).to.deep.equal(['pass'])
  })

  it('fails on an invoice that it does not cover', () => {
    const resources = authorization.payload.resources.map(it => ({ ...it, ids: [idAt(39)] }))
    const payload = { ...authorization.payload, resources }
    expect(said('AUTHZ', { authorization: { ...authorization, payload } })).to.deep.equal([
      'fail',
      'INVOICE_NOT_COVERED',
    ])
  })
})

describe('INV_AUTH', () => {
  it('is the seller’s word until the hospital agrees with number and amount', () => {
    expect(check('INV_AUTH').strength).to.equal('mutual')
    expect(check('INV_AUTH', { answers: [] })).to.include({ outcome: 'pass', strength: 'self' })
    const { match } = answered().answer
    const unsure = answered({ match: { ...match, grossAmount: false } })
    expect(check('INV_AUTH', { answers: [unsure] }).strength).to.equal('self')
  })

  it('goes by what the seller found of the seal on the file, and shows it', () => {
    const seal = { status: 'holds', signer: '税务局', at: '2026-03-01T02:20:31.000Z', file: 'A'.repeat(43) }
    expect(said('INV_AUTH', withInvoice({ seal }))).to.deep.equal(['pass'])
    expect(check('INV_AUTH', withInvoice({ seal })).measure).to.include({ seal: 'holds', sealSigner: '税务局' })
    expect(said('INV_AUTH', withInvoice({ seal: { ...seal, status: 'broken' } }))).to.deep.equal([
      'fail',
      'SEAL_BROKEN',
    ])
    const undecided = said('INV_AUTH', withInvoice({ seal: { ...seal, status: 'undecided' } }))
    expect(undecided).to.deep.equal(['pass', 'SEAL_UNDECIDED'])
  })

  it('fails on an invoice that does not add up', () => {
    expect(said('INV_AUTH', withInvoice({ gross: '113002' }))).to.include.members(['fail', 'TOTALS'])
    expect(said('INV_AUTH', withInvoice({ gross: '113001', tax: '13000' }))).to.deep.equal(['pass'])
    expect(said('INV_AUTH', withInvoice({ lines: [{ ...billedLine, net: '99998' }] }))).to.deep.equal([
      'fail',
      'LINES_TOTAL',
      'LINE_AMOUNT',
    ])
  })

  it('fails on a number of a form that the bank does not take, or of another year', () => {
    const taxOnly = { ...policy, invoiceNumbers: ['full-digital' as const] }
    expect(said('INV_AUTH', {}, taxOnly)).to.deep.equal(['fail', 'NUMBER_FORM'])
    const number = '26322000000000000017'
    expect(check('INV_AUTH', withInvoice({ number }), taxOnly).measure).to.include({ form: 'full-digital' })
    expect(said('INV_AUTH', withInvoice({ number: '25322000000000000017' }), taxOnly)).to.deep.equal([
      'fail',
      'NUMBER_YEAR',
    ])
  })

  it('warns of a newer version than the one put to the bank', () => {
    const newer = documentOf(22, 'invoice', { ...invoice().claims, version: 2 })
    const documents = [...clean.documents, newer]
    expect(said('INV_AUTH', { documents })).to.deep.equal(['warn', 'NEWER_VERSION'])
    expect(report({ documents }).commitment).to.equal(idAt(6))
  })

  it('can’t be made of what is withheld', () => {
    const documents = clean.documents.map(it =>
      it.id === idAt(6) ? { ...it, hidden: 1, claims: without(it.claims, 'gross') as typeof it.claims } : it,
    )
    for (const name of ['INV_AUTH', 'MATCH3', 'SCAN_COVER', 'TERM'] as const) {
      expect(said(name, { documents }), name).to.deep.equal(['not_evaluable', 'FIELD_WITHHELD'])
    }
  })
})

describe('MATCH3', () => {
  it('passes on any amount above nothing, and says what part of the open amount it is', () => {
    const events = [shipping(), receiving({ quantities: [{ epcClass: code.lot, quantity: '50' }] })]
    expect(said('MATCH3', { events })).to.deep.equal(['pass', 'PARTLY_COVERED', 'LINE_EXCEPTION'])
    expect(check('MATCH3', { events }).measure).to.include({ financeable: '56500', open: '113000', coverage: '0.5' })
  })

  it('fails on billing before delivery', () => {
    expect(said('MATCH3', { events: [shipping()] })).to.include.members(['fail', 'NOTHING_FINANCEABLE'])
  })

  it('fails when nothing is left to pay', () => {
    const paid = {
      ...answered(),
      invoice: code.invoice,
      amount: '113000',
      currency: 'CNY',
      paidOn: '2026-03-18',
      payer: hospital,
    }
    expect(said('MATCH3', { payments: [paid] })).to.include.members(['fail', 'NOTHING_OPEN'])
    expect(said('MATCH3', { answers: [answered({ status: 'PD' })] })).to.include.members(['fail', 'NOTHING_OPEN'])
    expect(report({ payments: [{ ...paid, amount: '13000' }] })).to.include({ open: '100000', financeable: '100000' })
  })

  it('takes what was credited off the open amount, and its goods off the match', () => {
    const documents = [...clean.documents, creditNote('10', '11300')]
    expect(report({ documents })).to.include({ open: '101700', financeable: '101700' })
    expect(check('MATCH3', { documents }).measure).to.include({ credited: '11300', coverage: '1' })
  })

  it('can’t be made without the order, over a line that belongs nowhere, or in two currencies', () => {
    expect(said('MATCH3', { documents: [invoice()] })).to.deep.equal(['not_evaluable', 'ORDER_MISSING'])
    for (const line of [
      { ...billedLine, orderLine: '2' },
      { ...billedLine, item: code.shipment },
    ]) {
      expect(said('MATCH3', withInvoice({ lines: [line] }))).to.include.members(['not_evaluable', 'LINE_UNJOINED'])
    }
    const euros = clean.documents.map(it => (it.claims.kind === 'order' ? order({ currency: 'EUR' }) : it))
    expect(said('MATCH3', { documents: euros })).to.deep.equal(['not_evaluable', 'CURRENCY_DIFFERS'])
  })

  it('can’t be made over a credit note of which something is withheld', () => {
    const credit = creditNote('10', '11300')
    const hidden = { ...credit, hidden: 3, claims: without(credit.claims, 'lines') as typeof credit.claims }
    expect(said('MATCH3', { documents: [...clean.documents, hidden] })).to.include('CREDIT_WITHHELD')
  })

  it('can’t be made where the authorization lets no delivery be seen', () => {
    const { authorization } = clean
    const resources = authorization.payload.resources.filter(({ type }) => type !== 'delivery' && type !== 'scan')
    const blind = { ...authorization, payload: { ...authorization.payload, resources } }
    expect(said('MATCH3', { authorization: blind, events: [] })).to.deep.equal(['not_evaluable', 'NOT_RELEASED'])
    expect(said('SCAN_COVER', { authorization: blind, events: [] })).to.deep.equal(['not_evaluable', 'NOT_RELEASED'])
  })

  it('takes a receipt for acceptance, and the lesser of receipt and scan', () => {
    const receipt = (quantity: string) =>
      documentOf(5, 'receipt', {
        code: code.receipt,
        number: 'RC-1',
        issueDate: '2026-03-03',
        order: code.order,
        shipment: code.shipment,
        lines: [{ id: '1', item: code.lot, quantity, unit: 'XBX', orderLine: '1' }],
      })
    const documents = (quantity: string) => [...clean.documents, receipt(quantity)]
    expect(report({ documents: documents('80'), events: [shipping()] }).match[0]?.accepted).to.equal('80')
    expect(report({ documents: documents('80') }).match[0]?.accepted).to.equal('80')
    expect(said('MATCH3', { documents: documents('80') })).to.include('ACCEPTANCE_DIFFERS')
    expect(report({ documents: documents('100') }).match[0]?.accepted).to.equal('100')
    expect(said('MATCH3', { documents: documents('100') })).to.deep.equal(['pass'])
  })

  it('counts returns that only one of both scanned, and once those that both did', () => {
    const back = (index: number, by: 'seller' | 'hospital', quantity: string) =>
      scan(index, 'returning', '2026-03-10T02:00:00.000Z', by, { quantities: [{ epcClass: code.lot, quantity }] })
    const returned = (...events: ReturnType<typeof back>[]) =>
      report({ events: [...clean.events, ...events] }).match[0]?.returned
    expect(returned(back(10, 'seller', '7'))).to.equal('7')
    expect(returned(back(10, 'seller', '7'), back(11, 'hospital', '9'))).to.equal('9')
  })
})

describe('DUPLICATE', () => {
  const registry = clean.registry!
  const says = (over: Partial<typeof told>) =>
    said('DUPLICATE', { registry: { ...registry, invoices: [{ ...told, ...over }] } })

  it('passes where nobody has a mark, and names the registry’s reach', () => {
    expect(check('DUPLICATE')).to.include({ outcome: 'pass', strength: 'third' })
    expect(check('DUPLICATE').measure).to.include({ registry: registry.registry })
  })

  it('fails on a live mark on the invoice, on serials, on all of an order line', () => {
    expect(says({ financed: true })).to.deep.equal(['fail', 'INVOICE_FINANCED'])
    expect(says({ serials: [code.lot] })).to.deep.equal(['fail', 'SERIALS_FINANCED'])
    const line = { order: code.order, line: '1', quantity: '100', units: [] }
    expect(says({ lines: [line] })).to.deep.equal(['fail', 'LINE_FINANCED'])
  })

  it('warns of a part of a line, and fails on all of a lot', () => {
    const line = { order: code.order, line: '1', quantity: '99', units: [{ code: code.lot, quantity: '99' }] }
    expect(says({ lines: [line] })).to.deep.equal(['warn', 'LINE_PARTLY_FINANCED'])
    const lot = { ...line, units: [{ code: code.lot, quantity: '100' }] }
    expect(says({ lines: [lot] })).to.deep.equal(['fail', 'LINE_FINANCED'])
  })

  it('warns of another applicant, and of other values', () => {
    expect(says({ registered: 1, differs: ['gross'] })).to.deep.equal([
      'warn',
      'REGISTERED_BY_OTHERS',
      'REGISTERED_DIFFERENTLY',
    ])
  })

  it('can’t be made by a registry that was not asked, asked long ago, or that the bank does not go by', () => {
    expect(said('DUPLICATE', { registry: undefined })).to.deep.equal(['not_evaluable', 'REGISTRY_NOT_ASKED'])
    expect(
      said('DUPLICATE', { registry: { ...registry, application: registry.application.replace('a1', 'a2') } }),
    ).to.deep.equal(['not_evaluable', 'REGISTRY_NOT_ASKED'])
    expect(said('DUPLICATE', {}, policy, '2026-03-21T07:00:01Z')).to.include('REGISTRY_OLD')
    expect(said('DUPLICATE', {}, policy, '2026-03-21T07:00:00Z')).to.deep.equal(['pass'])
    const choosy = { ...policy, registry: { ...policy.registry, origins: ['another/log'] } }
    expect(said('DUPLICATE', {}, choosy)).to.deep.equal(['not_evaluable', 'REGISTRY_OTHER'])
  })
})

describe('HOSP_CONFIRM', () => {
  const says = (over: Parameters<typeof answered>[0], at = asOf) =>
    said('HOSP_CONFIRM', { answers: [answered(over)] }, policy, at)

  it('is a third party’s word, the hospital’s', () => {
    expect(check('HOSP_CONFIRM')).to.include({ outcome: 'pass', strength: 'third', gating: true })
  })

  it('is the seller’s own where the bank knows that the hospital belongs to it', () => {
    const wary = { ...policy, affiliated: [hospital] }
    expect(check('HOSP_CONFIRM', {}, wary).strength).to.equal('self')
  })

  it('never fails on silence', () => {
    expect(said('HOSP_CONFIRM', { answers: [] })).to.deep.equal(['not_evaluable', 'NO_ANSWER'])
    expect(says({ status: 'IP' })).to.deep.equal(['not_evaluable', 'ONLY_RECEIVED'])
  })

  it('fails on rejection, dispute, payment, and what the hospital does not know', () => {
    const { match } = answered().answer
    expect(says({ status: 'RE', reason: 'UNR' })).to.deep.equal(['fail', 'REJECTED'])
    expect(says({ disputeOpen: true, reason: 'QTY' })).to.deep.equal(['fail', 'DISPUTED'])
    expect(says({ status: 'PD' })).to.deep.equal(['fail', 'PAID'])
    expect(says({ match: { ...match, number: false } })).to.deep.equal(['fail', 'NUMBER_NO'])
    expect(says({ match: { ...match, grossAmount: false } })).to.deep.equal(['fail', 'AMOUNT_NO'])
    expect(says({ payeeAccountMatch: false })).to.deep.equal(['fail', 'PAYEE_NO'])
  })

  it('warns of conditions, queries, a short delivery and an unconfirmed due date', () => {
    const { match } = answered().answer
    expect(says({ status: 'CA', reason: 'PRI' })).to.deep.equal(['warn', 'CONDITIONAL'])
    expect(says({ status: 'UQ', reason: 'REF' })).to.deep.equal(['warn', 'UNDER_QUERY'])
    expect(says({ match: { ...match, acceptedQtyCoversInvoiced: false } })).to.deep.equal(['warn', 'QUANTITY_NO'])
    expect(says({ dueConfirmed: false })).to.deep.equal(['warn', 'DUE_NO'])
  })

  it('goes by the hospital’s last word alone', () => {
    const answers = [answered({}, 7), answered({ asOf: '2026-03-09T02:00:00Z', status: 'RE', reason: 'QTY' }, 12)]
    expect(said('HOSP_CONFIRM', { answers })).to.deep.equal(['fail', 'REJECTED'])
    expect(said('HOSP_CONFIRM', { answers: answers.toReversed() })).to.deep.equal(['fail', 'REJECTED'])
  })

  it('can’t be made of an answer that expired, or that is older than the bank takes', () => {
    expect(says({}, '2026-06-08T02:00:00Z')).not.to.include('ANSWER_EXPIRED')
    expect(says({}, '2026-06-08T02:00:01Z')).to.include('ANSWER_EXPIRED')
    const hasty = { ...policy, confirmation: { ...policy.confirmation, maxAgeDays: 12 } }
    expect(said('HOSP_CONFIRM', {}, hasty)).to.deep.equal(['not_evaluable', 'ANSWER_OLD'])
  })

  it('takes no answer about another version, or signed by another', () => {
    expect(says({ commitment: idAt(38) })).to.deep.equal(['not_evaluable', 'NO_ANSWER'])
    const forged = { ...answered(), signer: seller }
    expect(said('HOSP_CONFIRM', { answers: [forged] })).to.deep.equal(['not_evaluable', 'NO_ANSWER'])
  })

  it('fails on an answer that opens other values than the invoice has', () => {
    const { opened } = answered().answer
    expect(says({ opened: { ...opened, gross: '113001' } })).to.deep.equal(['fail', 'ANSWER_DIFFERS'])
  })

  it('shows by the status head that nothing newer was left out, where the bank demands it', () => {
    const demanding = { ...policy, confirmation: { ...policy.confirmation, headWithinHours: 24 } }
    const head: StatusHead = {
      ...{ signer: hospital, kind: 'answer', id: answered().answer.invoice, sequence: 1 },
      ...{ word: 'signer', at: '2026-03-20T00:00:00Z', state: 'whole', latest: idAt(7) },
    }
    const saying = (changed: Partial<StatusHead>, by = policy) =>
      said('HOSP_CONFIRM', { heads: [{ ...head, ...changed }] }, by)
    expect(said('HOSP_CONFIRM', {}, demanding)).to.deep.equal(['warn', 'HEAD_MISSING'])
    expect(saying({}, demanding)).to.deep.equal(['pass'])
    expect(saying({ at: '2026-03-19T07:00:00Z' }, demanding)).to.deep.equal(['warn', 'HEAD_OLD'])
    expect(saying({ word: 'node' }, demanding)).to.deep.equal(['warn', 'HEAD_MISSING'])
    expect(saying({ word: 'node' })).to.deep.equal(['pass'])
    expect(saying({ state: 'broken' })).to.deep.equal(['not_evaluable', 'HEAD_NEWER'])
    expect(saying({ state: 'withheld' })).to.deep.equal(['warn', 'STATEMENT_WITHHELD'])
    expect(saying({ state: 'broken', kind: 'delivery' })).to.deep.equal(['pass'])
  })
})

describe('TERM', () => {
  it('passes on the due date that acceptance and the order’s term give, in the hospital’s calendar', () => {
    expect(check('TERM').measure).to.deep.equal({
      due: '2026-04-02',
      days: '30',
      accepted: '2026-03-03',
      agreedDays: '30',
      agreedFrom: 'acceptance',
    })
    expect(check('TERM').strength).to.equal('mutual')
    // 17:00 in UTC is the next day at +08:00.
    const events = [shipping(), receiving({ eventTime: '2026-03-02T17:00:00.000Z' })]
    expect(said('TERM', { events })).to.deep.equal(['pass'])
  })

  it('warns of another due date, and of one that an earlier version had', () => {
    expect(said('TERM', withInvoice({ dueDate: '2026-04-03' }))).to.deep.equal(['warn', 'DUE_DIFFERS'])
    const earlier = documentOf(22, 'invoice', { ...invoice().claims, dueDate: '2026-04-01' })
    const documents = [...clean.documents.filter(it => it.id !== idAt(6)), invoice({ version: 2 }), earlier]
    expect(said('TERM', { documents })).to.deep.equal(['warn', 'DUE_CHANGED'])
  })

  it('flags a term beyond what a public hospital may agree to', () => {
    const agreed = (days: number, dueDate: string) => ({
      documents: clean.documents.map(it =>
        it.claims.kind === 'order'
          ? order({ paymentTerm: { days, from: 'acceptance' } })
          : it.id === idAt(6)
            ? invoice({ dueDate })
            : it,
      ),
    })
    expect(said('TERM', agreed(60, '2026-05-02'))).to.deep.equal(['pass'])
    expect(said('TERM', agreed(61, '2026-05-03'))).to.deep.equal(['warn', 'TERM_LONG'])
    const unsaid = clean.documents.map(it =>
      it.claims.kind === 'order' ? { ...it, claims: without(it.claims, 'paymentTerm') as typeof it.claims } : it,
    )
    const late = unsaid.map(it => (it.id === idAt(6) ? invoice({ dueDate: '2026-04-03' }) : it))
    expect(said('TERM', { documents: unsaid })).to.deep.equal(['pass'])
    expect(said('TERM', { documents: late })).to.deep.equal(['warn', 'TERM_OVER_STATUTE'])
  })

  it('tells when it is past', () => {
    expect(said('TERM', {}, policy, '2026-04-02T23:00:00Z')).to.deep.equal(['pass'])
    expect(said('TERM', {}, policy, '2026-04-03T00:00:00Z')).to.deep.equal(['warn', 'OVERDUE'])
  })
})

describe('checks that need somebody else’s answer', () => {
  it('say so while there is none', () => {
    for (const name of ['INV_STATUS', 'ENCUMBRANCE', 'RELATED'] as const) {
      expect(said(name)).to.deep.equal(['not_evaluable', 'NO_QUERY'])
    }
  })

  const of = (...papers: DocumentEvidence[]) => withPapers(papers)
  const late = (asOf: string) => ({ asOf, issueDate: asOf.slice(0, 10) })

  it('judge what the tax platform said, while it is fresh', () => {
    const normal = query('invoice-status', 'normal')
    expect(check('INV_STATUS', of(normal))).to.include({ outcome: 'pass', strength: 'third' })
    const own = query('invoice-status', 'normal', {}, 35, seller)
    expect(check('INV_STATUS', of(own))).to.include({ outcome: 'pass', strength: 'self' })
    expect(said('INV_STATUS', of(query('invoice-status', 'credited')))).to.deep.equal(['fail', 'INVOICE_NOT_NORMAL'])
    const old = query('invoice-status', 'normal', late('2026-03-19T07:00:00Z'))
    expect(said('INV_STATUS', of(old))).to.deep.equal(['not_evaluable', 'QUERY_OLD'])
    // Bad news don't get better by lying about.
    const bad = query('invoice-status', 'voided', late('2026-03-18T07:00:00Z'))
    expect(said('INV_STATUS', of(bad))).to.deep.equal(['fail', 'INVOICE_NOT_NORMAL', 'QUERY_OLD'])
  })

  it('go by the bank’s answer, whatever the seller brings after it', () => {
    const banks = query('invoice-status', 'credited', late('2026-03-20T01:00:00Z'), 35)
    const sellers = query('invoice-status', 'normal', late('2026-03-20T06:00:00Z'), 36, seller)
    expect(said('INV_STATUS', of(banks, sellers))).to.deep.equal(['fail', 'INVOICE_NOT_NORMAL'])
    expect(said('INV_STATUS', of(sellers, banks))).to.deep.equal(['fail', 'INVOICE_NOT_NORMAL'])
    const normal = query('invoice-status', 'normal', late('2026-03-20T01:00:00Z'), 35)
    expect(check('INV_STATUS', of(normal, sellers))).to.include({ outcome: 'pass', strength: 'third' })
    // Against itself it is heard.
    const against = query('invoice-status', 'credited', late('2026-03-20T06:00:00Z'), 36, seller)
    expect(said('INV_STATUS', of(normal, against))).to.deep.equal(['fail', 'INVOICE_NOT_NORMAL'])
    // And where the bank's answer is too old, the seller's fresh one is its own word.
    const old = query('invoice-status', 'normal', late('2026-03-18T01:00:00Z'), 35)
    expect(check('INV_STATUS', of(old, sellers))).to.include({ outcome: 'pass', strength: 'self' })
  })

  it('hear nobody else, and nobody from after the report', () => {
    expect(said('INV_STATUS', of(query('invoice-status', 'normal', {}, 35, other)))).to.deep.equal([
      'not_evaluable',
      'NO_QUERY',
    ])
    const later = query('invoice-status', 'credited', { asOf: '2026-03-20T08:00:01Z', issueDate: '2026-03-20' })
    const logged = { ...later, loggedAt: '2026-03-20T08:00:02Z' }
    expect(said('INV_STATUS', of(logged))).to.include('NO_QUERY')
  })

  it('compare instants, not how they are written', () => {
    const first = query('invoice-status', 'credited', { asOf: '2026-03-20T02:00:00Z' }, 35)
    const [, second] = [first, query('invoice-status', 'normal', { asOf: '2026-03-20T02:00:00.500Z' }, 36)]
    const at = { loggedAt: '2026-03-20T03:00:00Z' }
    expect(said('INV_STATUS', of({ ...first, ...at }, { ...second, ...at }))).to.deep.equal(['pass'])
    const exactly = query('invoice-status', 'normal', { asOf }, 36)
    expect(said('INV_STATUS', of({ ...exactly, loggedAt: asOf }), policy, '2026-03-20T08:00:00.000Z')).to.deep.equal([
      'pass',
    ])
  })

  it('count from when the log took it, not from when it claims to be', () => {
    const claimed = query('invoice-status', 'normal', { asOf: '2026-03-20T06:00:00Z' })
    expect(said('INV_STATUS', of({ ...claimed, loggedAt: '2026-03-10T00:00:00Z' }))).to.include('QUERY_OLD')
  })

  it('are about this invoice by number, date, amount and currency, or about another', () => {
    const { opened } = query('invoice-status', 'normal').claims as unknown as { opened: object }
    for (const [field, value] of Object.entries({
      number: 'INV-2',
      issueDate: '2026-03-06',
      gross: '113001',
      currency: 'USD',
    })) {
      const wrong = (result: string) => of(query('invoice-status', result, { opened: { ...opened, [field]: value } }))
      expect(said('INV_STATUS', wrong('normal')), field).to.deep.equal(['not_evaluable', 'QUERY_DIFFERS'])
      expect(said('INV_STATUS', wrong('credited')), field).to.deep.equal(['not_evaluable', 'QUERY_DIFFERS'])
    }
    expect(said('INV_STATUS', of(query('invoice-status', 'normal', { invoice: code.credit })))).to.include('NO_QUERY')
  })

  it('judge what 中登网 said of the seller', () => {
    expect(said('ENCUMBRANCE', of(query('encumbrance', 'none')))).to.deep.equal(['pass'])
    expect(said('ENCUMBRANCE', of(query('encumbrance', 'conflicting')))).to.deep.equal(['fail', 'ENCUMBERED'])
    const [mine, theirs] = [
      query('encumbrance', 'none', {}, 36, seller),
      query('encumbrance', 'conflicting', late('2026-03-19T12:00:00Z')),
    ]
    expect(said('ENCUMBRANCE', of(mine, theirs))).to.deep.equal(['fail', 'ENCUMBERED'])
  })

  it('refer related parties, by a register or by a key that both use', () => {
    expect(said('RELATED', of(query('related', 'related')))).to.deep.equal(['warn', 'RELATED_PARTIES'])
    expect(said('RELATED', of(query('related', 'unrelated')))).to.deep.equal(['pass'])
    expect(check('RELATED', of(query('related', 'unrelated', {}, 35, seller))).strength).to.equal('self')
    const old = query('related', 'unrelated', late('2026-03-18T01:00:00Z'))
    expect(said('RELATED', of(old))).to.deep.equal(['not_evaluable', 'QUERY_OLD'])
    const [key] = clean.keys
    const keys = [...clean.keys, { ...key!, uscc: hospital }]
    expect(said('RELATED', { keys })).to.deep.equal(['warn', 'SHARED_KEY'])
    expect(said('RELATED', { ...of(query('related', 'unrelated')), keys })).to.deep.equal(['warn', 'SHARED_KEY'])
  })
})

describe('ANCHOR', () => {
  const [anchored] = clean.anchors
  it('notes an operator-only chain where the policy accepts it, and warns where it does not', () => {
    expect(said('ANCHOR')).to.deep.equal(['pass', 'NO_INDEPENDENT_ANCHOR'])
    expect(check('ANCHOR').strength).to.equal('mutual')
    const strict = { ...policy, anchor: { acceptOperatorOnly: false } }
    expect(said('ANCHOR', {}, strict)).to.deep.equal(['warn', 'NO_INDEPENDENT_ANCHOR'])
    expect(check('ANCHOR', { anchors: [{ ...anchored!, operatorOnly: false }] }, strict)).to.include({
      outcome: 'pass',
      strength: 'third',
    })
  })

  it('lists what was logged after the last anchored head, one position over the edge', () => {
    expect(said('ANCHOR', { anchors: [{ ...anchored!, size: '7' }] })).to.deep.equal([
      'warn',
      'GAP',
      'GAP',
      'GAP',
      'NO_INDEPENDENT_ANCHOR',
    ])
    // Application and agreement are newer than the trade: that they aren't anchored yet is noted, and no more.
    expect(said('ANCHOR', { anchors: [{ ...anchored!, size: '8' }] })).to.deep.equal([
      'pass',
      'GAP',
      'GAP',
      'NO_INDEPENDENT_ANCHOR',
    ])
  })

  it('tells of every re-founding, and warns of records that were anchored only after it', () => {
    const refounding = { block: '3', at: '2020-01-01T00:00:00.000Z', kept: '0', abandonedSize: '900' }
    const saidSince = (it: typeof refounding) => said('ANCHOR', { anchors: [{ ...anchored!, refoundings: [it] }] })
    expect(saidSince(refounding)).to.deep.equal(['pass', 'REFOUNDED', 'NO_INDEPENDENT_ANCHOR'])
    // The anchor is from the re-founding's own block: every record was logged before, and anchored only now.
    const late = { ...refounding, at: anchored!.at }
    expect(saidSince({ ...late, kept: '7' })).to.deep.equal([
      ...['warn', 'ANCHORED_AFTER_REFOUNDING', 'ANCHORED_AFTER_REFOUNDING', 'ANCHORED_AFTER_REFOUNDING'],
      ...['REFOUNDED', 'NO_INDEPENDENT_ANCHOR'],
    ])
    expect(saidSince({ ...late, kept: '7', abandonedSize: '8' })).to.deep.equal([
      ...['warn', 'ANCHORED_AFTER_REFOUNDING', 'REFOUNDED', 'NO_INDEPENDENT_ANCHOR'],
    ])
    // Anchored before as well: proved to be what it was.
    const earlier = { ...anchored!, at: '2019-01-01T00:00:00.000Z' }
    expect(said('ANCHOR', { anchors: [earlier, { ...anchored!, refoundings: [late] }] })[0]).to.equal('pass')
  })

  it('counts no chain that is not trusted', () => {
    expect(said('ANCHOR', { anchors: [{ ...anchored!, trusted: false }] })).to.deep.equal([
      'not_evaluable',
      'NOT_ANCHORED',
    ])
  })
})
