import express, { type Request, type RequestHandler, type Router } from 'express'
import { BoundedCache } from '../core/bounded-cache.ts'
import { Refusal } from '../core/errors.ts'
import type { Code, HandleCode } from '../core/identifier/code.ts'
import type { ResolverDeps } from './deps.ts'
import { resolverDescription } from './description.ts'
import { answerHandle } from './handle.ts'
import { type createLookUp, note, vary } from './look-up.ts'
import { saidAbout } from './values/values.ts'
import { createWhole } from './values/whole.ts'

/**
 * Codes as addresses: GS1 Digital Link paths and handles (GS1-Conformant Resolver 1.2), the resolver's description, and
 * the Handle HTTP JSON API. A look-up is no scan: it is only noted, for the owner of the code. `?at=` asks what the code
 * was then, and is answered with a receipt.
 */
export function resolverRouter(
  deps: Pick<ResolverDeps, 'db' | 'log' | 'nodeKey' | 'now' | 'noted' | 'readerOf' | 'askHolder'>,
  { lookUp, resolve }: ReturnType<typeof createLookUp>,
): Router {
  const router = express.Router({ caseSensitive: true, strict: false })
  const whole = createWhole(deps)

  router.all('/.well-known/gs1resolver', readOnly, (request, response) => {
    response.json(resolverDescription(originOf(request)))
  })

  router.all('/api/handles/*handle', readOnly, async (request, response) => {
    const [path = '', query] = request.originalUrl.slice('/api/handles'.length).split(/\?(.*)/s)
    const reader = await deps.readerOf(request)
    const asked = {
      ...{ resolve, reader, said: (code: Code) => saidAbout(deps, reader, code) },
      // A stranger has no name to ask in: it is told where to go.
      elsewhere: async (code: HandleCode) =>
        reader === undefined ? undefined : whole.handle(code, { as: reader, via: request.get('Via') }),
    }
    const { status, body, found } = await answerHandle(asked, path, new URLSearchParams(query), originOf(request))
    if (found) note(deps.noted, found, 'handle', status, reader)
    response.vary('Authorization')
    if (reader !== undefined) response.set('Cache-Control', 'private')
    response.status(status).json(body)
  })

  router.all(looksLikeCode, readOnly, async (request, response) => {
    response.vary(vary)
    const answer = await lookUp({
      target: request.originalUrl,
      origin: originOf(request),
      accept: request.get('Accept'),
      acceptLanguage: request.get('Accept-Language'),
    })
    for (const [name, value] of answer.headers) response.append(name, value)
    if ('refusal' in answer) throw answer.refusal
    response.status(answer.status)
    if (answer.body) response.send(answer.body)
    else response.set('Content-Length', '0').end()
  })
  return router
}

/** A first segment of 2 to 4 digits is a GS1 key; one of numbers with a dot is a handle prefix. */
export const looksLikeCode = /^\/(?:\d{2,4}|\d+\.[\d.]*)(?:\/|$)/

const methods = 'GET, HEAD, OPTIONS'

export const anyPage = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': methods,
  'Access-Control-Allow-Headers': 'Accept, Accept-Language, Authorization, DPoP',
  'Access-Control-Expose-Headers': 'Link, Location, Resolution-Receipt',
} as const

/** Anyone may look, from any page; and nobody may do anything else. */
const readOnly: RequestHandler = (request, response, next) => {
  response.set(anyPage)
  if (request.method === 'OPTIONS') response.status(204).set('Allow', methods).end()
  else if (request.method === 'GET' || request.method === 'HEAD') next()
  else response.status(405).set('Allow', methods).end()
}

/** Scheme and host as the client sees them, by the app's trust in proxies; only what can stand in an address. */
export const originOf = (request: Pick<Request, 'protocol' | 'host'>): string => {
  const asked = `${request.protocol}://${request.host}`
  // Most requests ask for one of a few hosts.
  const known = origins.get(asked)
  if (known !== undefined) return known
  const origin = URL.parse(asked)?.origin
  if (!origin?.startsWith('http')) throw new Refusal('INVALID_REQUEST', 'The Host header names no host')
  origins.set(asked, origin)
  return origin
}
const origins = new BoundedCache<string, string>(100)
