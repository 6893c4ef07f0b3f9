import { expect } from 'chai'
import fc from 'fast-check'
import { createSequence, type SequenceFinding } from '../../core/sequence.ts'

const findings = (...seqs: number[]): readonly SequenceFinding[] => {
  const sequence = createSequence()
  for (const [i, seq] of seqs.entries()) sequence.take(BigInt(seq), BigInt(i))
  return sequence.findings()
}
const gap = (from: number, to: number) => ({ kind: 'gap', from: BigInt(from), to: BigInt(to) })
const other = (kind: 'repeat' | 'late', seq: number, index: number) => ({
  kind,
  ...{ seq: BigInt(seq), index: BigInt(index) },
})

describe('a sequence', () => {
  it('without holes has no findings', () => {
    expect(findings()).to.deep.equal([])
    expect(findings(1, 2, 3)).to.deep.equal([])
  })
  it('has a gap before its first number too', () => expect(findings(3)).to.deep.equal([gap(1, 2)]))
  it('shows a repetition where it stands', () => expect(findings(1, 2, 2)).to.deep.equal([other('repeat', 2, 2)]))
  it('shows what came late, and closes the gap behind it', () => {
    expect(findings(1, 5, 3)).to.deep.equal([gap(2, 2), gap(4, 4), other('late', 3, 2)])
    expect(findings(1, 3, 2, 2)).to.deep.equal([other('late', 2, 2), other('repeat', 2, 3)])
  })
  it('has as its gaps exactly what was never taken', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 })), seqs => {
        const missing = findings(...seqs).flatMap(it =>
          it.kind === 'gap' ? Array.from({ length: Number(it.to - it.from) + 1 }, (_, i) => Number(it.from) + i) : [],
        )
        const top = Math.max(0, ...seqs)
        expect(missing).to.deep.equal(Array.from({ length: top }, (_, i) => i + 1).filter(n => !seqs.includes(n)))
        expect(findings(...seqs).filter(it => it.kind === 'repeat')).to.have.lengthOf(seqs.length - new Set(seqs).size)
      }),
    )
  })
})
