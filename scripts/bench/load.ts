import { connect, type Socket } from 'node:net'
import type { Work } from './measure.ts'

/** A whole HTTP/1.1 request, made before the clock runs: what the client does in a round is write and read. */
export type Request = Buffer

export const requestOf = (
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
): Request => {
  const bytes = Buffer.from(body)
  const lines = Object.entries({ Host: url.host, ...headers, 'Content-Length': String(bytes.length) })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.concat([Buffer.from(`${method} ${url.pathname} HTTP/1.1\r\n${head}\r\n`), bytes])
}

export type Answered = { readonly status: number; readonly body: string; readonly ms: number }

type Lane = { ask(request: Request): Promise<{ status: number; body: string }>; close(): void }

/** Each connection sends its next request when it has its answer. Throws on any answer but `expected`. */
export async function drive(of: {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly requests: readonly Request[]
  readonly expected?: number
  readonly onAnswer?: (answer: Answered) => void
}): Promise<Work> {
  const { expected = 202, onAnswer } = of
  const lanes = await Promise.all(Array.from({ length: of.connections }, () => openLane(of.url)))
  const began = performance.now()
  const end = began + of.seconds * 1000
  let next = 0
  let done = 0
  try {
    await Promise.all(
      lanes.map(async lane => {
        while (next < of.requests.length && performance.now() < end) {
          const sent = performance.now()
          const { status, body } = await lane.ask(of.requests[next++]!)
          if (status !== expected) throw new Error(`answered ${status}: ${body.slice(0, 300)}`)
          onAnswer?.({ status, body, ms: performance.now() - sent })
          done++
        }
      }),
    )
    return { done, seconds: (performance.now() - began) / 1000 }
  } finally {
    for (const lane of lanes) lane.close()
  }
}

/**
 * Requests at a steady rate, whether or not earlier ones were answered; gives milliseconds from when each was due, so
 * that a stall counts for all that had to wait behind it.
 */
export async function drivePaced(of: {
  readonly url: string
  readonly connections: number
  readonly perSecond: number
  readonly requests: readonly Request[]
  readonly expected?: number
}): Promise<number[]> {
  const { expected = 202 } = of
  const idle = await Promise.all(Array.from({ length: of.connections }, () => openLane(of.url)))
  const all = [...idle]
  const began = performance.now()
  const latencies: number[] = []
  const due: number[] = []
  let next = 0
  let sent = 0
  try {
    await new Promise<void>((done, fail) => {
      const send = () => {
        while (sent < next && idle.length > 0) {
          const lane = idle.pop()!
          const at = sent++
          lane.ask(of.requests[at]!).then(({ status, body }) => {
            if (status !== expected) return fail(new Error(`answered ${status}: ${body.slice(0, 300)}`))
            latencies.push(performance.now() - due[at]!)
            idle.push(lane)
            if (latencies.length === of.requests.length) {
              clearInterval(timer)
              return done()
            }
            return send()
          }, fail)
        }
      }
      const timer = setInterval(() => {
        for (; next < of.requests.length && began + (next / of.perSecond) * 1000 <= performance.now(); next++) {
          due.push(began + (next / of.perSecond) * 1000)
        }
        send()
      }, 1)
    })
    return latencies
  } finally {
    for (const lane of all) lane.close()
  }
}

const openLane = (url: string): Promise<Lane> =>
  new Promise((opened, failed) => {
    const { hostname, port } = new URL(url)
    const socket: Socket = connect({ host: hostname, port: Number(port), noDelay: true })
    let held = ''
    let waiting: { done: (answer: { status: number; body: string }) => void; fail: (error: Error) => void } | undefined
    const fail = (error: Error) => {
      waiting?.fail(error)
      failed(error)
    }
    socket.once('error', fail)
    socket.once('close', () => fail(new Error('the connection was closed')))
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      held += chunk
      const head = held.indexOf('\r\n\r\n')
      if (head < 0) return
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(held.slice(0, head))?.[1])
      if (Number.isNaN(length)) return fail(new Error('an answer without Content-Length'))
      if (held.length < head + 4 + length) return undefined
      const answer = { status: Number(held.slice(9, 12)), body: held.slice(head + 4, head + 4 + length) }
      held = held.slice(head + 4 + length)
      const asked = waiting
      waiting = undefined
      asked?.done(answer)
      return undefined
    })
    socket.once('connect', () =>
      opened({
        ask: request =>
          new Promise((done, fail) => {
            waiting = { done, fail }
            socket.write(request)
          }),
        close: () => {
          socket.removeAllListeners('close')
          socket.destroy()
        },
      }),
    )
  })
