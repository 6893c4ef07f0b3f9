import { expect } from 'chai'
import { admin, anchorer, deployLogAnchor, ethers, type LogAnchorContract, mined, stranger } from './network.ts'
import { consistencyProof, drawFrom, forkAt, treeHash } from './reference-tree.ts'

const LOG = ethers.sha256(ethers.toUtf8Bytes('log.example/tallystick'))
const NOTE = ethers.sha256('0x01')
const CAP = 1000n

describe('LogAnchor under attack', function () {
  this.timeout(60_000)
  let contract: LogAnchorContract
  beforeEach(async () => {
    contract = await deployLogAnchor()
    await mined(contract.open(LOG, 5n, treeHash(5n), CAP))
    await mined(contract.grantRole(await contract.anchorRole(LOG), anchorer.address))
  })

  const denied = (sent: Promise<unknown>) =>
    expect(sent).to.be.revertedWithCustomError(contract, 'AccessControlUnauthorizedAccount')

  it('lets nobody repeat a transaction that he saw waiting, and takes the waiting one all the same', async () => {
    const seen = [LOG, 9n, treeHash(9n), consistencyProof(5n, 9n)] as const
    await denied(contract.connect(stranger).anchor(...seen))
    await mined(contract.connect(anchorer).anchor(...seen))
    // The same from another account of the log that was quicker: nothing is left to do, and nothing fails.
    await mined(contract.grantRole(await contract.anchorRole(LOG), stranger.address))
    expect((await mined(contract.connect(stranger).anchor(...seen))).logs).to.deep.equal([])
  })

  it('anchors on without an administrator, and can not be started, re-founded or replaced then', async () => {
    const next = await deployLogAnchor(admin.address, await contract.getAddress())
    await mined(contract.renounceRole(await contract.DEFAULT_ADMIN_ROLE(), admin.address))
    await mined(contract.connect(anchorer).anchor(LOG, 9n, treeHash(9n), consistencyProof(5n, 9n)))
    const proof = consistencyProof(5n, 9n)
    await denied(contract.refound(LOG, 5n, treeHash(5n), proof, 9n, treeHash(9n), proof, NOTE))
    await denied(contract.retire(await next.getAddress()))
    await mined(contract.pause())
    await denied(contract.unpause())
  })

  it('lets an account give up its own role and no other’s', async () => {
    const role = await contract.anchorRole(LOG)
    const forAnother = contract.connect(stranger).renounceRole(role, anchorer.address)
    await expect(forAnother).to.be.revertedWithCustomError(contract, 'AccessControlBadConfirmation')
    await mined(contract.connect(anchorer).renounceRole(role, anchorer.address))
    await denied(contract.connect(anchorer).anchor(LOG, 5n, treeHash(5n), []))
  })

  it('does not let a pauser hold it for ransom', async () => {
    const pauser = await contract.PAUSER_ROLE()
    await mined(contract.grantRole(pauser, stranger.address))
    await mined(contract.connect(stranger).pause())
    await mined(contract.revokeRole(pauser, stranger.address))
    await mined(contract.unpause())
    await denied(contract.connect(stranger).pause())
  })

  it('moves to a successor while paused, and keeps the successor’s pause apart', async () => {
    const next = await deployLogAnchor(admin.address, await contract.getAddress())
    await mined(contract.pause())
    await mined(contract.retire(await next.getAddress()))
    await mined(next.pause())
    await expect(next.copyHead(LOG)).to.be.revertedWithCustomError(next, 'EnforcedPause')
    await mined(next.unpause())
    await mined(next.copyHead(LOG))
    expect((await next.head(LOG))[0]).to.equal(5n)
  })

  it('takes no right root under a wrong size that the proof’s shape gives away, and none at all of size 0', async () => {
    const by = contract.connect(anchorer)
    for (const size of [6n, 7n, 8n, 17n, 2n ** 63n]) {
      await expect(by.anchor(LOG, size, treeHash(9n), consistencyProof(5n, 9n)), `${size}`).to.revert(ethers)
    }
    await expect(by.anchor(LOG, 0n, ethers.ZeroHash, [])).to.be.revertedWithCustomError(contract, 'NotAnExtension')
  })

  it('costs a sender of thousands of hashes the gas, and tells him no', async () => {
    const long = Array.from({ length: 2000 }, drawFrom('long'))
    const proof = [...consistencyProof(5n, 9n), ...long]
    const sent = contract.connect(anchorer).anchor(LOG, 9n, treeHash(9n), proof)
    await expect(sent).to.be.revertedWithCustomError(contract, 'NotConsistent')
  })

  it('leaves nothing of the thief’s when he is quicker than the administrator by one block', async () => {
    const junk = forkAt(5n)
    const grow = async (m: bigint, n: bigint) =>
      mined(contract.connect(anchorer).anchor(LOG, n, junk.treeHash(n), junk.consistencyProof(m, n)))
    await grow(5n, 100n)
    const refound = (held: bigint) => {
      const given = junk.consistencyProof(5n, held)
      const proof = consistencyProof(5n, 8n)
      return contract.refound(LOG, 5n, treeHash(5n), given, 8n, treeHash(8n), proof, NOTE)
    }
    await grow(100n, 200n)
    await expect(refound(100n)).to.be.revertedWithCustomError(contract, 'NotConsistent')
    await mined(contract.revokeRole(await contract.anchorRole(LOG), anchorer.address))
    await mined(refound(200n))
    expect((await contract.head(LOG))[0]).to.equal(8n)
    await denied(grow(8n, 9n))
  })
})
