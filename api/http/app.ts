import express, { type Express, type Router } from 'express'
import helmet from 'helmet'
import type { Logger } from 'pino'
import type { Route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { SIGNER_ADDRESS } from '../../core/signer-address.ts'
import type { LookUp } from '../../resolver/look-up.ts'
import { dropForgedCertificates } from './client-certificate.ts'
import { finishing, identify } from './identify.ts'
import { createLimiter } from './limit.ts'
import type { Metrics } from './metrics.ts'
import { type Authenticate, mount } from './mount.ts'
import { plainRedirects } from './plain-redirects.ts'
import { answerErrors, sendProblem } from './problem.ts'

export type AppParts = {
  routes: readonly Route[]
  authenticate: Authenticate
  /** Surfaces of other standards, in the order in which they are asked: what answers first wins. */
  before: readonly Router[]
  /** Where codes lead; plain redirects are answered before all else. */
  lookUp?: LookUp
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
  const finished = finishing(parts.log, parts.metrics)
  const limiter = createLimiter(parts.requestsPerMinute)
  if (parts.lookUp) app.use(plainRedirects({ lookUp: parts.lookUp, limiter, finished, security }))
  app.use(dropForgedCertificates)
  app.use(identify(finished))
  app.use(security)
  app.use(limiter.middleware)
  for (const router of parts.before) app.use(router)
  const api = express.Router({ caseSensitive: true, strict: true })
  mount(api, parts.routes, parts.authenticate)
  app.use(api)
  app.use((_request, response) => sendProblem(response, new Refusal('NOT_FOUND')))
  app.use(answerErrors(parts.log))
  return app
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
      // The signer on the clerk's own machine (`tallystick signer`), which asks there before it signs.
      'connect-src': ["'self'", SIGNER_ADDRESS],
      'object-src': ["'none'"],
      'base-uri': ["'none'"],
      'form-action': ["'self'"],
      'frame-ancestors': ["'none'"],
    },
  },
  crossOriginResourcePolicy: { policy: 'cross-origin' },
  strictTransportSecurity: { maxAge: 31_536_000 },
})
