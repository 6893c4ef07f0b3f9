import { createServer, type Server } from 'node:http'

export type Answer =
  | { readonly result: unknown }
  | { readonly error: { code: number; message: string; data?: unknown } }
export type AnswerRpc = (method: string, params: readonly unknown[]) => Promise<Answer>

const LARGEST_BODY = 1 << 20

/**
 * JSON-RPC over HTTP for one in-process chain. Not Hardhat's own server: that one ends the process when the port is
 * taken, and lets every page in the developer's browser call `hardhat_reset` and sign with unlocked accounts.
 */
export const jsonRpcServer = (answer: AnswerRpc): Server => {
  const answerOne = async (call: unknown): Promise<object> => {
    const { id = null, method, params = [] } = (typeof call === 'object' && call !== null ? call : {}) as Call
    if (typeof method !== 'string' || !Array.isArray(params)) {
      return { jsonrpc: '2.0', id, error: { code: -32600, message: 'not a JSON-RPC request' } }
    }
    return { jsonrpc: '2.0', id, ...(await answer(method, params)) }
  }
  return createServer((request, response) => {
    // The offline verifier is a file in a browser and asks from there; what can be asked is public.
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-headers', 'content-type')
    if (request.method !== 'POST') {
      response.writeHead(request.method === 'OPTIONS' ? 204 : 405).end()
      return
    }
    const parts: Buffer[] = []
    let size = 0
    request.on('data', (part: Buffer) => {
      size += part.length
      if (size > LARGEST_BODY) response.writeHead(413).end(() => request.destroy())
      else parts.push(part)
    })
    request.on('end', async () => {
      let calls: unknown
      try {
        calls = JSON.parse(Buffer.concat(parts).toString())
      } catch {
        calls = undefined
      }
      const body = Array.isArray(calls) ? await Promise.all(calls.map(answerOne)) : await answerOne(calls)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(body))
    })
  })
}

type Call = { readonly id?: unknown; readonly method?: unknown; readonly params?: unknown }
