import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import express, { type ErrorRequestHandler } from 'express'
import { sql } from 'kysely'
import { mount } from '../../api/http/mount.ts'
import { hex } from '../../core/bytes.ts'
import { openCheckpoint } from '../../core/checkpoint.ts'
import { Refusal } from '../../core/errors.ts'
import { consistencyProof, inclusionProof, rootAt } from '../../core/merkle/proof.ts'
import { verifyConsistency, verifyInclusion } from '../../core/merkle/verify.ts'
import { leafHash } from '../../core/merkle.ts'
import { decodeBundle, nodesFromTiles, type ReadTiles, tilePath, tileWidth } from '../../core/tile.ts'
import { verifyTlogProof } from '../../core/tlog-proof.ts'
import { asNode } from '../../db/database.ts'
import { listAnchors } from '../../ledger/contract.ts'
import type { Logged } from '../../ledger/ledger.ts'
import { logRoutes, tileRouter } from '../../ledger/routes.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { logKeys, type OpenLedger, openLedger, origin, record } from './open-ledger.ts'

describe('the public log', () => {
  let database: TestDatabase
  let ledger: OpenLedger
  let server: Server
  let base: string
  let logged: readonly Logged[]

  before(async () => {
    database = await testDatabase()
    ledger = await openLedger(database.db)
    logged = await ledger.appendAll(Array.from({ length: 300 }, (_, i) => record(`${i}`)))
    await ledger.sign()
    const app = express()
    mount(app, logRoutes({ db: database.db, ledger }), async () => {
      throw new Error('public addresses ask for no token')
    })
    app.use(tileRouter(ledger))
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

  const get = (path: string) => fetch(base + path)
  const bytesAt = async (path: string) => {
    const response = await get(path)
    expect(response.status, path).to.equal(200)
    expect(response.headers.get('content-type')).to.equal('application/octet-stream')
    expect(response.headers.get('cache-control')).to.match(/immutable/)
    return new Uint8Array(await response.arrayBuffer())
  }
  const checkpoint = async () => {
    const response = await get('/log/checkpoint')
    expect(response.headers.get('content-type')).to.equal('text/plain; charset=utf-8')
    expect(response.headers.get('cache-control')).to.equal('public, max-age=1')
    const opened = await openCheckpoint(await response.text(), origin, logKeys)
    if (!opened.ok) throw new Error(opened.detail)
    return opened.checkpoint
  }

  it('is verified by a stranger from its checkpoint, tiles and bundles alone', async () => {
    const { size, root } = await checkpoint()
    expect(size).to.equal(300n)
    const fetched: string[] = []
    const readTiles: ReadTiles = tiles =>
      Promise.all(
        tiles.map(tile => {
          fetched.push(tilePath(tile))
          return bytesAt(`/log/tile/${tilePath(tile)}`)
        }),
      )
    const read = nodesFromTiles(size, readTiles)
    expect(hex(await rootAt(size, read))).to.equal(hex(root))
    expect(fetched).to.have.members(['1/000.p/1', '0/001.p/44'])
    for (const n of [0n, 1n]) {
      const width = tileWidth('entries', n, size)
      const entries = decodeBundle(await bytesAt(`/log/tile/${tilePath({ level: 'entries', index: n, width })}`))
      expect(entries.length).to.equal(width)
      for (const [i, entry] of entries.entries()) {
        const index = n * 256n + BigInt(i)
        if (index % 50n !== 0n) continue
        const leaf = leafHash(entry)
        expect(hex(leaf)).to.equal(hex(logged[Number(index)]!.leaf))
        expect(verifyInclusion(leaf, index, size, await inclusionProof(index, size, read), root)).to.equal(true)
      }
    }
    const old = await rootAt(257n, read)
    expect(verifyConsistency(257n, size, await consistencyProof(257n, size, read), old, root)).to.equal(true)
  })

  it('gives proofs to the newest checkpoint and to earlier ones', async () => {
    for (const index of [0, 255, 256, 299]) {
      const response = await get(`/log/proof/${index}`)
      expect(response.headers.get('content-type')).to.equal('text/plain; charset=utf-8')
      const verified = await verifyTlogProof(await response.text(), logged[index]!.leaf, origin, logKeys)
      expect(verified).to.deep.include({ ok: true, index: BigInt(index) })
    }
    const { size } = await checkpoint()
    expect(await (await get(`/log/proof/3?size=${size}`)).text()).to.equal(await (await get('/log/proof/3')).text())
  })

  const refused: Record<string, [number, string]> = {
    '/log/proof/300': [404, 'NOT_YET_LOGGED'],
    '/log/proof/9223372036854775807': [404, 'NOT_YET_LOGGED'],
    '/log/proof/9223372036854775808': [400, 'INVALID_REQUEST'],
    '/log/proof/0?size=9223372036854775807': [404, 'NOT_YET_LOGGED'],
    '/log/proof/0?size=9223372036854775808': [400, 'INVALID_REQUEST'],
    '/log/proof/0?sise=3': [400, 'INVALID_REQUEST'],
    '/log/anchors?cursor=9223372036854775808': [400, 'INVALID_REQUEST'],
    '/log/anchors?perPage=0': [400, 'INVALID_REQUEST'],
    '/log/proof/0?size=299': [404, 'NOT_YET_LOGGED'],
    '/log/proof/-1': [400, 'INVALID_REQUEST'],
    '/log/proof/01': [400, 'INVALID_REQUEST'],
    '/log/proof/0x1': [400, 'INVALID_REQUEST'],
    '/log/tile/0/001': [404, 'NOT_FOUND'],
    '/log/tile/0/001.p/45': [404, 'NOT_FOUND'],
    '/log/tile/0/002.p/1': [404, 'NOT_FOUND'],
    '/log/tile/2/000.p/1': [404, 'NOT_FOUND'],
    '/log/tile/63/000': [404, 'NOT_FOUND'],
    '/log/tile/0/0': [404, 'NOT_FOUND'],
    '/log/tile/0/%30%30%30': [404, 'NOT_FOUND'],
    '/log/tile/0//000': [404, 'NOT_FOUND'],
    '/log/tile/0/x000/000': [404, 'NOT_FOUND'],
    '/log/tile/0/x999/x999/x999/x999/x999/999': [404, 'NOT_FOUND'],
    '/log/tile/entries/x999/x999/x999/x999/x999/999': [404, 'NOT_FOUND'],
    '/log/tile/entries/002': [404, 'NOT_FOUND'],
    '/log/tile/entries/001.p/45': [404, 'NOT_FOUND'],
    '/log/tile/': [404, 'NOT_FOUND'],
  }
  for (const [path, [status, code]] of Object.entries(refused)) {
    it(`answers ${path} with ${status} ${code}`, async () => {
      const response = await get(path)
      expect(response.status).to.equal(status)
      if (path !== '/log/tile/') expect(await response.json()).to.deep.equal({ code })
      expect(response.headers.get('cache-control') ?? '').not.to.match(/immutable/)
    })
  }

  it('keeps serving the partial tiles of earlier heads', async () => {
    const full = await bytesAt('/log/tile/0/000')
    expect(full.length).to.equal(8192)
    for (const width of [1, 2, 255]) {
      expect(hex(await bytesAt(`/log/tile/0/000.p/${width}`))).to.equal(hex(full.subarray(0, width * 32)))
    }
    expect(decodeBundle(await bytesAt('/log/tile/entries/000.p/3')).length).to.equal(3)
  })

  it('lists the heads that a chain accepted, page by page', async () => {
    const { size, root } = await checkpoint()
    const insert = (chain: number, state: string, block: Buffer | null) =>
      asNode(database.db, tx =>
        sql`insert into anchors (chain_id, genesis, contract, size, root, state, queued_at, transaction, block_number,
            block_hash, block_at)
          values (${chain}, ${Buffer.alloc(32, 1)}, ${Buffer.alloc(20, 2)}, ${size}, ${root}, ${state}, now(), ${block},
            11, ${block}, '2026-01-01T00:00:00Z')`.execute(tx),
      )
    await insert(1, 'chain-forgotten', Buffer.alloc(32, 3))
    await insert(2, 'broadcast', null)
    await insert(3, 'final', Buffer.alloc(32, 4))
    const response = await get('/log/anchors')
    const body = listAnchors.reply.schema.parse(await response.json())
    expect(body.origin).to.equal(origin)
    expect(body.anchors.map(it => [it.chainId, it.size, it.state, it.blockAt])).to.deep.equal([
      ['1', '300', 'chain-forgotten', '2026-01-01T00:00:00.000Z'],
      ['3', '300', 'final', '2026-01-01T00:00:00.000Z'],
    ])
    const [first, second] = body.anchors
    const one = listAnchors.reply.schema.parse(await (await get('/log/anchors?perPage=1')).json())
    expect(one.anchors).to.deep.equal([first])
    const two = listAnchors.reply.schema.parse(await (await get(`/log/anchors?perPage=1&cursor=${one.next}`)).json())
    expect(two.anchors).to.deep.equal([second])
    expect(two.next).to.equal(undefined)
  })
})
