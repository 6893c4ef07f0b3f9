import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Authority, createAuthority, issueCrl, issueFromCsr, usccAt } from '../../certs/authority.ts'
import { loadAuthority, saveAuthority } from '../../certs/authority-files.ts'
import { exportPrivateKeyPem, makeCsr, makeKeys } from '../../certs/keys.ts'
import { hex } from '../../core/bytes.ts'
import { parseUscc } from '../../core/uscc.ts'
import { parseCertificate } from '../../core/x509/certificate.ts'
import { type Anchor, validateChain } from '../../core/x509/chain.ts'
import { readableCrls } from '../../core/x509/crl.ts'
import { parsePem, pem } from '../../core/x509/pem.ts'
import { X509Error } from '../../core/x509/rules.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import { openssl } from './openssl.ts'

const uscc = parseUscc('91350100M000100Y43')
const name = '某某医疗器械有限公司'
/** openssl compares with today, so the real clock it is. */
const now = new Date(Math.floor(Date.now() / 1000) * 1000)
const later = (days: number): Date => new Date(now.getTime() + days * 86_400_000)
const subject = { uscc, name, notBefore: now, notAfter: later(365) }

const anchorOf = (authority: Authority): Anchor => ({
  id: 'dev',
  certificate: authority.root.certificate,
  roles: ['distributor'],
  usccAt,
  crl: 'required',
})
const request = async () => makeCsr(await makeKeys(), 'whatever')
const judge = async (authority: Authority, chain: readonly Uint8Array[], lists: readonly Uint8Array[], at = now) =>
  validateChain({ chain, anchors: [anchorOf(authority)], crls: readableCrls(lists), at, verify: webcryptoVerify })

describe('development CA', () => {
  let authority: Authority
  let lists: readonly Uint8Array[]
  const content = { revoked: [], number: 1n, thisUpdate: now, nextUpdate: later(1) }
  before(async () => {
    authority = await createAuthority({ name: '开发用 CA', now })
    lists = [await issueCrl(authority.root, content), await issueCrl(authority.issuing, content)]
  })

  it('issues what the validator takes: the organization by its USCC, under the pinned root, with fresh lists', async () => {
    const { chain, serial } = await issueFromCsr(authority, await request(), subject)
    const result = await judge(authority, chain, lists)
    expect(result).to.include({ valid: true, uscc, name, anchorId: 'dev' })
    expect(result.valid && hex(result.leaf.serial)).to.equal(serial)
  })

  it('issues what openssl takes, in its strict mode', async function () {
    const { pem: chainPem } = await issueFromCsr(authority, await request(), subject)
    const [list1, list2] = lists.map(list => pem('X509 CRL', list))
    const out = await openssl(
      this,
      ['verify', '-x509_strict', '-crl_check_all', '-CAfile', 'trusted', '-untrusted', 'chain', 'chain'],
      { trusted: pem('CERTIFICATE', authority.root.certificate) + list1 + list2, chain: chainPem },
    )
    expect(out).to.equal('chain: OK\n')
  })

  it('certifies the key of the request and ignores what it says about its subject', async () => {
    const keys = await makeKeys()
    const { chain } = await issueFromCsr(authority, await makeCsr(keys, 'Somebody Else'), subject)
    const leaf = parseCertificate(chain[0])
    expect(leaf.publicKey.spki).to.deep.equal(new Uint8Array(await crypto.subtle.exportKey('spki', keys.publicKey)))
    expect([...leaf.subject.attributes]).to.deep.equal([
      ['2.5.4.6', ['CN']],
      ['2.5.4.10', [name]],
      ['2.5.4.97', [uscc]],
      ['2.5.4.3', [name]],
    ])
  })

  it('takes names for text, whatever they look like', async () => {
    const odd = '#0c02, O=x + CN="y" \\2C'
    const { chain } = await issueFromCsr(authority, await request(), { ...subject, name: odd })
    expect(await judge(authority, chain, lists)).to.include({ valid: true, name: odd })
  })

  it('takes a request that openssl made', async function () {
    const args = [
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'key',
      '-subj',
      '/CN=x',
    ]
    const { chain } = await issueFromCsr(authority, await openssl(this, args), subject)
    expect(await judge(authority, chain, lists)).to.include({ valid: true })
  })

  it('refuses a request that does not prove possession of the key', async () => {
    const [der] = parsePem('CERTIFICATE REQUEST', await request())
    const forged = der.slice()
    forged[der.length - 1] = (forged[der.length - 1] ?? 0) ^ 1
    try {
      await issueFromCsr(authority, pem('CERTIFICATE REQUEST', forged), subject)
      expect.fail('issued')
    } catch (error) {
      expect(error).to.be.instanceOf(X509Error)
      expect(error).to.have.property('rule', 'SIGNATURE')
    }
  })

  it('never gives two certificates one serial number, each of 20 octets and positive', async () => {
    const csr = await request()
    const serials = await Promise.all(
      Array.from({ length: 20 }, async () => (await issueFromCsr(authority, csr, subject)).serial),
    )
    expect(new Set(serials).size).to.equal(20)
    for (const serial of serials) expect(serial).to.match(/^[4-7][0-9a-f]{39}$/)
  })

  it('issues nothing that outlives the issuing CA', async () => {
    const { chain } = await issueFromCsr(authority, await request(), { ...subject, notAfter: later(36_500) })
    expect(parseCertificate(chain[0]).notAfter).to.equal(parseCertificate(chain[1]).notAfter)
  })

  it('revokes an organization, with reason and date', async () => {
    const { chain, serial } = await issueFromCsr(authority, await request(), subject)
    const revoked = [{ serial, revokedAt: later(0.25), reason: 'keyCompromise' }] as const
    const list = await issueCrl(authority.issuing, {
      revoked,
      number: 2n,
      thisUpdate: later(0.25),
      nextUpdate: later(1),
    })
    const all = [...lists, list]
    expect(await judge(authority, chain, all, later(0.2))).to.include({ valid: true })
    const result = await judge(authority, chain, all, later(0.3))
    expect(result).to.include({ rule: 'REVOKED', certificate: 0 })
    expect(!result.valid && result.detail).to.match(/keyCompromise$/)
  })

  it('revokes the issuing CA by the root’s list', async () => {
    const { chain } = await issueFromCsr(authority, await request(), subject)
    const serial = hex(parseCertificate(chain[1]).serial)
    const revoked = [{ serial, revokedAt: now, reason: 'cACompromise', invalidSince: now }] as const
    const list = await issueCrl(authority.root, { ...content, revoked, number: 2n })
    const [, ofIssuing] = lists
    expect(await judge(authority, chain, [list, ofIssuing!])).to.include({ rule: 'REVOKED', certificate: 1 })
  })

  it('numbers lists beyond one octet', async () => {
    for (const [number, text] of [
      [0n, '00'],
      [127n, '7f'],
      [128n, '0080'],
      [65_536n, '010000'],
      [2n ** 64n, '010000000000000000'],
    ] as const) {
      const [list] = readableCrls([await issueCrl(authority.issuing, { ...content, number })])
      expect(list?.number).to.equal(text)
    }
  })

  describe('on disk', () => {
    let folder: string
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'authority-'))
    })
    afterEach(() => rm(folder, { recursive: true }))

    it('is the same after a restart, and readable by its owner only', async () => {
      const dir = join(folder, 'ca')
      await saveAuthority(dir, authority)
      expect((await stat(dir)).mode & 0o777).to.equal(0o700)
      for (const file of await readdir(dir)) expect((await stat(join(dir, file))).mode & 0o777).to.equal(0o600)
      const loaded = await loadAuthority(dir)
      const { chain } = await issueFromCsr(loaded, await request(), subject)
      expect(await judge(authority, chain, lists)).to.include({ valid: true })
    })

    it('is never written over', async () => {
      const dir = join(folder, 'ca')
      await saveAuthority(dir, authority)
      const second = await createAuthority({ name: 'Other', now })
      expect(await failure(saveAuthority(dir, second))).to.match(/EEXIST|ENOTEMPTY/)
      expect((await loadAuthority(dir)).root.certificate).to.deep.equal(authority.root.certificate)
    })

    it('is not loaded with a file missing, or a key that is not its certificate’s', async () => {
      const dir = join(folder, 'ca')
      expect(await failure(loadAuthority(dir))).to.contain('root.pem')
      await saveAuthority(dir, authority)
      await writeFile(join(dir, 'issuing.key.pem'), await exportPrivateKeyPem(authority.root.privateKey))
      expect(await failure(loadAuthority(dir))).to.match(/issuing\.key\.pem: not the key/)
    })
  })
})

const failure = async (doing: Promise<unknown>): Promise<string> => {
  try {
    await doing
    return 'no failure'
  } catch (error) {
    return error instanceof Error ? error.message : 'not an Error'
  }
}
