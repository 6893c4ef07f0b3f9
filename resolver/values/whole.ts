import { z } from 'zod'
import { BoundedCache } from '../../core/bounded-cache.ts'
import { equal, fromBase64url } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { type HandleValue, valueDigest } from '../../core/handle-value.ts'
import { type Code, type HandleCode, parseCode, pathOf } from '../../core/identifier/code.ts'
import { identityOf } from '../../core/identifier/identity.ts'
import { parseCompact } from '../../core/jws.ts'
import { parseJsonBytes } from '../../core/strict-json.ts'
import { asNode } from '../../db/database.ts'
import type { ResolverDeps } from '../deps.ts'
import { prefixesOf } from '../identity.ts'
import { codesNamed, nodeOfPrefix } from '../store.ts'
import { type Asking, askAlong, type Reply } from './ask-along.ts'
import { readValues } from './contract.ts'

const digest = z.string().regex(/^[\w-]{42}[AEIMQUYcgkosw048]$/)
const handleValue = z.object({
  index: z.int().min(1).max(9_999),
  type: z.string().max(200),
  data: z.object({ format: z.literal('string'), value: z.string().max(20_000) }),
  ttl: z.int().min(0).max(31_536_000),
  timestamp: z.iso.datetime().optional(),
  salt: digest.optional(),
  holder: z.string().max(200).optional(),
})
const handleAnswer = z.object({
  handle: z.string().max(400),
  heldAt: z.string().max(200).optional(),
  values: z.array(handleValue).max(300),
})
const valuesAnswer = readValues.reply.schema

export type HandleElsewhere = { readonly values: readonly z.output<typeof handleValue>[]; readonly heldAt: string }
export type ValuesElsewhere = z.output<typeof valuesAnswer> & { readonly heldAt: string }

/** Kept answers are small: what is larger is asked for again. */
const LARGEST_KEPT = 32 << 10
const LONGEST_KEPT_S = 86_400

/**
 * Whole look-ups of codes of organizations whose records live at another node: asked there in the reader's own name, and
 * kept for that reader alone as long as the shortest ttl says. Every value shown must be one that the answer's signature is
 * over; whose signature that is, the reader judges by its own trust settings, as at the node itself.
 */
export const createWhole = ({
  db,
  askHolder,
  nodeKey,
  now,
}: Pick<ResolverDeps, 'db' | 'askHolder' | 'nodeKey' | 'now'>) => {
  const kept = new BoundedCache<string, { readonly until: number; readonly body: unknown }>(1_000)

  const ask = async (node: string, path: string, asking: Asking): Promise<Reply> => {
    const before = kept.get(keyOf(node, path, asking))
    if (before !== undefined && before.until > now().getTime()) {
      return { outcome: 'answered', body: before.body, bytes: 0 }
    }
    return askAlong({ askHolder, nodeKey }, node, path, asking)
  }
  const keep = (
    node: string,
    path: string,
    asking: Asking,
    { body, bytes }: Extract<Reply, { outcome: 'answered' }>,
    ttls: readonly number[],
  ): void => {
    const seconds = Math.min(LONGEST_KEPT_S, ...ttls)
    if (bytes === 0 || bytes > LARGEST_KEPT || ttls.length === 0 || seconds === 0) return
    kept.set(keyOf(node, path, asking), { until: now().getTime() + seconds * 1000, body })
  }

  return {
    /**
     * All that the reader may see of what is said there about a code.
     * Refusals NOT_FOUND, HELD_ELSEWHERE, PEER_UNAVAILABLE.
     */
    async values(code: Code, asking: Asking): Promise<ValuesElsewhere> {
      const node = await nodeOf(db, code)
      if (node === null) throw new Refusal('NOT_FOUND', 'Nothing is said here about this code')
      const path = `${readValues.path}?code=${encodeURIComponent(code.text)}`
      const reply = await ask(node, path, asking)
      if (reply.outcome === 'unreachable') {
        throw new Refusal('PEER_UNAVAILABLE', 'The node that holds this can not be reached', { heldAt: node })
      }
      if (reply.outcome !== 'answered') throw refusedBy(reply, node)
      const read = valuesAnswer.safeParse(reply.body)
      if (!read.success || !isAbout(read.data.code, code) || !isSigned(read.data.code, read.data)) {
        throw new Refusal('HELD_ELSEWHERE', 'The answer of the node that holds this contradicts itself: ask there', {
          heldAt: node,
        })
      }
      keep(
        node,
        path,
        asking,
        reply,
        read.data.values.map(it => it.ttl),
      )
      return { ...read.data, heldAt: read.data.heldAt ?? node }
    },

    /** All values of a handle that the reader may see; undefined where they can't be had, or are held here. */
    async handle(code: HandleCode, asking: Asking): Promise<HandleElsewhere | undefined> {
      const node = await nodeOf(db, code)
      if (node === null) return undefined
      const path = `/api/handles${pathOf(code)}`
      const reply = await ask(node, path, asking)
      if (reply.outcome !== 'answered') return undefined
      const read = handleAnswer.safeParse(reply.body)
      if (!read.success || !isAbout(`hdl:${read.data.handle}`, code)) return undefined
      const { heldAt = node } = read.data
      const values = read.data.values.filter(it => leadsSomewhere(it, node))
      const signature = values.find(it => it.type === 'HS_SIGNATURE')?.data.value
      const salted = values.filter(it => it.salt !== undefined)
      if (salted.length > 0 && !isSigned(code.text, { signature, values: salted })) return undefined
      keep(
        node,
        path,
        asking,
        reply,
        // The signature is made anew for each answer, and says so by its ttl.
        values.filter(it => it.type !== 'HS_SIGNATURE').map(it => it.ttl),
      )
      return { values, heldAt }
    },
  }
}

/** Addresses are held to what may be registered here: https, or a path at the node that says so. */
const leadsSomewhere = ({ index, type, data }: z.output<typeof handleValue>, node: string): boolean => {
  const isAddress = index < 100 && type !== 'DESC' && type !== 'HS_SIGNATURE'
  if (!isAddress) return true
  const url = URL.parse(data.value)
  return (
    url !== null && (url.protocol === 'https:' || url.origin === node) && url.username === '' && url.password === ''
  )
}

const keyOf = (node: string, path: string, { as }: Asking): string => JSON.stringify([as, node, path])

/** Where the records of the organization are whose code this is; null where that is here, or nobody knows. */
const nodeOf = (db: ResolverDeps['db'], code: Code): Promise<string | null> =>
  asNode(db, async tx => {
    const [row] = await codesNamed(tx, [identityOf(code)])
    return row === undefined ? nodeOfPrefix(tx, prefixesOf(code)) : row.node
  })

/** What it says of the code itself is told; what it says of how this node came to it is not the reader's business. */
const refusedBy = (reply: Exclude<Reply, { outcome: 'answered' | 'unreachable' }>, node: string): Refusal => {
  const code = reply.outcome === 'refused' ? reply.refusal.code : 'HELD_ELSEWHERE'
  if (code === 'NOT_FOUND') return new Refusal('NOT_FOUND', 'Nothing is said about this code where it is held')
  const further = reply.outcome === 'refused' && code === 'HELD_ELSEWHERE' ? reply.refusal.extra.heldAt : undefined
  const heldAt = typeof further === 'string' && further.length <= 200 ? further : node
  return new Refusal('HELD_ELSEWHERE', 'This is held at another node: ask there', { heldAt })
}

const isAbout = (text: string, code: Code): boolean => {
  const parsed = parseCode(text)
  return parsed.ok && identityOf(parsed.code) === identityOf(code)
}

type Said = {
  readonly signature: string | undefined
  readonly values: readonly (Pick<HandleValue, 'index' | 'type'> & {
    readonly data?: HandleValue['data'] | undefined
    readonly referral?: { readonly commitment: string } | undefined
    readonly salt?: string | undefined
  })[]
}
const payload = z.object({
  sub: z.string(),
  digests: z.object({ digests: z.array(z.object({ index: z.int(), digest })).max(10_000) }),
})

/** Each value hashes to what the signature is over, so that nobody on the way can have changed, or put in, one alone. */
const isSigned = (code: string, { signature = '', values }: Said): boolean => {
  const jws = parseCompact(signature)
  const read = jws.ok ? payload.safeParse(parsed(jws.payload)) : undefined
  if (!read?.success || read.data.sub !== code) return false
  const digests = new Map(read.data.digests.digests.map(it => [it.index, it.digest]))
  return values.every(({ index, type, data, referral, salt }) => {
    const value = data ?? (referral && ({ format: 'string', value: referral.commitment } as const))
    const [signed, seed] = [bytesIn(digests.get(index)), bytesIn(salt)]
    if (value === undefined || signed === undefined || seed === undefined) return false
    return equal(valueDigest(seed, { index, type, data: value }), signed)
  })
}

const parsed = (bytes: Uint8Array): unknown => {
  try {
    return parseJsonBytes(bytes)
  } catch {
    return undefined
  }
}

const bytesIn = (text: string | undefined): Uint8Array | undefined => {
  try {
    return text === undefined ? undefined : fromBase64url(text)
  } catch {
    return undefined
  }
}
