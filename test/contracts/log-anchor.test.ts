import { expect } from 'chai'
import type { ContractTransactionResponse } from 'ethers'
import {
  admin,
  anchorer,
  type Bytes,
  deployLogAnchor,
  ethers,
  eventsOf,
  type LogAnchorContract,
  mined,
  type Proof,
} from './network.ts'
import { consistencyProof, drawFrom, drawnGrowth, nodeHash, treeHash } from './reference-tree.ts'

const LOG = ethers.sha256(ethers.toUtf8Bytes('log.example/tallystick'))
const OTHER = ethers.sha256(ethers.toUtf8Bytes('log.example/other'))
const MAX = 2n ** 64n - 1n
const CAP = 2n ** 20n
const junk = drawFrom('junk')

describe('LogAnchor', function () {
  this.timeout(60_000)
  let contract: LogAnchorContract

  const open = async (size: bigint, root: Bytes = treeHash(size), cap = CAP, logId = LOG): Promise<void> => {
    await mined(contract.open(logId, size, root, cap))
    await mined(contract.grantRole(await contract.anchorRole(logId), anchorer.address))
  }
  const offer = (size: bigint, root: Bytes, proof: Proof, logId: Bytes = LOG): Promise<ContractTransactionResponse> =>
    contract.connect(anchorer).anchor(logId, size, root, proof)

  /** The whole effect of an accepted head: the one event, the head, its block. */
  const expectAnchored = async (from: bigint, size: bigint, root: Bytes, proof: Proof): Promise<void> => {
    const receipt = await mined(offer(size, root, proof))
    expect(eventsOf(contract, receipt)).to.deep.equal([['Anchored', LOG, size, ethers.hexlify(root), from]])
    expect(await contract.head(LOG)).to.deep.equal([size, ethers.hexlify(root), BigInt(receipt.blockNumber), 0n])
  }
  /** A refusal says so by name with both values, and leaves the head where it was. */
  const expectRefused = async (
    sent: Promise<ContractTransactionResponse>,
    error: string,
    ...values: unknown[]
  ): Promise<void> => {
    const held = await contract.head(LOG)
    await expect(sent)
      .to.be.revertedWithCustomError(contract, error)
      .withArgs(...values.map(value => (value instanceof Uint8Array ? ethers.hexlify(value) : value)))
    expect(await contract.head(LOG)).to.deep.equal(held)
  }

  beforeEach(async () => {
    contract = await deployLogAnchor()
  })

  describe('opening a log', () => {
    it('holds the first head and its growth cap, and tells of both', async () => {
      const receipt = await mined(contract.open(LOG, 3n, treeHash(3n), 100n))
      const root = ethers.hexlify(treeHash(3n))
      expect(eventsOf(contract, receipt)).to.deep.equal([
        ['LogOpened', LOG, 3n, root, 100n],
        ['Anchored', LOG, 3n, root, 0n],
      ])
      expect(await contract.head(LOG)).to.deep.equal([3n, root, BigInt(receipt.blockNumber), 0n])
      expect(await contract.maxGrowth(LOG)).to.equal(100n)
    })

    it('answers zero for a log that was never opened', async () => {
      expect(await contract.head(LOG)).to.deep.equal([0n, ethers.ZeroHash, 0n, 0n])
      expect(await contract.maxGrowth(LOG)).to.equal(0n)
    })

    it('happens once for each id, even with the head that it holds', async () => {
      await open(3n)
      await expectRefused(contract.open(LOG, 3n, treeHash(3n), CAP), 'LogAlreadyOpen', LOG, 3n, 3n)
      await expectRefused(contract.open(LOG, 9n, treeHash(9n), CAP), 'LogAlreadyOpen', LOG, 3n, 9n)
    })

    it('needs at least one entry', async () => {
      const empty = ethers.sha256('0x')
      await expectRefused(contract.open(LOG, 0n, empty, CAP), 'EmptyHead', LOG)
    })

    it('needs a log that may grow', async () => {
      await expectRefused(contract.open(LOG, 1n, treeHash(1n), 0n), 'NoGrowthAllowed', LOG)
    })

    it('keeps logs apart', async () => {
      await open(3n)
      await open(5n, treeHash(5n), CAP, OTHER)
      await expectAnchored(3n, 4n, treeHash(4n), consistencyProof(3n, 4n))
      expect(await contract.head(OTHER)).to.deep.include.members([5n, ethers.hexlify(treeHash(5n))])
    })
  })

  describe('growing a log', () => {
    const sizes = [1n, 2n, 3n, 4n, 5n, 7n, 8n, 9n, 15n, 16n, 17n, 255n, 256n, 257n, 65_535n, 65_536n, 65_537n]

    it('accepts each next head of one log through every size at a power of two', async () => {
      await open(1n)
      for (const [i, size] of sizes.slice(1).entries()) {
        const held = sizes[i] ?? 0n
        await expectAnchored(held, size, treeHash(size), consistencyProof(held, size))
      }
    })

    for (const held of sizes.filter(size => size > 1n)) {
      it(`accepts the head after ${held} entries from the first and from the last before it`, async () => {
        await open(1n)
        await expectAnchored(1n, held, treeHash(held), consistencyProof(1n, held))
        await expectAnchored(held, held + 1n, treeHash(held + 1n), consistencyProof(held, held + 1n))
      })
    }

    it('takes the same head again as done: nothing changes, nothing is told, nothing fails', async () => {
      await open(3n)
      await expectAnchored(3n, 7n, treeHash(7n), consistencyProof(3n, 7n))
      const held = await contract.head(LOG)
      for (const proof of [[], consistencyProof(3n, 7n), [junk()]]) {
        const receipt = await mined(offer(7n, treeHash(7n), proof))
        expect(receipt.logs).to.deep.equal([])
        expect(await contract.head(LOG)).to.deep.equal(held)
      }
    })

    it('grows by the cap and not by one more', async () => {
      await open(3n, treeHash(3n), 10n)
      await expectRefused(offer(14n, treeHash(14n), consistencyProof(3n, 14n)), 'GrowthAboveCap', 10n, 11n)
      await expectAnchored(3n, 13n, treeHash(13n), consistencyProof(3n, 13n))
      await expectRefused(offer(24n, treeHash(24n), consistencyProof(13n, 24n)), 'GrowthAboveCap', 10n, 11n)
    })

    it('does not let a stolen key push the head to the last size', async () => {
      const { root1, root2, proof } = drawnGrowth(1000n, MAX, drawFrom('stolen'))
      await open(1000n, root1)
      await expectRefused(offer(MAX, root2, proof), 'GrowthAboveCap', CAP, MAX - 1000n)
    })

    it('reaches the last size of 64 bits where the cap allows, and stops there', async () => {
      const { root1, root2, proof } = drawnGrowth(MAX - 5n, MAX, drawFrom('end'))
      await open(MAX - 5n, root1, MAX)
      await expectAnchored(MAX - 5n, MAX, root2, proof)
      await expectRefused(offer(1n, treeHash(1n), []), 'NotAnExtension', MAX, 1n)
    })

    it('does not wrap a size beyond 64 bits around to a small one', async () => {
      await open(3n)
      const data = contract.interface.encodeFunctionData('anchor', [LOG, 7n, treeHash(7n), consistencyProof(3n, 7n)])
      const size = 4 + 32
      const wide = (top: string): string =>
        ethers.concat([ethers.dataSlice(data, 0, size), top, ethers.dataSlice(data, size + 32)])
      for (const over of [2n ** 64n + 7n, 2n ** 64n, 2n ** 255n + 7n, 2n ** 256n - 1n]) {
        const to = await contract.getAddress()
        const call = { to, data: wide(ethers.toBeHex(over, 32)), from: anchorer.address }
        await expect(ethers.provider.call(call)).to.be.revertedWithoutReason(ethers)
      }
      const right = { to: await contract.getAddress(), data: wide(ethers.toBeHex(7n, 32)), from: anchorer.address }
      expect(await ethers.provider.call(right)).to.equal('0x')
    })
  })

  describe('facing a log that does not only grow', () => {
    beforeEach(async () => {
      await open(11n)
    })

    it('refuses a shorter head, also one that it held before', async () => {
      await expectAnchored(11n, 13n, treeHash(13n), consistencyProof(11n, 13n))
      await expectRefused(offer(12n, treeHash(12n), consistencyProof(12n, 13n)), 'NotAnExtension', 13n, 12n)
      await expectRefused(offer(11n, treeHash(11n), []), 'NotAnExtension', 13n, 11n)
      await expectRefused(offer(0n, ethers.sha256('0x'), []), 'NotAnExtension', 13n, 0n)
    })

    it('refuses another root for the size that it holds', async () => {
      const fork = junk()
      await expectRefused(offer(11n, fork, []), 'ForkedHead', 11n, treeHash(11n), fork)
      await expectRefused(offer(11n, fork, [junk(), junk()]), 'ForkedHead', 11n, treeHash(11n), fork)
    })

    it('refuses a longer log that rewrote an entry, with the proof of either log', async () => {
      // The same log but for its first entry: every subtree except the one over that entry is shared.
      const rewritten = nodeHash(nodeHash(junk(), treeHash(8n)), treeHash(8n))
      const honest = consistencyProof(11n, 16n)
      await expectRefused(offer(16n, rewritten, honest), 'NotConsistent', 11n, treeHash(11n), 16n, rewritten)
      const { root2, proof } = drawnGrowth(11n, 16n, drawFrom('fork'))
      await expectRefused(offer(16n, root2, proof), 'NotConsistent', 11n, treeHash(11n), 16n, root2)
    })

    it('refuses a fork that shares all but the last entry', async () => {
      const proof = consistencyProof(11n, 12n)
      const fork = drawnGrowth(11n, 12n, drawFrom('late'))
      await expectRefused(offer(12n, fork.root2, proof), 'NotConsistent', 11n, treeHash(11n), 12n, fork.root2)
    })

    it('refuses a proof from another head, a cut one, a padded one and none', async () => {
      const root = treeHash(16n)
      const right = consistencyProof(11n, 16n)
      const wrong = [consistencyProof(10n, 16n), right.slice(1), right.slice(0, -1), [...right, junk()], []]
      for (const proof of wrong) {
        await expectRefused(offer(16n, root, proof), 'NotConsistent', 11n, treeHash(11n), 16n, root)
      }
    })

    it('refuses the second of two heads that were made from the same one, and takes it proved anew', async () => {
      await expectAnchored(11n, 13n, treeHash(13n), consistencyProof(11n, 13n))
      const late = offer(16n, treeHash(16n), consistencyProof(11n, 16n))
      await expectRefused(late, 'NotConsistent', 13n, treeHash(13n), 16n, treeHash(16n))
      await expectAnchored(13n, 16n, treeHash(16n), consistencyProof(13n, 16n))
    })

    it('refuses a head for a log that was never opened, whoever sends it', async () => {
      await expectRefused(offer(1n, treeHash(1n), [], OTHER), 'UnknownLog', OTHER)
      await expectRefused(contract.connect(admin).anchor(OTHER, 1n, treeHash(1n), []), 'UnknownLog', OTHER)
    })
  })
})
