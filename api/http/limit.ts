import type { Request, RequestHandler } from 'express'
import { ipKeyGenerator, MemoryStore, rateLimit } from 'express-rate-limit'
import { Refusal } from '../../core/errors.ts'
import { sendProblem } from './problem.ts'

export type Limiter = {
  readonly middleware: RequestHandler
  /** Counts a request that is answered before the middleware; false where that was one too many. */
  fits(request: Request): Promise<boolean>
  /** It is not answered there after all. */
  takeBack(request: Request): void
}

/** Requests of one address, however they are answered. */
export const createLimiter = (requestsPerMinute: number): Limiter => {
  const store = new MemoryStore()
  const keyOf = ({ ip = '' }: Request) => ipKeyGenerator(ip)
  return {
    middleware: rateLimit({
      store,
      windowMs: 60_000,
      limit: requestsPerMinute,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      keyGenerator: keyOf,
      skip: request => request.path === '/healthz' || request.path === '/readyz',
      handler: (_request, response) => sendProblem(response, new Refusal('RATE_LIMITED')),
    }),
    fits: async request => (await store.increment(keyOf(request))).totalHits <= requestsPerMinute,
    takeBack: request => void store.decrement(keyOf(request)),
  }
}
