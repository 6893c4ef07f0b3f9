import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { RequestHandler } from 'express'
import { Refusal } from '../../core/errors.ts'
import type { LookUp } from '../../resolver/look-up.ts'
import { anyPage, looksLikeCode, originOf } from '../../resolver/router.ts'
import { type Finished, requestIdOf } from './identify.ts'
import type { Limiter } from './limit.ts'

/**
 * Answers the plain look-up of a code, which is most of what a resolver is asked, before the rest of the stack: same
 * decision, same headers, but all of them written at once instead of set one by one by each layer. What is not plain, or
 * does not end in a redirect, goes the whole way and is answered there.
 */
export const plainRedirects = (of: {
  readonly lookUp: LookUp
  readonly limiter: Limiter
  readonly finished: Finished
  /** Sets the headers that every answer has. */
  readonly security: RequestHandler
}): RequestHandler => {
  const everywhere = headersOf(of.security)
  return async (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next()
    if (!looksLikeCode.test(request.url) || request.url.includes('?')) return next()
    const { accept, 'accept-language': acceptLanguage, 'x-request-id': given } = request.headers
    if (accept?.includes('linkset')) return next()
    const began = performance.now()
    if (!(await of.limiter.fits(request))) return next()
    try {
      const answer = await of.lookUp({ target: request.url, origin: originOf(request), accept, acceptLanguage })
      if (!('status' in answer) || answer.status !== 307) throw new Refusal('INTERNAL')
      const requestId = requestIdOf(given)
      response
        .writeHead(answer.status, [
          ...everywhere,
          ...['X-Request-Id', requestId, 'Content-Length', '0'],
          ...answer.headers.flat(),
        ])
        .end()
      of.finished({ requestId, method: request.method, url: request.url, status: answer.status, began })
    } catch {
      // Whatever it is, the whole stack comes to it as well, and says it; there it counts, too.
      of.limiter.takeBack(request)
      next()
    }
  }
}

/** What the layers would set on any answer to a look-up, in the flat form of writeHead. */
const headersOf = (security: RequestHandler): readonly string[] => {
  const probe = new ServerResponse(new IncomingMessage(new Socket()))
  security(probe.req as never, probe as never, () => undefined)
  for (const [name, value] of Object.entries(anyPage)) probe.setHeader(name, value)
  probe.setHeader('Vary', 'Accept, Accept-Language')
  return probe.getHeaderNames().flatMap(name => [name, String(probe.getHeader(name))])
}
