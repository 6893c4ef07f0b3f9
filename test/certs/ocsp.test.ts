import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { base64 } from '../../core/bytes.ts'
import { parseCertificate } from '../../core/x509/certificate.ts'
import { parseOcspResponse } from '../../core/x509/ocsp.ts'
import { checkAnswer } from '../../core/x509/ocsp-check.ts'
import { makeOcspRequest } from '../../core/x509/ocsp-request.ts'
import { parsePem, pem } from '../../core/x509/pem.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import type { Party } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const run = promisify(execFile)

describe('OCSP responder of the development CA', () => {
  let server: TestServer
  let party: Party
  let folder: string
  before(async () => {
    server = await startTestServer()
    party = await server.party('bank')
    // Seen here once: what the CA issued, it knows.
    await server.client(party).json('GET', '/api/v1/keys')
    folder = await mkdtemp(join(tmpdir(), 'ocsp-'))
    const authorities = parsePem('CERTIFICATE', await (await fetch(`${server.url}/pki/ca.pem`)).text())
    await writeFile(join(folder, 'cas'), pem('CERTIFICATE', ...authorities))
    await writeFile(join(folder, 'root'), pem('CERTIFICATE', authorities[0]))
    await writeFile(join(folder, 'issuing'), pem('CERTIFICATE', authorities[1]!))
    await writeFile(join(folder, 'leaf'), pem('CERTIFICATE', party.chain[0]!))
  })
  after(async () => {
    await server.stop()
    await rm(folder, { recursive: true })
  })
  afterEach(() => expect(server.faults).to.deep.equal([]))

  const openssl = async (issuer: string, ...more: readonly string[]): Promise<string> => {
    const args = ['ocsp', '-issuer', issuer, ...more, '-url', `${server.url}/pki/ocsp`, '-CAfile', 'cas', '-no-CApath']
    const { stdout, stderr } = await run('openssl', args, { cwd: folder })
    return stdout + stderr
  }

  it('answers openssl ocsp, with its nonce, under a signature that openssl verifies', async () => {
    const text = await openssl('issuing', '-cert', 'leaf', '-resp_text')
    expect(text)
      .to.match(/leaf: good/)
      .and.match(/Response verify OK/)
      .and.match(/OCSP Nonce/)
    expect(text).not.to.match(/WARNING/)
    expect(await openssl('issuing', '-sha256', '-cert', 'leaf')).to.match(/leaf: good/)
    expect(await openssl('issuing', '-no_nonce', '-cert', 'leaf')).to.match(/leaf: good/)
  })

  it('knows what its CA issued, and nothing of what another did', async () => {
    expect(await openssl('issuing', '-serial', '0x0102030405')).to.match(/unknown/)
    expect(await openssl('root', '-cert', 'issuing')).to.match(/issuing: good/)
    // The leaf is no certificate of the root.
    expect(await openssl('root', '-serial', '0x0102030405')).to.match(/unknown/)
    expect(await openssl('leaf', '-serial', '0x01').catch((error: { stdout: string }) => error.stdout)).to.match(
      /unauthorized/,
    )
  })

  it('answers GET as POST, and nothing that it can not read', async () => {
    const [leaf, issuer] = [parseCertificate(party.chain[0]!), parseCertificate(party.chain[1]!)]
    const request = await makeOcspRequest(leaf, issuer, new Uint8Array(32).fill(7))
    const address = `${server.url}/pki/ocsp/${encodeURIComponent(base64(request))}`
    const response = await fetch(address)
    expect(response.headers.get('Content-Type')).to.equal('application/ocsp-response')
    const answer = parseOcspResponse(new Uint8Array(await response.arrayBuffer()))
    const tools = { crls: [], verify: webcryptoVerify }
    expect(await checkAnswer(answer, leaf, issuer, Date.now(), tools)).to.equal(undefined)
    expect(answer.nonce).to.deep.equal(new Uint8Array(32).fill(7))
    for (const wrong of [`${server.url}/pki/ocsp/AAAA`, `${server.url}/pki/ocsp/not%20base64`]) {
      const refused = new Uint8Array(await (await fetch(wrong)).arrayBuffer())
      expect([...refused], wrong).to.deep.equal([0x30, 3, 0x0a, 1, 1])
    }
    const text = await fetch(`${server.url}/pki/ocsp`, {
      method: 'POST',
      body: 'x',
      headers: { 'Content-Type': 'text/plain' },
    })
    expect(text.status).to.equal(415)
    const large = await fetch(`${server.url}/pki/ocsp`, {
      method: 'POST',
      body: new Uint8Array(9 << 10),
      headers: { 'Content-Type': 'application/ocsp-request' },
    })
    expect(large.status).to.equal(413)
  })

  it('says revoked with the next question, since when and why', async () => {
    const operator = await server.party('operator')
    const { thumbprint } = party
    await server
      .client(operator)
      .json('POST', '/api/v1/certificates/revocations', { thumbprint, reason: 'keyCompromise' })
    const text = await openssl('issuing', '-cert', 'leaf')
    expect(text)
      .to.match(/leaf: revoked/)
      .and.match(/Reason: keyCompromise/)
      .and.match(/Revocation Time/)
  })

  it('serves certificates and lists under the types of RFC 5280', async () => {
    for (const [path, type] of [
      ['crl', 'application/pkix-crl'],
      ['root.crl', 'application/pkix-crl'],
      ['ca.pem', 'application/pem-certificate-chain'],
    ]) {
      const response = await fetch(`${server.url}/pki/${path}`)
      expect(response.headers.get('Content-Type'), path).to.match(new RegExp(`^${type}`))
    }
  })
})
