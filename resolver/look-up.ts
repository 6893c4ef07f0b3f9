import { z } from 'zod'
import { Refusal } from '../core/errors.ts'
import { type Code, parsePath, pathOf } from '../core/identifier/code.ts'
import { choose } from './choose.ts'
import type { ResolverDeps } from './deps.ts'
import { contextLocation } from './description.ts'
import { codeInvalid } from './invalid.ts'
import type { Link } from './link.ts'
import { defaultLink, expandLinkType } from './link-type.ts'
import { choicesOf, hrefOf, type Linkset, linksetOf } from './linkset.ts'
import { parseRanges, wantsLinkset } from './preference.ts'
import { type Outcome, signResolution } from './receipt.ts'
import { createResolve, type Resolved } from './resolve.ts'

/** What a look-up is decided by, and nothing else: the same for every way in. */
export type Asked = {
  /** Path and query as they were sent. */
  readonly target: string
  /** Scheme and host as the client sees this node. */
  readonly origin: string
  readonly accept?: string | undefined
  readonly acceptLanguage?: string | undefined
}

export type Answer = {
  readonly status: 200 | 300 | 307
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: Buffer
}
/** Refused with headers that go out all the same: a receipt that there was nothing. */
export type Refused = { readonly refusal: unknown; readonly headers: Answer['headers'] }

/** GET of a code (GS1-Conformant Resolver 1.2). Rejects with a Refusal, but where a receipt goes with it. */
export type LookUp = (asked: Asked) => Promise<Answer | Refused>

export type LookUpDeps = Pick<
  ResolverDeps,
  'db' | 'reader' | 'holdersOf' | 'pageOf' | 'log' | 'nodeKey' | 'now' | 'noted'
>

/** What any answer about a code may depend on. */
export const vary = 'Accept, Accept-Language'

export const createLookUp = (
  deps: LookUpDeps,
): { readonly lookUp: LookUp; readonly resolve: ReturnType<typeof createResolve> } => {
  const resolve = createResolve(deps)

  const lookUp: LookUp = async ({ target, origin, accept, acceptLanguage }) => {
    const parsed = parsePath(target)
    if (!parsed.ok) throw codeInvalid(parsed.error)
    const { code } = parsed
    const mark = target.indexOf('?')
    const query = mark < 0 ? noQuery : new URLSearchParams(target.slice(mark + 1))
    const types = parseRanges(accept)
    const linkType = query.get('linkType') ?? undefined
    const asked = query.get('at')
    if (asked !== null) {
      const at = instantOf(asked, deps.now())
      const { outcome, error, receipt } = await resolveAt(code, at)
      const headers = [['Resolution-Receipt', receipt] as const]
      if (outcome === undefined) return { refusal: error, headers }
      try {
        const answer = answerOf(outcome)
        return { ...answer, headers: [...headers, ...answer.headers] }
      } catch (refusal) {
        return { refusal, headers }
      }
    }
    return answerOf(await resolve(code))

    function answerOf(levels: Resolved): Answer {
      if (linkType === 'linkset' || (linkType === undefined && wantsLinkset(types))) {
        note(deps.noted, levels, 'linkset', 200)
        return linksetAnswer(200, linksetOf(levels, origin))
      }
      const preference = { types, languages: parseRanges(acceptLanguage), context: query.get('context') ?? undefined }
      const { level, links } = chooseLinks(levels, linkType, preference)
      const [link, ...others] = links
      if (link === undefined) throw new Refusal('LINK_TYPE_ABSENT')
      const all = `<${origin}${pathOf(code)}?linkType=linkset>; rel="linkset"; type="application/linkset+json"`
      const status = others.length > 0 ? 300 : 307
      note(deps.noted, levels, 'link', status)
      if (status === 300) return linksetAnswer(300, choicesOf(level, links, origin), all)
      const location = withQuery(hrefOf(link, origin), mark < 0 ? '' : target.slice(mark + 1))
      return {
        status,
        headers: [
          ['Link', all],
          ['Location', location],
        ],
      }
    }
  }

  /** As it was then, with the node's signature on the answer, also when the answer is that there was nothing. */
  const resolveAt = async (code: Code, at: Date) => {
    let outcome: Resolved | undefined
    let error: unknown
    let said: Outcome
    try {
      outcome = await resolve(code, at)
      said = { levels: outcome }
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown
      error = thrown
      said = { refused: thrown.code }
    }
    return { outcome, error, receipt: await signResolution(deps, code, at, said) }
  }

  return { lookUp, resolve }
}

const noQuery = new URLSearchParams()

const linksetAnswer = (status: 200 | 300, linkset: Linkset, link?: string): Answer => ({
  status,
  headers: [
    ['Content-Type', 'application/linkset+json'],
    ...(link === undefined ? [] : [['Link', link] as const]),
    ['Link', `<${contextLocation}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`],
  ],
  body: Buffer.from(JSON.stringify(linkset)),
})

/** For the owner of the code; of codes whose owner is not known here nobody is told. */
export const note = (
  noted: ResolverDeps['noted'],
  [{ code, org }]: Resolved,
  form: 'link' | 'linkset' | 'handle',
  status: number,
  reader?: string,
): void => {
  if (org !== undefined) noted({ code: code.text, org, form, status, ...(reader === undefined ? {} : { reader }) })
}

/** Refusals INVALID_REQUEST, DATE_IN_FUTURE. */
const instantOf = (text: string, now: Date): Date => {
  const at = z.iso.datetime({ offset: true }).safeParse(text).success ? new Date(text) : undefined
  if (at === undefined || Number.isNaN(at.getTime()) || at.getTime() < 0) {
    throw new Refusal('INVALID_REQUEST', 'at: expected a time like 2026-11-23T08:00:00Z')
  }
  if (at > now) throw new Refusal('DATE_IN_FUTURE')
  return at
}

const chooseLinks = (levels: Resolved, asked: string | undefined, preference: Parameters<typeof choose>[2]) => {
  if (asked === undefined) return choose(levels, undefined, preference)
  const linkType = linkTypeOf(asked)
  return linkType === undefined ? { level: levels[0], links: [] as Link[] } : choose(levels, linkType, preference)
}

const linkTypeOf = (asked: string): string | undefined =>
  /^(?:gs1:|https:\/\/ref\.gs1\.org\/voc\/)defaultLink$/.test(asked) ? defaultLink : expandLinkType(asked)

/** The whole query goes on to the target, before its fragment, as the standard asks for (§2.12). */
const withQuery = (href: string, query: string): string => {
  if (query === '') return href
  const url = new URL(href)
  url.search = url.search === '' ? query : `${url.search}&${query}`
  return url.href
}
