import { expect } from 'chai'
import { readAct } from '../../../core/act.ts'
import { canonical } from '../../../core/canonical.ts'
import { checkCodes } from '../../../core/report/check-codes.ts'
import { defaultGates, isGating, policySchema } from '../../../core/report/policy.ts'
import { corroborated, strengthOf, weakest } from '../../../core/report/strength.ts'
import { verdictOf, worst } from '../../../core/report/verdict.ts'
import { bank, hospital, policy, seller } from './scene.ts'

describe('a bank’s policy', () => {
  it('is read from its canonical payload alone, and strictly', () => {
    expect(readAct(policySchema, canonical(policy))).to.deep.equal(policy)
    for (const wrong of [
      { score: 1 },
      { coverage: '1.1' },
      { coverage: '0.980' },
      { gates: { ...policy.gates, MATCH3: 'maybe' } },
      { gates: Object.fromEntries(Object.entries(policy.gates).slice(1)) },
    ]) {
      expect(() => readAct(policySchema, canonical({ ...policy, ...wrong }))).to.throw(SyntaxError)
    }
  })

  it('gates by default as the domain’s table says', () => {
    const gating = (mode: Parameters<typeof isGating>[1]) =>
      checkCodes.filter(it => isGating(it, mode, { gates: { ...defaultGates } }))
    const always = ['IDENTITY', 'AUTHZ', 'INV_AUTH', 'MATCH3', 'SCAN_COVER', 'DUPLICATE', 'ANCHOR']
    expect(gating('信用贷')).to.have.members(always)
    expect(gating('暗保理')).to.have.members([...always, 'ENCUMBRANCE'])
    expect(gating('应收账款质押')).to.have.members([...always, 'ENCUMBRANCE'])
    expect(gating('明保理')).to.have.members([...always, 'ENCUMBRANCE', 'HOSP_CONFIRM'])
  })
})

describe('strength', () => {
  const trade = { seller, buyer: hospital }
  it('is that of the signer: the seller’s own, the buyer’s, and nobody’s who is not known', () => {
    const known = { independent: [], affiliated: [] }
    expect([seller, hospital, bank, null].map(it => strengthOf(it, trade, known))).to.deep.equal([
      'self',
      'third',
      'self',
      'self',
    ])
    expect(strengthOf(bank, trade, { independent: [bank], affiliated: [] })).to.equal('third')
    expect(strengthOf(hospital, trade, { independent: [hospital], affiliated: [hospital] })).to.equal('self')
  })

  it('of a computed value is its weakest input’s', () => {
    expect(weakest('third', 'self', 'mutual')).to.equal('self')
    expect(weakest('third', null, 'mutual')).to.equal('mutual')
    expect(weakest(null)).to.equal(null)
  })

  it('is lifted from self to mutual by corroboration, and no further', () => {
    expect((['self', 'mutual', 'third'] as const).map(it => corroborated(it, true))).to.deep.equal([
      'mutual',
      'mutual',
      'third',
    ])
    expect(corroborated('self', false)).to.equal('self')
  })
})

describe('the verdict', () => {
  const checked = (
    outcome: 'pass' | 'fail' | 'warn' | 'not_evaluable',
    gating = true,
    strength: 'self' | 'third' | null = 'third',
  ) => ({
    outcome,
    gating,
    strength,
  })
  it('rejects on one gating failure, whatever else passes', () => {
    expect(verdictOf([checked('pass'), checked('fail'), checked('warn')]).verdict).to.equal('REJECT')
  })

  it('refers on a gating warning or one that could not be judged', () => {
    expect(verdictOf([checked('pass'), checked('warn')]).verdict).to.equal('REFER')
    expect(verdictOf([checked('pass'), checked('not_evaluable')]).verdict).to.equal('REFER')
  })

  it('is not moved by what does not gate', () => {
    expect(verdictOf([checked('pass'), checked('fail', false), checked('warn', false, 'self')])).to.deep.equal({
      verdict: 'VERIFIED',
      strength: 'third',
    })
  })

  it('of many is the worst', () => {
    expect(worst(['VERIFIED', 'REJECT', 'REFER'])).to.equal('REJECT')
    expect(worst(['VERIFIED', 'REFER'])).to.equal('REFER')
    expect(worst(['VERIFIED'])).to.equal('VERIFIED')
  })
})
