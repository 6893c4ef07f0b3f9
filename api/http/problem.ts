import type { NextFunction, Request, Response } from 'express'
import { Refusal, type RefusalCode, refusals } from '../../core/errors.ts'

/** How long a client should wait, in seconds, where the fault is ours and passes. */
const retryAfter: Partial<Record<RefusalCode, number>> = {
  LOG_BUSY: 1,
  LOG_ELSEWHERE: 1,
  LOG_BEHIND: 60,
  DATABASE_UNAVAILABLE: 2,
  PEER_UNAVAILABLE: 5,
  CHAIN_UNAVAILABLE: 5,
  RATE_LIMITED: 30,
}

/** The problem document (RFC 9457) of a refusal. `type` is a stable name and resolves under the node's /docs. */
export const problem = (refusal: Refusal, requestId: string) => ({
  ...refusal.extra,
  type: `urn:tallystick:problem:${refusal.code}`,
  title: refusals[refusal.code][1],
  status: refusal.status,
  code: refusal.code,
  detail: refusal.message,
  instance: `urn:tallystick:request:${requestId}`,
})

export const sendProblem = (response: Response, refusal: Refusal): void => {
  const seconds = retryAfter[refusal.code]
  if (seconds !== undefined) response.set('Retry-After', String(seconds))
  if (refusal.status === 401) response.set('WWW-Authenticate', `DPoP algs="ES256", error="invalid_token"`)
  const nonce = refusal.extra.dpopNonce
  if (typeof nonce === 'string') response.set('DPoP-Nonce', nonce)
  response.locals.refused = refusal.code
  response
    .status(refusal.status)
    .type('application/problem+json')
    .send(JSON.stringify(problem(refusal, String(response.locals.requestId))))
}

/** Last in the chain: a refusal is answered as such, a lost database as 503; anything else is ours, and its text stays here. */
export const answerErrors =
  (log: { error(fields: object, message: string): void }) =>
  (error: unknown, _request: Request, response: Response, next: NextFunction): void => {
    if (response.headersSent) {
      next(error)
      return
    }
    const refusal = asRefusal(error)
    if (refusal.code === 'INTERNAL' || refusal.code === 'DATABASE_UNAVAILABLE') {
      log.error({ requestId: response.locals.requestId, fault: describe(error) }, 'request failed')
    }
    sendProblem(response, refusal)
  }

export const asRefusal = (error: unknown): Refusal => {
  if (error instanceof Refusal) return error
  const { status, code } = fields(error)
  // Of the router: a path with a broken escape.
  if (status === 400) return new Refusal('INVALID_REQUEST', 'The address or a header is not well formed')
  if (typeof code === 'string' && isConnectionLoss(code)) return new Refusal('DATABASE_UNAVAILABLE')
  if (error instanceof Error && poolMessages.some(text => error.message.includes(text))) {
    return new Refusal('DATABASE_UNAVAILABLE')
  }
  return new Refusal('INTERNAL')
}

/** Node's socket errors, and PostgreSQL's classes 08 (connection), 53 (resources), 57P (shutdown, crash). */
const isConnectionLoss = (code: string): boolean => lostSocket.has(code) || /^(08|53|57P)/.test(code)

const lostSocket = new Set(
  'ECONNREFUSED ECONNRESET EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN'.split(' '),
)

/** What pg says without a code. */
const poolMessages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Client has encountered a connection error',
]

const fields = (error: unknown): { status?: unknown; code?: unknown } =>
  typeof error === 'object' && error !== null ? error : {}

/** Enough to find the place. The words of a database error quote values that people sent, so these stay out. */
const describe = (error: unknown) => {
  if (!(error instanceof Error)) return { name: typeof error }
  const lines = error.stack?.split('\n') ?? []
  const stack = 'severity' in error ? lines.filter(line => /^\s+at /.test(line)) : lines
  return { name: error.name, code: fields(error).code, stack: stack.slice(0, 12) }
}
