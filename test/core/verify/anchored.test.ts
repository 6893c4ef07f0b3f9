import { expect } from 'chai'
import { Wallet } from 'ethers/wallet'
import { type Bundle, formatBundle } from '../../../core/bundle.ts'
import type { Trust } from '../../../core/trust.ts'
import type { AskChain } from '../../../core/verify/anchor-rpc.ts'
import { logIdOf } from '../../../core/verify/anchor-rpc.ts'
import { verifyBundle } from '../../../core/verify/bundle.ts'
import { release } from '../../../exchange/releases/release.ts'
import { seal } from '../../../exchange/releases/seal.ts'
import { connect } from '../../../ledger/chain/adapter.ts'
import { devKey, type EmbeddedChain, startEmbeddedChain } from '../../../ledger/chain/embedded.ts'
import { deployLogAnchor, LOG_ANCHOR_CODE_HASH, logAnchorAt } from '../../../ledger/chain/log-anchor.ts'
import { readStateProof } from '../../../ledger/chain/state-proof.ts'
import { openScene, type Scene } from '../../exchange/scene.ts'
import { expectFalse, replaceAt } from './tamper.ts'

const asking =
  (url: string): AskChain =>
  async (method, params) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    return ((await (await fetch(url, { method: 'POST', body })).json()) as { result?: unknown }).result
  }

describe('an evidence bundle whose head a chain holds', () => {
  let scene: Scene
  let embedded: EmbeddedChain
  let trust: Trust
  let bundle: Bundle

  before(async function () {
    this.timeout(120_000)
    scene = await openScene()
    embedded = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
    const chain = await connect(embedded)
    const deployer = new Wallet(devKey('deployer'))
    const { address } = await deployLogAnchor(chain, deployer)
    const { application } = await scene.play()
    const { size, root } = await scene.ledger.sign()
    const logId = logIdOf(scene.ledger.origin)
    const mined = await logAnchorAt(chain, address).openLog(deployer, { logId, size, root, maxGrowth: 1000n })
    const block = (await chain.block(mined.blockNumber))!
    scene.heads.push({
      chain: 'embedded',
      chainId: embedded.chainId,
      genesis: chain.genesis,
      contract: address.toLowerCase(),
      transaction: mined.hash,
      block: mined.blockNumber,
      blockHash: mined.blockHash,
      at: block.at,
      size,
      root,
    })
    trust = {
      ...scene.trust,
      chains: [
        {
          name: 'embedded',
          chainId: `${embedded.chainId}`,
          genesis: chain.genesis,
          contract: address.toLowerCase(),
          codeHash: LOG_ANCHOR_CODE_HASH,
          operatorOnly: true,
        },
      ],
    }
    const asked = { id: crypto.randomUUID(), caller: scene.parties.bank.uscc, application }
    const stateOf = () => readStateProof(chain, address, logId, { number: mined.blockNumber, hash: mined.blockHash })
    const releases = { ...scene.releases, stateOf }
    const { contents } = await release(releases, { ...asked, action: 'read', purpose: 'receivable-financing' })
    bundle = await seal(scene.releases.nodeKey, contents)
  })
  after(async () => {
    await embedded.close()
    await scene.close()
  })

  /** As by a chain that serves no proof of its state. */
  const without = (of: Bundle): Bundle => replaceAt(of, ['anchors', '0', 'state'], 'not served')
  const verify = (of: Bundle, rpc: AskChain | undefined = asking(embedded.url)) =>
    verifyBundle(formatBundle(of), { trust, at: scene.clock.now, rpc })
  const anchorStep = async (of: Bundle, rpc?: AskChain) =>
    (await verify(of, rpc)).steps.find(it => it.step === 'anchor')!

  it('is verified by asking the chain', async () => {
    const { verdict, steps } = await verify(bundle)
    expect(steps.filter(({ outcome }) => outcome !== 'true').map(({ step }) => step)).to.deep.equal(['witnesses'])
    expect(verdict).to.equal('verified')
  })

  it('is false with any claim about the anchor changed, even under the seal of the node', async () => {
    const [anchor] = bundle.anchors
    const other = `0x${'ab'.repeat(32)}`
    const changes = {
      transaction: other,
      block: `${BigInt(anchor!.block) - 1n}`,
      blockHash: other,
      at: '2026-03-15T07:00:00.000Z',
    }
    for (const [name, value] of Object.entries(changes)) {
      const { seal: _, ...contents } = replaceAt(bundle, ['anchors', '0', name], value)
      expectFalse(await verify(await seal(scene.releases.nodeKey, contents)), ['anchor'], name)
    }
  })

  it('is undecided when it names a block that the chain asked does not have yet', async () => {
    const { seal: _, ...contents } = replaceAt(without(bundle), ['anchors', '0', 'block'], '1000000')
    const { verdict } = await verify(await seal(scene.releases.nodeKey, contents))
    expect(verdict).to.equal('undecided')
  })

  it('is undecided when the chain asked does not answer, or has forgotten', async () => {
    const silent: AskChain = () => Promise.reject(new Error('no route to host'))
    expect((await verify(bundle, silent)).verdict).to.equal('undecided')
    expect(await anchorStep(bundle, silent)).to.include({ outcome: 'not_checkable' })
    const genesis = `0x${'12'.repeat(32)}`
    const anew: AskChain = async (method, params) => {
      const answer = await asking(embedded.url)(method, params)
      return method === 'eth_getBlockByNumber' && params[0] === '0x0'
        ? { ...(answer as object), hash: genesis }
        : answer
    }
    const forgotten = await verify(bundle, anew)
    expect(forgotten.verdict).to.equal('undecided')
    expect((await anchorStep(bundle, anew)).detail).to.include('chain forgotten')
  })

  describe('offline, by the hash of a block', () => {
    const trusting = (of: Bundle, ...blocks: string[]) =>
      verifyBundle(formatBundle(of), { trust, at: scene.clock.now, blocks: new Set(blocks) })
    const stepOf = ({ steps }: Awaited<ReturnType<typeof trusting>>) => steps.find(it => it.step === 'anchor')!
    /** Sealed again by the node itself: what is found is not the broken seal. */
    const resealed = async (path: readonly string[], value: unknown) => {
      const { seal: _, ...contents } = replaceAt(bundle, [...path], value)
      return seal(scene.releases.nodeKey, contents)
    }

    it('is verified by the proof of state that it carries, and no anchor stands on the seal', async () => {
      const found = await trusting(bundle, bundle.anchors[0]!.blockHash)
      expect(stepOf(found)).to.include({ outcome: 'true' }).and.not.have.property('offline')
      expect(stepOf(found).detail).to.include('whose hash is trusted').and.include('no independent anchor')
      expect(found.verdict).to.equal('verified')
    })

    it('proves nothing by a block that nobody trusts', async () => {
      for (const blocks of [[], [`0x${'ab'.repeat(32)}`]]) {
        expect(stepOf(await trusting(bundle, ...blocks))).to.include({ outcome: 'not_checkable', offline: true })
      }
    })

    it('is false with any part of the proof changed, or with another claim than it proves, even untrusted', async () => {
      const { state } = bundle.anchors[0]!
      const { header, account, slots } = state as Exclude<typeof state, string | undefined>
      const other = (text: string) => `${text.slice(0, -2)}${text.endsWith('00') ? '01' : '00'}`
      const changes: readonly (readonly [readonly string[], unknown])[] = [
        [['state', 'header'], other(header)],
        [['state', 'account', '0'], other(account[0]!)],
        [['state', 'slots', '0', '0'], other(slots[0][0]!)],
        [['state', 'slots', '1', '0'], other(slots[1][0]!)],
        [['state', 'slots', '1'], []],
        [['at'], '2026-03-15T07:00:00.000Z'],
        [['block'], '3'],
        [['blockHash'], `0x${'ab'.repeat(32)}`],
      ]
      for (const [path, value] of changes) {
        const changed = await resealed(['anchors', '0', ...path], value)
        for (const blocks of [[], [bundle.anchors[0]!.blockHash, `0x${'ab'.repeat(32)}`]]) {
          expectFalse(await trusting(changed, ...blocks), ['anchor'], path.join('.'))
        }
      }
    })

    it('is false where the trusted contract has other code', async () => {
      const [chain] = trust.chains
      const strict = { ...trust, chains: [{ ...chain!, codeHash: `0x${'12'.repeat(32)}` }] }
      const found = await verifyBundle(formatBundle(bundle), { trust: strict, at: scene.clock.now })
      expect(stepOf(found)).to.include({ outcome: 'false' })
    })

    it('is undecided where the chain served no proof, and says so', async () => {
      const unserved = await resealed(['anchors', '0', 'state'], 'not served')
      const found = await trusting(unserved, bundle.anchors[0]!.blockHash)
      expect([found.verdict, stepOf(found).outcome]).to.deep.equal(['undecided', 'not_checkable'])
      expect(stepOf(found).detail).to.include('served no proof')
    })
  })

  it('says of an operator-only chain that it is no independent anchor', async () => {
    expect((await anchorStep(bundle)).detail).to.include('no independent anchor')
  })

  it('is undecided as to records that came after the anchored head', async () => {
    const { application } = await scene.play()
    const asked = { id: crypto.randomUUID(), caller: scene.parties.bank.uscc, application }
    const { contents } = await release(scene.releases, { ...asked, action: 'read', purpose: 'receivable-financing' })
    const { verdict, steps } = await verify(await seal(scene.releases.nodeKey, contents))
    expect(verdict).to.equal('undecided')
    const pending = steps.filter(({ outcome }) => outcome === 'pending')
    expect(pending.map(({ step }) => step)).to.include('anchor')
  })
})
