import { generateKeyPairSync, randomBytes, sign as signBytes } from 'node:crypto'
import { Wallet } from 'ethers'
import { leafHash } from '../../core/merkle.ts'
import { makeUscc } from '../../core/uscc.ts'
import { connect } from '../../db/database.ts'
import { migrate } from '../../db/migrate.ts'
import { anchorTarget } from '../../ledger/anchor-target.ts'
import { startAnchorer } from '../../ledger/anchorer.ts'
import { devKey, startEmbeddedChain } from '../../ledger/chain/embedded.ts'
import { sign } from '../../ledger/chain/transaction.ts'
import { createLedger } from '../../ledger/ledger.ts'
import type { Benchmark } from './benchmark.ts'
import { openGround } from './ground.ts'
import { sayMachine } from './machine.ts'
import { compare, figure, type Side, sayRow } from './measure.ts'

const org = makeUscc('91310000MA1000001')

/** Heads taken by the contract one after the other, by all that the anchorer does for each, beside bare transactions. */
export const anchor: Benchmark = {
  name: 'anchor',
  summary: 'heads anchored beside transactions that are only signed and sent; gas an anchor',
  async run(out, settings) {
    sayMachine(out, settings.json)
    const ground = await openGround()
    const chain = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
    const { db, close } = connect(await ground.database('bench_anchor'), () => undefined)
    try {
      await migrate(db)
      const { logKey, nodeKey } = await keys()
      const ledger = await createLedger({
        db,
        now: () => new Date(),
        logKey,
        nodeKey,
        onFault: fault => out(String(fault)),
      })
      const [signer, admin] = [new Wallet(devKey('market')), new Wallet(devKey('deployer'))]
      const target = anchorTarget({ url: chain.url, chainId: chain.chainId, finality: 'instant', signer, admin })
      const anchorer = startAnchorer({
        ...{ db, ledger, target, now: () => new Date(), every: 3_600_000 },
        onTrouble: error => out(String(error)),
      })
      const gas: number[] = []
      const anchorOne = async () => {
        await ledger.append({ type: 'document', org, parties: [org], body: randomBytes(64) })
        await ledger.sign()
        for (let i = 0; i < 10; i++) if ((await anchorer.round()) === 'idle') return
        throw new Error('the anchorer does not come to rest')
      }
      await anchorOne()
      const { chain: client } = await target()
      const ours: Side = async seconds => {
        const [began, first] = [performance.now(), await client.latestBlock()]
        let done = 0
        for (; performance.now() - began < seconds * 1000; done++) await anchorOne()
        const took = (performance.now() - began) / 1000
        for (let n = first + 1n; n <= (await client.latestBlock()); n++) gas.push(await gasOf(client.rpc, n))
        return { done, seconds: took }
      }
      const sender = new Wallet(devKey('hospital'))
      const bare: Side = async seconds => {
        const fees = await client.suggestFees()
        let nonce = await client.nonce(sender.address, 'latest')
        const began = performance.now()
        let done = 0
        for (; performance.now() - began < seconds * 1000; done++, nonce++) {
          const { chainId } = chain
          const act = { chainId, to: sender.address, data: '0x', nonce, gasLimit: 21_000n, fees }
          const { rawTransaction, hash } = await sign(sender, act)
          await client.broadcast(rawTransaction)
          if ((await client.receipt(hash)) === undefined) throw new Error('no block took a transaction')
        }
        return { done, seconds: (performance.now() - began) / 1000 }
      }
      const row = await compare({
        what: 'heads anchored one by one: logged, signed, sent, final',
        named: 'a bare transaction, signed, sent and looked up',
        counted: 'anchors',
        target: undefined,
        ...{ ours, yardstick: bare, rounds: settings.rounds, seconds: settings.seconds },
      })
      sayRow(out, settings.json, row)
      const most = { what: 'gas an anchor', unit: 'gas', samples: gas, target: { atMost: 68_000 } }
      sayRow(out, settings.json, figure(most))
      await anchorer.stop()
      await ledger.stop()
    } finally {
      await chain.close()
      await close()
      await ground.close()
    }
  },
}

/** Each block of the embedded chain holds one transaction. */
const gasOf = async (rpc: (method: string, params: readonly unknown[]) => Promise<unknown>, block: bigint) => {
  const found = (await rpc('eth_getBlockByNumber', [`0x${block.toString(16)}`, false])) as { gasUsed: string }
  return Number(BigInt(found.gasUsed))
}

const keys = async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const raw = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  return {
    logKey: {
      name: 'bench.example/log',
      publicKey: raw,
      sign: (message: Uint8Array) => signBytes(null, message, privateKey),
    },
    nodeKey: { key: pair.privateKey, kid: Buffer.from(leafHash(raw)).toString('base64url') },
  }
}
