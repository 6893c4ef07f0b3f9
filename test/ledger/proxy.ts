import { connect, createServer, type Socket } from 'node:net'

/** What becomes of the connection when a commit is sent over it. */
export type Cut = 'none' | 'before the commit' | 'after the commit'

/**
 * Stands between the node and PostgreSQL and breaks the connection around a commit, so that the node does not hear how
 * it ended. The server side stays open for a moment, as it would when a router dies.
 */
export const cuttingProxy = async (databaseUrl: string) => {
  const target = new URL(databaseUrl)
  const open = new Set<Socket>()
  const state = { cut: 'none' as Cut, cuts: 0 }
  const server = createServer(client => {
    const upstream = connect(Number(target.port), target.hostname)
    let cutting = false
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => open.delete(socket))
    }
    client.on('data', chunk => {
      if (state.cut !== 'none' && chunk.includes('commit\0')) {
        cutting = true
        state.cuts++
        const after = state.cut === 'after the commit'
        state.cut = 'none'
        if (after) upstream.write(chunk)
        client.destroy()
        return
      }
      upstream.write(chunk)
    })
    upstream.on('data', chunk => {
      if (!cutting) client.write(chunk)
    })
    client.on('close', () => upstream.end())
    upstream.on('close', () => client.destroy())
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const url = new URL(databaseUrl)
  url.port = `${typeof address === 'object' && address ? address.port : 0}`
  return {
    url: url.href,
    state,
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise(done => server.close(done))
    },
  }
}
