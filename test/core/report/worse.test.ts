import { expect } from 'chai'
import fc from 'fast-check'
import { alertSchema } from '../../../core/alert.ts'
import { evaluate } from '../../../core/report/evaluate.ts'
import type { Check, Report } from '../../../core/report/report.ts'
import { worsenings } from '../../../core/report/worse.ts'
import { asOf, clean as evidence, policy } from './scene.ts'

describe('what reads worse in a later report', () => {
  const clean = evaluate(evidence, policy, asOf)
  const changed = (code: Check['code'], found: Partial<Check>): Report => ({
    ...clean,
    receivables: clean.receivables.map(it => ({
      ...it,
      checks: it.checks.map(check => (check.code === code ? { ...check, ...found } : check)),
    })),
  })
  const disputed = changed('HOSP_CONFIRM', { outcome: 'fail', reasons: [{ code: 'DISPUTED' }] })

  it('is a check that fell, with the reasons that are new and the evidence for them', () => {
    const [found, ...others] = worsenings(clean, disputed)
    expect(others).to.deep.equal([])
    expect(found).to.deep.include({ check: 'HOSP_CONFIRM', before: 'pass', after: 'fail', severity: 'critical' })
    expect(found?.reasons).to.deep.equal([{ code: 'DISPUTED' }])
    expect(found?.evidence).to.deep.equal(clean.receivables[0]!.checks.find(it => it.code === 'HOSP_CONFIRM')!.evidence)
  })

  it('is a further reason under an outcome that stays', () => {
    const more = changed('HOSP_CONFIRM', { outcome: 'fail', reasons: [{ code: 'DISPUTED' }, { code: 'PAYEE_NO' }] })
    expect(worsenings(disputed, more).map(({ reasons }) => reasons)).to.deep.equal([[{ code: 'PAYEE_NO' }]])
  })

  it('is the same reason about something else', () => {
    const line = (id: string): Check['reasons'][number] => ({ code: 'LINE_EXCEPTION', params: { line: id } })
    const one = changed('MATCH3', { outcome: 'warn', reasons: [line('1')] })
    const two = changed('MATCH3', { outcome: 'warn', reasons: [line('1'), line('2')] })
    expect(worsenings(one, two).map(it => [it.reasons, it.severity])).to.deep.equal([[[line('2')], 'warning']])
  })

  it('is nothing that stays, gets better, or is only noted', () => {
    expect(worsenings(disputed, disputed)).to.deep.equal([])
    expect(worsenings(disputed, clean)).to.deep.equal([])
    const noted = changed('HOSP_CONFIRM', { outcome: 'pass', reasons: [{ code: 'CONDITIONAL' }] })
    expect(worsenings(clean, noted)).to.deep.equal([])
  })

  it('is gravest where a claim may be gone, and least where only time went by', () => {
    const severity = (reasons: Check['reasons'], outcome: Check['outcome'] = 'warn') =>
      worsenings(clean, changed('TERM', { outcome, reasons }))[0]?.severity
    expect(severity([{ code: 'ANSWER_EXPIRED' }], 'not_evaluable')).to.equal('notice')
    expect(severity([{ code: 'OVERDUE' }])).to.equal('warning')
    expect(severity([{ code: 'NEWER_VERSION' }])).to.equal('critical')
    expect(severity([{ code: 'OVERDUE' }, { code: 'NEWER_VERSION' }])).to.equal('critical')
    expect(severity([], 'fail')).to.equal('critical')
  })

  it('is everything that is not well where there is nothing to compare with', () => {
    expect(worsenings(undefined, disputed).map(({ check, before }) => [check, before])).to.deep.include([
      'HOSP_CONFIRM',
      undefined,
    ])
  })

  it('never depends on what else was found, and is always an alert that can be logged', () => {
    const codes = clean.receivables[0]!.checks.map(({ code }) => code)
    const outcome = fc.constantFrom('pass', 'warn', 'fail', 'not_evaluable') as fc.Arbitrary<Check['outcome']>
    const found = fc.record({ code: fc.constantFrom(...codes), before: outcome, after: outcome })
    fc.assert(
      fc.property(found, ({ code, before, after }) => {
        const was = changed(code, { outcome: before, reasons: [] })
        const now = changed(code, { outcome: after, reasons: [] })
        const gravity = { pass: 0, warn: 1, not_evaluable: 1, fail: 2 }
        const worse = worsenings(was, now)
        expect(worse).to.have.length(gravity[after] > gravity[before] ? clean.receivables.length : 0)
        for (const it of worse) {
          const { bank, application } = clean
          const at = '2026-03-15T08:00:00.000Z'
          const id = '6a1f2b8e-6d7e-4d4c-9f59-0f9f6f0a2c11'
          expect(alertSchema.safeParse({ version: 1, id, application, bank, at, ...it }).success).to.equal(true)
        }
      }),
    )
  })
})
