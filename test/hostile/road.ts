import { connect, createServer, type Server, type Socket } from 'node:net'

/** A way to a server that can be cut and mended; from the outside the server is gone, and back. */
export type Road = {
  readonly url: string
  readonly cut: () => Promise<void>
  readonly mend: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function openRoad(to: URL): Promise<Road> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    return socket
  }
  const listen = (port: number): Promise<Server> =>
    new Promise((done, fail) => {
      const server = createServer(client => {
        const far = keep(connect(Number(to.port), to.hostname))
        keep(client).pipe(far).pipe(client)
        client.on('close', () => far.destroy())
        far.on('close', () => client.destroy())
      })
      server.once('error', fail).listen(port, '127.0.0.1', () => done(server))
    })
  let server: Server | undefined = await listen(0)
  const port = portOf(server)
  const cut = async () => {
    const gone = server && new Promise(done => server?.close(done))
    server = undefined
    for (const socket of sockets) socket.destroy()
    await gone
  }
  return {
    url: `http://127.0.0.1:${port}`,
    cut,
    async mend() {
      server ??= await listen(port)
    },
    close: cut,
  }
}

/** Two free ports next to each other. */
export async function freePair(): Promise<number> {
  const first = await listening(0)
  const port = portOf(first)
  const second = await listening(port + 1).catch(() => undefined)
  for (const server of [first, second]) await new Promise<unknown>(done => (server ? server.close(done) : done(0)))
  return second ? port : freePair()
}

const listening = (port: number): Promise<Server> =>
  new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail).listen(port, '127.0.0.1', () => done(server))
  })

const portOf = (server: Server): number => {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
