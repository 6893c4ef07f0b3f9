import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { Wallet } from 'ethers/wallet'
import { asHash, type Hash } from '../../../core/merkle.ts'
import { logIdOf } from '../../../core/verify/anchor-rpc.ts'
import { connect } from '../../../ledger/chain/adapter.ts'
import { ChainFault } from '../../../ledger/chain/fault.ts'
import { LOG_ANCHOR_CODE_HASH, logAnchorAt, type NextHead } from '../../../ledger/chain/log-anchor.ts'
import { parseRevert } from '../../../ledger/chain/revert.ts'
import { hashOf, senderOf } from '../../../ledger/chain/transaction.ts'
import { consistencyProof, treeHash } from '../../contracts/reference-tree.ts'
import { type Bench, startBench } from './embedded-log-anchor.ts'
import { openGateway, rejection } from './gateway.ts'

const rootOf = (size: bigint): Hash => asHash(Uint8Array.from(treeHash(size)))
const junk = asHash(new Uint8Array(32).fill(7))

describe('LogAnchor through the chain adapter', () => {
  let bench: Bench
  let logs = 0
  let logId: Uint8Array

  const next = (held: bigint, size: bigint): NextHead => ({
    logId,
    size,
    root: rootOf(size),
    proof: consistencyProof(held, size),
  })
  const anchor = async (held: bigint, size: bigint) => {
    const { chain, contract, anchorer } = bench
    const nonce = await chain.nonce(anchorer.address, 'pending')
    const fees = await chain.suggestFees()
    const prepared = await contract.prepareAnchor({ ...next(held, size), signer: anchorer, nonce, fees })
    return { ...prepared, receipt: await chain.mined(await chain.broadcast(prepared.rawTransaction)) }
  }
  const refusal = async (promise: Promise<unknown>) => {
    const fault = await rejection(promise)
    expect(fault).to.be.instanceOf(ChainFault).with.property('code', 'REVERTED')
    return (fault as ChainFault).reverted
  }

  before(async () => {
    bench = await startBench()
  })
  after(() => bench.embedded.close())

  beforeEach(async () => {
    logId = logIdOf(`log.example/${logs++}`)
    const { contract, deployer, anchorer } = bench
    await contract.openLog(deployer, { logId, size: 3n, root: rootOf(3n), maxGrowth: 100n })
    await contract.grantAnchoring(deployer, logId, anchorer.address)
  })

  it('deploys the code that is committed, and knows an address without it', async () => {
    expect(await bench.contract.codeHash()).to.equal(LOG_ANCHOR_CODE_HASH)
    const nowhere = logAnchorAt(bench.chain, bench.deployer.address)
    expect(await nowhere.codeHash()).to.equal(undefined)
    expect(await rejection(nowhere.head(logId))).to.be.instanceOf(ChainFault)
  })

  it('opens a log, and knows one that was never opened', async () => {
    expect(await bench.contract.head(logId)).to.deep.include({ size: 3n, root: rootOf(3n) })
    expect(await bench.contract.maxGrowth(logId)).to.equal(100n)
    expect(await bench.contract.mayAnchor(logId, bench.anchorer.address)).to.equal(true)
    expect(await bench.contract.mayAnchor(logId, bench.deployer.address)).to.equal(false)
    const other = logIdOf('log.example/other')
    expect(await bench.contract.head(other)).to.equal(undefined)
    expect(await bench.contract.maxGrowth(other)).to.equal(0n)
  })

  it('anchors a head by bytes that were signed beforehand, and finds it again', async () => {
    const before = await bench.chain.latestBlock()
    const { hash, rawTransaction, receipt } = await anchor(3n, 7n)
    expect(hash).to.equal(hashOf(rawTransaction))
    expect(senderOf(rawTransaction).from).to.equal(bench.anchorer.address.toLowerCase())
    expect(receipt.succeeded).to.equal(true)
    const { blockNumber, blockHash } = receipt
    expect(await bench.contract.head(logId)).to.deep.equal({ size: 7n, root: rootOf(7n), blockNumber, refounded: 0n })
    expect((await bench.contract.head(logId, before))?.size).to.equal(3n)
    const events = await bench.contract.anchoredEvents(logId, 0n)
    expect(events.map(({ size, previousSize }) => [size, previousSize])).to.deep.equal([
      [3n, 0n],
      [7n, 3n],
    ])
    expect(events[1]).to.deep.equal({
      size: 7n,
      root: rootOf(7n),
      previousSize: 3n,
      blockNumber,
      blockHash,
      transactionHash: hash,
    })
    expect(await bench.contract.anchoredEvents(logId, blockNumber + 1n)).to.deep.equal([])
  })

  it('signs the same bytes for the same anchor, and asks the chain nothing for them', async () => {
    const gone = await openGateway(bench.embedded.url, () => undefined)
    const chain = await connect({ url: gone.url, chainId: bench.chain.chainId })
    await gone.close()
    const fees = { maxFeePerGas: 2n, maxPriorityFeePerGas: 1n }
    const given = { ...next(3n, 7n), signer: bench.anchorer, nonce: 0, fees }
    const contract = logAnchorAt(chain, bench.contract.address)
    expect(await contract.prepareAnchor(given)).to.deep.equal(await contract.prepareAnchor(given))
  })

  it('names the refusal of every head that is no extension, with the values', async () => {
    const { contract, anchorer } = bench
    await anchor(3n, 7n)
    const attempt = (head: NextHead) => refusal(contract.tryAnchor(anchorer.address, head))
    const text = (hash: Uint8Array) => `0x${Buffer.from(hash).toString('hex')}`
    expect(await attempt(next(5n, 6n))).to.deep.equal({ name: 'NotAnExtension', args: { held: 7n, offered: 6n } })
    expect(await attempt({ ...next(3n, 7n), root: junk })).to.deep.equal({
      name: 'ForkedHead',
      args: { size: 7n, held: text(rootOf(7n)), offered: text(junk) },
    })
    expect(await attempt(next(3n, 9n))).to.deep.equal({
      name: 'NotConsistent',
      args: { heldSize: 7n, heldRoot: text(rootOf(7n)), offeredSize: 9n, offeredRoot: text(rootOf(9n)) },
    })
    expect(await attempt(next(7n, 108n))).to.deep.equal({ name: 'GrowthAboveCap', args: { cap: 100n, offered: 101n } })
    const unknown = logIdOf('log.example/unknown')
    expect(await attempt({ ...next(7n, 9n), logId: unknown })).to.deep.equal({
      name: 'UnknownLog',
      args: { logId: text(unknown) },
    })
    await contract.tryAnchor(anchorer.address, next(7n, 9n))
    await contract.tryAnchor(anchorer.address, { ...next(3n, 7n), proof: [] })
  })

  it('names the refusal of an account that may not, and of a log that is open', async () => {
    const { contract, deployer, anchorer } = bench
    const stranger = await refusal(contract.tryAnchor(deployer.address, next(3n, 7n)))
    expect(stranger?.name).to.equal('AccessControlUnauthorizedAccount')
    expect(stranger?.args.account).to.equal(deployer.address.toLowerCase())
    const log = { logId, size: 4n, root: rootOf(4n), maxGrowth: 1n }
    expect((await refusal(contract.openLog(deployer, log)))?.name).to.equal('LogAlreadyOpen')
    const fresh = { ...log, logId: logIdOf('log.example/fresh') }
    expect((await refusal(contract.openLog(anchorer, fresh)))?.name).to.equal('AccessControlUnauthorizedAccount')
    expect((await refusal(contract.openLog(deployer, { ...fresh, size: 0n })))?.name).to.equal('EmptyHead')
    expect(await contract.head(fresh.logId)).to.equal(undefined)
  })

  it('mines an anchor that lost a race, with a receipt that says it failed', async () => {
    const { contract, chain, anchorer } = bench
    const nonce = await chain.nonce(anchorer.address, 'latest')
    const fees = await chain.suggestFees()
    const late = await contract.prepareAnchor({ ...next(3n, 9n), signer: anchorer, nonce: nonce + 1, fees })
    await anchor(3n, 7n)
    const receipt = await chain.mined(await chain.broadcast(late.rawTransaction))
    expect([receipt.succeeded, receipt.logs]).to.deep.equal([false, []])
    expect((await contract.head(logId))?.size).to.equal(7n)
  })

  it('refuses to encode hashes that are not 32 bytes and sizes beyond 64 bits', async () => {
    const { contract, anchorer } = bench
    const fees = { gasPrice: 0n }
    const prepare = (head: NextHead) => contract.prepareAnchor({ ...head, signer: anchorer, nonce: 0, fees })
    const short = new Uint8Array(31) as Hash
    const wrong: NextHead[] = [
      { ...next(3n, 7n), logId: short },
      { ...next(3n, 7n), root: short },
      { ...next(3n, 7n), root: new Uint8Array(33) as Hash },
      { ...next(3n, 7n), proof: [new Uint8Array()] },
      { ...next(3n, 7n), size: 2n ** 64n },
      { ...next(3n, 7n), size: -1n },
    ]
    for (const head of wrong) expect(await rejection((async () => prepare(head))())).to.be.instanceOf(RangeError)
    expect(await prepare({ ...next(3n, 7n), size: 2n ** 64n - 1n })).to.have.property('hash')
  })

  it('refuses every published consistency vector that has a hash of another length', async () => {
    type Vector = { size2: string; root1: string; root2: string; proof: string[] | null }
    const file = new URL('../../vectors/rfc6962_consistency.json', import.meta.url)
    const bytes = (text: string) => Buffer.from(text, 'base64')
    const vectors = (JSON.parse(readFileSync(file, 'utf8')) as Vector[]).filter(({ root2, proof }) =>
      [root2, ...(proof ?? [])].some(text => bytes(text).length !== 32),
    )
    expect(vectors).to.have.lengthOf(12)
    for (const { size2, root2, proof } of vectors) {
      const head = {
        logId,
        size: BigInt(size2),
        root: bytes(root2) as Uint8Array as Hash,
        proof: (proof ?? []).map(bytes),
      }
      const given = { ...head, signer: bench.anchorer, nonce: 0, fees: { gasPrice: 0n } }
      expect(await rejection((async () => bench.contract.prepareAnchor(given))())).to.be.instanceOf(RangeError)
    }
  })

  it('reads events through an endpoint that limits the blocks of a query', async () => {
    await bench.embedded.control('hardhat_mine', ['0x7d0'])
    await anchor(3n, 7n)
    let [asked, refused] = [0, 0]
    const gateway = await openGateway(bench.embedded.url, (method, [filter]) => {
      if (method !== 'eth_getLogs') return undefined
      asked++
      const { fromBlock, toBlock } = filter as { fromBlock: string; toBlock: string }
      if (Number(toBlock) - Number(fromBlock) < 600) return undefined
      refused++
      return { error: { code: -32_005, message: 'query exceeds max block range' } }
    })
    const chain = await connect({ url: gateway.url, chainId: bench.chain.chainId })
    const events = await logAnchorAt(chain, bench.contract.address).anchoredEvents(logId, 0n)
    await gateway.close()
    expect(events.map(({ size }) => size)).to.deep.equal([3n, 7n])
    expect([asked > 2, refused > 0]).to.deep.equal([true, true])
  })

  it('gives up on an endpoint that refuses every query for events', async () => {
    await bench.embedded.control('hardhat_mine', ['0x7d0'])
    let asked = 0
    const gateway = await openGateway(bench.embedded.url, method => {
      if (method !== 'eth_getLogs') return undefined
      asked++
      return { error: { code: -32_601, message: 'the method eth_getLogs does not exist' } }
    })
    const chain = await connect({ url: gateway.url, chainId: bench.chain.chainId })
    const fault = await rejection(logAnchorAt(chain, bench.contract.address).anchoredEvents(logId, 0n))
    await gateway.close()
    expect(fault).to.have.property('code', 'REFUSED')
    expect(asked).to.be.below(12)
  })

  it('reads revert data as other nodes wrap it, and takes none for what it is not', async () => {
    const data = (await rejection(bench.contract.tryAnchor(bench.anchorer.address, next(2n, 2n)))) as ChainFault
    const wordings = [data.data, `Reverted ${data.data}`, { data: data.data }, { data: `Reverted ${data.data}` }]
    for (const wrapped of wordings) {
      const answer = { error: { code: -32_000, message: 'execution reverted', data: wrapped } }
      const gateway = await openGateway(bench.embedded.url, method => (method === 'eth_call' ? answer : undefined))
      const chain = await connect({ url: gateway.url, chainId: bench.chain.chainId })
      const contract = logAnchorAt(chain, bench.contract.address)
      expect((await refusal(contract.tryAnchor(bench.anchorer.address, next(2n, 2n))))?.name).to.equal('NotAnExtension')
      await gateway.close()
    }
    expect(parseRevert('0x')).to.equal(undefined)
    expect(parseRevert('0xdeadbeef')).to.equal(undefined)
    expect(parseRevert(String(data.data).slice(0, 20))).to.equal(undefined)
  })

  it('takes any signer of one account, not only a wallet of its own', async () => {
    const wallet = new Wallet(bench.anchorer.privateKey)
    const remote = {
      getAddress: async () => wallet.address,
      signTransaction: (given: Parameters<Wallet['signTransaction']>[0]) => wallet.signTransaction(given),
    }
    const given = { ...next(3n, 7n), nonce: 0, fees: { gasPrice: 1n } }
    expect(await bench.contract.prepareAnchor({ ...given, signer: remote })).to.deep.equal(
      await bench.contract.prepareAnchor({ ...given, signer: wallet }),
    )
  })
})
