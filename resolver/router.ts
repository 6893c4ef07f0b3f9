import express, { type Request, type RequestHandler, type Response, type Router } from 'express'
import { z } from 'zod'
import { Refusal } from '../core/errors.ts'
import { type Code, parsePath, pathOf } from '../core/identifier/code.ts'
import { choose } from './choose.ts'
import type { ResolverDeps } from './deps.ts'
import { contextLocation, resolverDescription } from './description.ts'
import { answerHandle } from './handle.ts'
import { codeInvalid } from './invalid.ts'
import type { Link } from './link.ts'
import { defaultLink, expandLinkType } from './link-type.ts'
import { choicesOf, hrefOf, type Linkset, linksetOf } from './linkset.ts'
import { parseRanges, wantsLinkset } from './preference.ts'
import { type Outcome, signResolution } from './receipt.ts'
import { createResolve, type Resolved } from './resolve.ts'
import { saidAbout } from './values/values.ts'

/**
 * Codes as addresses: GS1 Digital Link paths and handles (GS1-Conformant Resolver 1.2), the resolver's description, and
 * the Handle HTTP JSON API. A look-up is no
 * scan: it is only noted, for the owner of the code. `?at=` asks what the code was then, and is answered with a receipt.
 */
export function resolverRouter(
  deps: Pick<ResolverDeps, 'db' | 'reader' | 'holdersOf' | 'pageOf' | 'log' | 'nodeKey' | 'now' | 'noted' | 'readerOf'>,
): Router {
  const resolve = createResolve(deps)
  const router = express.Router({ caseSensitive: true, strict: false })

  router.all('/.well-known/gs1resolver', readOnly, (request, response) => {
    response.json(resolverDescription(originOf(request)))
  })

  router.all('/api/handles/*handle', readOnly, async (request, response) => {
    const [path = '', query] = request.originalUrl.slice('/api/handles'.length).split(/\?(.*)/s)
    const reader = await deps.readerOf(request)
    const asked = { resolve, reader, said: (code: Code) => saidAbout(deps, reader, code) }
    const { status, body, found } = await answerHandle(asked, path, new URLSearchParams(query), originOf(request))
    if (found) note(deps.noted, found, 'handle', status, reader)
    response.vary('Authorization')
    if (reader !== undefined) response.set('Cache-Control', 'private')
    response.status(status).json(body)
  })

  router.all(looksLikeCode, readOnly, async (request, response) => {
    const parsed = parsePath(request.originalUrl)
    if (!parsed.ok) throw codeInvalid(parsed.error)
    const origin = originOf(request)
    const query = new URLSearchParams(request.originalUrl.split(/\?(.*)/s)[1])
    const types = parseRanges(request.get('Accept'))
    const linkType = query.get('linkType') ?? undefined
    const at = instantOf(query.get('at'), deps.now())
    response.vary('Accept, Accept-Language')
    const levels = at === undefined ? await resolve(parsed.code) : await resolveAt(response, parsed.code, at)
    if (linkType === 'linkset' || (linkType === undefined && wantsLinkset(types))) {
      note(deps.noted, levels, 'linkset', 200)
      sendLinkset(response, 200, linksetOf(levels, origin))
      return
    }
    const languages = parseRanges(request.get('Accept-Language'))
    const preference = { types, languages, context: query.get('context') ?? undefined }
    const { level, links } = chooseLinks(levels, linkType, preference)
    const [link, ...others] = links
    if (link === undefined) throw new Refusal('LINK_TYPE_ABSENT')
    response.append(
      'Link',
      `<${origin}${pathOf(parsed.code)}?linkType=linkset>; rel="linkset"; type="application/linkset+json"`,
    )
    const status = others.length > 0 ? 300 : 307
    note(deps.noted, levels, 'link', status)
    if (status === 300) sendLinkset(response, 300, choicesOf(level, links, origin))
    else
      response
        .status(307)
        .set('Location', withQuery(hrefOf(link, origin), request.originalUrl))
        .end()
  })

  /** As it was then, with the node's signature on the answer, also when the answer is that there was nothing. */
  const resolveAt = async (response: Response, code: Code, at: Date): Promise<Resolved> => {
    const outcome = await resolve(code, at).then(
      (levels): Outcome => ({ levels }),
      (error: unknown): Outcome & { error: unknown } => {
        if (error instanceof Refusal) return { refused: error.code, error }
        throw error
      },
    )
    response.set('Resolution-Receipt', await signResolution(deps, code, at, outcome))
    if ('levels' in outcome) return outcome.levels as Resolved
    throw (outcome as { error?: unknown }).error
  }
  return router
}

const note = (
  noted: ResolverDeps['noted'],
  [{ code, org }]: Resolved,
  form: 'link' | 'linkset' | 'handle',
  status: number,
  reader?: string,
) => {
  if (org !== undefined) noted({ code: code.text, org, form, status, ...(reader === undefined ? {} : { reader }) })
}

/** Refusals INVALID_REQUEST, DATE_IN_FUTURE. */
const instantOf = (text: string | null, now: Date): Date | undefined => {
  if (text === null) return undefined
  const at = z.iso.datetime({ offset: true }).safeParse(text).success ? new Date(text) : undefined
  if (at === undefined || Number.isNaN(at.getTime()) || at.getTime() < 0) {
    throw new Refusal('INVALID_REQUEST', 'at: expected a time like 2026-11-23T08:00:00Z')
  }
  if (at > now) throw new Refusal('DATE_IN_FUTURE')
  return at
}

/** A first segment of 2 to 4 digits is a GS1 key; one of numbers with a dot is a handle prefix. */
const looksLikeCode = /^\/(?:\d{2,4}|\d+\.[\d.]*)(?:\/|$)/

const methods = 'GET, HEAD, OPTIONS'

/** Anyone may look, from any page; and nobody may do anything else. */
const readOnly: RequestHandler = (request, response, next) => {
  response.set({
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': methods,
    'Access-Control-Allow-Headers': 'Accept, Accept-Language, Authorization, DPoP',
    'Access-Control-Expose-Headers': 'Link, Location, Resolution-Receipt',
  })
  if (request.method === 'OPTIONS') response.status(204).set('Allow', methods).end()
  else if (request.method === 'GET' || request.method === 'HEAD') next()
  else response.status(405).set('Allow', methods).end()
}

const chooseLinks = (levels: Resolved, asked: string | undefined, preference: Parameters<typeof choose>[2]) => {
  if (asked === undefined) return choose(levels, undefined, preference)
  const linkType = linkTypeOf(asked)
  return linkType === undefined ? { level: levels[0], links: [] as Link[] } : choose(levels, linkType, preference)
}

const linkTypeOf = (asked: string): string | undefined =>
  /^(?:gs1:|https:\/\/ref\.gs1\.org\/voc\/)defaultLink$/.test(asked) ? defaultLink : expandLinkType(asked)

const sendLinkset = (response: Response, status: number, linkset: Linkset) => {
  response
    .status(status)
    .set('Content-Type', 'application/linkset+json')
    .append('Link', `<${contextLocation}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`)
    .send(Buffer.from(JSON.stringify(linkset)))
}

/** Scheme and host as the client sees them, by the app's trust in proxies; only what can stand in an address. */
const originOf = (request: Request): string => {
  const origin = URL.parse(`${request.protocol}://${request.host}`)?.origin
  if (!origin?.startsWith('http')) throw new Refusal('INVALID_REQUEST', 'The Host header names no host')
  return origin
}

/** The whole query goes on to the target, before its fragment, as the standard asks for (§2.12). */
const withQuery = (href: string, requested: string): string => {
  const [, query = ''] = requested.split(/\?(.*)/s)
  const url = new URL(href)
  if (query !== '') url.search = url.search === '' ? query : `${url.search}&${query}`
  return url.href
}
