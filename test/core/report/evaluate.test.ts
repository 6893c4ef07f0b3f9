import { expect } from 'chai'
import fc from 'fast-check'
import { canonicalText } from '../../../core/canonical.ts'
import { checkCodes } from '../../../core/report/check-codes.ts'
import { evaluate } from '../../../core/report/evaluate.ts'
import type { Evidence } from '../../../core/report/evidence.ts'
import { reportSchema } from '../../../core/report/report.ts'
import { parseJson } from '../../../core/strict-json.ts'
import {
  answered,
  asOf,
  clean,
  code,
  creditNote,
  despatch,
  documentCode,
  documentOf,
  hospital,
  idAt,
  invoice,
  policy,
  receiving,
  report,
  scan,
  seller,
  shipping,
  told,
} from './scene.ts'

const outcomes = (over: Partial<Evidence> = {}) =>
  Object.fromEntries(report(over).checks.map(({ code: it, outcome }) => [it, outcome]))

describe('a verification report', () => {
  it('verifies a clean case without a human, at the strength of the weakest gating check', () => {
    const made = evaluate(clean, policy, asOf)
    expect([made.verdict, made.strength, made.missing]).to.deep.equal(['VERIFIED', 'mutual', []])
    expect(outcomes()).to.deep.equal({
      IDENTITY: 'pass',
      AUTHZ: 'pass',
      INV_AUTH: 'pass',
      INV_STATUS: 'not_evaluable',
      MATCH3: 'pass',
      SCAN_COVER: 'pass',
      SCAN_CHAIN: 'pass',
      SCAN_TIME: 'pass',
      SCAN_GEO: 'not_evaluable',
      HOSP_CONFIRM: 'pass',
      DUPLICATE: 'pass',
      ENCUMBRANCE: 'not_evaluable',
      RELATED: 'not_evaluable',
      HISTORY: 'not_evaluable',
      TERM: 'pass',
      ANCHOR: 'pass',
    })
    expect(made.policy.demonstration).to.equal(true)
  })

  it('says for each invoice what is open, what can be financed, and each line of the match', () => {
    const made = report()
    expect([made.gross, made.open, made.financeable]).to.deep.equal(['113000', '113000', '113000'])
    expect(made.match).to.deep.equal([
      {
        order: code.order,
        line: '1',
        unit: 'XBX',
        ordered: '100',
        accepted: '100',
        returned: '0',
        invoiced: '100',
        credited: '0',
        financed: '0',
        quantity: '100',
        amount: '113000',
      },
    ])
  })

  it('proposes an amount with every step', () => {
    expect(evaluate(clean, policy, asOf).eligible).to.deep.equal({
      currency: 'CNY',
      invoices: [{ invoice: code.invoice, buyer: hospital, eligible: '113000', advance: '90400' }],
      total: '113000',
      overConcentration: '0',
      pool: '113000',
      dilution: '0',
      advanceRate: '0.8',
      reserves: '0',
      limit: null,
      outstanding: '0',
      availability: '90400',
    })
  })

  it('reproduces the OASIS case: received 90 of 100 is financeable as 90, and credited in full as nothing', () => {
    const short = receiving({ quantities: [{ epcClass: code.lot, quantity: '90' }] })
    const before = report({ events: [shipping(), short] })
    expect([before.financeable, before.match[0]?.quantity]).to.deep.equal(['101700', '90'])
    const after = report({
      events: [shipping(), short],
      documents: [...clean.documents, creditNote('100', '113000')],
    })
    expect([after.financeable, after.match[0]?.quantity, after.verdict]).to.deep.equal(['0', '0', 'REJECT'])
  })

  it('rejects on any gating failure, and lends nothing on what it rejects', () => {
    const made = evaluate({ ...clean, events: [shipping()] }, policy, asOf)
    expect([made.verdict, made.strength]).to.deep.equal(['REJECT', null])
    expect(made.eligible?.invoices[0]).to.include({ eligible: '0', excluded: 'NOT_SOUND' })
    expect(made.eligible?.availability).to.equal('0')
  })

  it('refers to a person what gates and could not be judged', () => {
    expect(report({ answers: [] }).verdict).to.equal('REFER')
    expect(report({ registry: undefined }).verdict).to.equal('REFER')
    expect(report({ anchors: [] }).verdict).to.equal('REFER')
  })

  it('needs no confirmation where the mode gives the hospital no notice', () => {
    const quiet = { ...clean.application, terms: { ...clean.application.terms, mode: '信用贷' as const } }
    expect(report({ answers: [], application: quiet }).verdict).to.equal('VERIFIED')
  })

  it('gates on what the bank’s policy says, and on nothing else', () => {
    const strict = { ...policy, gates: { ...policy.gates, INV_STATUS: true } }
    expect(evaluate(clean, strict, asOf).verdict).to.equal('REFER')
    const gates = Object.fromEntries(checkCodes.map(it => [it, false])) as typeof policy.gates
    // Where nothing gates nothing is verified.
    expect(evaluate(clean, { ...policy, gates }, asOf).verdict).to.equal('REFER')
  })

  it('refers an application of which an invoice is missing, and names it', () => {
    const invoices = [...clean.application.terms.invoices, { code: code.credit, commitment: idAt(39) }]
    const application = { ...clean.application, terms: { ...clean.application.terms, invoices } }
    const made = evaluate({ ...clean, application }, policy, asOf)
    expect([made.verdict, made.missing]).to.deep.equal(['REFER', [code.credit]])
  })

  it('judges each invoice for itself, and the application by the worst', () => {
    const second = documentCode(4, 'INV-2')
    const other = documentOf(21, 'invoice', {
      ...invoice().claims,
      code: second,
      number: 'INV-2',
      issueDate: '2026-03-06',
      iss: seller,
    })
    const invoices = [...clean.application.terms.invoices, { code: second, commitment: idAt(21) }]
    const made = evaluate(
      {
        ...clean,
        documents: [...clean.documents, other],
        application: { ...clean.application, terms: { ...clean.application.terms, invoices } },
      },
      policy,
      asOf,
    )
    // The goods are gone to the older invoice.
    expect(made.receivables.map(it => [it.invoice, it.financeable])).to.deep.equal([
      [code.invoice, '113000'],
      [second, '0'],
    ])
    expect(made.verdict).to.equal('REJECT')
  })

  it('points to its evidence: where it is logged, whose it is, since when it existed for certain', () => {
    const [pointer] = report().checks.find(({ code: it }) => it === 'INV_AUTH')?.evidence ?? []
    expect(pointer).to.deep.equal({
      index: '6',
      digest: idAt(6),
      signer: seller,
      capturedAt: '2026-03-05T08:00:00Z',
      loggedAt: '2026-03-05T08:01:00.000Z',
      anchoredAt: '2026-03-16T00:00:00.000Z',
    })
  })

  it('is the same text whatever the order of the records, and reads back as it was', () => {
    const evidence: Evidence = {
      ...clean,
      documents: [...clean.documents, creditNote('10', '11300')],
      answers: [answered(), answered({ asOf: '2026-03-09T02:00:00Z' }, 12)],
      events: [...clean.events, scan(10, 'returning', '2026-03-10T02:00:00.000Z', 'hospital', { quantities: [] })],
    }
    const text = canonicalText(evaluate(evidence, policy, asOf))
    expect(reportSchema.safeParse(parseJson(text)).success).to.equal(true)
    const shuffled = <Of>(all: readonly Of[]) => fc.shuffledSubarray([...all], { minLength: all.length })
    fc.assert(
      fc.property(
        shuffled(evidence.documents),
        shuffled(evidence.events),
        shuffled(evidence.answers),
        (documents, events, answers) => {
          expect(canonicalText(evaluate({ ...evidence, documents, events, answers }, policy, asOf))).to.equal(text)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('is never better for a return, a credit, a mark, or a scan that is left out', () => {
    const value = (over: Partial<Evidence>) => BigInt(report(over).financeable ?? 0)
    const quantity = fc.integer({ min: 1, max: 120 }).map(String)
    fc.assert(
      fc.property(quantity, quantity, (some, more) => {
        const events = [shipping(), receiving({ quantities: [{ epcClass: code.lot, quantity: some }] })]
        const back = scan(10, 'returning', '2026-03-10T02:00:00.000Z', 'seller', {
          quantities: [{ epcClass: code.lot, quantity: more }],
        })
        const before = value({ events })
        const lines = [{ order: code.order, line: '1', quantity: more, units: [] }]
        for (const worse of [
          { events: [...events, back] },
          { events, documents: [...clean.documents, creditNote(more, '0')] },
          { events, registry: { ...clean.registry!, invoices: [{ ...told, lines }] } },
          { events: events.slice(0, 1) },
        ]) {
          expect(value(worse) <= before).to.equal(true)
        }
      }),
    )
  })

  it('takes no part of another’s trade for its own', () => {
    const stranger = { ...despatch().claims, order: code.order, parties: { seller: hospital, buyer: seller } }
    const foreign = { ...despatch(), id: idAt(25), index: '25', claims: stranger }
    expect(report({ documents: [...clean.documents, foreign] }).financeable).to.equal('113000')
  })
})
