import type { z } from 'zod'
import type { Relation, Role, Surface } from './access.ts'
import type { RefusalCode } from './errors.ts'

/**
 * What a route takes and gives. One object drives validation, the handler's types, OpenAPI and the typed client, so that
 * they can't disagree. Paths are in OpenAPI form, `/api/v1/documents/{code}`.
 */
export type Contract<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> = {
  readonly operation: string
  readonly method: 'get' | 'post' | 'put' | 'delete'
  readonly path: string
  readonly summary: string
  /** The row of the access table. `public` needs no token. */
  readonly surface: Surface
  readonly params?: Params
  readonly query?: Query
  /** JSON bodies are parsed by the schema; other media types arrive as text, or as bytes, and the schema parses that. */
  readonly body?: {
    readonly types: readonly string[]
    readonly schema: Body
    readonly limit?: number
    readonly bytes?: boolean
    /** Codes for parts of it that have one of their own when they are not well formed; else INVALID_REQUEST. */
    readonly invalid?: readonly (readonly [at: RegExp, code: RefusalCode])[]
  }
  readonly reply: {
    readonly status: number
    readonly type?: string
    readonly description: string
    readonly schema: Reply
  }
  readonly refusals: readonly RefusalCode[]
}

/** Gives a contract its exact type. */
export const contract = <
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Reply extends z.ZodType = z.ZodType,
>(
  it: Contract<Params, Query, Body, Reply>,
) => it

export type Caller = {
  readonly uscc: string
  readonly name: string
  readonly roles: readonly Role[]
  /** Of the DPoP key the token is bound to (RFC 7638), or of the TLS certificate (RFC 8705). */
  readonly dpopKey: string
  /** `node`: another deployment, by a key that the organization endorsed for its node. */
  readonly via: 'certificate' | 'api' | 'node'
  /** With what it signed in: thumbprint of the certificate, or of the key. */
  readonly credential: string
  /** What the token was granted for (RFC 9396), where it was asked for something in particular. */
  readonly authorizationDetails?: readonly Readonly<Record<string, unknown>>[] | undefined
}

export type Asked<Params, Query, Body> = {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly caller: Caller
  /** How far the access table lets this caller read here. */
  readonly relations: readonly Relation[]
  readonly request: {
    readonly id: string
    readonly header: (name: string) => string | undefined
    /** The body exactly as received. */
    readonly raw: Uint8Array
    /** Scheme and host as the client sees them, without a trailing slash. */
    readonly origin: string
    readonly url: string
  }
}

export type Answer<Reply> = {
  readonly status?: number
  readonly body: Reply
  readonly headers?: Readonly<Record<string, string>>
}

export type Route = {
  readonly contract: Contract
  readonly handle: (asked: Asked<never, never, never>) => Promise<Answer<unknown>>
}

/** Ties a handler to its contract; for `public` surfaces `caller` must not be used. */
export const route = <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  of: Contract<P, Q, B, R>,
  handle: (asked: Asked<z.output<P>, z.output<Q>, z.output<B>>) => Promise<Answer<z.input<R>>>,
): Route => ({ contract: of as unknown as Contract, handle: handle as Route['handle'] })
