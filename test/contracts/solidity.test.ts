import { expect } from 'chai'
import { enough, runSolidityTests, type SolidityTests, shareTaken, wordsOf } from '../../scripts/solidity-tests.ts'

describe('the fuzz and invariant tests in Solidity', function () {
  this.timeout(180_000)
  let ran: SolidityTests
  before(() => {
    ran = runSolidityTests()
  })

  it('pass', () => {
    expect(ran.code, ran.output).to.equal(0)
    expect(ran.output).to.match(/\b4\d passing/)
  })

  it('take 98 % of all branches of the contracts or more', () => {
    expect(ran.branches).to.be.at.least(220)
    expect(enough(ran), `${shareTaken(ran)}\n${ran.missed.map(wordsOf).join('\n')}`).to.equal(true)
  })
})
