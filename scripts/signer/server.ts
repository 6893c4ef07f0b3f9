import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { base64, base64url, utf8 } from '../../core/bytes.ts'
import { parseJson } from '../../core/strict-json.ts'
import { NotSigned, type Shown, show } from './shown.ts'

export type SignerParts = {
  /** Signs a JWS signing input; the key itself stays where it is. */
  readonly sign: (input: Uint8Array) => Promise<Uint8Array>
  readonly alg: string
  /** DER, leaf first. */
  readonly chain: readonly [Uint8Array, ...Uint8Array[]]
  /** Scheme and host of the one node whose pages may ask. */
  readonly origin: string
  /** What the clerk copies into that page: other pages and programs don't have it. */
  readonly code: string
  /** Shows it and waits for the clerk's word. */
  readonly confirm: (shown: Shown) => Promise<boolean>
}

const MOST_BYTES = 2 << 20

/**
 * A signer for the pages of one node, on loopback: `GET /identity`, `POST /signatures` with `{"input"}`. It signs nothing that
 * it has not shown. A sign-in at that node is shown once, and then follows by itself as tokens end.
 */
export const createSigner = (parts: SignerParts): Server => {
  let signedIn = false
  let asking: Promise<unknown> = Promise.resolve()

  const signatureOver = async (input: string): Promise<string> => {
    const shown = show(input, parts.chain[0])
    if (shown.signIn !== undefined && shown.signIn !== parts.origin) {
      throw new NotSigned(`this is a sign-in at ${shown.signIn}, and not at ${parts.origin}`)
    }
    if (shown.signIn === undefined || !signedIn) {
      // One after the other: nobody can read two at once.
      const answer = asking.then(() => parts.confirm(shown))
      asking = answer.catch(() => undefined)
      if (!(await answer)) throw new NotSigned('the clerk said no')
    }
    signedIn ||= shown.signIn !== undefined
    return base64url(await parts.sign(utf8(input)))
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const reply = (status: number, body?: object) => {
      response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
      response.end(body && JSON.stringify(body))
    }
    // A name of somebody else's that leads here would make another page ours.
    if (!/^(?:127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? '')) return reply(421)
    if (request.headers.origin !== parts.origin) return reply(403, { detail: `only ${parts.origin} may ask` })
    response.setHeader('Access-Control-Allow-Origin', parts.origin)
    response.setHeader('Vary', 'Origin')
    if (request.method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Headers', 'Authorization, Content-Type')
      response.setHeader('Access-Control-Allow-Methods', 'GET, POST')
      response.setHeader('Access-Control-Allow-Private-Network', 'true')
      return reply(204)
    }
    if (!isCode(request.headers.authorization, parts.code)) return reply(401, { detail: 'the code is another one' })
    const { alg, chain } = parts
    if (request.method === 'GET' && request.url === '/identity') return reply(200, { alg, chain: chain.map(base64) })
    if (request.method !== 'POST' || request.url !== '/signatures') return reply(404)
    try {
      const body = parseJson(await textOf(request))
      const input = typeof body === 'object' && body !== null && 'input' in body ? body.input : undefined
      if (typeof input !== 'string') throw new NotSigned('there is no input')
      reply(200, { signature: await signatureOver(input) })
    } catch (error) {
      if (error instanceof NotSigned || error instanceof SyntaxError) return reply(422, { detail: error.message })
      reply(502, { detail: 'the card or key file did not sign' })
      throw error
    }
  }

  return createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end()
      process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    })
  })
}

const isCode = (given: string | undefined, code: string): boolean => {
  const [told, wanted] = [Buffer.from(given ?? ''), Buffer.from(`Bearer ${code}`)]
  return told.length === wanted.length && timingSafeEqual(told, wanted)
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MOST_BYTES) throw new NotSigned('this is too large to be read before it is signed')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
