import { base64url } from '../core/bytes.ts'
import { Refusal } from '../core/errors.ts'
import { type Code, type HandleCode, parsePath } from '../core/identifier/code.ts'
import { hrefOf } from './linkset.ts'
import type { Resolved } from './resolve.ts'
import type { ValueRow } from './values/store.ts'
import { handleValueOf } from './values/values.ts'
import type { HandleElsewhere } from './values/whole.ts'

type Value = {
  readonly index: number
  readonly type: string
  readonly data: { readonly format: 'string'; readonly value: string }
  /** Seconds. */
  readonly ttl: number
  readonly timestamp?: string | undefined
  /** base64url; with it the value hashes to what HS_SIGNATURE says of its index. */
  readonly salt?: string | undefined
  /** Of a value that stays with its holder: the node that has it. What is here then is its commitment. */
  readonly holder?: string | undefined
}

/** What is said about a handle: of it what the reader may see, where all of it is, and the signature over all. */
export type Said = {
  readonly visible: readonly ValueRow[]
  readonly all: readonly { readonly index: number; readonly type: string }[]
  readonly signature: string
}

export type HandleAnswer = {
  readonly status: number
  /** What was found, whatever of it was asked for. */
  readonly found?: Resolved
  readonly body: {
    /**
     * 1 found · 100 no such handle · 102 not a handle · 200 no such values · 301 not a query · 400 not for this reader ·
     * 402 not for anybody: say who you are.
     */
    readonly responseCode: 1 | 100 | 102 | 200 | 301 | 400 | 402
    readonly handle: string
    readonly values?: readonly Value[]
    /** The node that said so, where it is not this one. */
    readonly heldAt?: string
  }
}

/** Links may change any day. */
const ttl = 86_400

/**
 * One look-up of the Handle HTTP JSON API. Of several `type` and `index` a value needs to meet one.
 * @param said what is said about the handle, as far as the reader may see; undefined where that is nothing
 * @param path `/88.x.y/suffix`, percent-encoded
 */
export const answerHandle = async (
  {
    resolve,
    said,
    elsewhere,
    reader,
  }: {
    readonly resolve: (code: Code) => Promise<Resolved>
    readonly said: (code: Code) => Promise<Said | undefined>
    /** Where nothing is said here: what the node says that holds the handle, in its own name. */
    readonly elsewhere: (code: HandleCode) => Promise<HandleElsewhere | undefined>
    /** Who asks; undefined where nobody said so. */
    readonly reader: string | undefined
  },
  path: string,
  query: URLSearchParams,
  origin: string,
): Promise<HandleAnswer> => {
  const parsed = parsePath(path)
  if (!parsed.ok || parsed.code.scheme !== 'handle') {
    return { status: 400, body: { responseCode: 102, handle: path.slice(1) } }
  }
  const { prefix, suffix } = parsed.code
  const handle = `${prefix}/${suffix}`
  const indexes = query.getAll('index')
  if (!indexes.every(index => /^\d{1,9}$/.test(index))) return { status: 400, body: { responseCode: 301, handle } }
  const types = query.getAll('type')
  let levels: Resolved
  try {
    levels = await resolve(parsed.code)
  } catch (error) {
    if (error instanceof Refusal && (error.status === 404 || error.status === 410))
      return { status: 404, body: { responseCode: 100, handle } }
    throw error
  }
  const wanted = ({ index, type }: { readonly index: number; readonly type: string }) =>
    (indexes.length === 0 && types.length === 0) || indexes.some(it => Number(it) === index) || types.includes(type)
  const more = await said(parsed.code)
  const there = more === undefined ? await elsewhere(parsed.code) : undefined
  const all = there?.values ?? [...valuesOf(levels, origin), ...(more ? saidValues(more) : [])]
  const values = all.filter(wanted)
  const heldAt = there && { heldAt: there.heldAt }
  if (values.length > 0) return { status: 200, found: levels, body: { responseCode: 1, handle, values, ...heldAt } }
  if (more?.all.some(wanted)) {
    const [status, responseCode] = reader === undefined ? ([401, 402] as const) : ([403, 400] as const)
    return { status, found: levels, body: { responseCode, handle } }
  }
  return { status: 200, found: levels, body: { responseCode: 200, handle, values, ...heldAt } }
}

/** From 100 up what its owner says; 50 is the signature over the digests of all of that. */
const saidValues = ({ visible, signature }: Said): readonly Value[] => [
  { index: 50, type: 'HS_SIGNATURE', data: { format: 'string', value: signature }, ttl: 0 },
  ...visible.map(row => ({
    ...handleValueOf(row),
    ...{ ttl: row.ttl, salt: base64url(row.salt) },
    ...(row.holder === null ? {} : { holder: row.holder }),
  })),
]

/** 1 is where the handle leads, 2 what it is called, 11 and up are all links, each under its link type. */
const valuesOf = ([{ links, description, changedAt }]: Resolved, origin: string): readonly Value[] => {
  const timestamp = changedAt && { timestamp: changedAt.toISOString().replace(/\.\d{3}Z$/, 'Z') }
  const value = (index: number, type: string, text: string): Value => ({
    ...{ index, type, data: { format: 'string', value: text }, ttl, ...timestamp },
  })
  return [
    ...links.filter(link => link.default).map(link => value(1, 'URL', hrefOf(link, origin))),
    value(2, 'DESC', description),
    ...links.map((link, i) => value(11 + i, link.linkType, hrefOf(link, origin))),
  ]
}
