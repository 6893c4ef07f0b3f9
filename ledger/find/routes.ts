import { hex } from '../../core/bytes.ts'
import { type Route, route } from '../../core/contract.ts'
import { leafOf } from '../../core/entry.ts'
import { Refusal } from '../../core/errors.ts'
import { asOrganization, type Db } from '../../db/database.ts'
import type { Ledger } from '../ledger.ts'
import { presented } from '../routes.ts'
import { findInLog, getGrowth, readRecordPlace } from './contract.ts'
import { findAnchors, findHeads, findLeaves, readGrowth, readPlace } from './store.ts'

type FindDeps = { readonly db: Db; readonly ledger: Pick<Ledger, 'checkpoint'> }

const MAX = 1n << 63n

/** Search in the public log. What is not covered by a signed head is not there yet. */
export const findRoutes = ({ db, ledger }: FindDeps): readonly Route[] => [
  route(findInLog, async ({ query: { hash, before } }) => {
    const bytes = Uint8Array.from(Buffer.from(hash, 'hex'))
    const { size } = await ledger.checkpoint()
    const asked = before === undefined ? size : BigInt(before)
    if (asked >= MAX) throw new Refusal('INVALID_REQUEST', 'before: takes a number below 2^63')
    const end = asked < size ? asked : size
    const isFirst = before === undefined
    const [{ found, from }, heads, anchors] = await Promise.all([
      findLeaves(db, [leafOf(bytes), bytes], end),
      isFirst ? findHeads(db, bytes) : [],
      isFirst ? findAnchors(db, bytes) : [],
    ])
    const entries = found.map(({ index, leaf }) => ({
      index: `${index}`,
      as: leaf === 0 ? ('commitment' as const) : ('leaf' as const),
    }))
    return {
      body: {
        entries,
        heads: heads.map(it => ({ size: `${it.size}`, signedAt: it.signedAt.toISOString() })),
        anchors: anchors.map(presented),
        searchedFrom: `${from}`,
        searchedTo: `${end}`,
        next: from === 0n ? null : `${from}`,
      },
      headers: { 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'public, max-age=1' },
    }
  }),

  route(getGrowth, async () => ({
    body: {
      items: (await readGrowth(db)).map(it => ({ size: `${it.size}`, signedAt: it.signedAt.toISOString() })),
    },
    headers: { 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'public, max-age=10' },
  })),

  route(readRecordPlace, async ({ params, caller }) => {
    const index = BigInt(params.index)
    const place = index < MAX ? await asOrganization(db, caller.uscc, tx => readPlace(tx, index)) : undefined
    // The same answer where there is none and where it is somebody else's.
    if (place === undefined) return { body: { record: null } }
    const { type, org, digest, loggedAt, erased } = place
    const record = { index: params.index, type, org, erased, commitment: hex(digest), loggedAt: loggedAt.toISOString() }
    return { body: { record } }
  }),
]
