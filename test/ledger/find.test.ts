import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import express, { type ErrorRequestHandler } from 'express'
import { sql } from 'kysely'
import type { z } from 'zod'
import { mount } from '../../api/http/mount.ts'
import { hex } from '../../core/bytes.ts'
import type { Caller } from '../../core/contract.ts'
import { leafOf } from '../../core/entry.ts'
import { Refusal } from '../../core/errors.ts'
import { asNode } from '../../db/database.ts'
import { findInLog, getGrowth, readRecordPlace } from '../../ledger/find/contract.ts'
import { findRoutes } from '../../ledger/find/routes.ts'
import { findLeaves } from '../../ledger/find/store.ts'
import type { Logged } from '../../ledger/ledger.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { buyer, type OpenLedger, openLedger, record, seller, stranger } from './open-ledger.ts'

const COUNT = 300

describe('search in the log', () => {
  let database: TestDatabase
  let ledger: OpenLedger
  let server: Server
  let base: string
  let logged: readonly Logged[]
  let caller = ''

  before(async () => {
    database = await testDatabase()
    ledger = await openLedger(database.db)
    logged = await ledger.appendAll(Array.from({ length: COUNT }, (_, i) => record(`${i}`)))
    await ledger.sign()
    const app = express()
    const routes = findRoutes({ db: database.db, ledger })
    mount(
      app,
      routes,
      async (): Promise<Caller> => ({
        uscc: caller,
        name: '',
        roles: ['auditor'],
        dpopKey: '',
        via: 'api',
        credential: 'c',
      }),
    )
    const problems: ErrorRequestHandler = (error, _request, response, _next) => {
      const status = error instanceof Refusal ? error.status : 500
      response.status(status).json({ code: error instanceof Refusal ? error.code : String(error) })
    }
    app.use(problems)
    server = app.listen(0, '127.0.0.1')
    await new Promise(done => server.once('listening', done))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    await new Promise(done => server.close(done))
    await ledger.stop()
    await database.drop()
  })

  const find = async (hash: Uint8Array, more = ''): Promise<z.output<typeof findInLog.reply.schema>> => {
    const response = await fetch(`${base}/log/find?hash=${hex(hash)}${more}`)
    expect(response.status).to.equal(200)
    return findInLog.reply.schema.parse(await response.json())
  }
  const digestAt = async (index: number) =>
    asNode(database.db, async tx => {
      const { rows } = await sql<{ digest: Buffer }>`select digest from records where index = ${index}`.execute(tx)
      return new Uint8Array(rows[0]!.digest)
    })

  for (const index of [0, 1, 255, 256, COUNT - 1]) {
    it(`finds entry ${index} by its leaf and by its commitment`, async () => {
      const digest = await digestAt(index)
      expect(leafOf(digest)).to.deep.equal(logged[index]?.leaf)
      expect((await find(leafOf(digest))).entries).to.deep.equal([{ index: `${index}`, as: 'leaf' }])
      expect((await find(digest)).entries).to.deep.equal([{ index: `${index}`, as: 'commitment' }])
    })
  }

  it('finds signed heads and anchors by root, transaction and block', async () => {
    const { size, root } = await ledger.checkpoint()
    await asNode(database.db, tx =>
      sql`insert into anchors (chain_id, genesis, contract, size, root, state, queued_at, transaction, block_number,
          block_hash, block_at)
        values (1, ${Buffer.alloc(32, 1)}, ${Buffer.alloc(20, 2)}, ${size}, ${root}, 'final', now(),
          ${Buffer.alloc(32, 3)}, 11, ${Buffer.alloc(32, 4)}, '2026-01-01T00:00:00Z')`.execute(tx),
    )
    const byRoot = await find(root)
    expect(byRoot.heads.map(it => it.size)).to.deep.equal([`${size}`])
    expect(byRoot.anchors.map(it => it.blockNumber)).to.deep.equal(['11'])
    for (const byte of [3, 4]) {
      const found = await find(new Uint8Array(32).fill(byte))
      expect([found.entries.length, found.heads.length, found.anchors.length]).to.deep.equal([0, 0, 1])
    }
  })

  it('says how far it has looked, goes on from there, and finds nothing beyond', async () => {
    const digest = await digestAt(280)
    const all = await find(digest)
    expect([all.searchedFrom, all.searchedTo, all.next]).to.deep.equal(['0', `${COUNT}`, null])
    expect((await find(digest, '&before=280')).entries).to.deep.equal([])
    expect((await find(digest, '&before=281')).entries).to.deep.equal([{ index: '280', as: 'commitment' }])
    expect((await find(digest, '&before=0')).next).to.equal(null)
    expect((await find(digest, '&before=9223372036854775807')).searchedTo).to.equal(`${COUNT}`)
  })

  it('takes no hash that lies across two', async () => {
    const [first, second] = [logged[3]!.leaf, logged[4]!.leaf]
    const across = Uint8Array.from([...first.subarray(7), ...second.subarray(0, 7)])
    expect((await findLeaves(database.db, [across], BigInt(COUNT))).found).to.deep.equal([])
  })

  it('shows nothing that no signed head covers', async () => {
    await asNode(database.db, async tx => {
      await sql`select pg_advisory_xact_lock(hashtext('tallystick checkpoint'))`.execute(tx)
      const one = await ledger.append(record('not signed yet'))
      expect((await find(one.leaf)).entries).to.deep.equal([])
    })
    await ledger.sign()
  })

  it('tells growth by heads that were signed, the oldest first and the newest last', async () => {
    const { items } = getGrowth.reply.schema.parse(await (await fetch(`${base}/log/growth`)).json())
    const sizes = items.map(it => Number(it.size))
    expect(sizes).to.deep.equal([...new Set(sizes)].toSorted((a, b) => a - b))
    expect(sizes.at(-1)).to.equal(Number((await ledger.checkpoint()).size))
    expect(sizes.length).to.be.at.most(101)
  })

  it('tells what an entry is to those who are party to it, and to nobody else that there is any', async () => {
    const ask = async (uscc: string, index: string) => {
      caller = uscc
      return fetch(`${base}/api/v1/records/${index}`)
    }
    for (const uscc of [seller, buyer]) {
      const { record: place } = readRecordPlace.reply.schema.parse(await (await ask(uscc, '7')).json())
      expect([place?.type, place?.org, place?.erased]).to.deep.equal(['document', seller, false])
      expect(place?.commitment).to.equal(hex(await digestAt(7)))
    }
    for (const [uscc, index] of [
      [stranger, '7'],
      [seller, '100000'],
      [seller, '9999999999999999999'],
    ] as const) {
      const response = await ask(uscc, index)
      expect([response.status, await response.json()]).to.deep.equal([200, { record: null }])
    }
  })

  for (const query of [
    '',
    'hash=abc',
    `hash=${'A'.repeat(64)}`,
    `hash=${'a'.repeat(64)}&before=-1`,
    `hash=${'a'.repeat(64)}&before=9999999999999999999`,
  ]) {
    it(`answers “${query}” with 400`, async () => {
      expect((await fetch(`${base}/log/find?${query}`)).status).to.equal(400)
    })
  }
})
