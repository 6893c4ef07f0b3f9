import { expect } from 'chai'
import { hex } from '../../../core/bytes.ts'
import { type Certificate, parseCertificate } from '../../../core/x509/certificate.ts'
import { validateChain } from '../../../core/x509/chain.ts'
import { type OcspAnswer, parseOcspRequest, parseOcspResponse } from '../../../core/x509/ocsp.ts'
import { checkAnswer } from '../../../core/x509/ocsp-check.ts'
import { makeOcspRequest } from '../../../core/x509/ocsp-request.ts'
import { X509Error } from '../../../core/x509/rules.ts'
import { webcryptoVerify } from '../../../core/x509/webcrypto.ts'
import { makeOpensslAuthority, type OpensslAuthority } from '../../support/openssl-authority.ts'

const nonce = Uint8Array.from({ length: 32 }, (_, i) => i)
const HOUR = 3_600_000

describe('OCSP answers', () => {
  let authority: OpensslAuthority
  let root: Certificate
  let leaf: Certificate
  let good: OcspAnswer
  before(async function () {
    this.timeout(60_000)
    const subject = 'O = 某某医疗器械有限公司\norganizationIdentifier = 91350100M000100Y43'
    authority = await makeOpensslAuthority({ leaf: subject })
    root = parseCertificate(authority.root)
    leaf = parseCertificate(await authority.certificate('leaf'))
    good = await ask(leaf)
  })
  after(() => authority.remove())

  const ask = async (about: Certificate, by?: string, more?: readonly string[]) =>
    parseOcspResponse(await authority.ocsp(await makeOcspRequest(about, root, nonce), by, more))
  const tools = { crls: [], verify: webcryptoVerify }
  const judge = async (answer: OcspAnswer, about = leaf, issuer = root, at = Date.now()) =>
    (await checkAnswer(answer, about, issuer, at, tools))?.rule ?? 'good'

  it('of the CA’s own responder and of the CA itself are believed', async () => {
    expect(good.nonce).to.deep.equal(nonce)
    expect(await judge(good)).to.equal('good')
    expect(await judge(await ask(leaf, 'root'))).to.equal('good')
    expect(await judge(await ask(leaf, 'responder', ['-nmin', '60', '-resp_key_id']))).to.equal('good')
  })

  it('are asked for as openssl ocsp reads it, and read back the same', async () => {
    const request = parseOcspRequest(await makeOcspRequest(leaf, root, nonce))
    expect(request.nonce).to.deep.equal(nonce)
    expect(request.ids.map(({ serial }) => serial)).to.deep.equal([hex(leaf.serial)])
  })

  it('about another certificate, or of another CA, prove nothing', async () => {
    const other = parseCertificate(await authority.certificate('other'))
    expect(await judge(good, other)).to.equal('OCSP_OTHER')
    const foreign = await makeOpensslAuthority()
    try {
      expect(await judge(good, leaf, parseCertificate(foreign.root))).to.equal('OCSP_OTHER')
    } finally {
      await foreign.remove()
    }
  })

  it('that are over, or from long after, prove nothing', async () => {
    const now = Date.now()
    expect(await judge(good, leaf, root, now + 2 * HOUR)).to.equal('OCSP_STALE')
    expect(await judge(good, leaf, root, now - 8 * 24 * HOUR)).to.equal('OCSP_STALE')
    // A signature that waited for its evidence: the certificate stood later, so it stood then.
    expect(await judge(good, leaf, root, now - 24 * HOUR)).to.equal('good')
    const open = await ask(leaf, 'responder', [])
    expect(open.statuses[0]?.nextUpdate).to.equal(undefined)
    expect(await judge(open, leaf, root, now + 23 * HOUR)).to.equal('good')
    expect(await judge(open, leaf, root, now + 25 * HOUR)).to.equal('OCSP_STALE')
  })

  it('of whom the CA gave no such right prove nothing', async () => {
    expect(await judge(await ask(leaf, 'stranger'))).to.equal('OCSP_RESPONDER')
    expect(await judge({ ...good, certificates: [] })).to.equal('OCSP_RESPONDER')
  })

  it('of a responder whose own standing must be asked, and can not be, prove nothing', async () => {
    const [der] = good.certificates
    const delegate = parseCertificate(der!)
    expect(delegate.extensions.has('1.3.6.1.5.5.7.48.1.5')).to.equal(true)
    const bare = await makeOpensslAuthority()
    try {
      const { readFile, writeFile } = await import('node:fs/promises')
      const file = `${bare.folder}/responder.cnf`
      await writeFile(file, (await readFile(file, 'utf8')).replace('noCheck = ignored\n', ''))
      await bare.openssl(
        'ca',
        '-batch',
        '-notext',
        '-config',
        'responder.cnf',
        '-extensions',
        'responder',
        '-in',
        'responder.csr',
        '-out',
        'responder.pem',
      )
      const [ca, end] = [parseCertificate(bare.root), parseCertificate(await bare.certificate('leaf'))]
      const answer = parseOcspResponse(await bare.ocsp(await makeOcspRequest(end, ca, nonce)))
      expect(await judge(answer, end, ca)).to.equal('OCSP_RESPONDER')
    } finally {
      await bare.remove()
    }
  })

  it('are false for any bit that is changed', async () => {
    for (let i = 0; i < good.tbs.length; i += 5) {
      const tbs = good.tbs.slice()
      tbs[i] = (tbs[i] ?? 0) ^ 1
      expect(await judge({ ...good, tbs }), `octet ${i}`).to.equal('OCSP_SIGNATURE')
    }
    for (let i = 0; i < good.der.length; i += 11) {
      const forged = good.der.slice()
      forged[i] = (forged[i] ?? 0) ^ 1
      try {
        const read = parseOcspResponse(forged)
        // What the responder's certificate is sent in is not signed; nor are the times read from it.
        if ((await judge(read)) === 'good') expect(read.tbs).to.deep.equal(good.tbs)
      } catch (error) {
        expect(error, `octet ${i}`).to.be.instanceOf(X509Error)
      }
    }
  })

  it('that are errors are named', async () => {
    const other = await makeOpensslAuthority()
    try {
      const request = await makeOcspRequest(leaf, parseCertificate(other.root), nonce)
      const refused = async () => parseOcspResponse(await authority.ocsp(request))
      const outcome = await refused().then(
        answer => judge(answer),
        (error: unknown) => (error instanceof X509Error ? error.rule : error),
      )
      expect(outcome).to.be.oneOf(['OCSP_STATUS', 'OCSP_OTHER'])
    } finally {
      await other.remove()
    }
    expect(() => parseOcspResponse(Uint8Array.of(0x30, 0x03, 0x0a, 0x01, 0x06)))
      .to.throw(X509Error, /unauthorized/)
      .with.property('rule', 'OCSP_STATUS')
  })

  describe('in a chain', () => {
    const anchor = () => ({
      ...{ id: 'openssl', certificate: authority.root, roles: ['bank'] as const, usccAt: '2.5.4.97' },
      crl: 'required' as const,
    })
    const chain = async (answers: readonly OcspAnswer[], at = new Date()) => {
      const input = { chain: [leaf.der], anchors: [anchor()], crls: [], answers, at, verify: webcryptoVerify }
      const result = await validateChain(input)
      return result.valid ? 'valid' : `${result.rule} at ${result.certificate}`
    }

    it('stand in for a list', async () => {
      expect(await chain([])).to.equal('CRL_MISSING at 0')
      expect(await chain([good])).to.equal('valid')
      const about = parseCertificate(await authority.certificate('other'))
      expect(await chain([await ask(about)])).to.equal('CRL_MISSING at 0')
      expect(await chain([await ask(about), good])).to.equal('valid')
      expect(await chain([good], new Date(Date.now() + 2 * HOUR))).to.equal('OCSP_STALE at 0')
    })

    it('that say revoked are believed over those that said good, from then on', async () => {
      const before = new Date(Date.now() - 60_000)
      await authority.revoke('leaf')
      const revoked = await ask(leaf)
      expect(await judge(revoked, leaf, root, Date.now() + 1_000)).to.equal('REVOKED')
      expect(await chain([good, revoked], new Date(Date.now() + 1_000))).to.equal('REVOKED at 0')
      expect(await chain([good, revoked], before)).to.equal('valid')
      expect(await chain([revoked], before)).to.equal('OCSP_STALE at 0')
    })
  })
})
