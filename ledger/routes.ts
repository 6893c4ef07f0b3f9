import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { Router } from 'express'
import { base64, hex } from '../core/bytes.ts'
import { type Route, route } from '../core/contract.ts'
import { Refusal } from '../core/errors.ts'
import { parseTilePath, type Tile, tileEnd } from '../core/tile.ts'
import { logIdOf } from '../core/verify/anchor-rpc.ts'
import type { Db } from '../db/database.ts'
import { type KnownRefounding, readRefoundings } from './anchor-refoundings.ts'
import { type Anchor, readAccepted, readPending } from './anchor-store.ts'
import { getCheckpoint, getConsistency, getInclusion, getProof, listAnchors } from './contract.ts'
import type { Ledger } from './ledger.ts'

type ReadLedger = Pick<Ledger, 'origin' | 'checkpoint' | 'tlogProof' | 'tile' | 'proof' | 'consistency' | 'root'>

/** Any page may read the log: nothing in it is a secret, and verifiers run in browsers. */
const open = { 'Access-Control-Allow-Origin': '*' }
const changing = { ...open, 'Cache-Control': 'public, max-age=1' }
const immutable = { ...open, 'Cache-Control': 'public, max-age=31536000, immutable' }

/** @param published the log with its heads as witnesses cosigned them; as it signed them where there are none */
export const logRoutes = ({
  db,
  ledger,
  published = ledger,
}: {
  readonly db: Db
  readonly ledger: ReadLedger
  readonly published?: Pick<ReadLedger, 'checkpoint' | 'tlogProof'>
}): readonly Route[] => [
  route(getCheckpoint, async () => ({ body: (await published.checkpoint()).note, headers: changing })),

  route(getProof, async ({ params, query }) => {
    const proof = await published.tlogProof(
      BigInt(params.index),
      query.size === undefined ? undefined : BigInt(query.size),
    )
    // An earlier head's cosignatures may still be coming in.
    return { body: proof, headers: changing }
  }),

  // What a signature covers is final, so a proof within it never changes; beyond it nothing has been promised yet.
  route(getInclusion, async ({ params }) => {
    const [index, size] = [BigInt(params.index), BigInt(params.size)]
    if (index >= size) throw new Refusal('INVALID_REQUEST', `A tree of ${size} has no entry ${index}`)
    await mustCover(ledger, size)
    const [root, hashes] = await Promise.all([ledger.root(size), ledger.proof(index, size)])
    const body = { origin: ledger.origin, ...params, root: base64(root), hashes: hashes.map(base64) }
    return { body, headers: immutable }
  }),

  route(getConsistency, async ({ params }) => {
    const [old, size] = [BigInt(params.old), BigInt(params.size)]
    if (old > size) throw new Refusal('INVALID_REQUEST', `A tree of ${size} extends none of ${old}`)
    await mustCover(ledger, size)
    const [oldRoot, root, hashes] = await Promise.all([
      ledger.root(old),
      ledger.root(size),
      ledger.consistency(old, size),
    ])
    const roots = { oldRoot: base64(oldRoot), root: base64(root) }
    return { body: { origin: ledger.origin, ...params, ...roots, hashes: hashes.map(base64) }, headers: immutable }
  }),

  route(listAnchors, async ({ query: { cursor, perPage, order } }) => {
    const found = await readAccepted(db, cursor === undefined ? undefined : BigInt(cursor), perPage + 1, order)
    const page = found.slice(0, perPage)
    const next = found.length > perPage ? page.at(-1)?.id : undefined
    const logId = `0x${hex(logIdOf(ledger.origin))}`
    return {
      body: {
        origin: ledger.origin,
        logId,
        anchors: page.map(presented),
        pending: (await readPending(db)).map(waiting),
        refoundings: (await readRefoundings(db)).map(givenUp),
        ...(next === undefined ? {} : { next: `${next}` }),
      },
      headers: changing,
    }
  }),
]

export const presented = (anchor: Anchor) => ({
  chainId: `${anchor.chainId}`,
  genesis: anchor.genesis,
  contract: anchor.contract,
  size: `${anchor.size}`,
  root: base64(anchor.root),
  state: anchor.state as 'mined' | 'final' | 'chain-forgotten' | 'lost',
  transaction: anchor.transaction ?? '',
  blockNumber: `${anchor.blockNumber}`,
  blockHash: anchor.blockHash ?? '',
  blockAt: anchor.blockAt?.toISOString() ?? null,
  lostAt: anchor.lostAt?.toISOString() ?? null,
})

const givenUp = ({ abandonedRoot, root, blockAt, checkpoint, ...it }: KnownRefounding) => ({
  chainId: `${it.chainId}`,
  genesis: it.genesis,
  contract: it.contract,
  kept: `${it.kept}`,
  abandonedSize: `${it.abandonedSize}`,
  abandonedRoot: base64(abandonedRoot),
  size: `${it.size}`,
  root: base64(root),
  blockNumber: `${it.blockNumber}`,
  blockAt: blockAt.toISOString(),
  checkpoint: hex(checkpoint),
})

const waiting = (anchor: Anchor) => ({
  chainId: `${anchor.chainId}`,
  genesis: anchor.genesis,
  contract: anchor.contract,
  size: `${anchor.size}`,
  root: base64(anchor.root),
  lostAt: anchor.lostAt?.toISOString() ?? null,
  state: 'pending' as const,
  queuedAt: anchor.queuedAt.toISOString(),
  broadcastAt: anchor.broadcastAt?.toISOString() ?? null,
})

const mustCover = async (ledger: ReadLedger, size: bigint): Promise<void> => {
  if (size > (await ledger.checkpoint()).size) throw new Refusal('NOT_YET_LOGGED')
}

const compress = promisify(gzip)

/**
 * Tiles and entry bundles (C2SP tlog-tiles) at `/log/tile/<L>/<N>[.p/<W>]`. Their paths have any number of segments, which
 * no contract can say. Throws Refusal INVALID_REQUEST for what spells no tile, NOT_FOUND for tiles that no signed
 * checkpoint fills yet: before, it isn't certain that they stay as they are, and a cache would keep them.
 */
export const tileRouter = (ledger: ReadLedger): Router => {
  const router = Router()
  let covered = 0n
  const isCovered = async (tile: Tile) => {
    if (tileEnd(tile) > covered) covered = (await ledger.checkpoint()).size
    return tileEnd(tile) <= covered
  }
  router.get('/log/tile/*path', async (request, response) => {
    // The parsed parameter has lost what a second spelling would differ in: percent signs, doubled slashes.
    const tile = parseTilePath(request.path.slice('/log/tile/'.length))
    if (tile === undefined) throw new Refusal('INVALID_REQUEST', 'The path is not that of a tile: <L>/<N>[.p/<W>]')
    const bytes = (await isCovered(tile)) ? await ledger.tile(tile) : undefined
    if (bytes === undefined) throw new Refusal('NOT_FOUND')
    response.set(immutable).type('application/octet-stream')
    if (tile.level !== 'entries') return void response.send(Buffer.from(bytes))
    // Bundles should be compressed (tlog-tiles, Log entries); hashes would only grow.
    response.vary('Accept-Encoding')
    if (request.acceptsEncodings('gzip', 'identity') !== 'gzip') return void response.send(Buffer.from(bytes))
    response.set('Content-Encoding', 'gzip').send(await compress(bytes))
  })
  return router
}
