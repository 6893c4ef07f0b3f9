import { base64 } from '../../core/bytes.ts'
import { type Route, route } from '../../core/contract.ts'
import { formatWitnessKey } from '../../core/cosignature.ts'
import { membersOf } from '../../core/quorum.ts'
import type { Db } from '../../db/database.ts'
import { getWitnesses } from './contract.ts'
import { readNewestCosigned } from './cosignature-store.ts'
import type { WitnessDeps } from './witness.ts'
import { readRefused, readWitnessed } from './witness-store.ts'
import type { Witnessing } from './witnessing.ts'

const open = { 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'public, max-age=1' }

/** Where both sides stand, for operators and for whoever watches this log. */
export const witnessRoutes = (deps: {
  readonly db: Db
  readonly origin: string
  readonly witnessing: Witnessing
  readonly serving: Pick<WitnessDeps, 'key' | 'logs'> | undefined
}): readonly Route[] => [
  route(getWitnesses, async () => {
    const { db, witnessing, serving } = deps
    const witnessed = await witnessing.witnessed()
    const heads = new Map((await readWitnessed(db)).map(head => [head.origin, head]))
    const body = {
      origin: deps.origin,
      witnessed: witnessed === undefined ? null : { size: `${witnessed.size}`, at: witnessed.at.toISOString() },
      quorum: witnessing.quorum.quorum,
      of: membersOf(witnessing.quorum),
      witnesses: await Promise.all(
        witnessing.standings().map(async ({ key, trouble }) => {
          const newest = await readNewestCosigned(db, key)
          return {
            name: key.name,
            key: formatWitnessKey(key),
            size: newest === undefined ? null : `${newest.size}`,
            cosignedAt: newest?.cosignedAt.toISOString() ?? null,
            trouble: trouble?.kind ?? null,
            since: trouble?.since.toISOString() ?? null,
          }
        }),
      ),
      witness: serving === undefined ? null : formatWitnessKey(serving.key),
      logs: (serving?.logs ?? []).map(({ origin }) => {
        const head = heads.get(origin)
        return {
          origin,
          size: head === undefined ? null : `${head.size}`,
          root: head === undefined ? null : base64(head.root),
          cosignedAt: head?.cosignedAt.toISOString() ?? null,
          checkpoint: head?.note ?? null,
        }
      }),
      refused: (await readRefused(db)).map(({ origin, kind, size, root, heldSize, refusedAt, note }) => ({
        ...{ origin, kind, size: `${size}`, root: base64(root), heldSize: `${heldSize}` },
        refusedAt: refusedAt.toISOString(),
        checkpoint: note,
      })),
    }
    return { body, headers: open }
  }),
]
