import { expect } from 'chai'
import type { ContractTransactionResponse } from 'ethers'
import {
  type Account,
  admin,
  anchorer,
  deployLogAnchor,
  ethers,
  eventsOf,
  type LogAnchorContract,
  mined,
  stranger,
} from './network.ts'
import { consistencyProof, treeHash } from './reference-tree.ts'

const LOG = ethers.sha256(ethers.toUtf8Bytes('log.example/tallystick'))
const OTHER = ethers.sha256(ethers.toUtf8Bytes('log.example/other'))
const CAP = 2n ** 20n

describe('who may do what at LogAnchor', function () {
  this.timeout(60_000)
  let contract: LogAnchorContract
  let adminRole: string

  const grow = (account: Account, logId = LOG): Promise<ContractTransactionResponse> =>
    contract.connect(account).anchor(logId, 4n, treeHash(4n), consistencyProof(3n, 4n))
  const refusedFor = (sent: Promise<ContractTransactionResponse>, account: Account, role: string) =>
    expect(sent)
      .to.be.revertedWithCustomError(contract, 'AccessControlUnauthorizedAccount')
      .withArgs(account.address, role)

  beforeEach(async () => {
    contract = await deployLogAnchor()
    adminRole = await contract.DEFAULT_ADMIN_ROLE()
    for (const logId of [LOG, OTHER]) await mined(contract.open(logId, 3n, treeHash(3n), CAP))
    await mined(contract.grantRole(await contract.anchorRole(LOG), anchorer.address))
  })

  it('has no administrator but the one it was deployed for', async () => {
    expect(await contract.hasRole(adminRole, admin.address)).to.equal(true)
    expect(await contract.hasRole(adminRole, stranger.address)).to.equal(false)
    const forAnother = await deployLogAnchor(stranger.address)
    expect(await forAnother.hasRole(adminRole, stranger.address)).to.equal(true)
    expect(await forAnother.hasRole(adminRole, admin.address)).to.equal(false)
  })

  it('is not deployed for the zero account', async () => {
    await expect(deployLogAnchor(ethers.ZeroAddress))
      .to.be.revertedWithCustomError(contract, 'InvalidAdmin')
      .withArgs(ethers.ZeroAddress)
  })

  it('lets the administrator alone open a log', async () => {
    const fresh = ethers.sha256('0x01')
    for (const account of [anchorer, stranger]) {
      await refusedFor(contract.connect(account).open(fresh, 3n, treeHash(3n), CAP), account, adminRole)
    }
    expect(await contract.head(fresh)).to.deep.equal([0n, ethers.ZeroHash, 0n, 0n])
  })

  it('lets a log grow by those granted for that log alone, the administrator left out', async () => {
    const [role, otherRole] = [await contract.anchorRole(LOG), await contract.anchorRole(OTHER)]
    expect(role).not.to.equal(otherRole)
    await refusedFor(grow(stranger), stranger, role)
    await refusedFor(grow(admin), admin, role)
    await refusedFor(grow(anchorer, OTHER), anchorer, otherRole)
    await mined(grow(anchorer))
    expect((await contract.head(LOG))[0]).to.equal(4n)
    expect((await contract.head(OTHER))[0]).to.equal(3n)
  })

  it('takes a repeated head from those granted alone', async () => {
    const repeat = contract.connect(stranger).anchor(LOG, 3n, treeHash(3n), [])
    await refusedFor(repeat, stranger, await contract.anchorRole(LOG))
  })

  it('lets the role be taken back', async () => {
    const role = await contract.anchorRole(LOG)
    await mined(contract.revokeRole(role, anchorer.address))
    await refusedFor(grow(anchorer), anchorer, role)
  })

  it('lets the administrator alone give a role', async () => {
    const role = await contract.anchorRole(LOG)
    await refusedFor(contract.connect(anchorer).grantRole(role, stranger.address), anchorer, adminRole)
  })

  it('names a log role by the log and differs from every other role', async () => {
    const expected = ethers.keccak256(
      ethers.AbiCoder.defaultAbiCoder().encode(['bytes32', 'bytes32'], [ethers.id('ANCHOR_ROLE'), LOG]),
    )
    expect(await contract.anchorRole(LOG)).to.equal(expected)
    expect(await contract.anchorRole(ethers.ZeroHash)).not.to.equal(adminRole)
  })

  describe('while it is paused', () => {
    beforeEach(async () => {
      await mined(contract.pause())
    })

    it('takes no head, no repeat and no new log, and still answers', async () => {
      const sends = [
        grow(anchorer),
        contract.connect(anchorer).anchor(LOG, 3n, treeHash(3n), []),
        contract.open(ethers.sha256('0x01'), 3n, treeHash(3n), CAP),
        contract.copyHead(LOG),
      ]
      for (const sent of sends) await expect(sent).to.be.revertedWithCustomError(contract, 'EnforcedPause')
      expect((await contract.head(LOG))[0]).to.equal(3n)
    })

    it('goes on where it was when the administrator unpauses it', async () => {
      expect(eventsOf(contract, await mined(contract.unpause()))).to.deep.equal([['Unpaused', admin.address]])
      await mined(grow(anchorer))
      expect((await contract.head(LOG))[0]).to.equal(4n)
    })

    it('is not unpaused by one who may only pause', async () => {
      await mined(contract.grantRole(await contract.PAUSER_ROLE(), stranger.address))
      await refusedFor(contract.connect(stranger).unpause(), stranger, adminRole)
      expect(await contract.paused()).to.equal(true)
    })
  })

  it('is paused by holders of the pauser role alone', async () => {
    const role = await contract.PAUSER_ROLE()
    await refusedFor(contract.connect(anchorer).pause(), anchorer, role)
    await mined(contract.grantRole(role, stranger.address))
    await mined(contract.connect(stranger).pause())
    expect(await contract.paused()).to.equal(true)
  })
})
