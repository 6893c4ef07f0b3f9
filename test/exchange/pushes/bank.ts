import { createHash, createPublicKey, verify } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWK } from 'jose'
import { type Dictionary, type InnerList, parseDictionary, serializeInnerList } from 'structured-headers'
import { canonical } from '../../../core/canonical.ts'
import { signCompact } from '../../../core/jws.ts'
import { typ } from '../../../core/typ.ts'
import type { Party } from '../parties.ts'

export type Taken = {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly path: string
}

/** A bank's own endpoint: a real HTTP server that keeps what came and answers as it is told. */
export type BankServer = {
  readonly url: string
  readonly taken: Taken[]
  answer: (taken: Taken) => Promise<{ readonly status: number; readonly body?: string }>
  close(): Promise<void>
}

export const startBank = async (): Promise<BankServer> => {
  const taken: Taken[] = []
  const server = createServer(async (request, response) => {
    const one: Taken = {
      ...{ method: request.method ?? '', path: request.url ?? '', body: await textOf(request) },
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    }
    taken.push(one)
    const { status, body } = await bank.answer(one)
    response.writeHead(status).end(body ?? '')
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const bank: BankServer = {
    url: `http://127.0.0.1:${port}/inbox?from=tallystick`,
    taken,
    answer: async () => ({ status: 202 }),
    close: () => new Promise<void>(done => server.close(() => done())),
  }
  return bank
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** The bank signs for what came. */
export const receiptFor = (
  { body }: Taken,
  by: Party,
  said: { push: string; application: string; receivedAt: string },
  changed: object = {},
): Promise<string> =>
  signCompact({
    ...{ typ: typ.pushReceipt, key: by.key, x5c: by.x5c },
    payload: canonical({ ...said, bank: by.uscc, body: createHash('sha256').update(body).digest('hex'), ...changed }),
  })

/**
 * RFC 9421 §3.2 and RFC 9530 §2 as a stranger reads them, on node:crypto and the grammar of structured fields alone: the
 * parameters of the one signature where all is good, else why not.
 */
export const judgeMessage = (it: Taken, origin: string, jwk: JWK): ReadonlyMap<string, unknown> | string => {
  const inputs: Dictionary = parseDictionary(it.headers['signature-input'] ?? '')
  const signatures: Dictionary = parseDictionary(it.headers.signature ?? '')
  const [label = ''] = inputs.keys()
  const input = inputs.get(label) as InnerList | undefined
  const signature = signatures.get(label)?.[0]
  if (input === undefined || !(signature instanceof ArrayBuffer)) return 'no signature'
  const component = (name: string): string | undefined => {
    if (name === '@method') return it.method
    if (name === '@target-uri') return `${origin}${it.path}`
    return it.headers[name]?.trim()
  }
  const lines = input[0].map(([name]) => `"${name}": ${component(String(name))}`)
  const base = [...lines, `"@signature-params": ${serializeInnerList(input)}`].join('\n')
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  const good = verify('sha256', Buffer.from(base), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature))
  if (!good) return 'the signature does not verify'
  const digest = parseDictionary(it.headers['content-digest'] ?? '').get('sha-256')?.[0]
  const actual = createHash('sha256').update(it.body).digest()
  if (!(digest instanceof ArrayBuffer) || !actual.equals(Buffer.from(digest))) return 'the body is another'
  return new Map([...input[1], ['covered', input[0].map(([name]) => name)]])
}
