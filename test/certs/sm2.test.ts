import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Authority, createAuthority, issueCrl, issueFromCsr, usccAt } from '../../certs/authority.ts'
import { loadAuthority, saveAuthority } from '../../certs/authority-files.ts'
import { exportPrivateKeyPem, importHeldKeyPem, makeHeldKey } from '../../certs/keys.ts'
import { equal } from '../../core/bytes.ts'
import { isSm2Key } from '../../core/private-key.ts'
import { parseUscc } from '../../core/uscc.ts'
import { parseCertificate } from '../../core/x509/certificate.ts'
import { validateChain } from '../../core/x509/chain.ts'
import { parseCrl, readableCrls } from '../../core/x509/crl.ts'
import { verifyCsr } from '../../core/x509/csr.ts'
import { parseOnePem, parsePem, pem } from '../../core/x509/pem.ts'
import { X509Error } from '../../core/x509/rules.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import { openssl } from './openssl.ts'

const now = new Date(Math.floor(Date.now() / 1000) * 1000)
const later = (days: number): Date => new Date(now.getTime() + days * 86_400_000)
const uscc = parseUscc('91350100M000100Y43')
const subject = { uscc, name: '某某医院', notBefore: now, notAfter: later(365) }
const id = 'distid:1234567812345678'

const judge = (root: Uint8Array, chain: readonly Uint8Array[], lists: readonly Uint8Array[], at = now) => {
  const anchors = [{ id: 'sm2', certificate: root, roles: ['hospital'], usccAt, crl: 'required' }] as const
  return validateChain({ chain, anchors, crls: readableCrls(lists), at, verify: webcryptoVerify })
}

describe('an SM2 chain of three', () => {
  let authority: Authority
  let chain: readonly Uint8Array[]
  let csr: string
  const content = { revoked: [], number: 1n, thisUpdate: now, nextUpdate: later(1) }
  before(async () => {
    authority = await createAuthority({ name: '国密', now, suite: 'sm2' })
    csr = (await makeHeldKey('sm2', 'whatever')).csr
    chain = (await issueFromCsr(authority, csr, subject)).chain
  })
  const lists = async () => [await issueCrl(authority.root, content), await issueCrl(authority.issuing, content)]

  it('is judged by the same rules as any other', async () => {
    const result = await judge(authority.root.certificate, chain, await lists())
    expect(result).to.include({ valid: true, uscc, name: subject.name })
    expect(chain.map(der => parseCertificate(der).publicKey.type)).to.deep.equal(['SM2', 'SM2'])
  })

  it('needs its SM2 lists, and is revoked by one', async () => {
    expect(await judge(authority.root.certificate, chain, [])).to.include({ valid: false, rule: 'CRL_MISSING' })
    const serial = Buffer.from(parseCertificate(chain[0] ?? new Uint8Array()).serial).toString('hex')
    const revoked = [{ serial, revokedAt: now, reason: 'keyCompromise' as const }]
    const [root = new Uint8Array()] = await lists()
    const list = await issueCrl(authority.issuing, { ...content, revoked })
    expect(await judge(authority.root.certificate, chain, [root, list])).to.include({ valid: false, rule: 'REVOKED' })
    const forged = Uint8Array.from(list, (byte, i) => (i === list.length - 3 ? byte ^ 1 : byte))
    expect(parseCrl(forged)).to.be.an('object')
    expect(await judge(authority.root.certificate, chain, [root, forged])).to.include({ rule: 'CRL_SIGNATURE' })
  })

  it('breaks with any bit of a signature, and with any other issuer', async () => {
    const [leaf = new Uint8Array(), issuing = new Uint8Array()] = chain
    const changed = Uint8Array.from(leaf, (byte, i) => (i === leaf.length - 5 ? byte ^ 1 : byte))
    expect(await judge(authority.root.certificate, [changed, issuing], await lists())).to.include({ rule: 'SIGNATURE' })
    const stranger = await createAuthority({ name: '国密', now, suite: 'sm2' })
    const result = await judge(stranger.root.certificate, chain, await lists())
    expect(result).to.include({ valid: false, certificate: 1, rule: 'AUTHORITY_KEY' })
  })

  it('and an ES256 one can certify keys of each other', async () => {
    const es256 = await createAuthority({ name: 'ES256', now })
    const mixed = await issueFromCsr(es256, csr, subject)
    const crls = [await issueCrl(es256.root, content), await issueCrl(es256.issuing, content)]
    expect(await judge(es256.root.certificate, mixed.chain, crls)).to.include({ valid: true })
    const other = await issueFromCsr(authority, (await makeHeldKey('es256', 'x')).csr, subject)
    expect(await judge(authority.root.certificate, other.chain, await lists())).to.include({ valid: true })
  })

  it('is kept in files, key and all', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'sm2-'))
    try {
      await saveAuthority(join(dir, 'ca'), authority)
      expect(await loadAuthority(join(dir, 'ca'))).to.deep.equal(authority)
    } finally {
      await rm(dir, { recursive: true })
    }
  })

  it('takes no request that another key signed', async () => {
    const other = (await makeHeldKey('sm2', 'other')).csr
    const [a, b] = [parseOnePem('CERTIFICATE REQUEST', csr), parseOnePem('CERTIFICATE REQUEST', other)]
    expect(await verifyCsr(a, webcryptoVerify)).to.have.nested.property('publicKey.type', 'SM2')
    // Same length of everything: the signature of one under the content of the other, where their DER is as long.
    const swapped = Uint8Array.from(a, (byte, i) => (i === a.length - 5 ? byte ^ 2 : byte))
    expect(await verifyCsr(swapped, webcryptoVerify).catch((error: unknown) => error)).to.be.instanceOf(X509Error)
    expect(equal(a, b)).to.equal(false)
  })

  describe('beside OpenSSL', () => {
    it('is taken by it, link by link, under the GM user id and no other', async function () {
      const [leaf = new Uint8Array(), issuing = new Uint8Array()] = chain
      const links = [
        [leaf, issuing],
        [issuing, authority.root.certificate],
      ] as const
      for (const [child, parent] of links) {
        const files = { child: pem('CERTIFICATE', child), parent: pem('CERTIFICATE', parent) }
        const args = ['verify', '-x509_strict', '-partial_chain', '-trusted', 'parent']
        expect(await openssl(this, [...args, '-vfyopt', id, 'child'], files)).to.contain('OK')
        const refused = await openssl(this, [...args, '-vfyopt', 'distid:1234', 'child'], files).catch(() => 'refused')
        expect(refused).to.equal('refused')
      }
      await openssl(this, ['req', '-in', 'csr', '-noout', '-verify', '-vfyopt', id], { csr })
    })

    it('judges a chain, a request and a list that OpenSSL made', async function () {
      const made = await opensslChain(this)
      const at = new Date(Date.now() + 60_000)
      const anchors = [
        { id: 'x', certificate: made.root, roles: ['hospital'], usccAt: '2.5.4.5', crl: 'required' },
      ] as const
      const input = { anchors, at, verify: webcryptoVerify, chain: [made.leaf, made.issuing] }
      const crls = readableCrls([made.rootList, made.issuingList])
      expect(crls).to.have.lengthOf(2)
      expect(await validateChain({ ...input, crls })).to.include({ valid: true, uscc, name: 'Hospital' })
      expect(await verifyCsr(made.csr, webcryptoVerify)).to.have.nested.property('publicKey.type', 'SM2')
    })
  })

  it('keeps its private keys in PEM', async () => {
    const { key } = await makeHeldKey('sm2', 'x')
    expect(isSm2Key(key)).to.equal(true)
    expect(await importHeldKeyPem(await exportPrivateKeyPem(key))).to.deep.equal(key)
  })
})

/** Root, issuing CA and an organization, with a list of each CA: everything by `openssl`. */
const opensslChain = async (test: Mocha.Context) => {
  const config = `
[ req ]
distinguished_name = dn
prompt = no
[ dn ]
CN = x
[ root ]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[ issuing ]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ leaf ]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ ca ]
default_ca = list
[ list ]
database = index
crlnumber = number
default_md = sm3
default_crl_days = 2
crl_extensions = crl
[ crl ]
authorityKeyIdentifier = keyid
`
  const key = (await openssl(test, ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:SM2'])) as string
  const keys = [key, await openssl(test, ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:SM2'])] as const
  const leafKey = await openssl(test, ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:SM2'])
  const files = { config, key: keys[0], issuingKey: keys[1], leafKey }
  const request = (name: string, subjectName: string) =>
    openssl(
      test,
      ['req', '-new', '-config', 'config', '-key', name, '-subj', subjectName, '-sm3', '-sigopt', id],
      files,
    )
  const sign = (csr: string, section: string, by: readonly string[], more: Record<string, string> = {}) =>
    openssl(
      test,
      [
        ...['x509', '-req', '-in', 'csr', '-sm3', '-days', '9', '-extfile', 'config', '-extensions', section],
        ...['-sigopt', id, '-vfyopt', id, ...by],
      ],
      { ...files, csr, ...more },
    )
  const root = await sign(await request('key', '/CN=Root'), 'root', ['-signkey', 'key'])
  const byRoot = ['-CA', 'parent', '-CAkey', 'key', '-set_serial', '0x1234']
  const issuing = await sign(await request('issuingKey', '/CN=Issuing'), 'issuing', byRoot, { parent: root })
  const csr = await request('leafKey', `/O=Hospital/serialNumber=${uscc}/CN=Hospital`)
  const byIssuing = ['-CA', 'parent', '-CAkey', 'issuingKey', '-set_serial', '0x5678']
  const leaf = await sign(csr, 'leaf', byIssuing, { parent: issuing })
  const list = (cert: string, keyName: string) =>
    openssl(
      test,
      ['ca', '-gencrl', '-config', 'config', '-keyfile', keyName, '-cert', 'cert', '-md', 'sm3', '-sigopt', id],
      { ...files, cert, index: '', number: '01' },
    )
  const certificate = (text: string) => parsePem('CERTIFICATE', text)[0]
  return {
    root: certificate(root),
    issuing: certificate(issuing),
    leaf: certificate(leaf),
    csr: parseOnePem('CERTIFICATE REQUEST', csr),
    rootList: parseOnePem('X509 CRL', await list(root, 'key')),
    issuingList: parseOnePem('X509 CRL', await list(issuing, 'issuingKey')),
  }
}
