import { expect } from 'chai'
import { admin, anchorer, deployLogAnchor, ethers, eventsOf, type LogAnchorContract, mined } from './network.ts'
import { consistencyProof, treeHash } from './reference-tree.ts'

const LOG = ethers.sha256(ethers.toUtf8Bytes('log.example/tallystick'))
const OTHER = ethers.sha256(ethers.toUtf8Bytes('log.example/other'))
const CAP = 1000n

describe('a successor of LogAnchor', function () {
  this.timeout(60_000)
  let old: LogAnchorContract
  let next: LogAnchorContract
  let [oldAddress, nextAddress] = ['', '']

  beforeEach(async () => {
    old = await deployLogAnchor()
    oldAddress = await old.getAddress()
    await mined(old.open(LOG, 3n, treeHash(3n), CAP))
    await mined(old.grantRole(await old.anchorRole(LOG), anchorer.address))
    await mined(old.connect(anchorer).anchor(LOG, 6n, treeHash(6n), consistencyProof(3n, 6n)))
    next = await deployLogAnchor(admin.address, oldAddress)
    nextAddress = await next.getAddress()
  })

  const refused = (sent: Promise<unknown>, error: string, ...values: unknown[]) =>
    expect(sent)
      .to.be.revertedWithCustomError(old, error)
      .withArgs(...values)

  it('names its predecessor, which names it once retired', async () => {
    expect(await next.predecessor()).to.equal(oldAddress)
    expect(await old.predecessor()).to.equal(ethers.ZeroAddress)
    expect(await old.successor()).to.equal(ethers.ZeroAddress)
    const receipt = await mined(old.retire(nextAddress))
    expect(eventsOf(old, receipt)).to.deep.equal([
      ['Paused', admin.address],
      ['Retired', nextAddress],
    ])
    expect(await old.successor()).to.equal(nextAddress)
  })

  it('copies a head with its growth cap, and the log goes on from there', async () => {
    await mined(old.retire(nextAddress))
    const receipt = await mined(next.copyHead(LOG))
    const root = ethers.hexlify(treeHash(6n))
    expect(eventsOf(next, receipt)).to.deep.equal([
      ['LogOpened', LOG, 6n, root, CAP],
      ['Anchored', LOG, 6n, root, 0n],
      ['HeadCopied', LOG, oldAddress, 6n, root],
    ])
    expect(await next.head(LOG)).to.deep.equal([6n, root, BigInt(receipt.blockNumber), 0n])
    expect(await next.maxGrowth(LOG)).to.equal(CAP)
    await mined(next.grantRole(await next.anchorRole(LOG), anchorer.address))
    await mined(next.connect(anchorer).anchor(LOG, 9n, treeHash(9n), consistencyProof(6n, 9n)))
    expect((await next.head(LOG))[0]).to.equal(9n)
  })

  it('copies nothing while the predecessor may still accept a head', async () => {
    await refused(next.copyHead(LOG), 'NotLinked', ethers.ZeroAddress, nextAddress)
    await mined(old.pause())
    await refused(next.copyHead(LOG), 'NotLinked', ethers.ZeroAddress, nextAddress)
  })

  it('copies nothing from a predecessor that retired for another', async () => {
    const other = await deployLogAnchor(admin.address, oldAddress)
    await mined(old.retire(await other.getAddress()))
    await refused(next.copyHead(LOG), 'NotLinked', await other.getAddress(), nextAddress)
  })

  it('copies each head once, and none that was never there', async () => {
    await mined(old.retire(nextAddress))
    await mined(next.copyHead(LOG))
    await refused(next.copyHead(LOG), 'LogAlreadyOpen', LOG, 6n, 6n)
    await refused(next.copyHead(OTHER), 'UnknownLog', OTHER)
  })

  it('copies nothing without a predecessor', async () => {
    const first = await deployLogAnchor()
    await refused(first.copyHead(LOG), 'NotLinked', ethers.ZeroAddress, await first.getAddress())
  })

  it('opens nothing while the predecessor could still open the same', async () => {
    await refused(next.open(OTHER, 9n, treeHash(9n), CAP), 'NotLinked', ethers.ZeroAddress, nextAddress)
    await mined(old.open(OTHER, 5n, treeHash(5n), CAP))
    expect((await next.head(OTHER))[0]).to.equal(0n)
  })

  it('does not open anew a log that the predecessor holds, and opens one that it does not', async () => {
    await mined(old.retire(nextAddress))
    await refused(next.open(LOG, 9n, treeHash(9n), CAP), 'HeldByPredecessor', LOG, 6n)
    await mined(next.open(OTHER, 9n, treeHash(9n), CAP))
    expect((await next.head(OTHER))[0]).to.equal(9n)
  })

  it('leaves the predecessor stopped for good, its heads readable', async () => {
    await mined(old.pause())
    await mined(old.retire(nextAddress))
    await refused(old.unpause(), 'RetiredFor', nextAddress)
    await refused(old.retire(nextAddress), 'RetiredFor', nextAddress)
    const late = old.connect(anchorer).anchor(LOG, 9n, treeHash(9n), consistencyProof(6n, 9n))
    await refused(late, 'EnforcedPause')
    expect((await old.head(LOG))[0]).to.equal(6n)
  })

  it('is a contract that names the retiring one: not an account, not a stranger, not itself', async () => {
    const stray = await (await deployLogAnchor()).getAddress()
    for (const wrong of [anchorer.address, stray, oldAddress]) {
      await refused(old.retire(wrong), 'NotLinked', ethers.ZeroAddress, oldAddress)
    }
    expect(await old.paused()).to.equal(false)
  })

  it('is named, and heads are copied, by the administrator alone', async () => {
    const role = await old.DEFAULT_ADMIN_ROLE()
    const by = [anchorer.address, role]
    await refused(old.connect(anchorer).retire(nextAddress), 'AccessControlUnauthorizedAccount', ...by)
    await mined(old.retire(nextAddress))
    await refused(next.connect(anchorer).copyHead(LOG), 'AccessControlUnauthorizedAccount', ...by)
  })
})
