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
  stranger,
} from './network.ts'
import { consistencyProof, forkAt, treeHash } from './reference-tree.ts'

const LOG = ethers.sha256(ethers.toUtf8Bytes('log.example/tallystick'))
const OTHER = ethers.sha256(ethers.toUtf8Bytes('log.example/other'))
const NOTE = ethers.sha256(ethers.toUtf8Bytes('the signed note with its cosignatures'))
const CAP = 1000n
/** Anchored before the theft, then by the thief; the log itself had come to the last one, and witnesses had seen it. */
const [KEPT, JUNK, WITNESSED] = [11n, 900n, 14n]
const junk = forkAt(KEPT)

type Refounding = {
  logId: Bytes
  kept: bigint
  keptRoot: Bytes
  abandonedProof: Proof
  size: bigint
  root: Bytes
  proof: Proof
  checkpoint: Bytes
}
const right: Refounding = {
  logId: LOG,
  kept: KEPT,
  keptRoot: treeHash(KEPT),
  abandonedProof: junk.consistencyProof(KEPT, JUNK),
  size: WITNESSED,
  root: treeHash(WITNESSED),
  proof: consistencyProof(KEPT, WITNESSED),
  checkpoint: NOTE,
}

describe('LogAnchor after its anchoring key was stolen', function () {
  this.timeout(60_000)
  let contract: LogAnchorContract

  const refound = (change: Partial<Refounding> = {}, by = admin): Promise<ContractTransactionResponse> => {
    const it = { ...right, ...change }
    const { logId, kept, keptRoot, abandonedProof, size, root, proof, checkpoint } = it
    return contract.connect(by).refound(logId, kept, keptRoot, abandonedProof, size, root, proof, checkpoint)
  }
  const refused = (sent: Promise<unknown>, error: string, ...values: unknown[]) =>
    expect(sent)
      .to.be.revertedWithCustomError(contract, error)
      .withArgs(...values.map(value => (value instanceof Uint8Array ? ethers.hexlify(value) : value)))
  const offer = (size: bigint, root: Bytes, proof: Proof) => contract.connect(anchorer).anchor(LOG, size, root, proof)

  beforeEach(async () => {
    contract = await deployLogAnchor()
    await mined(contract.open(LOG, KEPT, treeHash(KEPT), CAP))
    await mined(contract.grantRole(await contract.anchorRole(LOG), anchorer.address))
    await mined(offer(JUNK, junk.treeHash(JUNK), junk.consistencyProof(KEPT, JUNK)))
  })

  it('takes no head of the true log any more, however it is proved', async () => {
    const root = treeHash(1000n)
    for (const proof of [consistencyProof(JUNK, 1000n), consistencyProof(KEPT, 1000n)]) {
      await refused(offer(1000n, root, proof), 'NotConsistent', JUNK, junk.treeHash(JUNK), 1000n, root)
    }
  })

  it('is re-founded from the last witnessed head, and tells of both heads for ever', async () => {
    const receipt = await mined(refound())
    const [root, given] = [treeHash(WITNESSED), junk.treeHash(JUNK)].map(it => ethers.hexlify(it))
    expect(eventsOf(contract, receipt)).to.deep.equal([
      ['Refounded', LOG, KEPT, JUNK, given, WITNESSED, root, NOTE],
      ['Anchored', LOG, WITNESSED, root, KEPT],
    ])
    const block = BigInt(receipt.blockNumber)
    expect(await contract.head(LOG)).to.deep.equal([WITNESSED, root, block, 1n])
    expect(await contract.refoundings(LOG)).to.deep.equal([[KEPT, JUNK, WITNESSED, block, given, root, NOTE]])
    expect(await contract.maxGrowth(LOG)).to.equal(CAP)
  })

  it('goes on from there by proofs alone, and goes on telling', async () => {
    const receipt = await mined(refound())
    await mined(offer(1000n, treeHash(1000n), consistencyProof(WITNESSED, 1000n)))
    expect((await contract.head(LOG))[3]).to.equal(1n)
    const late = junk.treeHash(1001n)
    await refused(
      offer(1001n, late, junk.consistencyProof(JUNK, 1001n)),
      ...(['NotConsistent', 1000n, treeHash(1000n), 1001n, late] as const),
    )
    expect((await contract.refoundings(LOG))[0]?.[3]).to.equal(BigInt(receipt.blockNumber))
  })

  it('may be re-founded where it was, and with a head larger than the junk', async () => {
    await mined(refound({ size: KEPT, root: treeHash(KEPT), proof: [] }))
    expect((await contract.head(LOG))[0]).to.equal(KEPT)
    await mined(offer(JUNK, junk.treeHash(JUNK), junk.consistencyProof(KEPT, JUNK)))
    const size = 950n
    await mined(refound({ size, root: treeHash(size), proof: consistencyProof(KEPT, size) }))
    const told = await contract.refoundings(LOG)
    expect(told.map(it => [it[0], it[1], it[2]])).to.deep.equal([
      [KEPT, JUNK, KEPT],
      [KEPT, JUNK, size],
    ])
    expect((await contract.head(LOG)).slice(0, 4)).to.deep.include.members([size, 2n])
  })

  it('is re-founded across several junk heads at once', async () => {
    await mined(offer(1500n, junk.treeHash(1500n), junk.consistencyProof(JUNK, 1500n)))
    await mined(refound({ abandonedProof: junk.consistencyProof(KEPT, 1500n) }))
    expect((await contract.refoundings(LOG))[0]?.[1]).to.equal(1500n)
  })

  it('takes a true root under a wrong size for junk as well', async () => {
    const fresh = ethers.sha256('0x02')
    await mined(contract.open(fresh, 4n, treeHash(4n), CAP))
    await mined(contract.grantRole(await contract.anchorRole(fresh), anchorer.address))
    // Sizes of one shape verify alike: only the checkpoint's signature binds the size.
    await mined(contract.connect(anchorer).anchor(fresh, 8n, treeHash(7n), consistencyProof(4n, 7n)))
    const proof = consistencyProof(4n, 7n)
    const kept = { logId: fresh, kept: 4n, keptRoot: treeHash(4n) }
    await mined(refound({ ...kept, abandonedProof: proof, size: 7n, root: treeHash(7n), proof }))
    await mined(contract.connect(anchorer).anchor(fresh, 9n, treeHash(9n), consistencyProof(7n, 9n)))
  })

  it('is re-founded by the administrator alone, not by the one who anchors or pauses', async () => {
    await mined(contract.grantRole(await contract.PAUSER_ROLE(), stranger.address))
    for (const account of [anchorer, stranger]) {
      const role = await contract.DEFAULT_ADMIN_ROLE()
      await refused(refound({}, account), 'AccessControlUnauthorizedAccount', account.address, role)
    }
    expect(await contract.refoundings(LOG)).to.deep.equal([])
  })

  it('can be re-founded while paused, when the thief can add nothing', async () => {
    await mined(contract.pause())
    await mined(refound())
    await expect(offer(20n, treeHash(20n), consistencyProof(WITNESSED, 20n))).to.be.revertedWithCustomError(
      contract,
      'EnforcedPause',
    )
    await mined(contract.unpause())
    await mined(offer(20n, treeHash(20n), consistencyProof(WITNESSED, 20n)))
  })

  it('refuses a re-founding that the thief overtook with one more head, and takes it proved anew', async () => {
    await mined(offer(901n, junk.treeHash(901n), junk.consistencyProof(JUNK, 901n)))
    await refused(refound(), 'NotConsistent', KEPT, treeHash(KEPT), 901n, junk.treeHash(901n))
    await mined(refound({ abandonedProof: junk.consistencyProof(KEPT, 901n) }))
  })

  it('gives nothing up in the block in which it was accepted', async () => {
    await ethers.provider.send('evm_setAutomine', [false])
    try {
      // Fixed, since neither can be tried out beforehand: they depend on each other.
      const gasLimit = 1_000_000n
      const data = (name: string, ...args: unknown[]) => contract.interface.encodeFunctionData(name, args)
      const to = await contract.getAddress()
      const root = junk.treeHash(901n)
      const anchoring = data('anchor', LOG, 901n, root, junk.consistencyProof(JUNK, 901n))
      const { logId, kept, keptRoot, size, proof, checkpoint } = right
      const given = junk.consistencyProof(KEPT, 901n)
      const refounding = data('refound', logId, kept, keptRoot, given, size, right.root, proof, checkpoint)
      const first = await anchorer.sendTransaction({ to, data: anchoring, gasLimit, gasPrice: 10n ** 11n })
      const second = await admin.sendTransaction({ to, data: refounding, gasLimit, gasPrice: 10n ** 10n })
      await ethers.provider.send('evm_mine', [])
      const [anchored, refused] = await Promise.all(
        [first, second].map(({ hash }) => ethers.provider.getTransactionReceipt(hash)),
      )
      expect([anchored?.blockNumber, anchored?.status, refused?.status]).to.deep.equal([refused?.blockNumber, 1, 0])
      expect(await contract.refoundings(LOG)).to.deep.equal([])
    } finally {
      await ethers.provider.send('evm_setAutomine', [true])
    }
  })

  it('gives nothing up where nothing is: neither what it holds itself nor more', async () => {
    for (const kept of [JUNK, JUNK + 1n, 2n ** 64n - 1n]) {
      const change = { kept, keptRoot: junk.treeHash(JUNK), abandonedProof: [] }
      await refused(refound(change), 'NothingAbandoned', JUNK, kept)
    }
  })

  it('takes no re-founding without the checkpoint that it comes from', async () => {
    await refused(refound({ checkpoint: ethers.ZeroHash }), 'NoCheckpoint', LOG)
  })

  it('keeps at least one entry, since to keep none would be another log', async () => {
    const change = { kept: 0n, keptRoot: ethers.sha256('0x'), abandonedProof: [] }
    await refused(refound(change), 'NotConsistent', 0n, ethers.sha256('0x'), JUNK, junk.treeHash(JUNK))
  })

  it('does not rewrite what it claims to keep', async () => {
    const rewritten = forkAt(3n, 'rewritten')
    const [size, root] = [WITNESSED, rewritten.treeHash(WITNESSED)]
    // A tree that differs within what is kept, with its own proof and with that of the true log.
    for (const proof of [rewritten.consistencyProof(KEPT, size), right.proof]) {
      await refused(refound({ root, proof }), 'NotConsistent', KEPT, treeHash(KEPT), size, root)
    }
    const keptRoot = rewritten.treeHash(KEPT)
    const change = { keptRoot, root, proof: rewritten.consistencyProof(KEPT, size) }
    await refused(refound(change), 'NotConsistent', KEPT, keptRoot, JUNK, junk.treeHash(JUNK))
  })

  it('takes no proof that is spoiled, cut, padded or of another size', async () => {
    const { proof, abandonedProof, root } = right
    const extra = [treeHash(1n)]
    for (const wrong of [proof.slice(1), proof.slice(0, -1), [...proof, ...extra], [...extra, ...proof], []]) {
      await refused(refound({ proof: wrong }), 'NotConsistent', KEPT, treeHash(KEPT), WITNESSED, root)
    }
    for (const wrong of [abandonedProof.slice(1), abandonedProof.slice(0, -1), [...abandonedProof, ...extra], []]) {
      const values = [KEPT, treeHash(KEPT), JUNK, junk.treeHash(JUNK)]
      await refused(refound({ abandonedProof: wrong }), 'NotConsistent', ...values)
    }
    for (const size of [0n, 1n, KEPT - 1n, 17n, 2n ** 63n, 2n ** 64n - 1n]) {
      await refused(refound({ size }), 'NotConsistent', KEPT, treeHash(KEPT), size, root)
    }
  })

  it('is not re-founded for a log that was never opened', async () => {
    await refused(refound({ logId: OTHER }), 'UnknownLog', OTHER)
  })

  it('tells of it at the successor too, and is not re-founded itself any more', async () => {
    const receipt = await mined(refound())
    const next = await deployLogAnchor(admin.address, await contract.getAddress())
    await mined(contract.retire(await next.getAddress()))
    await refused(refound(), 'RetiredFor', await next.getAddress())
    await mined(next.copyHead(LOG))
    expect((await next.head(LOG))[3]).to.equal(1n)
    expect(await next.refoundings(LOG)).to.deep.equal(await contract.refoundings(LOG))
    expect((await next.refoundings(LOG))[0]?.[3]).to.equal(BigInt(receipt.blockNumber))
  })

  it('can be re-founded at the successor, where the junk head was copied', async () => {
    const next = await deployLogAnchor(admin.address, await contract.getAddress())
    await mined(contract.retire(await next.getAddress()))
    await mined(next.copyHead(LOG))
    contract = next
    await mined(refound())
    expect((await next.head(LOG))[0]).to.equal(WITNESSED)
  })
})
