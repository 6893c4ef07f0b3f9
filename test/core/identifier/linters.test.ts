import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import type { PrefixRegistry } from '../../../core/identifier/linter.ts'
import { isLinterName, linters } from '../../../core/identifier/linters.ts'

// gs1/gs1-syntax-dictionary, Apache-2.0: pass and fail cases of each value check.
type Cases = Record<string, { pass: string[]; fail: { in: string; err: string }[] }>
const cases: Cases = JSON.parse(readFileSync(new URL('../../vectors/linters.json', import.meta.url), 'utf8'))

/** Two defects only a registry can report; the vectors ask for them where one is plugged in. */
const registries: Record<string, PrefixRegistry> = {
  GS1_LINTER_GCP_DATASOURCE_OFFLINE: digits => (digits === '1234567' ? 'offline' : 'allocated'),
  GS1_LINTER_INVALID_GCP_PREFIX: digits => (digits === '1234567' ? 'unallocated' : 'allocated'),
}

describe('GS1 value checks', () => {
  for (const [name, { pass, fail }] of Object.entries(cases)) {
    it(`${name} decides the published cases`, () => {
      if (!isLinterName(name)) return expect.fail(`no check is called ${name}`)
      for (const value of pass) expect(linters[name](value), `${name} passes ${value}`).to.equal(undefined)
      for (const { in: value, err } of fail)
        expect(`GS1_LINTER_${linters[name](value, registries[err])?.code}`, `${name} of ${value}`).to.equal(err)
      return undefined
    })
  }

  it('covers every check with cases', () => {
    expect(Object.keys(cases).sort()).to.deep.equal(Object.keys(linters).sort())
  })

  it('names a position inside the value, or its start', () => {
    const value = fc.oneof(fc.string(), fc.stringMatching(/^[0-9]{0,30}$/), fc.stringMatching(/^[0-9/=%A-Z-]{0,30}$/))
    fc.assert(
      fc.property(value, text => {
        for (const lint of Object.values(linters)) {
          const found = lint(text)
          if (found) expect(found.position).to.be.within(0, Math.max(0, text.length - 1))
        }
      }),
    )
  })

  it('refuses a coupon that expires before it starts', () => {
    expect(linters.couponcode('012345612345611110123' + '3250101' + '4250102')).to.deep.equal({
      code: 'COUPON_EXPIRATION_BEFORE_START',
      position: 21,
    })
    expect(linters.couponcode('012345612345611110123' + '3250101' + '4250101')).to.equal(undefined)
  })
})
