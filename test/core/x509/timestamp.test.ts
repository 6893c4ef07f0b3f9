import { expect } from 'chai'
import { utf8 } from '../../../core/bytes.ts'
import { X509Error } from '../../../core/x509/rules.ts'
import { parseTimestampResponse, parseTimestampToken } from '../../../core/x509/timestamp.ts'
import { checkTimestamp, makeTimestampRequest } from '../../../core/x509/timestamp-check.ts'
import { webcryptoVerify } from '../../../core/x509/webcrypto.ts'
import { makeOpensslAuthority, type OpensslAuthority } from '../../support/openssl-authority.ts'

const stamped = utf8('the value of a signature')
const nonce = Uint8Array.from({ length: 16 }, (_, i) => 255 - i)
const sha256 = async (bytes: Uint8Array) => new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)))

describe('time-stamps', () => {
  let authority: OpensslAuthority
  let answer: Uint8Array
  before(async function () {
    this.timeout(60_000)
    authority = await makeOpensslAuthority()
    answer = await authority.stamp(makeTimestampRequest(await sha256(stamped), nonce))
  })
  after(() => authority.remove())

  const trust = () => ({ anchors: [{ certificate: authority.root, crl: 'none' as const }], verify: webcryptoVerify })
  const token = () => parseTimestampResponse(answer)
  const judged = async (...args: Parameters<typeof checkTimestamp>) => {
    const result = await checkTimestamp(...args)
    return result.ok ? 'ok' : result.detail
  }

  it('of openssl ts are read and believed', async () => {
    const read = token()
    expect(read.policy).to.equal('1.2.3.4.1')
    expect(read.hash).to.equal('SHA-256')
    expect(read.nonce).to.deep.equal(Uint8Array.of(0, ...nonce))
    expect(Math.abs(read.genTime - Date.now())).to.be.lessThan(600_000)
    expect(await checkTimestamp(read, stamped, trust())).to.deep.equal({ ok: true, at: new Date(read.genTime) })
  })

  it('are asked for as openssl ts reads it', async () => {
    const { writeFile } = await import('node:fs/promises')
    await writeFile(`${authority.folder}/query`, makeTimestampRequest(await sha256(stamped), nonce))
    const text = await authority.openssl('ts', '-query', '-in', 'query', '-text')
    expect(text)
      .to.match(/Hash Algorithm: sha256/)
      .and.match(/Nonce: 0xFFFEFD/)
      .and.match(/Certificate required: yes/)
  })

  it('are refused over anything else, and under any other root', async () => {
    expect(await judged(token(), utf8('another value'), trust())).to.match(/over something else/)
    const other = await makeOpensslAuthority()
    try {
      const anchors = [{ certificate: other.root, crl: 'none' as const }]
      expect(await judged(token(), stamped, { anchors, verify: webcryptoVerify })).to.match(/authority's certificate/)
    } finally {
      await other.remove()
    }
  })

  it('are refused of a signer that is certified for more than that, or for something else', async () => {
    // openssl signs with no such certificate: a token of the right form is taken apart and the leaf put in instead.
    const read = token()
    const leaf = await authority.certificate('leaf')
    const hash = { hash: 'SHA-256' as const, value: await sha256(leaf) }
    const { parseCertificate } = await import('../../../core/x509/certificate.ts')
    const { issuer, serial } = parseCertificate(leaf)
    const signer = { ...read.signer, certificateHash: hash, issuer: issuer.der, serial }
    const swapped = { ...read, certificates: [leaf], signer }
    expect(await judged(swapped, stamped, trust())).to.match(/not certified for that alone/)
  })

  it('are false for any bit that is changed', async () => {
    const { der } = token()
    let good = 0
    for (let i = 0; i < der.length; i += 7) {
      const forged = der.slice()
      forged[i] = (forged[i] ?? 0) ^ 1
      let read: ReturnType<typeof parseTimestampToken>
      try {
        read = parseTimestampToken(forged)
      } catch (error) {
        expect(error, `octet ${i}`).to.be.instanceOf(X509Error)
        continue
      }
      // The root that came along decides nothing: the pinned one does. Nor does the list of hashes before the content.
      const result = await checkTimestamp(read, stamped, trust())
      if (result.ok) {
        good++
        expect(read.genTime, `octet ${i}`).to.equal(token().genTime)
      }
    }
    expect(good * 7).to.be.lessThan(authority.root.length + 80)
  })

  it('are not given by an authority that refuses', async () => {
    const refused = await authority.stamp(utf8('no query'))
    expect(() => parseTimestampResponse(refused)).to.throw(X509Error, /answered with status/)
  })
})
