import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import express, { type ErrorRequestHandler } from 'express'
import fc from 'fast-check'
import { sql } from 'kysely'
import { mount } from '../../api/http/mount.ts'
import { fromBase64, hex } from '../../core/bytes.ts'
import { openCheckpoint } from '../../core/checkpoint.ts'
import { Refusal } from '../../core/errors.ts'
import { consistencyProof, inclusionProof, rootAt } from '../../core/merkle/proof.ts'
import { verifyConsistency, verifyInclusion } from '../../core/merkle/verify.ts'
import { leafHash } from '../../core/merkle.ts'
import { decodeBundle, nodesFromTiles, type ReadTiles, tilePath, tileWidth } from '../../core/tile.ts'
import { verifyTlogProof } from '../../core/tlog-proof.ts'
import { asNode } from '../../db/database.ts'
import { getConsistency, getInclusion, listAnchors } from '../../ledger/contract.ts'
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
    '/log/tile/0/0': [400, 'INVALID_REQUEST'],
    '/log/tile/0/%30%30%30': [400, 'INVALID_REQUEST'],
    '/log/tile/0//000': [400, 'INVALID_REQUEST'],
    '/log/tile/0/x000/000': [400, 'INVALID_REQUEST'],
    '/log/tile/0/x999/x999/x999/x999/x999/999': [404, 'NOT_FOUND'],
    '/log/tile/entries/x999/x999/x999/x999/x999/999': [404, 'NOT_FOUND'],
    '/log/tile/64/000': [400, 'INVALID_REQUEST'],
    '/log/tile/0/000.p/256': [400, 'INVALID_REQUEST'],
    '/log/tile/0/000.p/0': [400, 'INVALID_REQUEST'],
    '/log/tile/0/001.p/044': [400, 'INVALID_REQUEST'],
    '/log/tile/entry/000': [400, 'INVALID_REQUEST'],
    '/log/tile/7/000.p/1': [404, 'NOT_FOUND'],
    '/log/inclusion/0/301': [404, 'NOT_YET_LOGGED'],
    '/log/inclusion/300/300': [400, 'INVALID_REQUEST'],
    '/log/inclusion/0/0': [400, 'INVALID_REQUEST'],
    '/log/inclusion/0/9223372036854775808': [400, 'INVALID_REQUEST'],
    '/log/consistency/0/300': [400, 'INVALID_REQUEST'],
    '/log/consistency/300/299': [400, 'INVALID_REQUEST'],
    '/log/consistency/1/301': [404, 'NOT_YET_LOGGED'],
    '/log/consistency/01/300': [400, 'INVALID_REQUEST'],
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

  it('serves what a checkpoint covers and nothing beyond, though it be logged', async () => {
    const { size } = await checkpoint()
    // Holds the signer as a second process would, between an entry and its checkpoint.
    await asNode(database.db, async tx => {
      await sql`select pg_advisory_xact_lock(hashtext('tallystick checkpoint'))`.execute(tx)
      await ledger.append(record('not signed yet'))
      const width = Number(size % 256n) + 1
      expect((await get(`/log/tile/0/001.p/${width}`)).status).to.equal(404)
      expect((await get(`/log/tile/entries/001.p/${width}`)).status).to.equal(404)
      expect((await get(`/log/consistency/1/${size + 1n}`)).status).to.equal(404)
    })
    await ledger.sign()
    expect((await get(`/log/tile/0/001.p/${Number(size % 256n) + 1}`)).status).to.equal(200)
  })

  it('compresses bundles for whoever takes gzip, and tiles never', async () => {
    const encodingOf = async (path: string, accepted: string) => {
      const response = await fetch(base + path, { headers: { 'Accept-Encoding': accepted } })
      return [response.headers.get('content-encoding'), response.headers.get('vary')]
    }
    expect(await encodingOf('/log/tile/entries/000', 'gzip, identity')).to.deep.equal(['gzip', 'Accept-Encoding'])
    expect(await encodingOf('/log/tile/entries/000', 'identity')).to.deep.equal([null, 'Accept-Encoding'])
    expect(await encodingOf('/log/tile/0/000', 'gzip')).to.deep.equal([null, null])
    const head = await fetch(`${base}/log/tile/0/000`, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).to.deep.equal([200, '8192'])
  })

  it('proves any entry in, and any two sizes of, what has been signed, checkpoint or not', async () => {
    const size = Number((await checkpoint()).size)
    const rootOfSize = new Map<string, string>()
    const sizes = fc.oneof(fc.constantFrom(1, 2, 255, 256, 257, size - 1, size), fc.integer({ min: 1, max: size }))
    await fc.assert(
      fc.asyncProperty(sizes, sizes, fc.nat(), async (a, b, seed) => {
        const [old, of] = [Math.min(a, b), Math.max(a, b)]
        const response = await get(`/log/consistency/${old}/${of}`)
        expect(response.headers.get('cache-control')).to.match(/immutable/)
        const between = getConsistency.reply.schema.parse(await response.json())
        for (const [at, root] of [
          [between.old, between.oldRoot],
          [between.size, between.root],
        ] as const) {
          expect(rootOfSize.get(at) ?? root).to.equal(root)
          rootOfSize.set(at, root)
        }
        const roots = [fromBase64(between.oldRoot), fromBase64(between.root)] as const
        expect(verifyConsistency(BigInt(old), BigInt(of), between.hashes.map(fromBase64), ...roots)).to.equal(true)
        const index = seed % old
        const within = getInclusion.reply.schema.parse(await (await get(`/log/inclusion/${index}/${old}`)).json())
        expect(within.root).to.equal(between.oldRoot)
        const leaf = logged[index]?.leaf
        if (leaf === undefined) return
        const proof = within.hashes.map(fromBase64)
        expect(verifyInclusion(leaf, BigInt(index), BigInt(old), proof, roots[0])).to.equal(true)
      }),
      { numRuns: 60 },
    )
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
      ['1', `${size}`, 'chain-forgotten', '2026-01-01T00:00:00.000Z'],
      ['3', `${size}`, 'final', '2026-01-01T00:00:00.000Z'],
    ])
    const [first, second] = body.anchors
    const one = listAnchors.reply.schema.parse(await (await get('/log/anchors?perPage=1')).json())
    expect(one.anchors).to.deep.equal([first])
    const two = listAnchors.reply.schema.parse(await (await get(`/log/anchors?perPage=1&cursor=${one.next}`)).json())
    expect(two.anchors).to.deep.equal([second])
    expect(two.next).to.equal(undefined)
  })
})
