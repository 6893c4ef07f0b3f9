import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { Interface, type InterfaceAbi, Wallet } from 'ethers'
import express from 'express'
import { sha256 } from '#sha256'
import { mount } from '../../api/http/mount.ts'
import { base64, hex, utf8 } from '../../core/bytes.ts'
import { cosign, formatWitnessKey } from '../../core/cosignature.ts'
import { type Hash, leafHash } from '../../core/merkle.ts'
import { formatNote, formatVerifierKey, parseNote } from '../../core/note.ts'
import { splitHashes } from '../../core/tile.ts'
import { logIdOf } from '../../core/verify/anchor-rpc.ts'
import { type Chain, connect } from '../../ledger/chain/adapter.ts'
import { devKey, type EmbeddedChain, startEmbeddedChain } from '../../ledger/chain/embedded.ts'
import { FINANCING_REGISTRY_CODE_HASH, financingRegistryAt } from '../../ledger/chain/financing-registry.ts'
import { deployLogAnchor, LOG_ANCHOR_CODE_HASH, type LogAnchor, logAnchorAt } from '../../ledger/chain/log-anchor.ts'
import { logAnchorAdmin } from '../../ledger/chain/log-anchor-admin.ts'
import { logAnchorInterface } from '../../ledger/chain/revert.ts'
import { logRoutes, tileRouter } from '../../ledger/routes.ts'
import { contractNamed } from '../contracts/network.ts'
import { logOf } from '../ledger/forged-log.ts'
import { logKey, nodePublicKey, type OpenLedger, openLedger, origin, record } from '../ledger/open-ledger.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { expectCouldNotRun, fileOf, tallystick } from './running.ts'

const logId = logIdOf(origin)
const [administrator, operator, thief] = (['deployer', 'market', 'hospital'] as const).map(it => new Wallet(devKey(it)))
const pair = generateKeyPairSync('ed25519')
const witness = {
  name: 'witness.example/1',
  publicKey: new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)),
}

describe('tallystick deploy', function () {
  this.timeout(60_000)
  let database: TestDatabase
  let ledger: OpenLedger
  let server: Server
  let node: string
  let embedded: EmbeddedChain
  let chain: Chain
  let desk: readonly string[]
  let trust: string

  before(async () => {
    database = await testDatabase()
    ledger = await openLedger(database.db)
    const app = express()
    mount(app, logRoutes({ db: database.db, ledger }), async () => {
      throw new Error('public addresses ask for no token')
    })
    app.use(tileRouter(ledger))
    app.use(((_error, _request, response, _next) => void response.status(404).end()) as express.ErrorRequestHandler)
    server = app.listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    node = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    embedded = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
    chain = await connect(embedded)
    const key = await fileOf('chain.key', `${administrator!.privateKey}\n`)
    desk = ['--rpc', embedded.url, '--chain-id', String(embedded.chainId), '--key', key]
    trust = await trustFile(1)
  })
  after(async () => {
    server.close()
    await embedded.close()
    await ledger.stop()
    await database.drop()
  })

  const trustFile = async (quorum: number) => {
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', nodePublicKey)
    return fileOf(
      'trust.json',
      JSON.stringify({
        ...{ version: 1, anchors: [], chains: [] },
        witnesses: { quorum, keys: [formatWitnessKey(witness)] },
        nodes: [
          {
            origin,
            logKey: formatVerifierKey(logKey),
            nodeKey: { kty, crv, x, y },
            notBefore: '2020-01-01T00:00:00Z',
          },
        ],
      }),
    )
  }
  const deploy = (...args: readonly string[]) => tallystick(['deploy', ...args, ...desk])
  const grow = async (count: number) => {
    await ledger.appendAll(Array.from({ length: count }, (_, i) => record(`${i}`)))
    return ledger.sign()
  }
  const cosigned = async (text: string) => {
    const note = parseNote(text)
    const by = await cosign(note.text, witness, message => signBytes(null, message, pair.privateKey), new Date())
    return formatNote({ ...note, signatures: [...note.signatures, by] })
  }
  const send = async (signer: Wallet, to: string, data: string) => chain.submit(signer, { to, data })
  const anchorData = (head: { size: bigint; root: Hash }, proof: readonly Hash[]) =>
    logAnchorInterface.encodeFunctionData('anchor', [logId, head.size, head.root, proof])

  /** A contract with this log at its present size, which this account may anchor. */
  const opened = async (account: string) => {
    const { address } = await deployLogAnchor(chain, administrator!)
    const contract = logAnchorAt(chain, address)
    const head = await grow(9)
    await contract.openLog(administrator!, { logId, size: head.size, root: head.root, maxGrowth: 1000n })
    await contract.grantAnchoring(administrator!, logId, account)
    return { contract, head }
  }
  /** The public log with leaves of the thief's own behind it. */
  const forged = async (true_: bigint, count: number) => {
    const tile = await ledger.tile({ level: 0, index: 0n, width: Number(await ledger.size()) })
    const leaves = splitHashes(tile!).slice(0, Number(true_))
    return logOf([...leaves, ...Array.from({ length: count }, (_, i) => leafHash(utf8(`junk ${i}`)))])
  }

  describe('refound', () => {
    let contract: LogAnchor
    let kept: bigint
    const refound = (note: string, ...more: readonly string[]) =>
      deploy('refound', '--contract', contract.address, '--checkpoint', note, '--trust', trust, '--node', node, ...more)

    before(async () => {
      const it = await opened(thief!.address)
      contract = it.contract
      kept = it.head.size
    })

    it('gives up nothing while the contract holds a true head', async () => {
      const note = await fileOf('note', await cosigned((await grow(2)).note))
      expectCouldNotRun(await refound(note), /holds a true head of 9 entries: there is nothing to give up/)
      expectCouldNotRun(
        await tallystick([
          'deploy',
          'refound',
          ...desk,
          '--contract',
          `0x${'11'.repeat(20)}`,
          '--checkpoint',
          note,
          '--trust',
          trust,
          '--node',
          node,
        ]),
        /there is no LogAnchor/,
      )
    })

    it('takes no checkpoint that is not the log’s, or not witnessed', async () => {
      const { note } = await grow(1)
      expectCouldNotRun(await refound(await fileOf('note', note)), /is not witnessed/)
      const forgedNote = (await cosigned(note)).replace(/^\d+$/m, '99')
      expectCouldNotRun(await refound(await fileOf('note', forgedNote)), /the checkpoint is not good/)
      const other = (await cosigned(note)).replaceAll(origin, 'log.example/other')
      expectCouldNotRun(await refound(await fileOf('note', other)), /name no log log.example\/other/)
    })

    it('gives up two junk heads at once for the last witnessed head, and takes the key its role', async () => {
      const first = await forged(kept, 30)
      await send(thief!, contract.address, anchorData(first, await first.proof(kept)))
      const second = await forged(kept, 47)
      await send(thief!, contract.address, anchorData(second, await second.proof(first.size)))
      const text = await cosigned((await grow(3)).note)
      const { code, out, error } = await refound(await fileOf('note', text), '--revoke', thief!.address)
      expect([code, error]).to.deep.equal([0, []])
      const size = await ledger.size()
      const root = await ledger.root(size)
      expect(JSON.parse(out[0] ?? '')).to.deep.include({
        ...{ log: origin, kept: `${kept}`, size: `${size}`, root: base64(root), checkpoint: hex(sha256(utf8(text))) },
        ...{ abandoned: { size: `${second.size}`, root: base64(second.root) }, codeHash: LOG_ANCHOR_CODE_HASH },
      })
      expect(await contract.head(logId)).to.deep.include({ size, root, refounded: 1n })
      expect(await contract.mayAnchor(logId, thief!.address)).to.equal(false)
      const [told] = await contract.refoundings(logId)
      expect(told).to.deep.include({ kept, abandonedSize: second.size, abandonedRoot: second.root })
    })

    it('needs the call itself where the thief sent it through another contract', async () => {
      const { size: held } = (await contract.head(logId))!
      const { abi, bytecode } = contractNamed('Relay')
      const relay = (await chain.submit(thief!, { data: bytecode })).contractAddress!
      await logAnchorAdmin(chain, contract.address, administrator!).allow(logId, relay)
      const junk = await forged(held, 20)
      const call = anchorData(junk, await junk.proof(held))
      await send(thief!, relay, new Interface(abi as InterfaceAbi).encodeFunctionData('pass', [contract.address, call]))
      const note = await fileOf('note', await cosigned((await grow(1)).note))
      const args = ['--revoke', relay]
      expectCouldNotRun(await refound(note, ...args), /made another contract anchor 35 entries: trace it/)
      expect((await refound(note, ...args, '--call', '0x1234', '--call', call)).code).to.equal(0)
      expect((await contract.head(logId))?.refounded).to.equal(2n)
    })

    it('does not lose a true head that the checkpoint is too old for', async () => {
      await logAnchorAdmin(chain, contract.address, administrator!).allow(logId, operator!.address)
      const note = await fileOf('note', await cosigned((await grow(1)).note))
      const { size: held } = (await contract.head(logId))!
      const later = await grow(4)
      await send(operator!, contract.address, anchorData(later, await ledger.consistency(held, later.size)))
      const junk = await forged(later.size, 30)
      await send(operator!, contract.address, anchorData(junk, await junk.proof(later.size)))
      expectCouldNotRun(await refound(note), new RegExp(`head of ${later.size} entries is true: give a checkpoint`))
    })

    it('is refused to whoever is no administrator, in one line', async () => {
      const key = await fileOf('chain.key', thief!.privateKey)
      const note = await fileOf('note', await cosigned((await grow(1)).note))
      const args = ['--contract', contract.address, '--checkpoint', note, '--trust', trust, '--node', node]
      const refused = await tallystick(['deploy', 'refound', ...args, ...desk.slice(0, -1), key])
      expectCouldNotRun(refused, /is not an administrator of 0x/)
    })
  })

  describe('successor', () => {
    let old: LogAnchor
    before(async () => {
      ;({ contract: old } = await opened(operator!.address))
    })

    it('is refused where it would not be the signer’s, and retires nothing then', async () => {
      const { address } = await deployLogAnchor(chain, thief!, old.address)
      expectCouldNotRun(await deploy('successor', '--of', old.address, '--use', address), /is not an administrator of/)
      const { address: stray } = await deployLogAnchor(chain, administrator!)
      expectCouldNotRun(await deploy('successor', '--of', old.address, '--use', stray), /follows no contract, not/)
      expectCouldNotRun(await deploy('successor', '--of', 'here'), /takes an address/)
      expect(await logAnchorAdmin(chain, old.address, administrator!).successor()).to.equal(undefined)
    })

    it('takes every log over, with its anchoring accounts, and is linked both ways', async () => {
      const other = logIdOf('log.example/second')
      const { size, root } = (await old.head(logId))!
      await old.openLog(administrator!, { logId: other, size, root, maxGrowth: 5n })
      const { code, out } = await deploy('successor', '--of', old.address)
      expect(code).to.equal(0)
      const told = JSON.parse(out[0] ?? '')
      expect(told).to.deep.include({ predecessor: old.address, codeHash: LOG_ANCHOR_CODE_HASH, genesis: chain.genesis })
      const next = logAnchorAt(chain, told.contract)
      for (const id of [logId, other]) {
        const [was, is] = [await old.head(id), await next.head(id)]
        expect([is?.size, is?.root]).to.deep.equal([was?.size, was?.root])
        expect(await next.maxGrowth(id)).to.equal(await old.maxGrowth(id))
      }
      expect(await next.mayAnchor(logId, operator!.address)).to.equal(true)
      expect(await next.mayAnchor(other, operator!.address)).to.equal(false)
      const [before, after] = [old, next].map(it => logAnchorAdmin(chain, it.address, administrator!))
      expect([await before!.successor(), await after!.predecessor()]).to.deep.equal([next.address, old.address])
      const later = await grow(2)
      await send(operator!, next.address, anchorData(later, await ledger.consistency(size, later.size)))
      expect((await next.head(logId))?.size).to.equal(later.size)
    })

    it('goes on where it stopped, and changes nothing when all is done', async () => {
      const { contract } = await opened(operator!.address)
      const { address } = await deployLogAnchor(chain, administrator!, contract.address)
      // Stopped after the contract had retired: no head is copied, nobody may anchor.
      await logAnchorAdmin(chain, contract.address, administrator!).retire(address)
      const first = await deploy('successor', '--of', contract.address)
      expect([first.code, JSON.parse(first.out[0] ?? '').contract]).to.deep.equal([0, address])
      const block = await chain.latestBlock()
      const again = await deploy('successor', '--of', contract.address)
      expect(again.out).to.deep.equal(first.out)
      expect(await chain.latestBlock()).to.equal(block)
      const elsewhere = await deploy('successor', '--of', contract.address, '--use', `0x${'22'.repeat(20)}`)
      expectCouldNotRun(elsewhere, /is retired already, in favour of 0x/)
    })
  })

  describe('registry', () => {
    it('deploys the contract that decides between registries, with their accounts as its registrars', async () => {
      const accounts = [operator!.address, thief!.address]
      const said = await deploy('registry', ...accounts.flatMap(account => ['--registrar', account]))
      expect(said.code).to.equal(0)
      const { registry, block, ...identity } = JSON.parse(said.out[0] ?? '')
      expect(identity).to.deep.equal({ chainId: String(chain.chainId), genesis: chain.genesis })
      expect(registry.codeHash).to.equal(FINANCING_REGISTRY_CODE_HASH)
      expect(BigInt(block) <= (await chain.latestBlock())).to.equal(true)
      const contract = financingRegistryAt(chain, registry.contract)
      expect(await contract.codeHash()).to.equal(FINANCING_REGISTRY_CODE_HASH)
      for (const account of accounts) expect(await contract.isRegistrar(account)).to.equal(true)
      expect(await contract.isRegistrar(administrator!.address)).to.equal(false)
    })

    it('asks for a registrar, and for an address', async () => {
      expectCouldNotRun(await deploy('registry'), /--registrar/)
      expectCouldNotRun(await deploy('registry', '--registrar', '0x12'), /address/)
    })
  })
})
