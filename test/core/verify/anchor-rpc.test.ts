import { expect } from 'chai'
import { Wallet } from 'ethers/wallet'
import { asHash } from '../../../core/merkle.ts'
import {
  type AnchorClaim,
  type AskChain,
  checkAnchorOverRpc,
  type Finding,
  logIdOf,
} from '../../../core/verify/anchor-rpc.ts'
import { connect } from '../../../ledger/chain/adapter.ts'
import { devKey, type EmbeddedChain, startEmbeddedChain } from '../../../ledger/chain/embedded.ts'
import { deployLogAnchor, LOG_ANCHOR_CODE_HASH, logAnchorAt } from '../../../ledger/chain/log-anchor.ts'
import { consistencyProof, treeHash } from '../../contracts/reference-tree.ts'

const ALL = ['chain', 'contract', 'block', 'transaction', 'event', 'head'] as const
type Step = (typeof ALL)[number]

const other32 = `0x${'ab'.repeat(32)}`
const deployer = new Wallet(devKey('deployer'))
const rootOf = (size: bigint) => asHash(treeHash(size))
const logId = logIdOf('log.example/audited')

/** Plain JSON-RPC by fetch, as the verifier in a browser asks. */
const asking =
  (url: string): AskChain =>
  async (method, params) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const answer = (await (await fetch(url, { method: 'POST', body })).json()) as { result?: unknown; error?: object }
    if (answer.error !== undefined) throw new Error(JSON.stringify(answer.error))
    return answer.result
  }

const outcomes = (findings: readonly Finding[]): Record<string, string> =>
  Object.fromEntries(findings.map(({ step, outcome }) => [step.replace('anchor ', ''), outcome]))

/** All steps true but for these. */
const but = (others: Partial<Record<Step, Finding['outcome']>>): Record<string, string> => ({
  ...Object.fromEntries(ALL.map(step => [step, 'true'])),
  ...others,
})

describe('checking an anchor over plain JSON-RPC', () => {
  let embedded: EmbeddedChain
  let ask: AskChain
  let claim: AnchorClaim
  let first: AnchorClaim

  before(async () => {
    embedded = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
    ask = asking(embedded.url)
    const chain = await connect(embedded)
    const { address } = await deployLogAnchor(chain, deployer)
    const contract = logAnchorAt(chain, address)
    const opened = await contract.openLog(deployer, { logId, size: 3n, root: rootOf(3n), maxGrowth: 100n })
    await contract.grantAnchoring(deployer, logId, deployer.address)
    const anchor = async (held: bigint, size: bigint) => {
      const nonce = await chain.nonce(deployer.address, 'latest')
      const fees = await chain.suggestFees()
      const head = { logId, size, root: rootOf(size), proof: consistencyProof(held, size) }
      const { rawTransaction } = await contract.prepareAnchor({ ...head, signer: deployer, nonce, fees })
      return chain.mined(await chain.broadcast(rawTransaction))
    }
    const claimed = ({ hash, blockNumber, blockHash }: Awaited<ReturnType<typeof anchor>>, size: bigint) => ({
      chainId: embedded.chainId,
      genesis: chain.genesis,
      contract: address,
      codeHash: LOG_ANCHOR_CODE_HASH,
      txHash: hash,
      blockNumber,
      blockHash,
      logId,
      size,
      root: rootOf(size),
    })
    first = claimed(opened, 3n)
    claim = claimed(await anchor(3n, 7n), 7n)
  })
  after(() => embedded.close())

  const check = async (changes: Partial<AnchorClaim>, by: AskChain = ask) =>
    outcomes(await checkAnchorOverRpc(by, { ...claim, ...changes }))
  /** The same chain, with one method answered otherwise. */
  const answering =
    (method: string, answer: (given: unknown) => unknown): AskChain =>
    async (asked, params) =>
      asked === method ? answer(await ask(asked, params)) : ask(asked, params)

  it('finds every step of a true anchor true, in order, with a sentence each', async () => {
    const findings = await checkAnchorOverRpc(ask, claim)
    expect(findings.map(({ step }) => step)).to.deep.equal(ALL.map(step => `anchor ${step}`))
    expect(outcomes(findings)).to.deep.equal(but({}))
    for (const { detail } of findings) expect(detail).to.have.length.above(10)
  })

  it('finds the first head of a log true as well, though the log has grown since', async () => {
    expect(outcomes(await checkAnchorOverRpc(ask, first))).to.deep.equal(but({}))
  })

  it('takes every wrong claim for false at the step that it is about', async () => {
    const last = { contract: 'true', event: 'not_checkable' } as const
    expect(await check({ root: rootOf(8n) })).to.deep.equal(but({ event: 'false', head: 'false' }))
    expect(await check({ size: 6n, root: rootOf(6n) })).to.deep.equal(but({ event: 'false' }))
    expect(await check({ size: 8n, root: rootOf(8n) })).to.deep.equal(but({ event: 'false', head: 'false' }))
    const otherLog = await check({ logId: logIdOf('log.example/other') })
    expect(otherLog).to.deep.equal(but({ event: 'false', head: 'false' }))
    const wrongBlock = but({ ...last, block: 'false', transaction: 'not_checkable' })
    expect(await check({ blockHash: other32 })).to.deep.equal(wrongBlock)
    expect(await check({ blockNumber: claim.blockNumber - 1n })).to.deep.equal(wrongBlock)
    const wrongTransaction = but({ ...last, transaction: 'false' })
    expect(await check({ txHash: first.txHash })).to.deep.equal(wrongTransaction)
    expect(await check({ txHash: other32 })).to.deep.equal(wrongTransaction)
  })

  it('does not ask a contract with other code, or none, for anything', async () => {
    const untrusted = but({ contract: 'false', event: 'not_checkable', head: 'not_checkable' })
    expect(await check({ codeHash: other32 })).to.deep.equal(untrusted)
    expect(await check({ contract: deployer.address.toLowerCase() })).to.deep.equal(untrusted)
    const empty = `0x${'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'}`
    const nobody = { contract: deployer.address.toLowerCase(), codeHash: empty }
    expect(await check(nobody), 'the hash of no code is no code to trust').to.deep.equal(untrusted)
  })

  it('finds an event of the same words false when another contract told it', async () => {
    const chain = await connect(embedded)
    const { address } = await deployLogAnchor(chain, deployer)
    expect(await check({ contract: address })).to.deep.equal(but({ event: 'false', head: 'false' }))
  })

  it('calls an anchor on a chain that was begun anew forgotten, and not false', async () => {
    const again = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
    const findings = await checkAnchorOverRpc(asking(again.url), claim)
    await again.close()
    expect(outcomes(findings)).to.deep.equal(Object.fromEntries(ALL.map(step => [step, 'not_checkable'])))
    expect(findings[0]?.detail).to.match(/^chain forgotten/)
  })

  it('says nothing about an anchor from an endpoint of another chain', async () => {
    const nothing = Object.fromEntries(ALL.map(step => [step, 'not_checkable']))
    expect(await check({ chainId: 1n })).to.deep.equal(nothing)
  })

  it('never throws and finds nothing true or false when the chain does not answer', async () => {
    const silent: AskChain = async () => {
      throw new Error('no connection')
    }
    const nothing = Object.fromEntries(ALL.map(step => [step, 'not_checkable']))
    expect(await check({}, silent)).to.deep.equal(nothing)
    for (const nonsense of [undefined, null, 7, {}, [], 'html', '0xzz']) {
      const found = await check({}, async () => nonsense)
      expect(Object.values(found), String(nonsense)).to.not.include('true').and.not.include('false')
    }
  })

  it('finds the steps not checkable that one lost answer leaves open', async () => {
    const without = (method: string): AskChain =>
      answering(method, () => {
        throw new Error('refused')
      })
    const open = 'not_checkable' as const
    const code = await check({}, without('eth_getCode'))
    expect(code).to.deep.equal(but({ contract: open, event: open, head: open }))
    const receipt = await check({}, without('eth_getTransactionReceipt'))
    expect(receipt).to.deep.equal(but({ transaction: open, event: open }))
    expect(await check({}, without('eth_call'))).to.deep.equal(but({ head: open }))
  })

  it('waits for a block that the endpoint does not have yet', async () => {
    const behind: AskChain = async (method, params) =>
      method === 'eth_getBlockByNumber' && params[0] !== '0x0' ? null : ask(method, params)
    const waiting = but({ block: 'pending', transaction: 'not_checkable', event: 'not_checkable' })
    expect(await check({}, behind)).to.deep.equal(waiting)
  })

  it('takes a pruned receipt for not checkable while the block still names the transaction', async () => {
    const pruned = answering('eth_getTransactionReceipt', () => null)
    const open = 'not_checkable' as const
    expect(await check({}, pruned)).to.deep.equal(but({ transaction: open, event: open }))
    expect(await check({ txHash: other32 }, pruned)).to.deep.equal(but({ transaction: 'false', event: open }))
  })

  it('finds a reverted transaction false', async () => {
    const reverted = answering('eth_getTransactionReceipt', given => ({ ...(given as object), status: '0x0' }))
    expect(await check({}, reverted)).to.deep.equal(but({ transaction: 'false', event: 'not_checkable' }))
  })

  it('finds a head false that is behind the anchor, or has another root at its size', async () => {
    const word = (value: bigint) => value.toString(16).padStart(64, '0')
    const holding = (size: bigint, root: Uint8Array) =>
      answering('eth_call', () => `0x${word(size)}${Buffer.from(root).toString('hex')}${word(1n)}${word(0n)}`)
    expect(await check({}, holding(6n, rootOf(7n)))).to.deep.equal(but({ head: 'false' }))
    expect(await check({}, holding(7n, rootOf(8n)))).to.deep.equal(but({ head: 'false' }))
    expect(await check({}, holding(7n, rootOf(7n)))).to.deep.equal(but({}))
    expect(await check({}, holding(8n, rootOf(8n)))).to.deep.equal(but({}))
    expect(
      await check(
        {},
        answering('eth_call', () => '0x'),
      ),
    ).to.deep.equal(but({ head: 'false' }))
  })
})
