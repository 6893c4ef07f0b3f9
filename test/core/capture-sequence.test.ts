import { expect } from 'chai'
import fc from 'fast-check'
import { sequenceFindings } from '../../core/capture-sequence.ts'

describe('the numbers of a device', () => {
  const none = { gaps: [], lost: 0, repeats: [], restarts: 0 }

  it('are whole when each came once, in whatever order', () => {
    expect(sequenceFindings([])).to.deep.equal({ latest: 0, captures: 0, ...none })
    expect(sequenceFindings([1, 2, 3])).to.deep.equal({ latest: 3, captures: 3, ...none })
    expect(sequenceFindings([3, 1, 2])).to.deep.equal({ latest: 3, captures: 3, ...none })
  })

  it('show what is missing until it comes', () => {
    expect(sequenceFindings([2, 5]).gaps).to.deep.equal([
      { from: 1, to: 1 },
      { from: 3, to: 4 },
    ])
    expect(sequenceFindings([2, 5, 4, 1, 3]).gaps).to.deep.equal([])
  })

  it('show what came twice', () => {
    expect(sequenceFindings([1, 2, 2, 3, 3, 3])).to.deep.include({ repeats: [2, 3], gaps: [], restarts: 0 })
  })

  it('begin anew with a device that was reset, and what was missing before stays so', () => {
    expect(sequenceFindings([1, 2, 4, 1, 2])).to.deep.equal({
      ...{ latest: 2, captures: 5, gaps: [], lost: 1, repeats: [], restarts: 1 },
    })
    expect(sequenceFindings([1, 1, 1]).restarts).to.equal(2)
  })

  it('account for every capture and every number, whatever comes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { maxLength: 40 }), numbers => {
        const { gaps, captures, latest, repeats, restarts } = sequenceFindings(numbers)
        const missing = gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0)
        expect([captures, latest - missing]).to.deep.equal([numbers.length, numbers.length])
        expect([repeats, restarts]).to.deep.equal([[], 0])
      }),
    )
  })
})
