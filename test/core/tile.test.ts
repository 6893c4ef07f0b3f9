import { expect } from 'chai'
import fc from 'fast-check'
import { concat, hex } from '../../core/bytes.ts'
import { consistencyProof, inclusionProof, rootAt } from '../../core/merkle/proof.ts'
import { verifyConsistency, verifyInclusion } from '../../core/merkle/verify.ts'
import { type Hash, rootOf } from '../../core/merkle.ts'
import {
  decodeBundle,
  encodeBundle,
  nodesFromTiles,
  parseTilePath,
  type ReadTiles,
  TILE_WIDTH,
  tilePath,
  tileWidth,
} from '../../core/tile.ts'
import { growTree, someLeaves } from './merkle-tree.ts'

/** Tiles by the formula of the standard: the n-th of level l holds MTH(D[(n·256+i)·256^l : (n·256+i+1)·256^l]). */
const tilesByDefinition = (leaves: readonly Hash[]): ReadTiles => {
  return async tiles =>
    tiles.map(({ level, index, width }) => {
      const span = 256 ** level
      const first = Number(index) * TILE_WIDTH
      return concat(
        ...Array.from({ length: width }, (_, i) => rootOf(leaves.slice((first + i) * span, (first + i + 1) * span))),
      )
    })
}

describe('a tile', () => {
  it('has the path that the standard gives as an example', () => {
    expect(tilePath({ level: 0, index: 1234067n, width: 256 })).to.equal('0/x001/x234/067')
    expect(tilePath({ level: 'entries', index: 5n, width: 12 })).to.equal('entries/005.p/12')
    expect(tilePath({ level: 1, index: 1234n, width: 255 })).to.equal('1/x001/234.p/255')
    expect(tilePath({ level: 63, index: 999n, width: 256 })).to.equal('63/999')
  })

  it('reads back from its path, and from no other spelling of it', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const)),
        fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }),
        fc.integer({ min: 1, max: 256 }),
        (level, index, width) => {
          expect(parseTilePath(tilePath({ level, index, width }))).to.deep.equal({ level, index, width })
        },
      ),
    )
    const others = [
      '0/1',
      '0/x000/001',
      '00/001',
      '64/001',
      '0/001.p/0',
      '0/001.p/256',
      '0/001.p/01',
      '0/001.p/',
      '0/001/',
      '/0/001',
      '0/001/067',
      '0/x001',
      '-1/001',
      'entry/001',
      '0/001.p/5\n',
      '',
    ]
    for (const path of others) expect(parseTilePath(path), JSON.stringify(path)).to.equal(undefined)
  })

  it('is as wide as the standard says for a tree of 70,000 and of 256', () => {
    const widths = (level: number, size: bigint) => {
      const found: number[] = []
      for (let n = 0n; tileWidth(level, n, size) > 0; n++) found.push(tileWidth(level, n, size))
      return found
    }
    expect(widths(0, 70_000n)).to.deep.equal([...Array.from({ length: 273 }, () => 256), 112])
    expect(widths(1, 70_000n)).to.deep.equal([256, 17])
    expect(widths(2, 70_000n)).to.deep.equal([1])
    expect(widths(3, 70_000n)).to.deep.equal([])
    expect(widths(0, 256n)).to.deep.equal([256])
    expect(widths(1, 256n)).to.deep.equal([1])
    expect(widths(0, 0n)).to.deep.equal([])
    expect(tileWidth('entries', 273n, 70_000n)).to.equal(112)
  })

  it('yields every proof, around the widths where tiles fill up', async () => {
    const leaves = someLeaves(1030)
    const tiles = tilesByDefinition(leaves)
    for (const size of [1, 2, 255, 256, 257, 511, 512, 513, 1030]) {
      const read = nodesFromTiles(BigInt(size), tiles)
      const root = rootOf(leaves.slice(0, size))
      expect(hex(await rootAt(BigInt(size), read))).to.equal(hex(root))
      for (const index of new Set([0, 1, size >> 1, size - 2, size - 1].filter(it => it >= 0 && it < size))) {
        const proof = await inclusionProof(BigInt(index), BigInt(size), read)
        expect(verifyInclusion(leaves[index]!, BigInt(index), BigInt(size), proof, root), `${index}/${size}`).to.equal(
          true,
        )
      }
      for (const old of new Set([1, 255, 256, 257, size - 1, size].filter(it => it > 0 && it <= size))) {
        const proof = await consistencyProof(BigInt(old), BigInt(size), read)
        expect(verifyConsistency(BigInt(old), BigInt(size), proof, rootOf(leaves.slice(0, old)), root)).to.equal(true)
      }
    }
  }).timeout(20_000)

  it('gives the nodes that appending made', async () => {
    const leaves = someLeaves(600)
    const { nodes } = growTree(leaves)
    const read = nodesFromTiles(600n, tilesByDefinition(leaves))
    for (const [key, hash] of nodes) {
      const [level, index] = key.split('/')
      const [found] = await read([{ level: Number(level), index: BigInt(index ?? '') }])
      expect(hex(found!), key).to.equal(hex(hash))
    }
  }).timeout(20_000)

  it('is missed, not guessed, when the store lacks it or has it too short', async () => {
    const failure = async (answer: Uint8Array | undefined) => {
      try {
        await rootAt(
          3n,
          nodesFromTiles(3n, async tiles => tiles.map(() => answer)),
        )
      } catch (error) {
        return error
      }
      return undefined
    }
    expect(await failure(undefined)).to.be.instanceOf(RangeError)
    expect(await failure(new Uint8Array(64))).to.be.instanceOf(RangeError)
    expect(await failure(new Uint8Array(96))).to.equal(undefined)
  })
})

describe('an entry bundle', () => {
  it('has each entry behind its length in two bytes', () => {
    expect(hex(encodeBundle([Uint8Array.of(1, 2, 3), new Uint8Array()]))).to.equal('00030102030000')
    const long = new Uint8Array(0x1234).fill(9)
    expect(hex(encodeBundle([long]).slice(0, 3))).to.equal('123409')
    expect(() => encodeBundle([new Uint8Array(0x10000)])).to.throw(RangeError)
  })

  it('reads back, and refuses every cut inside an entry', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), entries => {
        expect(decodeBundle(encodeBundle(entries)).map(hex)).to.deep.equal(entries.map(hex))
      }),
    )
    const bundle = encodeBundle([Uint8Array.of(1, 2, 3)])
    for (let cut = 1; cut < bundle.length; cut++) expect(() => decodeBundle(bundle.slice(0, cut))).to.throw(RangeError)
  })
})
