import { Refusal } from '../core/errors.ts'
import { type Code, parsePath } from '../core/identifier/code.ts'
import { hrefOf } from './linkset.ts'
import type { Resolved } from './resolve.ts'

type Value = {
  readonly index: number
  readonly type: string
  readonly data: { readonly format: 'string'; readonly value: string }
  /** Seconds. */
  readonly ttl: number
  readonly timestamp?: string
}

export type HandleAnswer = {
  readonly status: number
  /** What was found, whatever of it was asked for. */
  readonly found?: Resolved
  readonly body: {
    /** 1 found · 100 no such handle · 102 not a handle · 200 no such values · 301 not a query. */
    readonly responseCode: 1 | 100 | 102 | 200 | 301
    readonly handle: string
    readonly values?: readonly Value[]
  }
}

/** Links may change any day. */
const ttl = 86_400

/**
 * One look-up of the Handle HTTP JSON API. Of several `type` and `index` a value needs to meet one. Only what anybody may
 * see is among the values: where the handle leads, and what it is called.
 * @param path `/88.x.y/suffix`, percent-encoded
 */
export const answerHandle = async (
  resolve: (code: Code) => Promise<Resolved>,
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
  const values = valuesOf(levels, origin).filter(
    ({ index, type }) =>
      (indexes.length === 0 && types.length === 0) || indexes.some(it => Number(it) === index) || types.includes(type),
  )
  return { status: 200, found: levels, body: { responseCode: values.length > 0 ? 1 : 200, handle, values } }
}

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
