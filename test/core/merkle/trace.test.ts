import { expect } from 'chai'
import fc from 'fast-check'
import { utf8 } from '../../../core/bytes.ts'
import { consistencyProof, inclusionProof } from '../../../core/merkle/proof.ts'
import { traceConsistency, traceInclusion } from '../../../core/merkle/trace.ts'
import { type Hash, leafHash, rootOf } from '../../../core/merkle.ts'

const leaves = Array.from({ length: 70 }, (_, i) => leafHash(utf8(`${i}`)))
const rootAt = (size: number) => rootOf(leaves.slice(0, size))
const read = async (nodes: readonly { readonly level: number; readonly index: bigint }[]) =>
  nodes.map(({ level, index }) => {
    const width = 2 ** level
    return rootOf(leaves.slice(Number(index) * width, (Number(index) + 1) * width))
  })

describe('a proof step by step', () => {
  it('ends at the root, from any leaf in a tree of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 70 }), fc.nat(), async (size, seed) => {
        const index = seed % size
        const proof = await inclusionProof(BigInt(index), BigInt(size), read)
        const trace = traceInclusion(leaves[index]!, BigInt(index), BigInt(size), proof)
        expect(trace?.steps.map(it => it.sibling)).to.deep.equal(proof)
        expect(trace?.steps.at(-1)?.result ?? trace?.first).to.deep.equal(rootAt(size))
        expect(traceInclusion(leaves[index]!, BigInt(index), BigInt(size), [...proof, proof[0] ?? rootAt(1)])).to.equal(
          undefined,
        )
        if (proof.length > 0) {
          expect(traceInclusion(leaves[index]!, BigInt(index), BigInt(size), proof.slice(1))).to.equal(undefined)
        }
      }),
    )
  })

  it('ends at both roots, between trees of any two sizes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 70 }), async (a, b) => {
        const [old, size] = [Math.min(a, b), Math.max(a, b)]
        const proof = await consistencyProof(BigInt(old), BigInt(size), read)
        const trace = traceConsistency(BigInt(old), BigInt(size), proof, rootAt(old))
        expect(trace?.steps.at(-1)?.result ?? trace?.first).to.deep.equal(rootAt(size))
        const lastOld = trace?.steps.findLast(it => it.oldResult !== undefined)?.oldResult ?? trace?.first
        expect(lastOld).to.deep.equal(rootAt(old))
        if (old < size) {
          expect(traceConsistency(BigInt(old), BigInt(size), proof.slice(0, -1), rootAt(old))).to.equal(undefined)
        }
      }),
    )
  })

  it('is none for what can not be a proof', () => {
    const short = new Uint8Array(31) as Hash
    expect(traceInclusion(leaves[0]!, 1n, 1n, [])).to.equal(undefined)
    expect(traceInclusion(short, 0n, 1n, [])).to.equal(undefined)
    expect(traceConsistency(0n, 1n, [], rootAt(1))).to.equal(undefined)
    expect(traceConsistency(2n, 1n, [], rootAt(1))).to.equal(undefined)
    expect(traceConsistency(3n, 5n, [short], rootAt(3))).to.equal(undefined)
  })
})
