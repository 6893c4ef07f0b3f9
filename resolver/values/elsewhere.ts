import { z } from 'zod'
import { BoundedCache } from '../../core/bounded-cache.ts'
import { base64url, equal, fromBase64url } from '../../core/bytes.ts'
import type { RefusalCode } from '../../core/errors.ts'
import { type HandleValue, valueDigest } from '../../core/handle-value.ts'
import type { ResolverDeps } from '../deps.ts'
import { type Asking, askAlong } from './ask-along.ts'
import { readValues } from './contract.ts'
import type { ValueRow } from './store.ts'

/**
 * Asks another node in the name of an organization; undefined where this node has no way to do so: it only goes to nodes
 * that its operator named, and only as an organization that endorsed it there. Refusals of the node, PEER_UNAVAILABLE.
 */
export type AskHolder = (
  holder: string,
  as: string,
  path: string,
  headers: Readonly<Record<string, string>>,
) => Promise<Response | undefined>

/** What came of asking the holder of a value. */
export type Fetched =
  /** It hashes to the commitment. */
  | { readonly outcome: 'fetched'; readonly value: HandleValue; readonly salt: Uint8Array }
  /** What the holder shows is not what was committed to, or it has nothing of the kind. */
  | { readonly outcome: 'contradicted' }
  /** The holder has values that this reader may not see. */
  | { readonly outcome: 'hidden' }
  | { readonly outcome: 'unreachable' }
  /** The reader has to go there itself: with its own key, or since the question has come too far already. */
  | { readonly outcome: 'referred' }

const held = z.object({
  index: z.int(),
  type: z.string().max(200),
  data: z.object({ format: z.literal('string'), value: z.string().max(20_000) }),
  salt: z.string().regex(/^[\w-]{43}$/),
})
const answer = z.object({
  hidden: z.int().min(0),
  values: z.array(z.looseObject({ referral: z.looseObject({ fetched: held.optional() }).optional() })).max(200),
})

type Shown = z.output<typeof answer>
type Failed = Exclude<Fetched['outcome'], 'fetched'>

const refused: Partial<Record<RefusalCode, Failed>> = { NOT_FOUND: 'contradicted', HELD_ELSEWHERE: 'referred' }

type AskingAbout = Asking & { readonly code: string }

/**
 * Fetches values that stay with their holders, each checked against its commitment, so that a holder can withhold but not
 * lie. Kept as long as ttl says, for this reader alone.
 */
export const createElsewhere = ({ askHolder, nodeKey, now }: Pick<ResolverDeps, 'askHolder' | 'nodeKey' | 'now'>) => {
  const kept = new BoundedCache<string, { readonly until: number; readonly fetched: Fetched }>(10_000)

  const shownBy = async (holder: string, { code, ...asking }: AskingAbout): Promise<Shown | Failed> => {
    const path = `${readValues.path}?code=${encodeURIComponent(code)}`
    const reply = await askAlong({ askHolder, nodeKey }, holder, path, asking)
    if (reply.outcome === 'refused') return refused[reply.refusal.code] ?? 'hidden'
    if (reply.outcome !== 'answered') return reply.outcome
    const read = answer.safeParse(reply.body)
    return read.success ? read.data : 'contradicted'
  }

  return async (rows: readonly ValueRow[], asking: AskingAbout): Promise<ReadonlyMap<number, Fetched>> => {
    const found = new Map<number, Fetched>()
    const keyOf = (row: ValueRow) =>
      JSON.stringify([asking.as, asking.code, row.holder, base64url(row.commitment ?? new Uint8Array())])
    const open = rows.filter(row => {
      const before = row.holder === null ? undefined : kept.get(keyOf(row))
      if (before === undefined || before.until <= now().getTime()) return row.holder !== null
      found.set(row.index, before.fetched)
      return false
    })
    const byHolder = Map.groupBy(open, row => row.holder ?? '')
    await Promise.all(
      [...byHolder].map(async ([holder, of]) => {
        const shown = await shownBy(holder, asking)
        for (const row of of) {
          const fetched: Fetched = typeof shown === 'string' ? { outcome: shown } : judged(row, shown)
          found.set(row.index, fetched)
          if (fetched.outcome !== 'fetched' || row.ttl === 0) continue
          kept.set(keyOf(row), { until: now().getTime() + row.ttl * 1000, fetched })
        }
      }),
    )
    return found
  }
}

/** One whose digest is the commitment, held there or fetched by the holder in turn: who had it does not matter then. */
const judged = ({ commitment, type }: ValueRow, { values, hidden }: Shown): Fetched => {
  const candidates = values.flatMap(it => {
    const read = held.safeParse(it.referral?.fetched ?? it)
    return read.success ? [read.data] : []
  })
  for (const { salt, ...value } of candidates) {
    const bytes = fromBase64url(salt)
    if (commitment && equal(valueDigest(bytes, value), commitment)) return { outcome: 'fetched', value, salt: bytes }
  }
  // The holder keeps a pointer itself, and could not follow it.
  const further = commitment && base64url(commitment)
  if (values.some(it => it.referral !== undefined && it.referral.commitment === further)) return { outcome: 'referred' }
  const isThere = candidates.some(it => it.type === type)
  return { outcome: isThere || hidden === 0 ? 'contradicted' : 'hidden' }
}
