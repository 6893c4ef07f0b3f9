import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { sql } from 'kysely'
import { hex } from '../../../core/bytes.ts'
import type { OpenedReceipt } from '../../../core/log-receipt.ts'
import { nodesFromTiles, tilePath, tileWidth } from '../../../core/tile.ts'
import { logIdOf } from '../../../core/verify/anchor-rpc.ts'
import { asNode, type Connection, connect } from '../../../db/database.ts'
import { migrate } from '../../../db/migrate.ts'
import { anchorTarget } from '../../../ledger/anchor-target.ts'
import { startAnchorer } from '../../../ledger/anchorer.ts'
import { devKey, type EmbeddedChain, startEmbeddedChain } from '../../../ledger/chain/embedded.ts'
import { checkLog } from '../../../ledger/fsck/check.ts'
import { readTiles } from '../../../ledger/store.ts'
import { contractHeads } from '../../../ledger/writer/contract-heads.ts'
import type { Elsewhere } from '../../../ledger/writer/elsewhere.ts'
import { promisedBy } from '../../../ledger/writer/promised.ts'
import { recoverLog } from '../../../ledger/writer/recover.ts'
import { tileSource } from '../../../ledger/writer/tile-source.ts'
import { debianPostgres, installPostgres } from '../../support/debian-postgres.ts'
import { logKeys, type OpenLedger, openLedger, origin, record, rejection, seller } from '../open-ledger.ts'

const now = () => new Date()
const signer = new Wallet(devKey('market'))
const admin = new Wallet(devKey('deployer'))

describe('a database restored from an old backup', function () {
  this.timeout(60_000)
  let servers: Awaited<ReturnType<typeof debianPostgres>>
  let embedded: EmbeddedChain
  let contract: Elsewhere
  let target: ReturnType<typeof anchorTarget>
  let mirror: string
  const open: Connection[] = []
  const opened: OpenLedger[] = []
  let restored: Connection
  /** What clients were promised in the time that the backup lacks. */
  let promised: readonly OpenedReceipt[]

  const at = (database: string) => {
    const connection = connect(servers.primary.url(database, 'tallystick'), () => undefined, 4)
    open.push(connection)
    return connection
  }
  const ledgerOn = async ({ db }: Connection) => {
    const ledger = await openLedger(db, { elsewhere: [contract], lease: 400 })
    opened.push(ledger)
    return ledger
  }
  const anchor = async ({ db }: Connection, ledger: OpenLedger) => {
    const anchorer = startAnchorer({ db, ledger, target, now, onTrouble: () => undefined, every: 3_600_000 })
    try {
      for (let i = 0; i < 10; i++) if ((await anchorer.round()) === 'idle') return
      throw new Error('the anchorer does not come to rest')
    } finally {
      await anchorer.stop()
    }
  }
  const held = async () => (await target()).contract.head(logIdOf(origin))

  before(async function () {
    if (!(await installPostgres())) return this.skip()
    servers = await debianPostgres()
    embedded = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
    mirror = await mkdtemp(join(tmpdir(), 'tallystick-mirror-'))
    const settings = { url: embedded.url, chainId: embedded.chainId, finality: 'instant' as const, signer, admin }
    let address: string | undefined
    target = anchorTarget({
      ...settings,
      onDeployed: ({ contract: deployed }) => {
        address = deployed
      },
    })
    contract = {
      name: 'chain embedded',
      heads: () =>
        contractHeads('embedded', origin, { ...settings, ...(address ? { contract: address } : {}) }).heads(),
    }
    await servers.primary.sql('create role tallystick login')
    await servers.primary.sql('create database log owner tallystick')
    const first = at('log')
    await migrate(first.db)
    const ledger = await ledgerOn(first)
    const grow = async (count: number) => {
      const logged = await ledger.appendAll(Array.from({ length: count }, (_, i) => record(`${count} ${i}`)))
      await ledger.sign()
      await anchor(first, ledger)
      return logged
    }
    await grow(5)
    await servers.primary.dump('log', join(servers.folder, 'backup'))
    const lost = await grow(300)
    promised = lost.map(({ index, leaf, loggedAt }) => ({ first: index, leaves: [leaf], loggedAt }))
    // Somebody keeps the log's public files, as anybody may.
    const { size, note } = await ledger.checkpoint()
    await writeFile(join(mirror, 'checkpoint'), note)
    for (let index = 0n; tileWidth('entries', index, size) > 0; index++) {
      const tile = { level: 'entries' as const, index, width: tileWidth('entries', index, size) }
      const path = join(mirror, tilePath(tile))
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, (await ledger.tile(tile))!)
    }
    await ledger.stop()
    await servers.primary.restore('restored', join(servers.folder, 'backup'), 'tallystick')
    restored = at('restored')
  })
  after(async () => {
    for (const it of opened) await it.stop()
    for (const { close } of open) await close()
    await embedded?.close()
    await servers?.close()
    if (mirror) await rm(mirror, { recursive: true })
  })

  const recovering = (from?: string, receipts: readonly OpenedReceipt[] = []) =>
    recoverLog({
      ...{ db: restored.db, now, operator: seller, elsewhere: [contract], promised: promisedBy(receipts) },
      sources: from === undefined ? [] : [tileSource(from, origin, logKeys)],
    })
  const size = async () => {
    const ledger = await ledgerOn(restored)
    const found = await ledger.size()
    await ledger.stop()
    return found
  }

  it('takes and signs nothing: the contract knows a head beyond it', async () => {
    const ledger = await ledgerOn(restored)
    expect(ledger.writer().state).to.equal('closed')
    expect(await rejection(ledger.append(record('x')))).to.have.property('code', 'LOG_BEHIND')
    expect(await rejection(ledger.sign())).to.have.property('code', 'LOG_BEHIND')
    expect((await ledger.checkpoint()).size).to.equal(5n)
    await ledger.stop()
  })

  it('stays closed, and as it is, when nobody has the entries', async () => {
    expect(await recovering()).to.deep.include({
      opened: false,
      restored: 0n,
      missing: 'entry 5 is in none of the copies',
    })
    expect(await size()).to.equal(5n)
  })

  it('stays closed, and as it is, when a copy has one bit another', async () => {
    const path = join(mirror, tilePath({ level: 'entries', index: 0n, width: 256 }))
    const good = await readFile(path)
    const bad = Buffer.from(good)
    bad[35 * 100 + 20]! ^= 1
    await writeFile(path, bad)
    const { opened: reopened, missing } = await recovering(mirror)
    expect({ reopened, missing }).to.deep.equal({
      reopened: false,
      missing: 'the copies do not lead to the head known elsewhere over 305 entries',
    })
    expect(await size()).to.equal(5n)
    await writeFile(path, good)
  })

  it('is not recovered while a node writes', async () => {
    const other = at('log')
    const writing = await ledgerOn(other)
    const attempt = recoverLog({ db: other.db, now, operator: seller, elsewhere: [], sources: [] })
    expect(String(await rejection(attempt))).to.match(/writes the log/)
    await writing.stop()
  })

  it('stays closed, and as it is, when the node promised another leaf than backup or copy has', async () => {
    const [{ loggedAt }] = promised as [OpenedReceipt]
    const leaves = [new Uint8Array(32)]
    const against = async (first: bigint) => {
      const { opened: reopened, missing } = await recovering(mirror, [{ first, leaves, loggedAt }])
      return [reopened, missing]
    }
    expect(await against(3n)).to.deep.equal([false, 'the database has another leaf at 3 than the node promised'])
    expect(await against(100n)).to.deep.equal([false, 'the copies have another leaf at 100 than the node promised'])
    expect(await size()).to.equal(5n)
  })

  it('is restored from a copy that leads to the anchored head, opened, and goes on without a fork', async () => {
    const beyond = { ...promised[0]!, first: 400n }
    const done = await recovering(mirror, [...promised.slice(0, 200), beyond])
    expect(done).to.deep.include({ opened: true, was: 5n, size: 305n, restored: 300n })
    // A promise that no head known anywhere covered: its holder is told.
    expect(done.unkept.map(({ index }) => index)).to.deep.equal([400n])
    const ledger = await ledgerOn(restored)
    expect(ledger.writer().state).to.equal('writing')
    const again = await ledger.appendAll(Array.from({ length: 300 }, (_, i) => record(`300 ${i}`)))
    expect(again[0]?.index).to.equal(305n)
    const signed = await ledger.sign()
    await anchor(restored, ledger)
    const onChain = await held()
    expect([onChain?.size, hex(onChain!.root)]).to.deep.equal([605n, hex(signed.root)])
    await ledger.stop()
    const { findings, lost } = await checkLog(restored.db, origin, logKeys)
    expect({ findings, lost }).to.deep.equal({ findings: [], lost: 300n })
  })

  it('keeps the promises of the lost time: leaves at their places, and times where receipts said them', async () => {
    const read = nodesFromTiles(605n, tiles => readTiles(restored.db, tiles))
    const leaves = await read(promised.map(({ first }) => ({ level: 0, index: first })))
    expect(leaves.map(leaf => hex(leaf!))).to.deep.equal(promised.map(({ leaves: [leaf] }) => hex(leaf!)))
    const { rows } = await asNode(restored.db, tx =>
      sql<{ logged_at: Date }>`select logged_at from records where type = 'lost' order by index`.execute(tx),
    )
    const times = rows.slice(0, 200).map(row => row.logged_at.getTime())
    expect(times).to.deep.equal(promised.slice(0, 200).map(({ loggedAt }) => loggedAt.getTime()))
  })
})
