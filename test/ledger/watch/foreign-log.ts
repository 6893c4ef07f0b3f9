import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

/**
 * A tile log of other software: nothing of this product in it. The tree is made anew from its definition for each
 * answer, entries are of any length, bundles are gzipped unasked, partial tiles vanish once they are full, and its
 * checkpoints bear extension lines and signatures that a reader of this product doesn't know.
 */
const h = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const mth = (d: readonly Buffer[]): Buffer => {
  if (d.length === 0) return h()
  if (d.length === 1) return h(Buffer.from([0]), d[0]!)
  let k = 1
  while (k * 2 < d.length) k *= 2
  return h(Buffer.from([1]), mth(d.slice(0, k)), mth(d.slice(k)))
}

export type ForeignLog = {
  readonly url: string
  readonly origin: string
  /** `name+id+base64`, as the log publishes it. */
  readonly verifierKey: string
  entries: Buffer[]
  /** Changes what is answered at a path. */
  readonly answers: Map<string, (body: Buffer) => Buffer | undefined>
  checkpoint(): string
  close(): Promise<void>
}

export const foreignLog = async (): Promise<ForeignLog> => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  // A name that is no address, as the format allows, and differs from the one that signs.
  const origin = 'example.com/behind-the-sofa/日志'
  const name = origin
  const keyed = (type: number, key: Uint8Array) => h(Buffer.from(`${name}\n`), Buffer.from([type]), key).subarray(0, 4)
  const entries: Buffer[] = []

  const log: ForeignLog = {
    origin,
    entries,
    answers: new Map(),
    verifierKey: `${name}+${keyed(1, raw).toString('hex')}+${Buffer.concat([Buffer.from([1]), raw]).toString('base64')}`,
    url: '',
    checkpoint() {
      const text = `${origin}\n${log.entries.length}\n${mth(log.entries).toString('base64')}\nan extension line\nanother=1\n`
      const own = Buffer.concat([keyed(1, raw), sign(null, Buffer.from(text), privateKey)]).toString('base64')
      const witness = Buffer.concat([Buffer.from('deadbeef', 'hex'), Buffer.alloc(72, 7)]).toString('base64')
      const pq = Buffer.concat([keyed(6, raw), Buffer.alloc(2420, 9)]).toString('base64')
      return `${text}\n— witness.example/w1 ${witness}\n— ${name} ${pq}\n— ${name} ${own}\n`
    },
    close: () => new Promise(done => void server.close(() => done())),
  }
  const tile = (path: string): { body: Buffer; gzip?: boolean } | undefined => {
    const found = /^\/tile\/(\d+|entries)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(path)
    if (!found) return undefined
    const [, level = '', digits = '', partial] = found
    const n = Number(digits.replaceAll(/[x/]/g, ''))
    const l = level === 'entries' ? 0 : Number(level)
    const span = 256 ** l
    const have = Math.min(256, Math.floor(log.entries.length / span) - n * 256)
    const width = partial === undefined ? 256 : Number(partial)
    if (have < width || width < 1 || (partial !== undefined && (have === 256 || width > 255))) return undefined
    const at = Array.from({ length: width }, (_, i) => n * 256 + i)
    if (level !== 'entries') {
      return { body: Buffer.concat(at.map(i => mth(log.entries.slice(i * span, (i + 1) * span)))) }
    }
    const bundle = at.map(i => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(log.entries[i]!.length)
      return Buffer.concat([length, log.entries[i]!])
    })
    return { body: Buffer.concat(bundle), gzip: true }
  }
  const server: Server = createServer((request, response) => {
    const path = request.url ?? ''
    const found = path === '/checkpoint' ? { body: Buffer.from(log.checkpoint()) } : tile(path)
    const change = log.answers.get(path)
    const body = found && (change ? change(found.body) : found.body)
    if (body === undefined) return void response.writeHead(404).end('no such thing')
    const gzip = found && 'gzip' in found
    response.writeHead(200, gzip ? { 'content-encoding': 'gzip' } : {}).end(gzip ? gzipSync(body) : body)
  })
  await new Promise<void>(done => void server.listen(0, '127.0.0.1', done))
  return Object.assign(log, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}
