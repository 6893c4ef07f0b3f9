import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Heard = {
  readonly key: string
  readonly signature: string | undefined
  readonly body: string
  readonly ids: readonly string[]
}

/** A subscriber's own server, which answers as it is told. */
export async function startReceiver() {
  const heard: Heard[] = []
  let answer: () => number | 'hang' | 'cut' = () => 200
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
    const list = JSON.parse(body).epcisBody.queryResults.resultsBody.eventList as { eventID: string }[]
    heard.push({
      key: String(request.headers['idempotency-key']),
      signature: request.headers['gs1-signature']?.toString(),
      body,
      ids: list.map(it => it.eventID),
    })
    const status = answer()
    if (status === 'cut') request.socket.destroy()
    else if (status !== 'hang') response.writeHead(status).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    heard,
    answerWith: (next: typeof answer) => {
      answer = next
    },
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
export type Receiver = Awaited<ReturnType<typeof startReceiver>>
