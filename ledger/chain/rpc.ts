import { ChainFault, type ChainFaultCode } from './fault.ts'

/** One JSON-RPC call: its result, or ChainFault. */
export type Rpc = (method: string, params: readonly unknown[]) => Promise<unknown>

const TIME_LIMIT = 10_000

/**
 * JSON-RPC over HTTP, one call a request. ethers' own provider waits 10 ms to batch every call, asks for the network
 * before each and caches nonces for 250 ms; none of that is wanted by a sender who keeps nonces in a table.
 * Throws ChainFault: UNREACHABLE after `timeLimit` milliseconds, or what the node's error answer says.
 */
export const httpRpc = (url: string, timeLimit = TIME_LIMIT): Rpc => {
  const { address, authorization } = withoutCredentials(url)
  const headers = { 'content-type': 'application/json', ...authorization }
  let id = 0
  return async (method, params) => {
    let answer: unknown
    try {
      const response = await fetch(address, {
        method: 'POST',
        headers,
        body: JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params }),
        redirect: 'error',
        signal: AbortSignal.timeout(timeLimit),
      })
      // Some nodes answer an error with status 400 or 500 and the JSON-RPC error in the body.
      answer = await response.json()
    } catch (cause) {
      // The address stays out of the message: providers put their keys in its path.
      throw new ChainFault('UNREACHABLE', `the chain did not answer ${method}`, { cause })
    }
    return resultOf(method, answer)
  }
}

type Answer = { readonly result?: unknown; readonly error?: { message?: unknown; data?: unknown } }

const resultOf = (method: string, answer: unknown): unknown => {
  const { result, error } = (typeof answer === 'object' && answer !== null ? answer : {}) as Answer
  if (typeof error === 'object' && error !== null) {
    const message = String(error.message ?? 'no reason given')
    throw new ChainFault(faultOf(message), `${method}: ${message}`, { data: error.data })
  }
  if (result === undefined) throw new ChainFault('UNREACHABLE', `the answer to ${method} is not JSON-RPC`)
  return result
}

// Nodes give no codes for these: the words are those of geth, Besu, Nethermind, Erigon and Hardhat.
const wording: readonly (readonly [RegExp, ChainFaultCode])[] = [
  [/nonce (?:is )?too low|nonce too old/i, 'NONCE_USED'],
  [/nonce (?:is )?too (?:high|distant|far)|nonce gap/i, 'NONCE_GAP'],
  [/underpriced|gas ?price below|fee too low|max fee per gas less than|maxFeePerGas .*too low/i, 'UNDERPRICED'],
  [/insufficient (?:funds|balance)|doesn't have enough funds|upfront cost exceeds/i, 'INSUFFICIENT_FUNDS'],
]
const faultOf = (message: string): ChainFaultCode => wording.find(([words]) => words.test(message))?.[1] ?? 'REFUSED'

/** fetch refuses an address with a user and password in it; consortium gateways hand such addresses out. */
const withoutCredentials = (url: string): { address: string; authorization: Record<string, string> } => {
  const parsed = new URL(url)
  const { username, password } = parsed
  if (username === '' && password === '') return { address: url, authorization: {} }
  parsed.username = ''
  parsed.password = ''
  const pair = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)
  return { address: parsed.href, authorization: { authorization: `Basic ${pair.toString('base64')}` } }
}
