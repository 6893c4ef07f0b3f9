import { expect } from 'chai'
import { Wallet } from 'ethers'
import { sql } from 'kysely'
import { hex } from '../../core/bytes.ts'
import { logIdOf } from '../../core/verify/anchor-rpc.ts'
import { asNode } from '../../db/database.ts'
import { type AnchorTarget, anchorTarget, type TargetSettings } from '../../ledger/anchor-target.ts'
import { type Anchorer, startAnchorer } from '../../ledger/anchorer.ts'
import { devKey, type EmbeddedChain, startEmbeddedChain } from '../../ledger/chain/embedded.ts'
import type { Answer } from '../../ledger/chain/json-rpc-server.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { openGateway, type Rule } from './chain/gateway.ts'
import { type OpenLedger, openLedger, origin, record, rejection } from './open-ledger.ts'

const logId = logIdOf(origin)
const signer = new Wallet(devKey('market'))
const admin = new Wallet(devKey('deployer'))

/** Each of these is done to a real chain, through an endpoint that misbehaves where the chain itself does not. */
describe('the anchorer, when the chain or its endpoint misbehaves', function () {
  this.timeout(60_000)
  let database: TestDatabase
  let ledger: OpenLedger
  let embedded: EmbeddedChain
  let gateway: { url: string; close: () => Promise<void> }
  let rule: Rule
  let settings: Partial<TargetSettings>
  let anchorer: Anchorer
  let now: Date

  beforeEach(async () => {
    database = await testDatabase()
    ledger = await openLedger(database.db)
    embedded = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
    rule = () => undefined
    gateway = await openGateway(embedded.url, (method, params) => rule(method, params))
    settings = {}
    now = new Date()
    anchorer = start()
  })
  afterEach(async () => {
    await anchorer.stop()
    await ledger.stop()
    await gateway.close()
    await embedded.close()
    await database.drop()
  })

  let found: (() => Promise<AnchorTarget>) | undefined
  const target = () => {
    const { chainId } = embedded
    const fixed = { url: gateway.url, chainId, finality: 'instant', signer, admin, timeLimit: 1_000 } as const
    found = anchorTarget({ ...fixed, ...settings })
    return found
  }
  const start = () => {
    const at = target()
    const every = 3_600_000
    return startAnchorer({ db: database.db, ledger, target: at, now: () => now, onTrouble: () => undefined, every })
  }
  /** With other settings, and nothing in memory. */
  const restart = async (more: Partial<TargetSettings>) => {
    await anchorer.stop()
    const { address } = (await found?.())?.contract ?? {}
    settings = { ...(address ? { contract: address } : {}), ...more }
    anchorer = start()
  }
  const grow = async (count = 1) => {
    await ledger.appendAll(Array.from({ length: count }, (_, i) => record(`${i}`)))
    return ledger.sign()
  }
  const settle = async () => {
    for (let i = 0; i < 20; i++) if ((await anchorer.round()) === 'idle') return
    throw new Error('the anchorer does not come to rest')
  }
  const states = async () =>
    (
      await asNode(database.db, tx =>
        sql<{ size: bigint; state: string }>`select size, state from anchors order by size`.execute(tx),
      )
    ).rows.map(({ size, state }) => `${size} ${state}`)
  /** Every head on the chain, each once, in order; the last one is the log's newest. */
  const onChain = async () => {
    rule = () => undefined
    const { contract } = await found!()
    const events = await contract.anchoredEvents(logId, 0n)
    const { size, root } = await ledger.checkpoint()
    const held = await contract.head(logId)
    expect([held?.size, hex(held!.root)]).to.deep.equal([size, hex(root)])
    for (const it of events) expect(hex(it.root)).to.equal(hex(await ledger.root(it.size)))
    const sizes = events.map(it => it.size)
    expect(new Set(sizes).size).to.equal(sizes.length)
    return sizes.map(Number)
  }
  const mine = (blocks: number) => embedded.control('hardhat_mine', [`0x${blocks.toString(16)}`])
  const refuse = (message: string, code = -32000): Answer => ({ error: { code, message } })

  for (const depth of [1, 7, 100]) {
    it(`survives a reorganization ${depth} ${depth === 1 ? 'block' : 'blocks'} deep, final anchors included`, async () => {
      await grow()
      await settle()
      const before = await embedded.control('evm_snapshot', [])
      await grow()
      await settle()
      await mine(Math.max(0, depth - 3))
      await grow(3)
      await settle()
      expect(await onChain()).to.deep.equal([1, 2, 5])
      await embedded.control('evm_revert', [before])
      // Of its blocks before: nothing is believed until it is as long again.
      expect(String(await rejection(anchorer.round()))).to.match(/set back/)
      expect(await states()).to.deep.equal(['1 final', '2 final', '5 final'])
      await mine(depth + 3)
      await settle()
      expect(await onChain()).to.deep.equal([1, 5])
      expect(await states()).to.deep.equal(['1 final', '2 lost', '5 final'])
      await grow()
      await settle()
      expect(await onChain()).to.deep.equal([1, 5, 6])
      expect(ledger.halted()).to.equal(undefined)
    })
  }

  it('waits out an endpoint that does not answer, and goes on where it was', async () => {
    await grow()
    await settle()
    await grow()
    for (const method of ['eth_chainId', 'eth_call', 'eth_sendRawTransaction', 'eth_getTransactionReceipt']) {
      rule = asked => (asked === method ? new Promise<Answer>(() => undefined) : undefined)
      await anchorer.round().catch(() => undefined)
    }
    rule = () => undefined
    await settle()
    expect(await onChain()).to.deep.equal([1, 2])
    expect(await states()).to.deep.equal(['1 final', '2 final'])
  })

  it('is not led by stale answers into sending anything twice', async () => {
    await grow()
    await settle()
    const known = new Map<string, Promise<Answer>>()
    const key = (method: string, params: readonly unknown[]) => JSON.stringify([method, params])
    const ask = async (method: string, params: readonly unknown[]): Promise<Answer> => ({
      result: await embedded.control(method, params),
    })
    // What the chain said while it held the first head.
    rule = (method, params) => {
      known.set(key(method, params), ask(method, params))
      return undefined
    }
    await grow()
    await anchorer.round()
    rule = () => undefined
    await settle()
    expect(await onChain()).to.deep.equal([1, 2])
    await grow()
    const { chain } = await found!()
    const nonce = await chain.nonce(signer.address, 'latest')
    // An endpoint that is behind goes on saying so, and takes what is sent.
    rule = (method, params) => (method === 'eth_sendRawTransaction' ? undefined : known.get(key(method, params)))
    for (let i = 0; i < 3; i++) await anchorer.round().catch(() => undefined)
    rule = () => undefined
    await settle()
    expect(await onChain()).to.deep.equal([1, 2, 3])
    expect(await chain.nonce(signer.address, 'latest')).to.equal(nonce + 1)
  })

  it('sends the same bytes until a lost transaction is on the chain', async () => {
    await grow()
    await settle()
    await grow()
    const sent: string[] = []
    rule = (method, params) => {
      if (method !== 'eth_sendRawTransaction') return undefined
      sent.push(String(params[0]))
      return { result: `0x${'ab'.repeat(32)}` }
    }
    for (let i = 0; i < 3; i++) expect(await anchorer.round()).to.equal('waiting')
    expect(sent).to.have.length(3)
    expect(new Set(sent).size).to.equal(1)
    expect(await states()).to.deep.equal(['1 final', '2 broadcast'])
    rule = () => undefined
    await settle()
    expect(await onChain()).to.deep.equal([1, 2])
  })

  it('offers more when the endpoint calls a replacement underpriced, and one of them is mined', async () => {
    await grow()
    await settle()
    await embedded.control('evm_setAutomine', [false])
    await grow()
    expect(await anchorer.round()).to.equal('waiting')
    let refusals = 0
    rule = method => {
      if (method !== 'eth_sendRawTransaction' || refusals >= 2) return undefined
      refusals++
      return refuse('replacement transaction underpriced')
    }
    now = new Date(now.getTime() + 60_001)
    for (let i = 0; i < 4; i++) await anchorer.round().catch(() => undefined)
    expect(refusals).to.equal(2)
    await embedded.control('evm_mine', [])
    await embedded.control('evm_setAutomine', [true])
    await settle()
    expect(await onChain()).to.deep.equal([1, 2])
  })

  it('sends nothing to a chain with another id, and goes on when it is the right one again', async () => {
    await grow()
    await settle()
    await grow()
    rule = method => (method === 'eth_chainId' ? { result: '0x1' } : undefined)
    expect(await rejection(anchorer.round())).to.have.property('code', 'WRONG_CHAIN')
    expect(anchorer.trouble()).to.match(/chain/)
    expect(await states()).to.deep.equal(['1 final'])
    rule = () => undefined
    await settle()
    expect(await onChain()).to.deep.equal([1, 2])
  })

  it('sends nothing when the chain is exchanged for another one under the service, id or first block', async () => {
    await grow()
    await settle()
    const { chain, contract } = await found!()
    const nonce = await chain.nonce(signer.address, 'latest')
    // In the midst of a round, before anything is sent: what was signed for one chain is no transaction on another.
    await grow()
    let exchanged = false
    rule = method => {
      exchanged ||= method === 'eth_getTransactionCount'
      return exchanged && method === 'eth_sendRawTransaction' ? refuse('invalid sender') : undefined
    }
    await rejection(anchorer.round())
    expect(exchanged).to.equal(true)
    expect(anchorer.trouble()).to.match(/invalid sender/)
    expect(await chain.nonce(signer.address, 'latest')).to.equal(nonce)
    expect(await states()).to.deep.equal(['1 final', '2 broadcast'])
    rule = () => undefined
    await restart({ contract: contract.address, genesis: `0x${'5'.repeat(64)}` })
    expect(await rejection(anchorer.round())).to.have.property('code', 'WRONG_GENESIS')
    expect(await chain.nonce(signer.address, 'latest')).to.equal(nonce)
    await anchorer.stop()
    settings = { contract: contract.address }
    anchorer = start()
    await settle()
    expect(await onChain()).to.deep.equal([1, 2])
    expect(await states()).to.deep.equal(['1 final', '2 final'])
  })

  it('anchors a head once though it was signed twice under one nonce, whichever of the two is mined', async () => {
    await grow()
    await settle()
    const { chain, contract } = await found!()
    for (const which of [0, 1]) {
      await embedded.control('evm_setAutomine', [false])
      const sent: string[] = []
      rule = (method, params) => {
        if (method === 'eth_sendRawTransaction') sent.push(String(params[0]))
        return method === 'eth_sendRawTransaction' ? { result: `0x${'ab'.repeat(32)}` } : undefined
      }
      const { size } = await grow()
      await anchorer.round()
      now = new Date(now.getTime() + 60_001)
      await anchorer.round()
      const [first, second] = [...new Set(sent)]
      expect(second).to.be.a('string')
      // Both have been broadcast; another node had the one, this one the other, and a miner chose.
      await embedded.control('eth_sendRawTransaction', [[first, second][which]])
      rule = () => undefined
      await embedded.control('evm_mine', [])
      await embedded.control('evm_setAutomine', [true])
      await embedded.control('eth_sendRawTransaction', [[second, first][which]]).catch(() => undefined)
      await settle()
      expect((await contract.head(logId))?.size).to.equal(size)
    }
    expect(await onChain()).to.deep.equal([1, 2, 3])
    expect(await states()).to.deep.equal(['1 final', '2 final', '3 final'])
    expect(await chain.nonce(signer.address, 'latest')).to.equal(2)
  })

  it('waits while the contract is paused, costs nothing, and says so', async () => {
    await grow()
    await settle()
    const { chain, contract } = await found!()
    await chain.submit(admin, { to: contract.address, data: '0x8456cb59' })
    await grow()
    const nonce = await chain.nonce(signer.address, 'latest')
    for (let i = 0; i < 3; i++) expect(String(await rejection(anchorer.round()))).to.match(/pause/i)
    expect(await chain.nonce(signer.address, 'latest')).to.equal(nonce)
    await chain.submit(admin, { to: contract.address, data: '0x3f4ba83a' })
    await settle()
    expect(await onChain()).to.deep.equal([1, 2])
  })

  it('says that its key may not anchor, and sends nothing that would be refused', async () => {
    await grow()
    await settle()
    await grow()
    const stranger = new Wallet(devKey('hospital'))
    const contract = (await found!()).contract.address
    await anchorer.stop()
    settings = { contract, signer: stranger, url: gateway.url }
    const at = anchorTarget({
      url: gateway.url,
      chainId: embedded.chainId,
      finality: 'instant',
      contract,
      signer: stranger,
    })
    const every = 3_600_000
    anchorer = startAnchorer({ db: database.db, ledger, target: at, now: () => now, onTrouble: () => undefined, every })
    expect(String(await rejection(anchorer.round()))).to.match(/may not|role|not allowed|authori/i)
    const { chain } = await at()
    expect(await chain.nonce(stranger.address, 'latest')).to.equal(0)
    settings = {}
    await restart({ contract })
    await settle()
    expect(await onChain()).to.deep.equal([1, 2])
  })

  it('anchors where gas has no base fee, and where it costs nothing', async () => {
    await embedded.control('hardhat_setNextBlockBaseFeePerGas', ['0x0'])
    // As on consortium chains: no base fee in blocks, no tip to ask for, and a gas price of nothing.
    rule = (method, params) => {
      if (method === 'eth_gasPrice') return { result: '0x0' }
      if (method === 'eth_maxPriorityFeePerGas') return refuse('the method does not exist', -32601)
      if (method !== 'eth_getBlockByNumber') return undefined
      return embedded.control(method, params).then(block => {
        const { baseFeePerGas: _, ...rest } = (block ?? {}) as Record<string, unknown>
        return { result: block === null ? null : rest }
      })
    }
    await grow()
    await settle()
    await grow()
    await settle()
    const { chain } = await found!()
    const balance = await chain.balance(signer.address)
    expect(balance).to.equal(10n ** 24n)
    expect(await onChain()).to.deep.equal([1, 2])
  })

  it('anchors the same head on several chains, whatever one of them does', async () => {
    const other = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
    const of = { url: other.url, chainId: other.chainId, finality: 'instant', signer, admin } as const
    const at = anchorTarget(of)
    const every = 3_600_000
    const second = startAnchorer({
      db: database.db,
      ledger,
      target: at,
      now: () => now,
      onTrouble: () => undefined,
      every,
    })
    try {
      await grow(2)
      await settle()
      // One id, another genesis: this chain is the same one begun anew, and the first has been forgotten.
      rule = () => refuse('down')
      await grow()
      for (let i = 0; i < 5; i++) await second.round()
      expect(await rejection(anchorer.round())).to.be.instanceOf(Error)
      const held = await (await at()).contract.head(logId)
      expect(held?.size).to.equal(3n)
    } finally {
      await second.stop()
      await other.close()
    }
  })
})
