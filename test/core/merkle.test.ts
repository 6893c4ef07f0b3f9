import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { MerkleTree } from 'merkletreejs'
import { sha256 } from '#sha256'
import { fromHex, hex } from '../../core/bytes.ts'
import { emptyFrontier, extend, type Frontier, frontierOf, rootOfFrontier } from '../../core/merkle/frontier.ts'
import { consistencyPath, inclusionPath } from '../../core/merkle/path.ts'
import { consistencyProof, inclusionProof, rootAt } from '../../core/merkle/proof.ts'
import { verifyConsistency, verifyInclusion } from '../../core/merkle/verify.ts'
import { asHash, emptyRoot, type Hash, leafHash, nodeHash, rootOf } from '../../core/merkle.ts'
import { growTree, someLeaves } from './merkle-tree.ts'

const vectors = (name: string) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as Record<string, string>[]

const bytes = (text: string | null | undefined) => new Uint8Array(Buffer.from(text ?? '', 'base64'))
const proofOf = (value: unknown) => ((value ?? []) as string[]).map(bytes)

/** Inputs and roots of the test tree that Certificate Transparency implementations share. */
const published = {
  entries: ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'],
  roots: [
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ],
}

describe('the history tree', () => {
  it('has the published roots of the Certificate Transparency test tree', () => {
    const leaves = published.entries.map(entry => leafHash(fromHex(entry)))
    expect(hex(emptyRoot)).to.equal('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    for (const [i, root] of published.roots.entries()) {
      expect(hex(rootOf(leaves.slice(0, i + 1)))).to.equal(root)
      expect(hex(rootOfFrontier(extend(emptyFrontier, leaves.slice(0, i + 1))))).to.equal(root)
    }
  })

  for (const { name, desc, leafIdx, treeSize, root, leafHash: leaf, proof, wantErr } of vectors('rfc6962_inclusion')) {
    it(`judges ${name} (${desc}) as published`, () => {
      const verified = verifyInclusion(
        bytes(leaf),
        BigInt(leafIdx ?? ''),
        BigInt(treeSize ?? ''),
        proofOf(proof),
        bytes(root),
      )
      expect(verified).to.equal(!wantErr)
    })
  }

  for (const { name, desc, size1, size2, root1, root2, proof, wantErr } of vectors('rfc6962_consistency')) {
    it(`judges ${name} (${desc}) as published`, () => {
      const verified = verifyConsistency(
        BigInt(size1 ?? ''),
        BigInt(size2 ?? ''),
        proofOf(proof),
        bytes(root1),
        bytes(root2),
      )
      expect(verified).to.equal(!wantErr)
    })
  }

  it('agrees with merkletreejs at every size from 1 to 300', () => {
    const entries = Array.from({ length: 300 }, (_, i) => sha256(Uint8Array.of(i >> 8, i)))
    const digest = (data: unknown) => Buffer.from(sha256(data as Uint8Array))
    const concatenator = ([left, right]: Buffer[]) => Buffer.concat([Buffer.of(1), left!, right!])
    let frontier = emptyFrontier
    for (const [i, entry] of entries.entries()) {
      frontier = extend(frontier, [leafHash(entry)])
      const theirLeaves = entries.slice(0, i + 1).map(it => digest(Buffer.concat([Buffer.of(0), it])))
      const theirs = new MerkleTree(theirLeaves, digest, { concatenator })
      expect(hex(rootOfFrontier(frontier)), `size ${i + 1}`).to.equal(theirs.getRoot().toString('hex'))
    }
  }).timeout(30_000)

  it('gives proofs that merkletreejs verifies, the index passed', async () => {
    const digest = (data: unknown) => Buffer.from(sha256(data as Uint8Array))
    const options = { concatenator: ([left, right]: Buffer[]) => Buffer.concat([Buffer.of(1), left!, right!]) }
    for (const size of [1, 2, 3, 7, 8, 9, 255, 256, 257, 300]) {
      const leaves = someLeaves(size)
      const tree = new MerkleTree(
        leaves.map(it => Buffer.from(it)),
        digest,
        options,
      )
      for (const index of new Set([0, size >> 1, size - 1])) {
        const ours = await inclusionProof(BigInt(index), BigInt(size), growTree(leaves).read)
        const theirs = tree.getProof(Buffer.from(leaves[index]!), index)
        expect(ours.map(hex), `${index} of ${size}`).to.deep.equal(theirs.map(step => step.data.toString('hex')))
        expect(MerkleTree.verify(theirs, Buffer.from(leaves[index]!), tree.getRoot(), digest, options)).to.equal(true)
      }
    }
  }).timeout(30_000)

  for (const [below, edge, above] of [
    [255, 256, 257],
    [65_535, 65_536, 65_537],
  ] as const) {
    it(`agrees with merkletreejs on roots and proofs where a tile is full: ${below}, ${edge}, ${above}`, async () => {
      const entries = Array.from({ length: above }, (_, i) => sha256(Uint8Array.of(7, i >> 16, i >> 8, i)))
      const leaves = entries.map(leafHash)
      const { read } = growTree(leaves)
      const digest = (data: unknown) => Buffer.from(sha256(data as Uint8Array))
      const options = { concatenator: ([left, right]: Buffer[]) => Buffer.concat([Buffer.of(1), left!, right!]) }
      for (const size of [below, edge, above]) {
        const theirLeaves = entries.slice(0, size).map(it => digest(Buffer.concat([Buffer.of(0), it])))
        const tree = new MerkleTree(theirLeaves, digest, options)
        const root = rootOfFrontier(frontierOf(entries.slice(0, size)))
        expect(hex(root)).to.equal(tree.getRoot().toString('hex'))
        expect(hex(rootOfFrontier(extend(emptyFrontier, leaves.slice(0, size))))).to.equal(hex(root))
        expect(hex(await rootAt(BigInt(size), read))).to.equal(hex(root))
        await fc.assert(
          fc.asyncProperty(
            fc.constantFrom(0, 1, 254, 255, size >> 1, size - 2, size - 1),
            fc.nat(31),
            async (at, bit) => {
              const index = Math.min(at, size - 1)
              const [place, of] = [BigInt(index), BigInt(size)]
              const proof = await inclusionProof(place, of, read)
              const theirs = tree.getProof(theirLeaves[index]!, index)
              expect(proof.map(hex)).to.deep.equal(theirs.map(step => step.data.toString('hex')))
              expect(verifyInclusion(leaves[index]!, place, of, proof, root)).to.equal(true)
              expect(verifyInclusion(leaves[index]!, place ^ (1n << BigInt(bit)), of, proof, root)).to.equal(false)
              expect(verifyInclusion(leaves[index]!, place, of, [...proof, root], root)).to.equal(false)
              expect(verifyInclusion(leaves[index]!, place, of, proof.slice(1), root)).to.equal(false)
            },
          ),
          { numRuns: 20 },
        )
        const old = BigInt(Math.max(1, size - 300))
        const oldRoot = await rootAt(old, read)
        expect(
          verifyConsistency(old, BigInt(size), await consistencyProof(old, BigInt(size), read), oldRoot, root),
        ).to.equal(true)
      }
    }).timeout(60_000)
  }

  it('takes a proof over more leaves than a double counts', () => {
    const [leaf, sibling] = someLeaves(2) as [Hash, Hash]
    const index = 2n ** 60n + 1n
    const proof = Array.from({ length: 61 }, () => sibling)
    const root = proof.reduce<Hash>(
      (hash, other, level) => ((index >> BigInt(level)) % 2n === 1n ? nodeHash(other, hash) : nodeHash(hash, other)),
      leaf,
    )
    expect(verifyInclusion(leaf, index, 2n ** 61n, proof, root)).to.equal(true)
    expect(verifyInclusion(leaf, index - 1n, 2n ** 61n, proof, root)).to.equal(false)
  })

  it('is the same whether leaves come one by one or many at once, however large the tree', () => {
    const leaves = someLeaves(3)
    for (const size of [0n, 2n ** 31n - 2n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 62n - 1n]) {
      const peaks = [...size.toString(2)].filter(bit => bit === '1').map((_, i) => leafHash(Uint8Array.of(i)))
      const [together, single] = [
        { size, peaks },
        { size, peaks },
      ]
      const grown = leaves.reduce<Frontier>((frontier, leaf) => extend(frontier, [leaf]), single)
      expect(extend(together, leaves)).to.deep.equal(grown)
      const ones = [...grown.size.toString(2)].filter(bit => bit === '1').length
      expect(grown.peaks.length).to.equal(ones)
    }
  })

  it('proves every leaf at every size up to 33, and no other leaf in its place', async () => {
    for (let size = 1; size <= 33; size++) {
      const leaves = someLeaves(size)
      const { read } = growTree(leaves)
      const root = rootOf(leaves)
      for (let index = 0; index < size; index++) {
        const proof = await inclusionProof(BigInt(index), BigInt(size), read)
        for (let other = 0; other < size; other++) {
          const verified = verifyInclusion(leaves[other]!, BigInt(index), BigInt(size), proof, root)
          expect(verified, `leaf ${other} as ${index} of ${size}`).to.equal(other === index)
          expect(verifyInclusion(leaves[index]!, BigInt(other), BigInt(size), proof, root)).to.equal(other === index)
        }
      }
    }
  })

  it('proves every extension up to size 33, also when more leaves have come since', async () => {
    const leaves = someLeaves(33)
    const { read } = growTree(leaves)
    for (let size = 1; size <= 33; size++) {
      const root = rootOf(leaves.slice(0, size))
      expect(hex(await rootAt(BigInt(size), read))).to.equal(hex(root))
      for (let old = 1; old <= size; old++) {
        const proof = await consistencyProof(BigInt(old), BigInt(size), read)
        const oldRoot = rootOf(leaves.slice(0, old))
        expect(verifyConsistency(BigInt(old), BigInt(size), proof, oldRoot, root), `${old} to ${size}`).to.equal(true)
        expect(verifyConsistency(BigInt(old), BigInt(size), proof, root, oldRoot)).to.equal(old === size)
      }
    }
  })

  it('refuses to prove what is not there', () => {
    expect(() => inclusionPath(3n, 3n)).to.throw(RangeError)
    expect(() => inclusionPath(-1n, 3n)).to.throw(RangeError)
    expect(() => consistencyPath(0n, 3n)).to.throw(RangeError)
    expect(() => consistencyPath(4n, 3n)).to.throw(RangeError)
    expect(() => asHash(new Uint8Array(31))).to.throw(RangeError)
  })

  it('does not read an inner node as a leaf', () => {
    const [left, right] = someLeaves(2) as [Hash, Hash]
    const joined = Buffer.concat([left, right])
    expect(hex(leafHash(joined))).not.to.equal(hex(nodeHash(left, right)))
  })

  it('has the same frontier whatever the batches', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 12 }), batches => {
        const leaves = someLeaves(batches.reduce((sum, width) => sum + width, 0))
        const seen: string[] = []
        let frontier = emptyFrontier
        let at = 0
        for (const width of batches) {
          const before = frontier.peaks.length
          const extended = extend(frontier, leaves.slice(at, at + width), (level, index) => {
            seen.push(`${level}/${index}`)
          })
          expect(frontier.peaks.length).to.equal(before)
          frontier = extended
          at += width
        }
        expect(frontier.size).to.equal(BigInt(leaves.length))
        expect(hex(rootOfFrontier(frontier))).to.equal(hex(rootOf(leaves)))
        // Each node is final once: leaves, and one parent for each pair.
        expect(new Set(seen).size).to.equal(seen.length)
      }),
      { numRuns: 50 },
    )
  })

  it('refuses a proof with any bit of it changed', async () => {
    const leaves = someLeaves(100)
    const { read } = growTree(leaves)
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 100 }),
        fc.nat(),
        fc.nat(),
        fc.nat(),
        async (size, at, hashAt, bit) => {
          const root = rootOf(leaves.slice(0, size))
          const index = at % size
          const proof = (await inclusionProof(BigInt(index), BigInt(size), read)).map(hash => Uint8Array.from(hash))
          expect(verifyInclusion(leaves[index]!, BigInt(index), BigInt(size), proof, root)).to.equal(true)
          const changed = proof[hashAt % proof.length]!
          changed[(bit >> 3) % 32]! ^= 1 << (bit & 7)
          expect(verifyInclusion(leaves[index]!, BigInt(index), BigInt(size), proof, root)).to.equal(false)
          const old = 1 + (at % (size - 1))
          const extension = (await consistencyProof(BigInt(old), BigInt(size), read)).map(hash => Uint8Array.from(hash))
          const oldRoot = rootOf(leaves.slice(0, old))
          expect(verifyConsistency(BigInt(old), BigInt(size), extension, oldRoot, root)).to.equal(true)
          extension[hashAt % extension.length]![(bit >> 3) % 32]! ^= 1 << (bit & 7)
          expect(verifyConsistency(BigInt(old), BigInt(size), extension, oldRoot, root)).to.equal(false)
        },
      ),
    )
  })
})
