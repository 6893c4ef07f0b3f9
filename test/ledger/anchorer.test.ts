import { expect } from 'chai'
import { Wallet } from 'ethers'
import { sql } from 'kysely'
import { hex } from '../../core/bytes.ts'
import { checkAnchorOverRpc, logIdOf } from '../../core/verify/anchor-rpc.ts'
import { provenHead, type StateProof } from '../../core/verify/anchor-state.ts'
import { asNode } from '../../db/database.ts'
import { readState } from '../../ledger/anchor-states.ts'
import { type Anchor, anchorCovering, readAccepted, readTransactions } from '../../ledger/anchor-store.ts'
import { type AnchorTarget, anchorTarget, type TargetSettings } from '../../ledger/anchor-target.ts'
import { type Anchorer, type AnchorerDeps, startAnchorer } from '../../ledger/anchorer.ts'
import { devKey, type EmbeddedChain, startEmbeddedChain } from '../../ledger/chain/embedded.ts'
import { ChainFault } from '../../ledger/chain/fault.ts'
import { LOG_ANCHOR_CODE_HASH } from '../../ledger/chain/log-anchor.ts'
import { sign } from '../../ledger/chain/transaction.ts'
import { listAnchors } from '../../ledger/contract.ts'
import { logRoutes } from '../../ledger/routes.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { type OpenLedger, openLedger, origin, record, rejection } from './open-ledger.ts'

const logId = logIdOf(origin)
const signer = new Wallet(devKey('market'))
const admin = new Wallet(devKey('deployer'))

describe('the anchorer', () => {
  let database: TestDatabase
  let ledger: OpenLedger
  let embedded: EmbeddedChain
  let target: () => Promise<AnchorTarget>
  let anchorers: Anchorer[]
  let now: Date

  beforeEach(async function () {
    this.timeout(20_000)
    database = await testDatabase()
    ledger = await openLedger(database.db)
    embedded = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
    target = targetWith({})
    anchorers = []
    now = new Date()
  })
  afterEach(async () => {
    for (const each of anchorers) await each.stop()
    await ledger.stop()
    await embedded.close()
    await database.drop()
  })

  const targetWith = (more: Partial<TargetSettings>) =>
    anchorTarget({
      ...{ url: embedded.url, chainId: embedded.chainId, finality: 'instant', signer, admin, timeLimit: 2_000 },
      ...more,
    })
  /** Rounds are called by hand: the loop's own are an hour away. */
  const start = (more: Partial<AnchorerDeps> = {}) => {
    const every = 3_600_000
    const started = startAnchorer({
      ...{ db: database.db, ledger, target: () => target(), now: () => now, onTrouble: () => undefined, every },
      ...more,
    })
    anchorers.push(started)
    return started
  }
  const grow = async (count = 1) => {
    await ledger.appendAll(Array.from({ length: count }, (_, i) => record(`${i}`)))
    return ledger.sign()
  }
  const untilIdle = async (anchorer: Anchorer) => {
    for (let i = 0; i < 10; i++) if ((await anchorer.round()) === 'idle') return
    throw new Error('the anchorer does not come to rest')
  }
  const rows = async () =>
    (
      await asNode(database.db, tx =>
        sql<{ id: bigint; size: bigint; state: string; nonce: bigint | null; trouble: string | null }>`
          select id, size, state, nonce, trouble from anchors order by id`.execute(tx),
      )
    ).rows
  const states = async () => (await rows()).map(({ size, state }) => `${size} ${state}`)
  /** What GET /log/anchors says. */
  const shown = async () => {
    const list = logRoutes({ db: database.db, ledger }).find(it => it.contract.operation === 'listLogAnchors')!
    const { body } = await list.handle({ params: {}, query: { perPage: 100 } } as never)
    const { anchors, pending } = listAnchors.reply.schema.parse(body)
    return [
      ...anchors.map(it => `${it.size} ${it.state}${it.lostAt === null ? '' : ', lost before'}`),
      ...pending.map(it => `${it.size} ${it.state}${it.lostAt === null ? '' : ', lost'}`),
    ]
  }
  const transactionsOf = async (id: bigint) => readTransactions(database.db, { id } as Anchor)
  const heldHead = async () => (await target()).contract.head(logId)

  /** Return value, row, contract and an auditor's check over RPC agree. */
  const expectAnchored = async (size: bigint, root: Uint8Array) => {
    const held = await heldHead()
    expect([held?.size, hex(held!.root)]).to.deep.equal([size, hex(root)])
    const anchor = (await readAccepted(database.db, 0n, 100)).findLast(it => it.size === size)!
    expect(anchor.state).to.equal('final')
    expect(hex(anchor.root)).to.equal(hex(root))
    expect(anchor.blockAt).to.be.instanceOf(Date)
    const { chain } = await target()
    // What an auditor needs who asks no chain was kept while the chain had it.
    const state = await readState(database.db, { ...anchor, blockHash: anchor.blockHash! })
    const proven = provenHead(state as StateProof, anchor.contract, logId)
    expect(proven).to.deep.include({ blockHash: anchor.blockHash, blockAt: anchor.blockAt, size, refounded: 0n })
    expect(hex(proven.root)).to.equal(hex(root))
    const claim = {
      ...{
        chainId: anchor.chainId,
        genesis: anchor.genesis,
        contract: anchor.contract,
        codeHash: LOG_ANCHOR_CODE_HASH,
      },
      ...{ txHash: anchor.transaction!, blockNumber: anchor.blockNumber!, blockHash: anchor.blockHash! },
      ...{ logId, size, root },
    }
    for (const { step, outcome, detail } of await checkAnchorOverRpc(chain.rpc, claim)) {
      expect(outcome, `${step}: ${detail}`).to.equal('true')
    }
  }

  it('opens the log with its first head, and anchors every later one as its extension', async () => {
    const anchorer = start()
    expect(await anchorer.round()).to.equal('idle')
    expect(await rows()).to.deep.equal([])
    for (const count of [1, 3, 300]) {
      const { size, root } = await grow(count)
      await untilIdle(anchorer)
      await expectAnchored(size, root)
    }
    expect(await states()).to.deep.equal(['1 final', '4 final', '304 final'])
    expect(await anchorer.round()).to.equal('idle')
    expect((await rows()).length).to.equal(3)
    const { contract } = await target()
    const events = await contract.anchoredEvents(logId, 0n)
    expect(events.map(it => [it.previousSize, it.size])).to.deep.equal([
      [0n, 1n],
      [1n, 4n],
      [4n, 304n],
    ])
    expect((await anchorCovering(database.db, 0n))?.size).to.equal(1n)
    expect((await anchorCovering(database.db, 3n))?.size).to.equal(4n)
    expect((await anchorCovering(database.db, 4n))?.size).to.equal(304n)
    expect(await anchorCovering(database.db, 304n)).to.equal(undefined)
  }).timeout(20_000)

  it('tells how far it is behind', async () => {
    const anchorer = start()
    await grow(5)
    now = new Date(Date.now() + 60_000)
    const behind = await anchorer.lag()
    expect(behind.entries).to.equal(5n)
    expect(behind.seconds).to.be.within(50, 70)
    await untilIdle(anchorer)
    expect(await anchorer.lag()).to.deep.equal({ entries: 0n, seconds: 0 })
    await ledger.append(record('more'))
    expect((await anchorer.lag()).entries).to.equal(1n)
  })

  const faults: Record<string, (chain: AnchorTarget['chain']) => AnchorTarget['chain']['broadcast']> = {
    'before the transaction was sent': () => async () => {
      throw new ChainFault('UNREACHABLE', 'gone before')
    },
    'after the transaction was sent': chain => async raw => {
      await chain.broadcast(raw)
      throw new ChainFault('UNREACHABLE', 'gone after')
    },
  }
  for (const [when, broadcast] of Object.entries(faults)) {
    it(`sends the same bytes again when it was cut off ${when}`, async () => {
      const anchorer = start()
      await grow()
      await untilIdle(anchorer)
      const { size, root } = await grow()
      const real = target
      target = async () => {
        const found = await real()
        return { ...found, chain: { ...found.chain, broadcast: broadcast(found.chain) } }
      }
      expect(await rejection(anchorer.round())).to.have.property('code', 'UNREACHABLE')
      const [, row] = await rows()
      expect(row).to.include({ size: 2n, state: 'broadcast' })
      const [stored] = await transactionsOf(row!.id)
      target = real
      // As after a restart: another anchorer, with nothing in memory.
      await untilIdle(start())
      await expectAnchored(size, root)
      expect((await transactionsOf(row!.id)).map(it => it.hash)).to.deep.equal([stored!.hash])
      expect((await readAccepted(database.db, 0n, 9)).at(-1)?.transaction).to.equal(stored!.hash)
      const { chain } = await target()
      expect(await chain.nonce(signer.address, 'latest')).to.equal(1)
    })
  }

  it('takes as anchored what was accepted before a crash, whoever sent it', async () => {
    await grow()
    await untilIdle(start())
    const { size, root } = await grow()
    const { chain, contract } = await target()
    const [nonce, fees] = [await chain.nonce(signer.address, 'latest'), await chain.suggestFees()]
    const proof = await ledger.consistency(1n, 2n)
    const { rawTransaction } = await contract.prepareAnchor({ logId, size, root, proof, signer, nonce, fees })
    // Queued, and sent past the table.
    await asNode(database.db, tx =>
      sql`insert into anchors (chain_id, genesis, contract, size, root, state, queued_at)
        select chain_id, genesis, contract, ${size}, ${root}, 'queued', now() from anchors`.execute(tx),
    )
    await chain.broadcast(rawTransaction)
    await untilIdle(start())
    await expectAnchored(size, root)
    expect(await chain.nonce(signer.address, 'latest')).to.equal(1)
  })

  it('goes on logging while the chain is away, and catches up when it is back', async () => {
    const real = target
    const away = targetWith({ url: 'http://127.0.0.1:1' })
    target = away
    const troubles: unknown[] = []
    const anchorer = start({ onTrouble: error => void troubles.push(error) })
    await grow()
    for (let i = 0; i < 3; i++) expect(await rejection(anchorer.round())).to.have.property('code', 'UNREACHABLE')
    expect(anchorer.trouble()).to.be.a('string')
    expect(troubles.length).to.equal(1)
    const { size, root } = await grow(10)
    target = real
    await untilIdle(anchorer)
    expect(anchorer.trouble()).to.equal(undefined)
    await expectAnchored(size, root)
    expect(await states()).to.deep.equal(['11 final'])
  })

  it('anchors anew each time that the chain forgets before anything has grown', async () => {
    const anchorer = start()
    await grow()
    await untilIdle(anchorer)
    const port = Number(new URL(embedded.url).port)
    const ends = []
    for (let i = 0; i < 3; i++) {
      await embedded.close()
      embedded = await startEmbeddedChain({ host: '127.0.0.1', port })
      await untilIdle(anchorer)
      expect(anchorer.trouble()).to.equal(undefined)
      ends.push((await states()).at(-1))
    }
    expect(ends).to.deep.equal(Array(3).fill('1 final'))
  }).timeout(30_000)

  it('says that the chain forgot, and opens the present head on the new one', async () => {
    const anchorer = start()
    await grow()
    await untilIdle(anchorer)
    await grow()
    await untilIdle(anchorer)
    const port = Number(new URL(embedded.url).port)
    await embedded.close()
    expect(await rejection(anchorer.round())).to.have.property('code', 'UNREACHABLE')
    embedded = await startEmbeddedChain({ host: '127.0.0.1', port })
    await untilIdle(anchorer)
    expect(await states()).to.deep.equal(['1 chain-forgotten', '2 chain-forgotten', '2 final'])
    const { size, root } = await grow()
    await untilIdle(anchorer)
    await expectAnchored(size, root)
    expect(ledger.halted()).to.equal(undefined)
    // The earliest chain that still remembers vouches for entry 0.
    expect(await anchorCovering(database.db, 0n)).to.deep.include({ size: 2n, state: 'final' })
  }).timeout(20_000)

  it('offers more for a transaction that no block takes, and keeps every hash', async () => {
    const anchorer = start()
    await grow()
    await untilIdle(anchorer)
    await embedded.control('evm_setAutomine', [false])
    const { size, root } = await grow()
    expect(await anchorer.round()).to.equal('waiting')
    const id = (await rows())[1]!.id
    expect(await anchorer.round()).to.equal('waiting')
    expect((await transactionsOf(id)).length).to.equal(1)
    now = new Date(now.getTime() + 60_001)
    expect(await anchorer.round()).to.equal('waiting')
    const [second, first] = await transactionsOf(id)
    expect(second!.nonce).to.equal(first!.nonce)
    const fee = (it: typeof first) => ('gasPrice' in it!.fees ? it!.fees.gasPrice : it!.fees.maxFeePerGas)
    expect(Number(fee(second))).to.be.at.least(Number(fee(first)) * 1.125)
    await embedded.control('evm_mine', [])
    await embedded.control('evm_setAutomine', [true])
    await untilIdle(anchorer)
    await expectAnchored(size, root)
    expect((await readAccepted(database.db, 0n, 9)).at(-1)?.transaction).to.equal(second!.hash)
    expect((await transactionsOf(id)).length).to.equal(2)
  })

  it('waits for finality, and sends the same bytes again when the block is replaced', async () => {
    target = targetWith({ finality: { confirmations: 3 } })
    const anchorer = start()
    await grow()
    await anchorer.round()
    await embedded.control('hardhat_mine', ['0x3'])
    await untilIdle(anchorer)
    const snapshot = await embedded.control('evm_snapshot', [])
    const { size, root } = await grow()
    await anchorer.round()
    await anchorer.round()
    expect(await states()).to.deep.equal(['1 final', '2 mined'])
    expect(await shown()).to.deep.equal(['1 final', '2 mined'])
    await embedded.control('evm_revert', [snapshot])
    await embedded.control('evm_mine', [])
    await anchorer.round()
    expect(await states()).to.deep.equal(['1 final', '2 broadcast'])
    expect(await shown()).to.deep.equal(['1 final', '2 pending, lost'])
    await anchorer.round()
    await anchorer.round()
    await embedded.control('hardhat_mine', ['0x3'])
    await untilIdle(anchorer)
    await expectAnchored(size, root)
    expect(await shown()).to.deep.equal(['1 final', '2 final, lost before'])
    expect((await transactionsOf((await rows())[1]!.id)).length).to.equal(1)
  })

  it('starts over with a new nonce when another transaction took its own', async () => {
    const anchorer = start()
    await grow()
    await untilIdle(anchorer)
    await embedded.control('evm_setAutomine', [false])
    const { size, root } = await grow()
    await anchorer.round()
    const { chain } = await target()
    const [ours] = await transactionsOf((await rows())[1]!.id)
    const fees = { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 10n }
    const { chainId } = chain
    const other = await sign(signer, {
      chainId,
      to: admin.address,
      data: '0x',
      nonce: ours!.nonce,
      gasLimit: 21_000n,
      fees,
    })
    await chain.broadcast(other.rawTransaction)
    await embedded.control('evm_mine', [])
    await embedded.control('evm_setAutomine', [true])
    await untilIdle(anchorer)
    await expectAnchored(size, root)
    const [second, first] = await transactionsOf((await rows())[1]!.id)
    expect([first!.nonce, second!.nonce]).to.deep.equal([0, 1])
  })

  it('halts a log that the contract knows to be behind or forked', async () => {
    const anchorer = start()
    await grow(3)
    await untilIdle(anchorer)
    const restored = await testDatabase()
    const other = await openLedger(restored.db)
    const fixed = await target()
    const onOther = start({ db: restored.db, ledger: other, target: async () => fixed })
    expect(await rejection(onOther.round())).to.have.property('name', 'AnchorTrouble')
    expect(other.halted()).to.match(/does not extend/)
    expect(await rejection(other.append(record('x')))).to.have.property('code', 'LOG_BUSY')
    expect(await rejection(other.sign())).to.have.property('name', 'LogFault')
    await other.stop()

    const forked = await openLedger(restored.db)
    await forked.appendAll([record('other'), record('other'), record('other'), record('other')])
    await forked.sign()
    expect(
      await rejection(start({ db: restored.db, ledger: forked, target: async () => fixed }).round()),
    ).to.have.property('name', 'AnchorTrouble')
    expect(forked.halted()).to.match(/does not extend/)
    expect((await heldHead())?.size).to.equal(3n)
    await forked.stop()
    await restored.drop()
  })

  it('grows no faster than the contract allows, over the heads it has signed', async () => {
    const anchorer = start({ maxGrowth: 10n })
    await grow(1)
    await untilIdle(anchorer)
    for (const count of [6, 4, 7]) await grow(count)
    await untilIdle(anchorer)
    expect(await states()).to.deep.equal(['1 final', '11 final', '18 final'])
    await grow(11)
    expect(String(await rejection(untilIdle(anchorer)))).to.match(/growth/)
    expect((await heldHead())?.size).to.equal(18n)
  })

  it('asks for an administrator where the log is not open, and for a contract where there is none', async () => {
    const { contract } = await target()
    const { admin: _, ...settings } = {
      url: embedded.url,
      chainId: embedded.chainId,
      finality: 'instant',
      signer,
      admin,
    } as const
    await grow()
    target = anchorTarget({ ...settings, contract: contract.address })
    expect(String(await rejection(start().round()))).to.match(/administrator/)
    target = anchorTarget({ ...settings, contract: `0x${'12'.repeat(20)}` })
    expect(String(await rejection(start().round()))).to.match(/no contract/)
    target = anchorTarget({ ...settings, contract: contract.address, genesis: `0x${'00'.repeat(32)}` })
    expect(await rejection(start().round())).to.have.property('code', 'WRONG_GENESIS')
  })

  it('anchors each head once when two processes do it', async () => {
    const [a, b] = [start(), start()]
    await grow()
    await untilIdle(a)
    for (let i = 0; i < 5; i++) {
      await grow(2)
      await Promise.allSettled([a.round(), b.round(), a.round(), b.round()])
    }
    const { size, root } = await grow()
    await untilIdle(a)
    await untilIdle(b)
    await expectAnchored(size, root)
    const sizes = (await rows()).filter(({ state }) => state === 'final').map(it => it.size)
    const { contract } = await target()
    const events = await contract.anchoredEvents(logId, 0n)
    expect(events.map(it => it.size)).to.deep.equal(sizes)
    expect(new Set(sizes).size).to.equal(sizes.length)
  }).timeout(20_000)

  it('lets a head wait for its time, unless it adds as many entries as may not wait', async () => {
    const anchorer = start({ atOnce: 10n })
    const { size } = await grow(9)
    anchorer.poke(size)
    await new Promise(done => setTimeout(done, 300))
    expect(await states()).to.deep.equal([])
    anchorer.poke((await grow(1)).size)
    for (let i = 0; i < 200 && (await states()).length === 0; i++) await new Promise(done => setTimeout(done, 20))
    await untilIdle(anchorer)
    expect(await states()).to.deep.equal(['10 final'])
    // Nine more may wait again.
    anchorer.poke((await grow(9)).size)
    await new Promise(done => setTimeout(done, 300))
    expect(await states()).to.deep.equal(['10 final'])
  }).timeout(20_000)

  it('does all this by itself when a head is signed', async () => {
    const anchorer = start({ every: 20 })
    const { size } = await grow()
    anchorer.poke()
    for (let i = 0; i < 200 && (await states())[0] !== '1 final'; i++) await new Promise(done => setTimeout(done, 50))
    expect(await states()).to.deep.equal([`${size} final`])
  }).timeout(20_000)
})
