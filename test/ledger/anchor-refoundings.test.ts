import { expect } from 'chai'
import { Wallet } from 'ethers'
import { sql } from 'kysely'
import { asHash } from '../../core/merkle.ts'
import { logIdOf } from '../../core/verify/anchor-rpc.ts'
import { asNode } from '../../db/database.ts'
import { noteRefoundings, readRefoundings } from '../../ledger/anchor-refoundings.ts'
import { markFinal, markMined, queueAnchor, readAccepted } from '../../ledger/anchor-store.ts'
import { type Chain, connect } from '../../ledger/chain/adapter.ts'
import { devKey, type EmbeddedChain, startEmbeddedChain } from '../../ledger/chain/embedded.ts'
import { deployLogAnchor, type LogAnchor, logAnchorAt } from '../../ledger/chain/log-anchor.ts'
import { logAnchorAdmin } from '../../ledger/chain/log-anchor-admin.ts'
import { listAnchors } from '../../ledger/contract.ts'
import { logRoutes } from '../../ledger/routes.ts'
import { consistencyProof, forkAt, treeHash } from '../contracts/reference-tree.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

const logId = logIdOf('log.example/stolen')
const deployer = new Wallet(devKey('deployer'))
const [FIRST, JUNK, NEXT] = [5n, 60n, 9n]
const junk = forkAt(FIRST)

describe('a node whose anchoring key was stolen', () => {
  let database: TestDatabase
  let embedded: EmbeddedChain
  let chain: Chain
  let contract: LogAnchor

  before(async () => {
    database = await testDatabase()
    embedded = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
    chain = await connect(embedded)
    contract = logAnchorAt(chain, (await deployLogAnchor(chain, deployer)).address)
    const head = { logId, size: FIRST, root: asHash(treeHash(FIRST)) }
    const opened = await contract.openLog(deployer, { ...head, maxGrowth: 100n })
    await contract.grantAnchoring(deployer, logId, deployer.address)
    for (const size of [FIRST, JUNK]) {
      await asNode(database.db, tx =>
        sql`insert into checkpoints (size, root, note, signed_at) values (${size}, ${junk.treeHash(size)}, 'a note', now())`.execute(
          tx,
        ),
      )
    }
    await accepted(FIRST, opened)
    const [nonce, fees] = [await chain.nonce(deployer.address, 'latest'), await chain.suggestFees()]
    const stolen = { logId, size: JUNK, root: asHash(junk.treeHash(JUNK)), proof: junk.consistencyProof(FIRST, JUNK) }
    const { rawTransaction } = await contract.prepareAnchor({ ...stolen, signer: deployer, nonce, fees })
    await accepted(JUNK, await chain.mined(await chain.broadcast(rawTransaction)))
  })
  after(async () => {
    await embedded.close()
    await database.drop()
  })

  const at = () => ({ chainId: chain.chainId, genesis: chain.genesis, contract: contract.address })
  const note = async () => noteRefoundings(database.db, at(), { chain, contract }, logId, await contract.head(logId))
  const states = async () =>
    (await readAccepted(database.db, 0n, 10)).map(({ size, state, trouble }) => `${size} ${state} ${trouble ?? ''}`)
  const accepted = async (size: bigint, { hash, blockNumber, blockHash }: Awaited<ReturnType<Chain['mined']>>) => {
    const queued = await queueAnchor(database.db, at(), { size, root: asHash(junk.treeHash(size)) }, new Date())
    const where = { transaction: hash, blockNumber, blockHash, blockAt: new Date() }
    await markMined(database.db, queued!, where, new Date())
    const [mined] = (await readAccepted(database.db, 0n, 10)).filter(it => it.size === size)
    await markFinal(database.db, mined!, new Date())
  }

  it('knows of no re-founding before there is one', async () => {
    await note()
    expect(await readRefoundings(database.db)).to.deep.equal([])
    expect(await states()).to.deep.equal(['5 final ', '60 final '])
  })

  it('takes a re-founding down as the contract tells it, and what was given up for lost', async () => {
    const checkpoint = asHash(treeHash(77n))
    const { blockNumber } = await logAnchorAdmin(chain, contract.address, deployer).refound({
      logId,
      kept: { size: FIRST, root: asHash(treeHash(FIRST)) },
      abandonedProof: junk.consistencyProof(FIRST, JUNK),
      next: { size: NEXT, root: asHash(treeHash(NEXT)) },
      proof: consistencyProof(FIRST, NEXT),
      checkpoint,
    })
    await note()
    const known = await readRefoundings(database.db)
    expect(known.map(it => ({ ...it, blockAt: 0 }))).to.deep.equal([
      {
        ...at(),
        ...{ kept: FIRST, abandonedSize: JUNK, size: NEXT, blockNumber, blockAt: 0 },
        ...{ abandonedRoot: junk.treeHash(JUNK), root: treeHash(NEXT), checkpoint: Buffer.from(checkpoint) },
      },
    ])
    expect(known[0]?.blockAt).to.deep.equal((await chain.block(blockNumber))?.at)
    const lost = `60 lost given up in block ${blockNumber}, when the log was re-founded`
    expect(await states()).to.deep.equal(['5 final ', lost])
  })

  it('is told of to everybody, beside the anchors', async () => {
    const ledger = { origin: 'log.example/refounded' } as Parameters<typeof logRoutes>[0]['ledger']
    const list = logRoutes({ db: database.db, ledger }).find(it => it.contract.operation === 'listLogAnchors')!
    const { body } = await list.handle({ params: {}, query: { perPage: 100 } } as never)
    const { refoundings } = listAnchors.reply.schema.parse(body)
    const [known] = await readRefoundings(database.db)
    expect(refoundings).to.have.length(1)
    expect(refoundings[0]).to.include({
      ...{ kept: `${FIRST}`, abandonedSize: `${JUNK}`, size: `${NEXT}`, contract: contract.address },
      blockAt: known!.blockAt.toISOString(),
      checkpoint: Buffer.from(known!.checkpoint).toString('hex'),
    })
  })

  it('changes nothing when it looks again', async () => {
    const before = await readRefoundings(database.db)
    await note()
    expect(await readRefoundings(database.db)).to.deep.equal(before)
  })
})
