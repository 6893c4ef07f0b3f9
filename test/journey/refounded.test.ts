import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { JsonRpcProvider, Wallet } from 'ethers'
import { readConfig } from '../../api/config.ts'
import { parseBundle } from '../../core/bundle.ts'
import { type Hash, leafHash } from '../../core/merkle.ts'
import { logIdOf } from '../../core/verify/anchor-rpc.ts'
import { type Chain, connect } from '../../ledger/chain/adapter.ts'
import { devKey } from '../../ledger/chain/embedded.ts'
import { type LogAnchor, logAnchorAt } from '../../ledger/chain/log-anchor.ts'
import { logAnchorInterface } from '../../ledger/chain/revert.ts'
import { type Actor, actorOf, get, until } from '../../scripts/sample/actor.ts'
import type { ReportView } from '../../scripts/sample/money.ts'
import { playSample } from '../../scripts/sample/play.ts'
import { type NodeProcess, startNode } from '../../scripts/start/node.ts'
import { openParty } from '../../scripts/start/operator.ts'
import { demoNodes, makeWorld, type World } from '../../scripts/start/world.ts'
import { logOf } from '../ledger/forged-log.ts'
import { tallystick } from '../scripts/running.ts'
import { anchorsOf, leavesOf } from './log.ts'
import { freePair } from './stage.ts'

const root = join(import.meta.dirname, '../..')
const thief = new Wallet(devKey('market'))
const JUNK = 40

/** The public log with leaves of the thief's own behind it. */
const forge = (leaves: readonly Hash[]) =>
  logOf([...leaves, ...Array.from({ length: JUNK }, (_, i) => leafHash(new Uint8Array(33).fill(i)))])

describe('a case whose log was re-founded after its anchoring key was stolen', function () {
  this.timeout(180_000)
  let folder: string
  let world: World
  let market: NodeProcess
  let hospital: NodeProcess
  let chain: Chain
  let contract: LogAnchor
  let bank: Actor
  let refounded: bigint
  const logId = logIdOf(demoNodes.market.origin)

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tallystick-refounded-'))
    const dataDir = join(folder, 'data')
    const port = await freePair()
    world = await makeWorld(readConfig({ TALLYSTICK_ENV: 'development', DATA_DIR: dataDir, PORT: String(port) }))
    ;[market, hospital] = await Promise.all([
      startNode(root, 'market', world.env.market),
      startNode(root, 'hospital', world.env.hospital),
    ])
    await playSample({ dataDir, world, market: market.url, hospital: hospital.url, say: () => undefined })
    bank = actorOf(await openParty(join(dataDir, 'parties/bank'), '91110000MA0BANK019', 'bank'), market.url)
    chain = await connect({ url: world.chain.url, chainId: BigInt(world.chain.trusted.chainId) })
    contract = logAnchorAt(chain, world.chain.trusted.contract)
  })
  after(async () => {
    await Promise.all([market?.stop(), hospital?.stop()])
    await world?.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** One that has led to no financing: what has is looked at again under another authorization. */
  const earlier = async () => {
    const { items } = await get<{ items: readonly { id: string; verdict: string; application: string }[] }>(
      bank,
      '/api/v1/reports?limit=100',
    )
    const found = items.find(({ verdict }) => verdict !== 'VERIFIED')
    if (!found) throw new Error('the sample has no report that asks for a human')
    return found
  }
  const bundleOf = async (id: string) => {
    const text = await (await bank.client.request('GET', `/api/v1/reports/${id}/bundle`)).text()
    const file = join(folder, `${id}.json`)
    await writeFile(file, text)
    return { file, bundle: parseBundle(text) }
  }
  const check = (file: string, ...more: readonly string[]) =>
    tallystick(['verify', file, '--trust', world.trustFile, ...more])
  const send = async (signer: Wallet, to: string, data: string) => chain.submit(signer, { to, data })

  it('halts when the contract holds a head that its log does not extend', async () => {
    const held = (await contract.head(logId))!
    const forged = forge(await leavesOf(market.url, held.size))
    const proof = await forged.proof(held.size)
    await send(
      thief,
      contract.address,
      logAnchorInterface.encodeFunctionData('anchor', [logId, forged.size, forged.root, proof]),
    )
    const { application } = await earlier()
    // A report grows the log, and its head is to be anchored.
    await bank.client.json('POST', '/api/v1/reports', { application }).catch(() => undefined)
    await until('the log to halt', async () => {
      const ready = await fetch(`${market.url}/readyz`)
      return ready.status === 503 || undefined
    })
  })

  it('gives the junk head up for the last one that the other node witnessed, and takes another key', async () => {
    const note = join(folder, 'note')
    await writeFile(note, await (await fetch(`${market.url}/log/checkpoint`)).text())
    const key = join(folder, 'administrator.key')
    await writeFile(key, `${devKey('deployer')}\n`)
    const { code, out, error } = await tallystick([
      ...['deploy', 'refound', '--contract', contract.address, '--checkpoint', note, '--trust', world.trustFile],
      ...['--node', market.url, '--revoke', thief.address],
      ...['--rpc', world.chain.url, '--chain-id', world.chain.trusted.chainId, '--key', key],
    ])
    expect(error).to.deep.equal([])
    expect(code).to.equal(0)
    refounded = BigInt((JSON.parse(out.join('\n')) as { size: string }).size)

    const next = Wallet.createRandom()
    const deployer = new Wallet(devKey('deployer'))
    const provider = new JsonRpcProvider(world.chain.url)
    await (await deployer.connect(provider).sendTransaction({ to: next.address, value: 10n ** 18n })).wait()
    provider.destroy()
    await contract.grantAnchoring(deployer, logId, next.address)
    await writeFile(join(world.env.market.DATA_DIR!, 'chain.key'), JSON.stringify({ privateKey: next.privateKey }))
    await market.stop()
    market = await startNode(root, 'market', world.env.market)
    await until('the node to have looked at the contract', async () => {
      const answer = await fetch(`${market.url}/log/anchors`)
      return ((await answer.json()) as { refoundings: readonly unknown[] }).refoundings.length > 0 || undefined
    })
  })

  it('tells of it in every later bundle, which verifies offline and at the chain', async () => {
    const { application } = await earlier()
    const { id, report } = (await bank.client.json('POST', '/api/v1/reports', { application })) as ReportView
    await until(
      'a head beyond it to be anchored',
      async () => (await anchorsOf(market.url)).some(it => it.size > refounded && it.state === 'final') || undefined,
    )
    const { file, bundle } = await bundleOf(id)
    const told = bundle.anchors.filter(({ refoundings }) => refoundings?.length === 1)
    expect(told.length).to.be.greaterThan(0)
    expect(JSON.stringify(report)).to.include('REFOUNDED')
    for (const more of [[], ['--rpc', world.chain.url]]) {
      const { code, out } = await check(file, ...more)
      expect(code, out.join('\n')).to.equal(0)
      expect(out.join('\n')).to.match(/re-founded|refounded/i)
    }
  })

  it('is found out in a bundle that keeps it to itself', async () => {
    const { application } = await earlier()
    const { id } = (await bank.client.json('POST', '/api/v1/reports', { application })) as ReportView
    const { file } = await bundleOf(id)
    const text = await readFile(file, 'utf8')
    const silent = JSON.parse(text) as { anchors: { refoundings?: unknown }[] }
    for (const anchor of silent.anchors) delete anchor.refoundings
    await writeFile(file, JSON.stringify(silent))
    expect((await check(file)).code).not.to.equal(0)
    expect((await check(file, '--rpc', world.chain.url)).code).not.to.equal(0)
  })

  it('leaves bundles from before the theft as good as they were', async () => {
    const { id } = await earlier()
    const { file } = await bundleOf(id)
    for (const more of [[], ['--rpc', world.chain.url]]) {
      const { code, out } = await check(file, ...more)
      expect(code, out.join('\n')).to.equal(0)
    }
  })
})
