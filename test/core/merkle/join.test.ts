import { expect } from 'chai'
import fc from 'fast-check'
import { joinConsistency, type ProofStep } from '../../../core/merkle/join.ts'
import { asHash } from '../../../core/merkle.ts'
import { consistencyProof, treeHash } from '../../contracts/reference-tree.ts'

const step = (old: bigint, size: bigint): ProofStep => ({
  ...{ old, size, oldRoot: asHash(treeHash(old)) },
  proof: consistencyProof(old, size).map(asHash),
})
const along = (sizes: readonly bigint[]): ProofStep[] => sizes.slice(1).map((size, i) => step(sizes[i]!, size))

describe('consistency proofs that follow each other', () => {
  it('join into the one from the first size to the last, for every three sizes to 24', () => {
    for (let a = 1n; a <= 22n; a++) {
      for (let b = a + 1n; b <= 23n; b++) {
        for (let c = b + 1n; c <= 24n; c++) {
          expect(joinConsistency(along([a, b, c])), `${a}, ${b}, ${c}`).to.deep.equal(consistencyProof(a, c))
        }
      }
    }
  })

  it('join whatever their number', () => {
    const sizes = fc.uniqueArray(fc.bigInt({ min: 1n, max: 700n }), { minLength: 2, maxLength: 12 })
    fc.assert(
      fc.property(sizes, drawn => {
        const ascending = drawn.toSorted((a, b) => (a < b ? -1 : 1))
        expect(joinConsistency(along(ascending))).to.deep.equal(consistencyProof(ascending[0]!, ascending.at(-1)!))
      }),
      { numRuns: 60 },
    )
  })

  it('are refused with a gap, backwards, cut, padded, and where there are none', () => {
    const [one, two] = [step(3n, 7n), step(7n, 12n)]
    const wrong = [
      [],
      [one, step(8n, 12n)],
      [two, one],
      [{ ...one, proof: one.proof.slice(1) }, two],
      [one, { ...two, proof: [...two.proof, two.oldRoot] }],
    ]
    for (const steps of wrong) expect(() => joinConsistency(steps)).to.throw(RangeError)
  })
})
