import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseOnePem } from '../../core/x509/pem.ts'

const run = promisify(execFile)

/** A CA, a time-stamping authority and a status responder of openssl's making, each speaking its protocol over HTTP. */
export type OpensslAuthority = {
  readonly folder: string
  /** DER. */
  readonly root: Uint8Array
  /** Certificates by name: `leaf`, `other`, `tsa`, `responder`, `stranger` (a responder without the right to be one). */
  certificate(name: string): Promise<Uint8Array>
  key(name: string): Promise<string>
  /** Answer of `openssl ocsp` to a request; `by` signs it. */
  ocsp(request: Uint8Array, by?: string, more?: readonly string[]): Promise<Uint8Array>
  /** Answer of `openssl ts` to a query. */
  stamp(query: Uint8Array): Promise<Uint8Array>
  revoke(name: string, reason?: string): Promise<void>
  openssl(...args: readonly string[]): Promise<string>
  remove(): Promise<void>
}

const config = (subject: string) => `
[ca]
default_ca = own
[own]
dir = .
database = index.txt
serial = serial
new_certs_dir = .
certificate = root.pem
private_key = root.key
default_md = sha256
policy = any
default_days = 3650
default_crl_days = 7
unique_subject = no
crlnumber = crlnumber
[any]
[req]
distinguished_name = name
prompt = no
utf8 = yes
string_mask = utf8only
[name]
${subject}
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[responder]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = ignored
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[stamping]
serial = tsaserial
crypto_device = builtin
signer_cert = tsa.pem
certs = root.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
`

export const makeOpensslAuthority = async (
  subjects: Readonly<Record<string, string>> = {},
): Promise<OpensslAuthority> => {
  const folder = await mkdtemp(join(tmpdir(), 'openssl-ca-'))
  const path = (name: string) => join(folder, name)
  const openssl = async (...args: readonly string[]) => (await run('openssl', args, { cwd: folder })).stdout
  await writeFile(path('index.txt'), '')
  await writeFile(path('serial'), '1000\n')
  await writeFile(path('tsaserial'), '01\n')
  await writeFile(path('crlnumber'), '01\n')
  const key = (name: string) =>
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`)
  const configure = (name: string) => writeFile(path(`${name}.cnf`), config(subjects[name] ?? `CN = ${name}`))
  const issue = async (name: string, extensions: string, ...more: readonly string[]) => {
    await key(name)
    await configure(name)
    await openssl('req', '-new', '-key', `${name}.key`, '-config', `${name}.cnf`, '-out', `${name}.csr`)
    const args = ['-config', `${name}.cnf`, '-extensions', extensions, '-in', `${name}.csr`, '-out', `${name}.pem`]
    const dates = ['-startdate', '20260101000000Z']
    await openssl('ca', '-batch', '-notext', '-utf8', '-preserveDN', ...dates, ...args, ...more)
  }
  await issue('root', 'root', '-selfsign', '-keyfile', 'root.key', '-days', '7300')
  await issue('leaf', 'leaf')
  await issue('other', 'leaf')
  await issue('tsa', 'tsa')
  await issue('responder', 'responder')
  await issue('stranger', 'leaf')
  const certificate = async (name: string) => parseOnePem('CERTIFICATE', await readFile(path(`${name}.pem`), 'utf8'))
  let turn = 0
  /** With an own file for each call: requests come at once. */
  const through = async (bytes: Uint8Array, args: (input: string, output: string) => readonly string[]) => {
    const [input, output] = [`in-${++turn}`, `out-${turn}`]
    await writeFile(path(input), bytes)
    await openssl(...args(input, output))
    return new Uint8Array(await readFile(path(output)))
  }
  return {
    folder,
    root: await certificate('root'),
    certificate,
    key: name => readFile(path(`${name}.key`), 'utf8'),
    openssl,
    ocsp: (request, by = 'responder', more = ['-nmin', '60']) =>
      through(request, (input, output) => [
        ...['ocsp', '-index', 'index.txt', '-CA', 'root.pem', '-rsigner', `${by}.pem`, '-rkey', `${by}.key`],
        ...['-reqin', input, '-respout', output, ...more],
      ]),
    stamp: query =>
      through(query, (input, output) => [
        ...['ts', '-reply', '-config', 'tsa.cnf', '-section', 'stamping', '-queryfile', input, '-out', output],
      ]),
    revoke: async (name, reason = 'keyCompromise') => {
      await openssl('ca', '-config', 'leaf.cnf', '-revoke', `${name}.pem`, '-crl_reason', reason)
    },
    remove: () => rm(folder, { recursive: true }),
  }
}

export type OpensslService = {
  readonly url: string
  /** While it is down, it answers 503. */
  down: boolean
  /** Requests so far. */
  readonly asked: number
  stop(): Promise<void>
}

/** Serves `openssl ts` at /tsa and `openssl ocsp` at /ocsp. */
export const serveOpenssl = async (authority: OpensslAuthority): Promise<OpensslService> => {
  const state = { down: false, asked: 0 }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    state.asked++
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (state.down) return void response.writeHead(503).end()
    const body = new Uint8Array(Buffer.concat(chunks))
    const stamps = request.url?.startsWith('/tsa')
    const reply = await (stamps ? authority.stamp(body) : authority.ocsp(body))
    response.writeHead(200, { 'Content-Type': stamps ? 'application/timestamp-reply' : 'application/ocsp-response' })
    response.end(reply)
  }
  const server: Server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(500).end())
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    get down() {
      return state.down
    },
    set down(value) {
      state.down = value
    },
    get asked() {
      return state.asked
    },
    stop: () => new Promise(done => server.close(() => done())),
  }
}
