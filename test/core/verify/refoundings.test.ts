import { expect } from 'chai'
import { Wallet } from 'ethers/wallet'
import type { BundleAnchor, BundleRefounding } from '../../../core/bundle.ts'
import { base64 } from '../../../core/bytes.ts'
import { asHash } from '../../../core/merkle.ts'
import { type AnchorClaim, type AskChain, checkAnchorOverRpc, logIdOf } from '../../../core/verify/anchor-rpc.ts'
import { askRefoundings, checkRefoundings } from '../../../core/verify/refoundings.ts'
import { type Chain, connect } from '../../../ledger/chain/adapter.ts'
import { devKey, type EmbeddedChain, startEmbeddedChain } from '../../../ledger/chain/embedded.ts'
import { deployLogAnchor, LOG_ANCHOR_CODE_HASH, type LogAnchor, logAnchorAt } from '../../../ledger/chain/log-anchor.ts'
import { logAnchorAdmin } from '../../../ledger/chain/log-anchor-admin.ts'
import { consistencyProof, forkAt, treeHash } from '../../contracts/reference-tree.ts'

const log = 'log.example/audited'
const logId = logIdOf(log)
const deployer = new Wallet(devKey('deployer'))
const [KEPT, JUNK, NEXT, LATER] = [5n, 60n, 9n, 80n]
const junk = forkAt(KEPT)
const checkpoint = asHash(treeHash(77n))

describe('a bundle of a log that was re-founded', () => {
  let embedded: EmbeddedChain
  let chain: Chain
  let contract: LogAnchor
  let ask: AskChain
  const claims: Record<'kept' | 'junk' | 'next' | 'later', AnchorClaim> = {} as never

  const claimed = (
    { hash, blockNumber, blockHash }: Awaited<ReturnType<Chain['mined']>>,
    size: bigint,
    root: Uint8Array,
  ) => ({
    ...{
      chainId: embedded.chainId,
      genesis: chain.genesis,
      contract: contract.address,
      codeHash: LOG_ANCHOR_CODE_HASH,
    },
    ...{ txHash: hash, blockNumber, blockHash, logId, size, root },
  })
  const anchor = async (size: bigint, root: Uint8Array, proof: readonly Uint8Array[]) => {
    const [nonce, fees] = [await chain.nonce(deployer.address, 'latest'), await chain.suggestFees()]
    const head = { logId, size, root: asHash(root), proof }
    const { rawTransaction } = await contract.prepareAnchor({ ...head, signer: deployer, nonce, fees })
    return claimed(await chain.mined(await chain.broadcast(rawTransaction)), size, root)
  }

  before(async () => {
    embedded = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
    chain = await connect(embedded)
    ask = chain.rpc
    const { address } = await deployLogAnchor(chain, deployer)
    contract = logAnchorAt(chain, address)
    const head = { logId, size: KEPT, root: asHash(treeHash(KEPT)) }
    claims.kept = claimed(await contract.openLog(deployer, { ...head, maxGrowth: 100n }), KEPT, treeHash(KEPT))
    await contract.grantAnchoring(deployer, logId, deployer.address)
    claims.junk = await anchor(JUNK, junk.treeHash(JUNK), junk.consistencyProof(KEPT, JUNK))
    const done = await logAnchorAdmin(chain, address, deployer).refound({
      logId,
      kept: head,
      abandonedProof: junk.consistencyProof(KEPT, JUNK),
      next: { size: NEXT, root: asHash(treeHash(NEXT)) },
      proof: consistencyProof(KEPT, NEXT),
      checkpoint,
    })
    claims.next = claimed(done, NEXT, treeHash(NEXT))
    claims.later = await anchor(LATER, treeHash(LATER), consistencyProof(NEXT, LATER))
  })
  after(() => embedded.close())

  const headOf = async (claim: AnchorClaim) =>
    (await checkAnchorOverRpc(ask, claim)).find(({ step }) => step === 'anchor head')

  it('finds the head that was given up false, although the log is larger by now', async () => {
    const found = await headOf(claims.junk)
    expect(found).to.include({ outcome: 'false' })
    expect(found?.detail).to.match(/gave this head up in block \d+, for one over 9/)
  })

  it('finds every other head true: what was kept, what stands in its place, and what followed', async () => {
    for (const claim of [claims.kept, claims.next, claims.later]) {
      const findings = await checkAnchorOverRpc(ask, claim)
      expect(findings.filter(({ outcome }) => outcome !== 'true')).to.deep.equal([])
    }
  })

  it('reads the same of the contract as the chain adapter', async () => {
    const [told] = await askRefoundings(ask, contract.address, logId)
    expect([told]).to.deep.equal(await contract.refoundings(logId))
    expect(told).to.deep.include({ kept: KEPT, abandonedSize: JUNK, size: NEXT, checkpoint })
    expect(await askRefoundings(ask, contract.address, logIdOf('log.example/other'))).to.deep.equal([])
    for (const nonsense of ['0x', undefined, `0x${'00'.repeat(95)}`]) {
      const error = await askRefoundings(async () => nonsense, contract.address, logId).catch((it: unknown) => it)
      expect(error, String(nonsense)).to.be.instanceOf(TypeError)
    }
  })

  describe('and what it tells of that', () => {
    let told: BundleRefounding
    before(async () => {
      const [it] = await contract.refoundings(logId)
      const block = await chain.block(it!.blockNumber)
      told = {
        block: `${it!.blockNumber}`,
        at: block!.at.toISOString(),
        kept: `${KEPT}`,
        abandonedSize: `${JUNK}`,
        abandonedRoot: base64(junk.treeHash(JUNK)),
        size: `${NEXT}`,
        root: base64(treeHash(NEXT)),
        checkpoint: base64(checkpoint),
      }
    })
    const anchorOf = (claim: AnchorClaim, refoundings?: BundleAnchor['refoundings']): BundleAnchor => ({
      ...{ chain: 'embedded', chainId: `${claim.chainId}`, genesis: claim.genesis, contract: claim.contract },
      ...{ transaction: claim.txHash, block: `${claim.blockNumber}`, blockHash: claim.blockHash },
      ...{ at: '2026-01-01T00:00:00.000Z', size: `${claim.size}`, root: base64(claim.root), consistency: [] },
      ...(refoundings === undefined ? {} : { refoundings }),
    })
    const outcomes = async (anchors: readonly BundleAnchor[], by: AskChain | undefined = ask) =>
      (await checkRefoundings({ log }, anchors, logId, by)).map(({ outcome, detail }) => `${outcome}: ${detail}`)
    const words = /re-founded in block \d+: of a head over 60 entries the first 5 stayed, and the log went on from 9/

    it('is true where it tells all, and named for whoever reads', async () => {
      const [only, ...more] = await outcomes([anchorOf(claims.kept, [told]), anchorOf(claims.later, [told])])
      expect(only)
        .to.match(/^true: /)
        .and.match(words)
      expect(more).to.deep.equal([])
    })

    it('is false where it keeps to itself what was before its anchors', async () => {
      const [only] = await outcomes([anchorOf(claims.later)])
      expect(only)
        .to.match(/^false: .*which the bundle does not tell$/)
        .and.match(words)
    })

    it('is completed where it was made before', async () => {
      const [only] = await outcomes([anchorOf(claims.kept)])
      expect(only)
        .to.match(/^true: .*after this bundle's anchors$/)
        .and.match(words)
    })

    it('is false in any member changed, doubled, or told at one anchor alone', async () => {
      const changes = { block: '1', kept: '4', abandonedSize: '61', size: '10', at: '2026-01-01T00:00:00.000Z' }
      for (const [name, value] of Object.entries(changes)) {
        const [only] = await outcomes([anchorOf(claims.later, [{ ...told, [name]: value }])])
        expect(only, name).to.match(/^false: /)
      }
      for (const name of ['abandonedRoot', 'root', 'checkpoint'] as const) {
        const other = { ...told, [name]: base64(treeHash(3n)) }
        expect((await outcomes([anchorOf(claims.later, [other])]))[0], name).to.match(/^false: /)
      }
      expect((await outcomes([anchorOf(claims.later, [told, told])]))[0]).to.match(/^false: /)
      expect((await outcomes([anchorOf(claims.kept), anchorOf(claims.later, [told])]))[0]).to.match(/^false: /)
    })

    it('stands on the seal where no chain is asked, and is not checkable where none answers', async () => {
      expect((await checkRefoundings({ log }, [anchorOf(claims.later, [told])], logId, undefined))[0]).to.include({
        outcome: 'not_checkable',
        offline: true,
      })
      const silent: AskChain = () => Promise.reject(new Error('no route'))
      expect((await outcomes([anchorOf(claims.later, [told])], silent))[0]).to.match(/^not_checkable: .*no route/)
      expect(await checkRefoundings({ log }, [], logId, undefined)).to.deep.equal([])
    })
  })
})
