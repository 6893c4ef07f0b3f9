import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { logIdOf } from '../../core/verify/anchor-rpc.ts'
import { readAccepted } from '../../ledger/anchor-store.ts'
import { anchorTarget } from '../../ledger/anchor-target.ts'
import { startAnchorer } from '../../ledger/anchorer.ts'
import { devKey, type EmbeddedChain, startEmbeddedChain } from '../../ledger/chain/embedded.ts'
import type { Answer } from '../../ledger/chain/json-rpc-server.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { openGateway } from './chain/gateway.ts'
import { type OpenLedger, openLedger, origin, record } from './open-ledger.ts'

const program = fileURLToPath(new URL('anchoring-process.ts', import.meta.url))
const logId = logIdOf(origin)

describe('the anchorer, killed between each two of its steps', function () {
  this.timeout(240_000)
  let database: TestDatabase
  let ledger: OpenLedger
  let embedded: EmbeddedChain
  before(async () => {
    database = await testDatabase()
    ledger = await openLedger(database.db)
    embedded = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
  })
  after(async () => {
    await ledger.stop()
    await embedded.close()
    await database.drop()
  })

  it('anchors every head exactly once, whichever call to the chain was its last', async () => {
    const [signer, admin] = [new Wallet(devKey('market')), new Wallet(devKey('deployer'))]
    const { chainId } = embedded
    const target = anchorTarget({ url: embedded.url, chainId, finality: 'instant', signer, admin })
    const every = 3_600_000
    const now = () => new Date()
    const survivor = startAnchorer({ db: database.db, ledger, target, now, onTrouble: () => undefined, every })
    const settle = async () => {
      for (let i = 0; i < 20; i++) if ((await survivor.round()) === 'idle') return
      throw new Error('the anchorer does not come to rest')
    }
    const grow = async () => {
      await ledger.append(record('one more'))
      await ledger.sign()
    }
    await grow()
    await settle()
    const { contract } = await target()

    let child: ChildProcess | undefined
    let calls = 0
    let last = 0
    const killed: string[] = []
    // The call is made and has its effect; whoever made it is dead before it hears of it.
    const gateway = await openGateway(embedded.url, (method, params) => {
      if (++calls !== last) return undefined
      return embedded.control(method, params).then((): Promise<Answer> => {
        killed.push(method)
        child?.kill('SIGKILL')
        return new Promise(() => undefined)
      })
    })
    try {
      for (last = 1; killed.length === last - 1; last++) {
        await grow()
        calls = 0
        const args = [program, database.url, gateway.url, String(chainId), contract.address]
        child = spawn(process.execPath, args, { stdio: 'ignore' })
        await once(child, 'exit')
        await settle()
      }
      // All of one's own way, and then a round that nobody cut short.
      expect(killed).to.include.members([
        'eth_call',
        'eth_getTransactionCount',
        'eth_sendRawTransaction',
        'eth_getTransactionReceipt',
      ])
      const sizes = Array.from({ length: last }, (_, i) => BigInt(i + 1))
      expect((await contract.anchoredEvents(logId, 0n)).map(it => it.size)).to.deep.equal(sizes)
      const rows = await readAccepted(database.db, 0n, 1_000)
      expect(rows.map(it => [it.size, it.state])).to.deep.equal(sizes.map(size => [size, 'final']))
    } finally {
      await survivor.stop()
      await gateway.close()
    }
  })
})
