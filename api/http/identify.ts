import { randomUUID } from 'node:crypto'
import type { RequestHandler } from 'express'
import type { Logger } from 'pino'
import type { Metrics } from './metrics.ts'

/** Hears of each request when it is over: counts it, and leaves one line about it, with no query, body or token. */
export type Finished = (of: {
  readonly requestId: string
  readonly method: string
  readonly url: string
  readonly status: number
  /** By performance.now(). */
  readonly began: number
  readonly refused?: string | undefined
  readonly caller?: unknown
}) => void

export const finishing =
  (log: Logger, metrics: Metrics): Finished =>
  ({ requestId, method, url, status, began, refused, caller }) => {
    const ms = performance.now() - began
    metrics.request(method, status, ms, refused)
    if (!log.isLevelEnabled('info')) return
    log.info({
      ...{ requestId, method, status, ms: Math.round(ms) },
      path: url.split('?')[0]?.slice(0, 200),
      ...(refused ? { refused } : {}),
      ...(caller ? { caller } : {}),
    })
  }

export const requestIdOf = (given: string | string[] | undefined): string =>
  typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()

/** Gives each request an id. */
export const identify =
  (finished: Finished): RequestHandler =>
  (request, response, next) => {
    const began = performance.now()
    const requestId = requestIdOf(request.get('X-Request-Id'))
    response.locals.requestId = requestId
    response.set('X-Request-Id', requestId)
    // Not `finish`: a client that left before its answer leaves a line, too.
    response.on('close', () => {
      const { refused, caller } = response.locals
      finished({
        ...{ requestId, began, caller, method: request.method, url: request.originalUrl, status: response.statusCode },
        refused: typeof refused === 'string' ? refused : undefined,
      })
    })
    next()
  }
