import { randomUUID } from 'node:crypto'
import express, { type Express, type RequestHandler, type Router } from 'express'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import type { Logger } from 'pino'
import type { Route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import type { Metrics } from './metrics.ts'
import { type Authenticate, mount } from './mount.ts'
import { answerErrors, sendProblem } from './problem.ts'

export type AppParts = {
  routes: readonly Route[]
  authenticate: Authenticate
  /** Surfaces of other standards, in the order in which they are asked: what answers first wins. */
  before: readonly Router[]
  log: Logger
  metrics: Metrics
  trustedProxies: readonly string[]
  requestsPerMinute: number
}

export function createApp(parts: AppParts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.set('trust proxy', [...parts.trustedProxies])
  app.use(identify(parts.log, parts.metrics))
  app.use(security)
  app.use(limit(parts.requestsPerMinute))
  for (const router of parts.before) app.use(router)
  const api = express.Router({ caseSensitive: true, strict: true })
  mount(api, parts.routes, parts.authenticate)
  app.use(api)
  app.use((_request, response) => sendProblem(response, new Refusal('NOT_FOUND')))
  app.use(answerErrors(parts.log))
  return app
}

/** Gives each request an id, and leaves one line about it when it is over: no query, no body, no token. */
const identify =
  (log: Logger, metrics: Metrics): RequestHandler =>
  (request, response, next) => {
    const began = performance.now()
    const given = request.get('X-Request-Id')
    const requestId = given && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
    response.locals.requestId = requestId
    response.set('X-Request-Id', requestId)
    // Not `finish`: a client that left before its answer leaves a line, too.
    response.on('close', () => {
      const ms = performance.now() - began
      const refused: unknown = response.locals.refused
      metrics.request(request.method, response.statusCode, ms, typeof refused === 'string' ? refused : undefined)
      log.info({
        requestId,
        method: request.method,
        path: request.originalUrl.split('?')[0]?.slice(0, 200),
        status: response.statusCode,
        ms: Math.round(ms),
        ...(refused ? { refused } : {}),
        ...(response.locals.caller ? { caller: response.locals.caller } : {}),
      })
    })
    next()
  }

/** Scripts from here alone. Ant Design writes its styles into the page, so styles may be inline; scripts may not. */
const security = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'self'"],
      'script-src': ["'self'"],
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:', 'blob:'],
      'font-src': ["'self'", 'data:'],
      'connect-src': ["'self'"],
      'object-src': ["'none'"],
      'base-uri': ["'none'"],
      'form-action': ["'self'"],
      'frame-ancestors': ["'none'"],
    },
  },
  crossOriginResourcePolicy: { policy: 'cross-origin' },
  strictTransportSecurity: { maxAge: 31_536_000 },
})

const limit = (requestsPerMinute: number): RequestHandler =>
  rateLimit({
    windowMs: 60_000,
    limit: requestsPerMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skip: request => request.path === '/healthz' || request.path === '/readyz',
    handler: (_request, response) => sendProblem(response, new Refusal('RATE_LIMITED')),
  })
