import type { IRouter, Request, RequestHandler, Response } from 'express'
import { relations } from '../../core/access.ts'
import type { Asked, Caller, Contract, Route } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { parseJsonBytes } from '../../core/strict-json.ts'
import { readBody } from './body.ts'
import { parsePart } from './parse.ts'

export type Authenticate = (request: {
  method: string
  /** Without query and fragment, as the client sees it (RFC 9449 §4.2, htu). */
  url: string
  header: (name: string) => string | undefined
}) => Promise<Caller>

const defaultLimit = 1 << 20

/** Serves each route by its contract: who may, what comes in, what goes out. */
export function mount(router: IRouter, routes: readonly Route[], authenticate: Authenticate): void {
  for (const it of routes) {
    const { contract } = it
    const path = contract.path.replaceAll(/\{(\w+)\}/g, ':$1')
    router[contract.method](path, serve(it, authenticate))
  }
}

const serve =
  ({ contract, handle }: Route, authenticate: Authenticate): RequestHandler =>
  async (request, response) => {
    const origin = `${request.protocol}://${request.host}`
    const header = (name: string) => request.get(name)
    // No text in PostgreSQL has one, so nothing can be found under it.
    if (request.originalUrl.includes('%00')) throw new Refusal('INVALID_REQUEST', 'The address has a U+0000 in it')
    const caller =
      contract.surface === 'public'
        ? nobody
        : await authenticate({ method: request.method, url: origin + request.originalUrl.split('?')[0], header })
    response.locals.caller = caller.uscc
    const allowed = relations(contract.surface, caller.roles)
    if (allowed.length === 0) throw new Refusal('ROLE_FORBIDDEN')
    // Not before: nobody unknown may make this process hold megabytes.
    const raw = contract.body ? await take(request, contract.body) : new Uint8Array()
    const asked: Asked<unknown, unknown, unknown> = {
      params: parsePart(contract.params, request.params, 'path'),
      query: parsePart(
        contract.query,
        Object.keys(request.query).length ? request.query : contract.query && {},
        'query',
      ),
      body: contract.body
        ? parsePart(
            contract.body.schema,
            contract.body.bytes ? raw : decode(request, raw),
            'body',
            contract.body.invalid,
          )
        : undefined,
      caller,
      relations: allowed,
      request: {
        id: String(response.locals.requestId),
        header,
        raw,
        origin,
        url: request.originalUrl,
      },
    }
    const answer = await handle(asked as Asked<never, never, never>)
    send(response, contract, answer)
  }

const nobody: Caller = { uscc: '', name: '', roles: [], dpopKey: '', via: 'api', credential: '' }

/** The body is read only after its type and announced length were judged, and kept as it came: signatures cover bytes. */
const take = async (request: Request, { types, limit }: NonNullable<Contract['body']>): Promise<Uint8Array> => {
  if (!request.is([...types])) throw new Refusal('UNSUPPORTED_MEDIA_TYPE', `Send ${types.join(' or ')}`)
  return readBody(request, limit ?? defaultLimit)
}

const decode = (request: Request, raw: Uint8Array): unknown => {
  if (request.is(['json', '+json'])) {
    try {
      return parseJsonBytes(raw)
    } catch (error) {
      throw new Refusal('MALFORMED_JSON', error instanceof Error ? error.message : undefined)
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(raw)
  } catch {
    throw new Refusal('INVALID_REQUEST', 'The body is not UTF-8 text')
  }
}

const send = (
  response: Response,
  { reply }: Contract,
  answer: { status?: number; body: unknown; headers?: Readonly<Record<string, string>> },
) => {
  response.status(answer.status ?? reply.status)
  if (answer.headers) response.set(answer.headers)
  if (answer.body === undefined) return void response.end()
  const type = response.get('Content-Type') ?? reply.type ?? 'application/json'
  response.type(type)
  if (answer.body instanceof Uint8Array) return void response.send(Buffer.from(answer.body))
  response.send(typeof answer.body === 'string' && !type.includes('json') ? answer.body : toJson(answer.body))
}

/** Big integers are strings in JSON; instants are RFC 3339 in UTC. A string body of a JSON type is JSON already. */
const toJson = (body: unknown): string =>
  typeof body === 'string'
    ? body
    : JSON.stringify(body, (_key, value) => (typeof value === 'bigint' ? value.toString() : value))
