import { expect } from 'chai'
import { Wallet } from 'ethers'
import { verifyConsistency } from '../../../core/merkle/verify.ts'
import { asHash } from '../../../core/merkle.ts'
import { logIdOf } from '../../../core/verify/anchor-rpc.ts'
import { type Chain, connect } from '../../../ledger/chain/adapter.ts'
import { devKey, type EmbeddedChain, startEmbeddedChain } from '../../../ledger/chain/embedded.ts'
import { deployLogAnchor, type LogAnchor, logAnchorAt } from '../../../ledger/chain/log-anchor.ts'
import { logAnchorAdmin } from '../../../ledger/chain/log-anchor-admin.ts'
import { lineage, proofAlong } from '../../../ledger/chain/log-anchor-history.ts'
import { consistencyProof, forkAt, treeHash } from '../../contracts/reference-tree.ts'

const logId = logIdOf('log.example/history')
const deployer = new Wallet(devKey('deployer'))
const own = { treeHash, consistencyProof }

describe('the heads that lead to the one held', () => {
  let embedded: EmbeddedChain
  let chain: Chain
  let contract: LogAnchor

  const anchor = async (held: bigint, size: bigint, tree: Pick<ReturnType<typeof forkAt>, keyof typeof own> = own) => {
    const [nonce, fees] = [await chain.nonce(deployer.address, 'latest'), await chain.suggestFees()]
    const head = { logId, size, root: asHash(tree.treeHash(size)), proof: tree.consistencyProof(held, size) }
    const { rawTransaction } = await contract.prepareAnchor({ ...head, signer: deployer, nonce, fees })
    await chain.mined(await chain.broadcast(rawTransaction))
  }
  const refound = (kept: bigint, junk: ReturnType<typeof forkAt>, held: bigint, size: bigint) =>
    logAnchorAdmin(chain, contract.address, deployer).refound({
      logId,
      kept: { size: kept, root: asHash(treeHash(kept)) },
      abandonedProof: junk.consistencyProof(kept, held),
      next: { size, root: asHash(treeHash(size)) },
      proof: size === kept ? [] : consistencyProof(kept, size),
      checkpoint: asHash(treeHash(1n)),
    })
  const sizes = async () =>
    (await lineage(contract, logId, (await contract.head(logId))!)).map(({ size, previousSize }) => [
      size,
      previousSize,
    ])

  before(async () => {
    embedded = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
    chain = await connect(embedded)
    contract = logAnchorAt(chain, (await deployLogAnchor(chain, deployer)).address)
    await contract.openLog(deployer, { logId, size: 5n, root: asHash(treeHash(5n)), maxGrowth: 100n })
    await contract.grantAnchoring(deployer, logId, deployer.address)
  })
  after(() => embedded.close())

  it('leave out what was given up, also where a size was held twice', async () => {
    await anchor(5n, 9n)
    const junk = forkAt(9n)
    await anchor(9n, 60n, junk)
    expect(await sizes()).to.deep.equal([
      [60n, 9n],
      [9n, 5n],
      [5n, 0n],
    ])
    await refound(9n, junk, 60n, 9n)
    await anchor(9n, 60n)
    expect(await sizes()).to.deep.equal([
      [60n, 9n],
      [9n, 9n],
      [9n, 5n],
      [5n, 0n],
    ])
  })

  it('give the proof from any of them to the one held, out of what was sent', async () => {
    await anchor(60n, 71n)
    const held = (await contract.head(logId))!
    const heads = await lineage(contract, logId, held)
    for (const from of heads.filter(({ size }) => size < held.size)) {
      const proof = await proofAlong(chain, contract.address, heads, from)
      expect(proof, `${from.size}`).to.deep.equal(consistencyProof(from.size, held.size))
      expect(verifyConsistency(from.size, held.size, proof, from.root, held.root)).to.equal(true)
    }
  })
})
