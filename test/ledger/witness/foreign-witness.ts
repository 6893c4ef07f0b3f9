import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const sha = (...parts: readonly (Buffer | string)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

export type Submitted = {
  readonly old: number
  readonly proof: readonly string[]
  readonly text: string
  readonly size: number
}
export type Behaviour = (it: {
  readonly submitted: Submitted
  readonly response: ServerResponse
  readonly request: IncomingMessage
  readonly witness: ForeignWitness
}) => void | Promise<void>

/**
 * A witness as a stranger would write it, over real HTTP: it keeps the size it cosigned last and takes every proof on
 * trust (whether proofs are right, our own witness checks elsewhere), until it is told to misbehave.
 */
export type ForeignWitness = {
  readonly url: string
  readonly vkey: string
  readonly submitted: Submitted[]
  size: number
  behave: Behaviour
  /** What it shows at /log/witnesses, as a node of our make does. */
  shown: string | undefined
  /** A signature line, by another key or at another time if asked. */
  line(text: string, time?: number, by?: 'own' | 'other'): string
  stop(): Promise<void>
}

const honest: Behaviour = ({ submitted: { old, size, text }, response, witness }) => {
  if (old !== witness.size) {
    response.writeHead(409, { 'Content-Type': 'text/x.tlog.size' }).end(`${witness.size}\n`)
    return
  }
  witness.size = size
  response.writeHead(200).end(witness.line(text))
}

export const foreignWitness = async (name: string): Promise<ForeignWitness> => {
  const keys = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')] as const
  const materialOf = (key: (typeof keys)[0]) =>
    Buffer.concat([Buffer.of(4), key.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)])
  const id = sha(`${name}\n`, materialOf(keys[0])).subarray(0, 4)
  const read = (body: string): Submitted => {
    const [head = '', ...rest] = body.split('\n\n')
    const [old = '', ...proof] = head.split('\n')
    const text = `${rest[0]}\n`
    return { old: Number(old.replace('old ', '')), proof, text, size: Number(text.split('\n')[1]) }
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (request.method === 'GET' && request.url === '/prefix/log/witnesses' && witness.shown !== undefined) {
      return void response.end(witness.shown)
    }
    if (request.method !== 'POST' || request.url !== '/prefix/add-checkpoint') return void response.writeHead(404).end()
    const submitted = read(Buffer.concat(chunks).toString())
    witness.submitted.push(submitted)
    await witness.behave({ submitted, response, request, witness })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const witness: ForeignWitness = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix`,
    vkey: `${name}+${id.toString('hex')}+${materialOf(keys[0]).toString('base64')}`,
    submitted: [],
    size: 0,
    behave: honest,
    shown: undefined,
    line(text, time = Math.floor(Date.now() / 1000), by = 'own') {
      const stamp = Buffer.alloc(8)
      stamp.writeBigUInt64BE(BigInt(time))
      const key = by === 'own' ? keys[0] : keys[1]
      const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), key.privateKey)
      return `— ${name} ${Buffer.concat([id, stamp, signature]).toString('base64')}\n`
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  return witness
}
export { honest }
