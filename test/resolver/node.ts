import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from 'kysely'
import { pino } from 'pino'
import { createApp } from '../../api/http/app.ts'
import { createMetrics } from '../../api/http/metrics.ts'
import { insertOrganization } from '../../certs/store.ts'
import type { Role } from '../../core/access.ts'
import { Refusal } from '../../core/errors.ts'
import { makeUscc, type Uscc } from '../../core/uscc.ts'
import { asNode } from '../../db/database.ts'
import { openReader } from '../../db/reader.ts'
import type { Holder, ResolverDeps } from '../../resolver/deps.ts'
import { createLookUp } from '../../resolver/look-up.ts'
import { mintRoutes } from '../../resolver/mint/routes.ts'
import { createResolutionLog } from '../../resolver/resolution-log.ts'
import { resolverRouter } from '../../resolver/router.ts'
import { resolverRoutes } from '../../resolver/routes.ts'
import { standingRoutes } from '../../resolver/standing/routes.ts'
import { valueRoutes } from '../../resolver/values/routes.ts'
import { nodeKey, type OpenLedger, openLedger } from '../ledger/open-ledger.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

const parties: Readonly<Record<Name, readonly Role[]>> = {
  operator: ['operator'],
  maker: ['manufacturer'],
  seller: ['distributor'],
  bank: ['bank'],
  // Its records live at a node of its own.
  elsewhere: ['hospital'],
}
export type Name = 'operator' | 'maker' | 'seller' | 'bank' | 'elsewhere'
const names = Object.keys(parties) as Name[]

export const uscc = Object.fromEntries(
  names.map((name, i) => [name, makeUscc(`91310000MA1${String(i).padStart(6, '0')}`)]),
) as Record<Name, Uscc>

export const otherNode = 'https://hospital.example'

export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Of JSON; else empty. */
  readonly body: Readonly<Record<string, unknown>>
  readonly text: string
}

export type ResolverNode = {
  readonly url: string
  readonly database: TestDatabase
  readonly ledger: OpenLedger
  /** Codes that documents took. */
  readonly held: Map<string, Holder>
  call(as: Name, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
  /** A look-up as a stranger makes it; redirects are not followed, and no header is sent but these and Host. */
  look(path: string, headers?: Record<string, string>, method?: string): Promise<Reply>
  rows(table: string): Promise<number>
  stop(): Promise<void>
}

/** The resolver over HTTP, in the app that nodes serve: real database, real log; callers are told instead of signed in. */
export async function startResolverNode({
  wholeWay = false,
  ...more
}: Partial<ResolverDeps> & { readonly wholeWay?: boolean } = {}): Promise<ResolverNode> {
  const database = await testDatabase()
  const { db } = database
  for (const name of names) {
    const node = name === 'elsewhere' ? otherNode : null
    await insertOrganization(db, {
      ...{ uscc: uscc[name], name, roles: parties[name], hosted: node === null, node, gln: null },
    })
  }
  const ledger = await openLedger(db)
  const held = new Map<string, Holder>()
  const resolutions = createResolutionLog(
    db,
    () => new Date(),
    error => ledger.faults.push(error),
  )
  const reader = openReader(database.url, error => ledger.faults.push(error), 2)
  const deps: ResolverDeps = {
    db,
    reader,
    now: () => new Date(),
    append: ledger.append,
    allocatable: [],
    holdersOf: async (_tx, codes) =>
      new Map(
        codes.flatMap(code => {
          const holder = held.get(code)
          return holder ? [[code, holder] as const] : []
        }),
      ),
    log: ledger,
    nodeKey,
    noted: resolutions.note,
    readerOf: async request => (request.get('x-as') ? uscc[request.get('x-as') as Name] : undefined),
    askHolder: async () => undefined,
    pageOf: code => `/console/code?code=${encodeURIComponent(code.text)}`,
    ...more,
  }
  const looking = createLookUp(deps)
  const app = createApp({
    routes: [...resolverRoutes(deps), ...standingRoutes(deps), ...mintRoutes(deps), ...valueRoutes(deps)],
    authenticate: async ({ header }) => {
      const name = names.find(it => it === header('x-as'))
      if (name === undefined) throw new Refusal('UNAUTHENTICATED')
      return { uscc: uscc[name], name, roles: parties[name], dpopKey: 'k', via: 'certificate', credential: 'c' }
    },
    before: [resolverRouter(deps, looking)],
    ...(wholeWay ? {} : { lookUp: looking.lookUp }),
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    trustedProxies: ['loopback'],
    requestsPerMinute: 100_000,
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  // Not fetch: it sends Accept and Accept-Language of its own, follows redirects, and has its own Host.
  const send = (method: string, path: string, headers: Record<string, string>, body?: string) =>
    new Promise<Reply>((done, fail) => {
      const asking = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, async answer => {
        let text = ''
        for await (const chunk of answer.setEncoding('utf8')) text += String(chunk)
        const isJson = (answer.headers['content-type'] ?? '').includes('json') && text !== ''
        const flat = Object.entries(answer.headers).map(([name, value]) => [name, value?.toString()])
        done({
          status: answer.statusCode ?? 0,
          headers: Object.fromEntries(flat),
          body: isJson ? JSON.parse(text) : {},
          text,
        })
      })
      asking.on('error', fail).end(body)
    })
  return {
    ...{ url: `http://127.0.0.1:${port}`, database, ledger, held },
    call: (as, method, path, body, headers = {}) =>
      send(
        method,
        path,
        { 'x-as': as, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
        body === undefined ? undefined : JSON.stringify(body),
      ),
    look: (path, headers = {}, method = 'GET') => send(method, path, headers),
    rows: table =>
      asNode(db, async tx => {
        const { rows } = await sql<{ n: bigint }>`select count(*) as n from ${sql.table(table)}`.execute(tx)
        return Number(rows[0]?.n)
      }),
    async stop() {
      server.closeAllConnections()
      server.close()
      await resolutions.stop()
      await reader.close()
      await ledger.stop()
      await database.drop()
    },
  }
}

/** Registers a code with its links, and fails the test where that is refused. */
export const registered = async (
  node: ResolverNode,
  code: string,
  links: readonly object[] = [],
  as: Name = 'maker',
) => {
  const { status, text } = await node.call(as, 'POST', '/api/v1/identifiers', { code, links })
  if (status !== 201) throw new Error(`${code} was not registered: ${text}`)
}

export const allocated = async (node: ResolverNode, prefix: string, to: Name) => {
  const { status, text } = await node.call('operator', 'POST', '/api/v1/identifiers/prefixes', {
    prefix,
    uscc: uscc[to],
  })
  if (status !== 201) throw new Error(`${prefix} was not allocated: ${text}`)
}

export const link = (linkType: string, href: string, more: object = {}) => ({
  ...{ linkType, href, title: `${linkType} of it` },
  ...more,
})
