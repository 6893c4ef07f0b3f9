import { Router } from 'express'
import { base64, hex } from '../core/bytes.ts'
import { type Route, route } from '../core/contract.ts'
import { Refusal } from '../core/errors.ts'
import { parseTilePath } from '../core/tile.ts'
import { logIdOf } from '../core/verify/anchor-rpc.ts'
import type { Db } from '../db/database.ts'
import { type Anchor, readAccepted } from './anchor-store.ts'
import { getCheckpoint, getProof, listAnchors } from './contract.ts'
import type { Ledger } from './ledger.ts'

type ReadLedger = Pick<Ledger, 'origin' | 'checkpoint' | 'tlogProof' | 'tile'>

/** Any page may read the log: nothing in it is a secret, and verifiers run in browsers. */
const open = { 'Access-Control-Allow-Origin': '*' }
const changing = { ...open, 'Cache-Control': 'public, max-age=1' }
const immutable = { ...open, 'Cache-Control': 'public, max-age=31536000, immutable' }

export const logRoutes = ({ db, ledger }: { readonly db: Db; readonly ledger: ReadLedger }): readonly Route[] => [
  route(getCheckpoint, async () => ({ body: (await ledger.checkpoint()).note, headers: changing })),

  route(getProof, async ({ params, query }) => {
    const proof = await ledger.tlogProof(
      BigInt(params.index),
      query.size === undefined ? undefined : BigInt(query.size),
    )
    return { body: proof, headers: query.size === undefined ? changing : immutable }
  }),

  route(listAnchors, async ({ query: { cursor, perPage } }) => {
    const found = await readAccepted(db, BigInt(cursor ?? 0), perPage + 1)
    const page = found.slice(0, perPage)
    const next = found.length > perPage ? page.at(-1)?.id : undefined
    const logId = `0x${hex(logIdOf(ledger.origin))}`
    return {
      body: {
        origin: ledger.origin,
        logId,
        anchors: page.map(presented),
        ...(next === undefined ? {} : { next: `${next}` }),
      },
      headers: changing,
    }
  }),
]

const presented = (anchor: Anchor) => ({
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
})

/**
 * Tiles and entry bundles (C2SP tlog-tiles) at `/log/tile/<L>/<N>[.p/<W>]`. Their paths have any number of segments, which
 * no contract can say. Throws Refusal NOT_FOUND for another spelling of a path and for tiles the log has not filled yet.
 */
export const tileRouter = (ledger: ReadLedger): Router => {
  const router = Router()
  router.get('/log/tile/*path', async (request, response) => {
    // The parsed parameter has lost what a second spelling would differ in: percent signs, doubled slashes.
    const tile = parseTilePath(request.path.slice('/log/tile/'.length))
    const bytes = tile && (await ledger.tile(tile))
    if (bytes === undefined) throw new Refusal('NOT_FOUND')
    response.set(immutable).type('application/octet-stream').send(Buffer.from(bytes))
  })
  return router
}
