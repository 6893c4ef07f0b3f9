import { once } from 'node:events'
import { type ClientRequest, createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { z } from 'zod'
import { createApp } from '../../../api/http/app.ts'
import { createMetrics } from '../../../api/http/metrics.ts'
import { type Asked, type Caller, contract, type Route, route } from '../../../core/contract.ts'
import { Refusal } from '../../../core/errors.ts'
import { makeUscc } from '../../../core/uscc.ts'

export const seller = makeUscc('91310000MA1FL0000')

/** Takes a number beyond any double, gives it back. */
export const makeThing = contract({
  operation: 'makeThing',
  method: 'post',
  path: '/things/{id}',
  summary: 'Make a thing',
  surface: 'documents:write',
  params: z.strictObject({ id: z.string().regex(/^[a-z]{1,8}$/, 'expected small letters') }),
  query: z.strictObject({ twice: z.enum(['yes', 'no']).optional() }),
  body: {
    types: ['application/json'],
    schema: z.strictObject({
      name: z.string().min(1),
      count: z.int().optional(),
      amount: z
        .string()
        .regex(/^\d{1,30}$/)
        .transform(BigInt)
        .optional(),
    }),
    limit: 1000,
  },
  reply: {
    status: 201,
    description: 'Made',
    schema: z.object({ id: z.string(), name: z.string(), amount: z.bigint().optional(), at: z.date() }),
  },
  refusals: ['DOCUMENT_EXISTS'],
})

export const takeText = contract({
  operation: 'takeText',
  method: 'post',
  path: '/text',
  summary: 'Take text of two kinds',
  surface: 'public',
  body: { types: ['application/jose', 'application/jose+json'], schema: z.unknown() },
  reply: { status: 200, type: 'text/plain', description: 'The same', schema: z.string() },
  refusals: [],
})

export const readThing = contract({
  operation: 'readThing',
  method: 'get',
  path: '/things',
  summary: 'Read',
  surface: 'public',
  reply: { status: 200, description: 'Read', schema: z.unknown() },
  refusals: [],
})

export type Tiny = {
  readonly url: string
  /** Lines of the log, parsed. */
  readonly logged: Record<string, unknown>[]
  /** What the handler of GET /things does, and whom the token names. */
  handler: () => Promise<unknown>
  caller: Caller
  /** How often a caller was asked for, a body was handed over. */
  authenticated: number
  readonly taken: Asked<unknown, unknown, unknown>[]
  /** Waits for the line about a request: it is written when all is over, a moment after the answer. */
  lineAbout(match: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>
  metrics(): Promise<string>
  stop(): Promise<void>
}

/** A real server of three routes. */
export async function startTiny(requestsPerMinute = 10_000): Promise<Tiny> {
  const logged: Record<string, unknown>[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged.push(JSON.parse(String(chunk)))
      done()
    },
  })
  const metrics = createMetrics()
  const taken: Asked<unknown, unknown, unknown>[] = []
  const routes: Route[] = [
    route(makeThing, async asked => {
      taken.push(asked)
      const { id } = asked.params
      if (id === 'taken') throw new Refusal('DOCUMENT_EXISTS', 'There is such a thing', { held: 7n.toString() })
      const { name, amount } = asked.body
      return {
        body: { id, name, ...(amount === undefined ? {} : { amount }), at: new Date(0) },
        headers: { Location: `/things/${id}` },
      }
    }),
    route(takeText, async asked => {
      taken.push(asked)
      return { body: new TextDecoder().decode(asked.request.raw) }
    }),
    route(readThing, async () => ({ body: await tiny.handler() })),
  ]
  const app = createApp({
    routes,
    authenticate: async () => {
      tiny.authenticated++
      return tiny.caller
    },
    before: [],
    log: pino(sink),
    metrics,
    trustedProxies: [],
    requestsPerMinute,
  })
  const server = createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const tiny: Tiny = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    logged,
    handler: async () => ({}),
    caller: { uscc: seller, name: 'Seller', roles: ['distributor'], dpopKey: 'k', via: 'certificate', credential: 'c' },
    authenticated: 0,
    taken,
    async lineAbout(match) {
      for (;;) {
        const line = logged.find(it => it.status !== undefined && match(it))
        if (line) return line
        await new Promise(done => setTimeout(done, 5))
      }
    },
    metrics: () => metrics.text(),
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return tiny
}

type Early = { readonly status: number; readonly body: string }

/** Sends as `write` does, never ends the request, and resolves with the answer that comes anyway. */
const answeredEarly = (url: string, headers: object, write: (request: ClientRequest) => void): Promise<Early> =>
  new Promise((resolve, reject) => {
    const all = { 'Content-Type': 'application/json', ...headers }
    const request = send(url, { method: 'POST', headers: all }, response => {
      let body = ''
      response.on('data', chunk => {
        body += chunk
      })
      response.on('end', () => {
        request.destroy()
        resolve({ status: response.statusCode ?? 0, body })
      })
    })
    request.on('error', reject)
    write(request)
  })

/** Announces a body of this length and sends none of it. */
export const announce = (url: string, length: number): Promise<Early> =>
  answeredEarly(url, { 'Content-Length': length }, request => request.flushHeaders())

/** Sends a chunk of 2,000 bytes and leaves it open how many will follow. */
export const endless = (url: string): Promise<Early> =>
  answeredEarly(url, { 'Transfer-Encoding': 'chunked' }, request => request.write('x'.repeat(2000)))

/** Sends half of a body and hangs up. */
export const leave = (url: string): Promise<void> =>
  new Promise(done => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': 100 }
    const request = send(url, { method: 'POST', headers })
    request.on('error', () => done())
    request.write('{"name":', () => setTimeout(() => request.destroy(), 50))
    request.on('close', () => done())
  })
