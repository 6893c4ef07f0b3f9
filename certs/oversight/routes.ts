import { z } from 'zod'
import { type Route, route } from '../../core/contract.ts'
import { parseJsonBytes } from '../../core/strict-json.ts'
import { parseCrl } from '../../core/x509/crl.ts'
import { asNode, type Db } from '../../db/database.ts'
import type { Sources } from '../evidence/sources.ts'
import { actNames, getEvidenceHealth, listOperatorActs, listRevocations } from './contract.ts'
import { type ActRow, actsBefore, newestLists, newestRevocations, readWaiting } from './store.ts'

type OversightDeps = {
  readonly db: Db
  readonly now: () => Date
  readonly tsa: Sources['tsa']
}

/** For the operator: whether evidence about signatures keeps coming, and what operators did. */
export const oversightRoutes = ({ db, now, tsa }: OversightDeps): readonly Route[] => [
  route(getEvidenceHealth, async () => {
    const [lists, waiting] = await asNode(db, async tx => [await newestLists(tx), await readWaiting(tx)] as const)
    const { count, oldest, lastStamped, troubles } = waiting
    return {
      body: {
        lists: lists.map(it => ({
          issuer: issuerOf(it.der),
          number: it.number,
          thisUpdate: it.thisUpdate.toISOString(),
          nextUpdate: it.nextUpdate.toISOString(),
          stale: it.nextUpdate <= now(),
        })),
        timestamps: {
          authority: tsa === undefined ? null : new URL(tsa.url).host,
          lastAt: lastStamped?.toISOString() ?? null,
        },
        waiting: { count, oldest: oldest?.toISOString() ?? null, troubles: [...troubles] },
      },
    }
  }),

  route(listOperatorActs, async ({ query: { before, limit } }) => {
    const rows = await asNode(db, tx => actsBefore(tx, before === undefined ? undefined : BigInt(before), limit + 1))
    const items = rows.slice(0, limit).map(shownAct)
    return { body: { items, next: rows.length > limit ? (items.at(-1)?.index ?? null) : null } }
  }),

  route(listRevocations, async () => {
    const rows = await asNode(db, newestRevocations)
    return { body: { items: rows.map(({ revokedAt, ...it }) => ({ ...it, revokedAt: revokedAt.toISOString() })) } }
  }),
]

const COMMON_NAME = '2.5.4.3'

const issuerOf = (der: Uint8Array): string => {
  const { attributes } = parseCrl(new Uint8Array(der)).issuer
  return attributes.get(COMMON_NAME)?.[0] ?? [...attributes.values()].flat().join(', ')
}

const actSchema = z.object({
  act: z.enum(actNames).or(z.string().transform(() => 'other' as const)),
  by: z.string(),
  roles: z.array(z.string()).optional(),
  prefix: z.string().optional(),
})

const shownAct = ({ index, org, body, loggedAt }: ActRow) => {
  const said = body === null ? undefined : actSchema.parse(parseJsonBytes(new Uint8Array(body)))
  return {
    index: `${index}`,
    uscc: org,
    act: said?.act ?? null,
    by: said?.by ?? null,
    roles: said?.roles ?? null,
    prefix: said?.prefix ?? null,
    loggedAt: loggedAt.toISOString(),
  }
}
