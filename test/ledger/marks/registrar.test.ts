import { randomBytes, randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { sql } from 'kysely'
import { asNode, type Db } from '../../../db/database.ts'
import { type Chain, connect, type FinalityRule } from '../../../ledger/chain/adapter.ts'
import { devKey, type EmbeddedChain, startEmbeddedChain } from '../../../ledger/chain/embedded.ts'
import {
  deployFinancingRegistry,
  type FinancingRegistry,
  financingRegistryAt,
  registryCalls,
} from '../../../ledger/chain/financing-registry.ts'
import type { Answer } from '../../../ledger/chain/json-rpc-server.ts'
import { financingRegistryInterface } from '../../../ledger/chain/revert.ts'
import { sign } from '../../../ledger/chain/transaction.ts'
import { type Registrar, registryTarget, startRegistrar } from '../../../ledger/marks/registrar.ts'
import {
  putReleased,
  putWanted,
  type RegistryMark,
  readMarks,
  readTransactionsOf,
  type WantedState,
} from '../../../ledger/marks/store.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { openGateway, type Rule } from '../chain/gateway.ts'
import { rejection } from '../open-ledger.ts'

const admin = new Wallet(devKey('deployer'))
/** Two registries, each with its own database and account. */
const accounts = { east: new Wallet(devKey('market')), west: new Wallet(devKey('hospital')) }

type Registry = {
  readonly db: Db
  readonly signer: Wallet
  registrar: Registrar
}

describe('the registrar', function () {
  this.timeout(120_000)
  let databases: TestDatabase[]
  let embedded: EmbeddedChain
  let gateway: { url: string; close: () => Promise<void> }
  let rule: Rule
  let chain: Chain
  let contract: FinancingRegistry
  let east: Registry
  let west: Registry
  let now: Date
  const started: Registrar[] = []

  const deploy = async () => {
    chain = await connect({ url: embedded.url, chainId: embedded.chainId })
    const { address } = await deployFinancingRegistry(chain, admin)
    contract = financingRegistryAt(chain, address)
    for (const { address: account } of Object.values(accounts)) await contract.grantRegistrar(admin, account)
  }
  const start = (
    db: Db,
    signer: Wallet,
    finality: FinalityRule = 'instant',
    acts = () => true,
    url = gateway.url,
  ): Registrar => {
    const settings = { url, chainId: embedded.chainId, contract: contract.address, signer, finality }
    const target = registryTarget({ ...settings, timeLimit: 2_000 })
    // Rounds are called by hand: the loop's own are an hour away.
    const every = 3_600_000
    const registrar = startRegistrar({ db, target, now: () => now, onTrouble: () => undefined, acts, every })
    started.push(registrar)
    return registrar
  }

  beforeEach(async () => {
    now = new Date()
    rule = () => undefined
    databases = [await testDatabase(), await testDatabase()]
    embedded = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
    gateway = await openGateway(embedded.url, (method, params) => rule(method, params))
    await deploy()
    const open = (db: Db, signer: Wallet) => ({ db, signer, registrar: start(db, signer) })
    east = open(databases[0]!.db, accounts.east)
    west = open(databases[1]!.db, accounts.west)
  })
  afterEach(async () => {
    for (const each of started.splice(0)) await each.stop()
    await gateway.close()
    await embedded.close()
    for (const each of databases) await each.drop()
  })

  const identity = () => ({ chainId: chain.chainId, genesis: chain.genesis, contract: contract.address })
  type Asked = {
    readonly financing: string
    readonly fingerprints: readonly Uint8Array[]
    readonly consentHash: Uint8Array
  }
  const receivable = (fingerprints: readonly Uint8Array[] = [randomBytes(32)]): Asked => ({
    financing: randomUUID(),
    fingerprints,
    consentHash: randomBytes(32),
  })
  /** As the registry does when a bank's act is logged. */
  const want = (at: Registry, of: Asked, wanted: WantedState, expires = new Date(now.getTime() + 86_400_000)) =>
    asNode(at.db, tx =>
      putWanted(
        tx,
        identity(),
        { ...of, wanted, signed: randomBytes(32), expires },
        { id: randomBytes(32), salt: randomBytes(32), bankSalt: randomBytes(32) },
        now,
      ),
    )
  const release = (at: Registry, { financing }: Asked) =>
    asNode(at.db, tx => putReleased(tx, financing, randomBytes(32)))
  const markOf = async (at: Registry, { financing }: Asked): Promise<RegistryMark> =>
    (await asNode(at.db, tx => readMarks(tx, [financing]))).get(financing)!
  const settle = async (...of: readonly Registry[]) => {
    for (let i = 0; i < 20; i++) {
      const states = []
      for (const { registrar } of of) states.push(await registrar.round())
      if (states.every(state => state === 'idle')) return
    }
    throw new Error('the registrar does not come to rest')
  }
  /** Row, contract and events tell the same, once. */
  const expectStands = async (at: Registry, of: Asked, wanted: WantedState) => {
    const mark = await markOf(at, of)
    expect([mark.state, mark.trouble]).to.deep.equal(['final', null])
    expect((await contract.mark(mark.id)).state).to.equal(wanted)
    for (const print of of.fingerprints) {
      expect(await contract.standing(print)).to.equal(wanted === 'CANC' ? 'NONE' : wanted)
    }
    if (wanted !== 'CANC') {
      expect(await chain.blockHash(mark.blockNumber!)).to.equal(mark.blockHash)
      expect(mark.blockAt).to.be.instanceOf(Date)
    }
    expect(await timesMarked(mark)).to.equal(1)
  }
  const timesMarked = async ({ id }: RegistryMark) => {
    const topics = financingRegistryInterface.encodeFilterTopics('Marked', [id]) as string[]
    return (await chain.logs({ address: contract.address, topics, fromBlock: 0n })).length
  }
  const mine = (blocks: number) => embedded.control('hardhat_mine', [`0x${blocks.toString(16)}`])

  it('takes a mark from held to financed to free, and the chain follows each step once', async () => {
    const it = receivable([randomBytes(32), randomBytes(32)])
    await want(east, it, 'PNDG')
    await settle(east)
    await expectStands(east, it, 'PNDG')
    await want(east, it, 'FNCD')
    expect((await markOf(east, it)).state).to.equal('pending')
    await settle(east)
    await expectStands(east, it, 'FNCD')
    // The bank signs anew, as at a partial release.
    const { bank } = await contract.mark((await markOf(east, it)).id)
    await want(east, it, 'FNCD')
    await settle(east)
    await expectStands(east, it, 'FNCD')
    expect((await contract.mark((await markOf(east, it)).id)).bank).to.not.equal(bank)
    await release(east, it)
    await settle(east)
    await expectStands(east, it, 'CANC')
  })

  it('shows fingerprint, state and commitments, and neither bank nor invoice nor amount', async () => {
    const it = receivable()
    await want(east, it, 'FNCD')
    await settle(east)
    const mark = await markOf(east, it)
    const sent = (await readTransactionsOf(east.db, mark)).map(({ raw }) => raw.slice(2))
    expect(sent).to.have.length(2)
    for (const secret of [mark.signed, mark.consentHash, mark.bankSalt]) {
      for (const raw of sent) expect(raw).to.not.include(Buffer.from(secret).toString('hex'))
    }
  })

  it('lets exactly one of two registries have a receivable, a hundred times at the same moment', async () => {
    // Thousands of calls: past the gateway.
    const direct = (at: Registry) => ({
      ...at,
      registrar: start(at.db, at.signer, 'instant', () => true, embedded.url),
    })
    const both = [direct(east), direct(west)] as const
    const won = new Map<Registry, number>([
      [both[0], 0],
      [both[1], 0],
    ])
    const asked: [Asked, Asked][] = []
    for (let i = 0; i < 100; i++) {
      const fingerprints = [randomBytes(32)]
      asked.push([receivable(fingerprints), receivable(fingerprints)])
    }
    for (const [i, pair] of asked.entries()) {
      // Half of the time the other one asks first.
      const order = i % 2 === 0 ? [0, 1] : [1, 0]
      for (const which of order) await want(both[which]!, pair[which]!, i % 3 === 0 ? 'PNDG' : 'FNCD')
    }
    // Nothing is mined until both have sent what they have to send: then the block decides, by fee and chance.
    await embedded.control('evm_setAutomine', [false])
    for (let i = 0; i < 2; i++) {
      await Promise.all(both.map(({ registrar }) => registrar.round()))
      await embedded.control('evm_mine', [])
      await mine(5)
    }
    await embedded.control('evm_setAutomine', [true])
    await settle(...both)
    for (const pair of asked) {
      const marks = [await markOf(east, pair[0]), await markOf(west, pair[1])]
      expect(marks.map(({ state }) => state).toSorted()).to.deep.equal(['final', 'lost'])
      const winner = marks.findIndex(({ state }) => state === 'final')
      won.set(both[winner]!, won.get(both[winner]!)! + 1)
      // Of whom it was that came first there is no word.
      expect(marks[1 - winner]!.trouble).to.equal('financed by another')
      expect(await timesMarked(marks[winner]!)).to.equal(1)
      expect(await timesMarked(marks[1 - winner]!)).to.equal(0)
      expect(await contract.standing(pair[0].fingerprints[0]!)).to.equal(marks[winner]!.wanted)
    }
    expect([...won.values()].reduce((sum, count) => sum + count, 0)).to.equal(100)
  })

  it('is not come before by somebody who sees the mark on its way', async () => {
    const it = receivable()
    await want(east, it, 'FNCD')
    await east.registrar.round()
    await embedded.control('evm_setAutomine', [false])
    await east.registrar.round()
    // In the pool, for all to see; a rogue registry with a tenfold fee repeats it under its own name.
    const [seen] = await readTransactionsOf(east.db, await markOf(east, it))
    expect(seen?.act).to.equal('mark')
    const { input } = (await chain.rpc('eth_getTransactionByHash', [seen!.hash])) as { input: string }
    const call = financingRegistryInterface.decodeFunctionData('mark', input)
    const nonce = await chain.nonce(accounts.west.address, 'latest')
    const fees = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 11n }
    const offered = { chainId: chain.chainId, to: contract.address, gasLimit: 600_000n, fees }
    const commitment = contract.commitmentTo(
      accounts.west.address,
      {
        id: Buffer.from(String(call[0][0]).slice(2), 'hex'),
        fingerprints: it.fingerprints,
        bank: Buffer.from(String(call[0][2]).slice(2), 'hex'),
        consent: Buffer.from(String(call[0][3]).slice(2), 'hex'),
        expires: call[0][4] as bigint,
      },
      'FNCD',
      Buffer.from(String(call[2]).slice(2), 'hex'),
    )
    const commit = await sign(accounts.west, { ...offered, nonce, data: registryCalls.commit(commitment) })
    const data = financingRegistryInterface.encodeFunctionData('mark', call)
    const mark = await sign(accounts.west, { ...offered, nonce: nonce + 1, data })
    await chain.broadcast(commit.rawTransaction)
    await chain.broadcast(mark.rawTransaction)
    await embedded.control('evm_mine', [])
    await embedded.control('evm_setAutomine', [true])
    expect((await chain.receipt(commit.hash))?.succeeded).to.equal(true)
    expect((await chain.receipt(mark.hash))?.succeeded).to.equal(false)
    await settle(east)
    await expectStands(east, it, 'FNCD')
  })

  for (const depth of [1, 7, 40]) {
    it(`follows the chain when ${depth} ${depth === 1 ? 'block is' : 'blocks are'} replaced and the other one wins`, async () => {
      const print = [randomBytes(32)]
      const [mine1, theirs] = [receivable(print), receivable(print)]
      const before = await embedded.control('evm_snapshot', [])
      await want(east, mine1, 'FNCD')
      await settle(east)
      await mine(depth)
      await expectStands(east, mine1, 'FNCD')
      await want(west, theirs, 'FNCD')
      await settle(west)
      expect((await markOf(west, theirs)).state).to.equal('lost')

      // Chain order decides, and the order is another one now.
      await embedded.control('evm_revert', [before])
      const again = receivable(print)
      await want(west, again, 'FNCD')
      await settle(west)
      await mine(depth + 10)
      await settle(east)
      await expectStands(west, again, 'FNCD')
      const lost = await markOf(east, mine1)
      expect([lost.state, lost.trouble, lost.lostAt instanceof Date]).to.deep.equal([
        'lost',
        'financed by another',
        true,
      ])
      expect(await timesMarked(lost)).to.equal(0)
    })
  }

  it('marks again what a replaced block took away', async () => {
    const it = receivable()
    const before = await embedded.control('evm_snapshot', [])
    await want(east, it, 'FNCD')
    await settle(east)
    await embedded.control('evm_revert', [before])
    expect(String(await rejection(east.registrar.round()))).to.match(/set back/)
    expect((await markOf(east, it)).state).to.equal('final')
    await mine(10)
    await settle(east)
    await expectStands(east, it, 'FNCD')
    expect((await markOf(east, it)).lostAt).to.be.instanceOf(Date)
  })

  it('is pending until final, by the rule that is configured', async () => {
    const slow = { ...east, registrar: start(east.db, east.signer, { confirmations: 5 }) }
    const it = receivable()
    await want(slow, it, 'FNCD')
    for (let i = 0; i < 4; i++) expect(await slow.registrar.round()).to.equal('waiting')
    expect((await markOf(slow, it)).state).to.equal('mined')
    const other = receivable(it.fingerprints)
    const west5 = { ...west, registrar: start(west.db, west.signer, { confirmations: 5 }) }
    await want(west5, other, 'FNCD')
    await west5.registrar.round()
    // Not lost before it is certain.
    expect((await markOf(west5, other)).state).to.equal('pending')
    await mine(5)
    await settle(slow, west5)
    await expectStands(slow, it, 'FNCD')
    expect((await markOf(west5, other)).state).to.equal('lost')
  })

  it('reconciles with the database after an outage, whatever was asked for meanwhile', async () => {
    const [held, financed, left, fresh] = [receivable(), receivable(), receivable(), receivable()]
    await want(east, held, 'PNDG')
    await want(east, financed, 'PNDG')
    await want(east, left, 'FNCD')
    await settle(east)
    const down: Answer = { error: { code: -32000, message: 'down' } }
    rule = () => down
    await want(east, financed, 'FNCD')
    await release(east, left)
    await want(east, fresh, 'FNCD')
    const never = receivable()
    await want(east, never, 'FNCD')
    await release(east, never)
    await rejection(east.registrar.round())
    expect(east.registrar.trouble()).to.be.a('string')
    expect((await markOf(east, financed)).state).to.equal('pending')
    expect((await markOf(east, held)).state).to.equal('final')
    rule = () => undefined
    await settle(east)
    await expectStands(east, held, 'PNDG')
    await expectStands(east, financed, 'FNCD')
    await expectStands(east, left, 'CANC')
    await expectStands(east, fresh, 'FNCD')
    expect(await timesMarked(await markOf(east, never))).to.equal(0)
    expect(east.registrar.trouble()).to.equal(undefined)
  })

  it('gives a receivable that was set free to the next bank of the same registry', async () => {
    const first = receivable()
    const second = receivable(first.fingerprints)
    await want(east, first, 'FNCD')
    await settle(east)
    // Both in one moment, before the chain has heard of the release.
    await release(east, first)
    await want(east, second, 'FNCD')
    await settle(east)
    await expectStands(east, second, 'FNCD')
    expect((await contract.mark((await markOf(east, first)).id)).state).to.equal('CANC')
  })

  it('sends the same bytes again until a lost transaction is on the chain, and offers more when it is late', async () => {
    const it = receivable()
    await want(east, it, 'FNCD')
    await east.registrar.round()
    const sent: string[] = []
    rule = (method, params) => {
      if (method !== 'eth_sendRawTransaction') return undefined
      sent.push(String(params[0]))
      return { result: `0x${'ab'.repeat(32)}` }
    }
    for (let i = 0; i < 3; i++) expect(await east.registrar.round()).to.equal('waiting')
    expect(new Set(sent).size).to.equal(1)
    now = new Date(now.getTime() + 60_001)
    await east.registrar.round()
    expect(new Set(sent).size).to.equal(2)
    rule = () => undefined
    await settle(east)
    await expectStands(east, it, 'FNCD')
    const kept = await readTransactionsOf(east.db, await markOf(east, it))
    expect(kept.map(({ act, variant }) => [act, variant])).to.deep.equal([
      ['mark', 1],
      ['mark', 0],
      ['commit', 0],
    ])
  })

  it('starts over when another transaction took its nonce', async () => {
    const it = receivable()
    await want(east, it, 'FNCD')
    await east.registrar.round()
    rule = method => (method === 'eth_sendRawTransaction' ? { result: `0x${'ab'.repeat(32)}` } : undefined)
    await east.registrar.round()
    rule = () => undefined
    await chain.submit(accounts.east, { to: admin.address, data: '0x' })
    await settle(east)
    await expectStands(east, it, 'FNCD')
  })

  it('makes each mark once when two processes do it at once', async () => {
    const twin = { ...east, registrar: start(east.db, east.signer) }
    const all = Array.from({ length: 10 }, () => receivable())
    for (const each of all) await want(east, each, 'FNCD')
    for (let i = 0; i < 12; i++) {
      await Promise.all([east, twin].map(({ registrar }) => registrar.round().catch(() => undefined)))
    }
    await settle(east, twin)
    for (const each of all) await expectStands(east, each, 'FNCD')
  })

  it('says that the chain forgot, and marks what is held anew', async () => {
    const [held, left] = [receivable(), receivable()]
    await want(east, held, 'FNCD')
    await want(east, left, 'FNCD')
    await settle(east)
    await release(east, left)
    await settle(east)
    await east.registrar.stop()
    await gateway.close()
    await embedded.close()
    embedded = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
    gateway = await openGateway(embedded.url, (method, params) => rule(method, params))
    await deploy()
    east.registrar = start(east.db, east.signer)
    await settle(east)
    await expectStands(east, held, 'FNCD')
    expect((await markOf(east, left)).state).to.equal('chain-forgotten')
    // The very bytes that an earlier chain had may be good on this one: most often they were, since it begins alike.
    const kept = await asNode(east.db, async tx => {
      await sql`insert into registry_transactions
        select old.hash, new.genesis, new.contract, new.financing, old.act, old.sender, 99, 0, old.raw, old.fee, old.tip,
          old.signed_at
        from registry_marks new join registry_transactions old using (financing)
        where new.state = 'final' and old.genesis <> new.genesis and old.act = 'commit'
        on conflict do nothing`.execute(tx)
      const { rows } =
        await sql`select hash from registry_transactions where act = 'commit' and financing = ${held.financing}
        group by hash having count(*) = 2`.execute(tx)
      return rows.length
    })
    expect(kept).to.equal(1)
  })

  it('lets an unfinanced mark go when its time is over, and says so', async () => {
    const it = receivable()
    const { at } = (await chain.block(await chain.latestBlock()))!
    await want(east, it, 'PNDG', new Date(at.getTime() + 100_000))
    await settle(east)
    await embedded.control('evm_increaseTime', [200])
    await mine(1)
    now = new Date(now.getTime() + 7_200_000)
    await settle(east)
    const gone = await markOf(east, it)
    expect([gone.state, gone.trouble]).to.deep.equal([
      'lost',
      'it expired unfinanced, or was cancelled under this registry’s key',
    ])
    const next = receivable(it.fingerprints)
    await want(west, next, 'FNCD', new Date(at.getTime() + 86_400_000))
    await settle(west)
    await expectStands(west, next, 'FNCD')
  })

  it('finds out when somebody with its key cancelled a mark', async () => {
    const it = receivable()
    await want(east, it, 'FNCD')
    await settle(east)
    const { id } = await markOf(east, it)
    await chain.submit(accounts.east, { to: contract.address, data: registryCalls.cancel(id) })
    await settle(east)
    expect((await markOf(east, it)).state).to.equal('final')
    now = new Date(now.getTime() + 3_600_001)
    await settle(east)
    expect((await markOf(east, it)).state).to.equal('lost')
  })

  it('waits while the contract is paused or its account is no registrar, costs nothing, and says so', async () => {
    const it = receivable()
    await want(east, it, 'FNCD')
    const nonce = await chain.nonce(accounts.east.address, 'latest')
    await chain.submit(admin, { to: contract.address, data: financingRegistryInterface.encodeFunctionData('pause') })
    for (let i = 0; i < 3; i++) expect(String(await rejection(east.registrar.round()))).to.match(/pause/i)
    expect(await chain.nonce(accounts.east.address, 'latest')).to.equal(nonce)
    await chain.submit(admin, { to: contract.address, data: financingRegistryInterface.encodeFunctionData('unpause') })
    await settle(east)
    await expectStands(east, it, 'FNCD')
    expect(await chain.nonce(accounts.east.address, 'latest')).to.equal(nonce + 2)
    const stranger = { ...west, registrar: start(west.db, new Wallet(devKey('deployer'))) }
    await want(stranger, receivable(), 'FNCD')
    expect(String(await rejection(stranger.registrar.round()))).to.match(/may not make marks/)
  })

  it('does nothing in a process that does not write the log', async () => {
    const it = receivable()
    await want(east, it, 'FNCD')
    const follower = start(east.db, east.signer, 'instant', () => false)
    expect(await follower.round()).to.equal('idle')
    expect((await markOf(east, it)).state).to.equal('pending')
    expect(await readTransactionsOf(east.db, await markOf(east, it))).to.deep.equal([])
  })
})
