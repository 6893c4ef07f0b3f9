import { lookup } from 'node:dns'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Refusal } from '../../core/errors.ts'

/** How long a receiver may take. */
const TIMEOUT_MS = 10_000

/** Addresses that lead into somebody's own network: a subscriber must not make the node knock there. */
const inside = new BlockList()
for (const [network, prefix] of [
  ...([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
  ] as const),
  ...([
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['224.0.0.0', 3],
  ] as const),
])
  inside.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [
  ...([
    ['::', 127],
    ['64:ff9b::', 96],
    ['fc00::', 7],
    ['fe80::', 10],
    ['ff00::', 8],
  ] as const),
])
  inside.addSubnet(network, prefix, 'ipv6')

export const isInside = (address: string): boolean => inside.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** `local` lets a development node send to this machine. Refusal DESTINATION_FORBIDDEN. */
export const mustBeAllowed = (dest: string, local: boolean): void => {
  const url = URL.parse(dest)
  const host = hostOf(url)
  const isLocal = host === '127.0.0.1' || host === 'localhost'
  if (url && local && isLocal && (url.protocol === 'http:' || url.protocol === 'https:')) return
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') {
    throw new Refusal('DESTINATION_FORBIDDEN', 'dest takes an https address without a password in it')
  }
  if (isIP(host) !== 0 && isInside(host)) throw new Refusal('DESTINATION_FORBIDDEN')
}

const hostOf = (url: URL | null): string => (url?.hostname ?? '').replace(/^\[|\]$/g, '')

/** The name is looked up here, and what it means now is what is called: no second answer can lead inside. */
const outside: LookupFunction = (hostname, options, done) =>
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const [first, ...rest] = error ? [] : addresses.filter(({ address }) => !isInside(address))
    if (!first) return done(error ?? new Error('the name leads into a private network'), '', 4)
    if (options.all) return done(null, [first, ...rest])
    done(null, first.address, first.family)
  })

/** Sends one delivery and gives the status. */
export const send = async (...of: Parameters<typeof post>): Promise<number> => (await post(...of)).status

/** No receipt is longer; what is, is somebody's way to fill our memory. */
const MOST_ANSWER = 64 << 10

/**
 * Sends one body and gives status and answer; redirects are not followed. Rejects where there is no answer in time, or one
 * beyond 64 KiB.
 */
export const post = (
  dest: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  local: boolean,
): Promise<{ readonly status: number; readonly body: string }> => {
  mustBeAllowed(dest, local)
  const url = new URL(dest)
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((done, fail) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const asking = request(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'Content-Length': body.length },
        signal,
        ...(local ? {} : { lookup: outside }),
      },
      answer => {
        const chunks: Buffer[] = []
        let size = 0
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size <= MOST_ANSWER) chunks.push(chunk)
          else answer.destroy(new Error('the answer is too long'))
        })
        answer.once('end', () => done({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }))
        answer.once('error', fail)
      },
    )
    asking.once('error', fail)
    asking.end(body)
  })
}
