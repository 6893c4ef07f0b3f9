import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { deployLogProof, type LogProofContract } from './network.ts'
import {
  consistencyProof,
  drawFrom,
  drawnGrowth,
  drawnInclusion,
  inclusionProof,
  leafHash,
  type Node,
  nodeHash,
  root,
  treeHash,
} from './reference-tree.ts'

const MAX = 2n ** 64n - 1n
const vectors = <T>(file: string): T[] =>
  JSON.parse(readFileSync(new URL(`../vectors/${file}`, import.meta.url), 'utf8'))
const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64')
const isHash = (value: Uint8Array): boolean => value.length === 32

const flipped = (node: Node, bit = 0): Node => {
  const other = Buffer.from(node)
  other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return other
}

/** Every way to spoil one list of hashes by one step. */
const spoiled = (proof: readonly Node[], extra: Node): (readonly Node[])[] => [
  ...proof.map((node, i) => proof.with(i, flipped(node, i % 256))),
  ...(proof.length > 0 ? [proof.slice(1), proof.slice(0, -1)] : []),
  ...(proof.length > 1 ? [proof.toReversed()] : []),
  [extra, ...proof],
  [...proof, extra],
]

describe('LogProof', function () {
  this.timeout(60_000)
  let contract: LogProofContract
  before(async () => {
    contract = await deployLogProof()
  })

  describe('on the consistency vectors of transparency-dev/merkle', () => {
    type Vector = Record<'name' | 'size1' | 'size2' | 'root1' | 'root2', string> & {
      proof: string[] | null
      wantErr: boolean
    }
    for (const vector of vectors<Vector>('rfc6962_consistency.json')) {
      const hashes = [vector.root1, vector.root2, ...(vector.proof ?? [])].map(bytes)
      const [root1, root2, ...proof] = hashes as [Buffer, Buffer, ...Buffer[]]
      const call = () => contract.verifyConsistency(BigInt(vector.size1), BigInt(vector.size2), root1, root2, proof)
      if (hashes.every(isHash)) {
        it(`${vector.wantErr ? 'refuses' : 'accepts'} ${vector.name}`, async () => {
          expect(await call()).to.equal(!vector.wantErr)
        })
      } else {
        it(`cannot be asked about ${vector.name}, which has a hash that is not 32 bytes`, async () => {
          expect(vector.wantErr).to.equal(true)
          let refusal: unknown
          await call().catch(error => {
            refusal = error
          })
          expect(refusal).to.have.property('code', 'INVALID_ARGUMENT')
        })
      }
    }
  })

  describe('on the inclusion vectors of transparency-dev/merkle', () => {
    type Vector = Record<'name' | 'leafIdx' | 'treeSize' | 'root' | 'leafHash', string> & {
      proof: string[] | null
      wantErr: boolean
    }
    for (const vector of vectors<Vector>('rfc6962_inclusion.json')) {
      const hashes = [vector.leafHash, vector.root, ...(vector.proof ?? [])].map(bytes)
      const [leaf, treeRoot, ...proof] = hashes as [Buffer, Buffer, ...Buffer[]]
      const call = () =>
        contract.verifyInclusion(BigInt(vector.leafIdx), BigInt(vector.treeSize), leaf, proof, treeRoot)
      if (hashes.every(isHash)) {
        it(`${vector.wantErr ? 'refuses' : 'accepts'} ${vector.name}`, async () => {
          expect(await call()).to.equal(!vector.wantErr)
        })
      } else {
        it(`cannot be asked about ${vector.name}, which has a hash that is not 32 bytes`, async () => {
          expect(vector.wantErr).to.equal(true)
          let refusal: unknown
          await call().catch(error => {
            refusal = error
          })
          expect(refusal).to.have.property('code', 'INVALID_ARGUMENT')
        })
      }
    }
  })

  describe('on trees built by the definition', () => {
    const accepts = async (m: bigint, n: bigint): Promise<void> => {
      const proof = consistencyProof(m, n)
      const label = `${m} to ${n}`
      expect(await contract.verifyConsistency(m, n, treeHash(m), treeHash(n), proof), label).to.equal(true)
    }
    const refusesSpoiled = async (m: bigint, n: bigint): Promise<void> => {
      const proof = consistencyProof(m, n)
      const [old, grown] = [treeHash(m), treeHash(n)]
      const ask = async (root1: Node, root2: Node, given: readonly Node[], why: string) =>
        expect(await contract.verifyConsistency(m, n, root1, root2, given), `${m} to ${n}: ${why}`).to.equal(false)
      for (const [i, other] of spoiled(proof, old).entries()) await ask(old, grown, other, `spoiled proof ${i}`)
      await ask(flipped(old), grown, proof, 'another old root')
      await ask(old, flipped(grown), proof, 'another new root')
      await ask(grown, old, proof, 'roots changed over')
      expect(await contract.verifyConsistency(n, m, grown, old, proof), `${n} to ${m}`).to.equal(false)
    }
    const pairs = (sizes: readonly bigint[]): [bigint, bigint][] =>
      sizes.flatMap(n => sizes.filter(m => m < n).map((m): [bigint, bigint] => [m, n]))
    const small = pairs(Array.from({ length: 40 }, (_, i) => BigInt(i + 1)))
    const edges = pairs([1n, 2n, 3n, 255n, 256n, 257n, 511n, 512n, 513n, 65_535n, 65_536n, 65_537n])

    it('accepts the proof of every growth up to 40 entries', async () => {
      for (const [m, n] of small) await accepts(m, n)
    })

    it('accepts the proof of every growth between sizes at powers of two', async () => {
      for (const [m, n] of edges) await accepts(m, n)
    })

    it('refuses every spoiled proof, root or order up to 18 entries', async () => {
      for (const [m, n] of small.filter(([, size]) => size <= 18n)) await refusesSpoiled(m, n)
    })

    it('refuses every spoiled proof, root or order at powers of two', async () => {
      for (const [m, n] of edges.filter(([m, n]) => m >= 255n && n >= 257n)) await refusesSpoiled(m, n)
    })

    it('takes a tree as consistent with itself by the empty proof only', async () => {
      for (const n of [1n, 2n, 3n, 255n, 256n, 257n]) {
        const held = treeHash(n)
        expect(await contract.verifyConsistency(n, n, held, held, [])).to.equal(true)
        expect(await contract.verifyConsistency(n, n, held, held, [held])).to.equal(false)
        expect(await contract.verifyConsistency(n, n, held, flipped(held), [])).to.equal(false)
      }
    })

    it('takes no smaller tree for a later one, not even under one root', async () => {
      for (const [m, n] of [
        [2n, 1n],
        [4n, 1n],
        [4n, 2n],
        [256n, 255n],
        [2n ** 63n, 1n],
      ] as const) {
        const held = treeHash(1n)
        expect(await contract.verifyConsistency(m, n, held, held, []), `${m} to ${n}`).to.equal(false)
      }
    })

    it('leaves it to the checkpoint to bind a size to its root: sizes of one shape verify alike', async () => {
      const proof = consistencyProof(4n, 7n)
      for (const [claimed, found] of [
        [5n, true],
        [7n, true],
        [8n, true],
        [9n, false],
      ] as const) {
        expect(await contract.verifyConsistency(4n, claimed, treeHash(4n), treeHash(7n), proof)).to.equal(found)
      }
    })

    it('proves nothing from the empty tree, whatever is offered', async () => {
      const grown = treeHash(5n)
      const empty = Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex')
      for (const proof of [[], [grown], [empty]]) {
        expect(await contract.verifyConsistency(0n, 5n, empty, grown, proof)).to.equal(false)
        expect(await contract.verifyConsistency(0n, 0n, empty, empty, proof)).to.equal(false)
      }
    })

    it('accepts every entry of every tree up to 20 entries, and no other', async () => {
      for (let n = 1n; n <= 20n; n++) {
        for (let i = 0n; i < n; i++) {
          const proof = inclusionProof(i, n)
          const leaf = leafHash(Buffer.from(String(i)))
          const label = `${i} of ${n}`
          expect(await contract.verifyInclusion(i, n, leaf, proof, treeHash(n)), label).to.equal(true)
          expect(await contract.verifyInclusion(i, n, flipped(leaf), proof, treeHash(n)), label).to.equal(false)
          expect(await contract.verifyInclusion(i, n, leaf, proof, flipped(treeHash(n))), label).to.equal(false)
          for (const other of spoiled(proof, leaf)) {
            expect(await contract.verifyInclusion(i, n, leaf, other, treeHash(n)), label).to.equal(false)
          }
          for (const past of [n, n + 1n, MAX]) {
            expect(await contract.verifyInclusion(past, n, leaf, proof, treeHash(n)), label).to.equal(false)
          }
        }
      }
    })

    it('takes no entry for one of a tree that ends before it', async () => {
      for (let n = 2n; n <= 20n; n++) {
        for (let i = 1n; i < n; i++) {
          const leaf = leafHash(Buffer.from(String(i)))
          for (const size of [i, i - 1n, 0n]) {
            const found = await contract.verifyInclusion(i, size, leaf, inclusionProof(i, n), treeHash(n))
            expect(found, `entry ${i} of ${n} in ${size}`).to.equal(false)
          }
        }
      }
    })

    it('accepts the first, middle and last entries of trees at powers of two', async () => {
      for (const n of [255n, 256n, 257n, 65_535n, 65_536n, 65_537n]) {
        for (const i of [0n, 1n, n / 2n - 1n, n / 2n, n - 2n, n - 1n]) {
          const leaf = leafHash(Buffer.from(String(i)))
          expect(await contract.verifyInclusion(i, n, leaf, inclusionProof(i, n), treeHash(n))).to.equal(true)
        }
      }
    })

    it('takes no inner node for a leaf of the tree above it', async () => {
      // The attack that the 0x00 and 0x01 prefixes exist against: entry bytes that are a node's two hashes.
      const inside = Buffer.concat([leafHash(Buffer.from('0')), leafHash(Buffer.from('1'))])
      const sibling = root(2n, 4n)
      expect(treeHash(4n).equals(nodeHash(treeHash(2n), sibling))).to.equal(true)
      expect(await contract.verifyInclusion(0n, 2n, leafHash(inside), [sibling], treeHash(4n))).to.equal(false)
    })
  })

  describe('on drawn sizes up to 2^64 − 1', () => {
    const size = fc.oneof(
      fc.bigInt({ min: 1n, max: MAX }),
      fc.bigInt({ min: 1n, max: 2000n }),
      fc
        .record({ power: fc.integer({ min: 1, max: 63 }), by: fc.bigInt({ min: -1n, max: 1n }) })
        .map(({ power, by }) => 2n ** BigInt(power) + by),
      fc.constantFrom(MAX, MAX - 1n),
    )
    const seed = fc.integer().map(String)

    it('accepts a consistency proof of any growth, and refuses it with any one bit changed', async () => {
      await fc.assert(
        fc.asyncProperty(size, size, seed, fc.nat(), async (a, b, text, at) => {
          fc.pre(a !== b)
          const [m, n] = a < b ? [a, b] : [b, a]
          const { root1, root2, proof } = drawnGrowth(m, n, drawFrom(text))
          expect(await contract.verifyConsistency(m, n, root1, root2, proof)).to.equal(true)
          const spoilt = proof.map((node, i) => (i === at % proof.length ? flipped(node, at % 256) : node))
          expect(await contract.verifyConsistency(m, n, root1, root2, spoilt)).to.equal(false)
        }),
        { numRuns: 150 },
      )
    })

    it('accepts an inclusion proof of any entry, and refuses it with any one bit changed', async () => {
      await fc.assert(
        fc.asyncProperty(size, fc.bigInt({ min: 0n, max: MAX }), seed, fc.nat(), async (n, at, text, bit) => {
          const i = at % n
          const { leaf, top, proof } = drawnInclusion(i, n, drawFrom(text))
          expect(await contract.verifyInclusion(i, n, leaf, proof, top)).to.equal(true)
          expect(await contract.verifyInclusion(i, n, flipped(leaf, bit % 256), proof, top)).to.equal(false)
          expect(await contract.verifyInclusion(i, n, leaf, [...proof, leaf], top)).to.equal(false)
        }),
        { numRuns: 150 },
      )
    })

    it('never accepts drawn hashes as a proof', async () => {
      await fc.assert(
        fc.asyncProperty(size, size, seed, fc.nat({ max: 70 }), async (m, n, text, length) => {
          fc.pre(m !== n)
          const draw = drawFrom(text)
          const proof = Array.from({ length }, draw)
          expect(await contract.verifyConsistency(m, n, draw(), draw(), proof)).to.equal(false)
          expect(await contract.verifyInclusion(m, n, draw(), proof, draw())).to.equal(false)
        }),
        { numRuns: 100 },
      )
    })
  })
})
