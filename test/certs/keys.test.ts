import { expect } from 'chai'
import { createAuthority, issueFromCsr } from '../../certs/authority.ts'
import {
  exportPrivateKeyPem,
  importHeldKeyPem,
  importPrivateKeyPem,
  makeCsr,
  makeHeldKey,
  makeKeys,
  type SigningKeys,
} from '../../certs/keys.ts'
import { type Identity, readPkcs12, writePkcs12 } from '../../certs/pkcs12.ts'
import { utf8 } from '../../core/bytes.ts'
import { parseCompact, signCompact, verifyWithKey } from '../../core/jws.ts'
import { signingKeyOf } from '../../core/private-key.ts'
import { typ } from '../../core/typ.ts'
import { parseUscc } from '../../core/uscc.ts'
import { parseOnePem, parsePem, pem } from '../../core/x509/pem.ts'
import { openssl, opensslBytes } from './openssl.ts'

const password = 'correct horse'

let keys: SigningKeys
let chain: Identity['chain']
before(async () => {
  const now = new Date()
  keys = await makeKeys()
  const authority = await createAuthority({ name: 'Test', now })
  const subject = {
    uscc: parseUscc('91350100M000100Y43'),
    name: '某某',
    notBefore: now,
    notAfter: new Date(now.getTime() + 8.64e7),
  }
  chain = (await issueFromCsr(authority, await makeCsr(keys, 'x'), subject)).chain
})

/** Whether a private key is the one of `keys`: it signs what their public key verifies. */
const isOurs = async (key: Identity['privateKey']): Promise<boolean> => {
  const jws = parseCompact(await signCompact({ typ: typ.report, payload: utf8('x'), key: signingKeyOf(key, chain[0]) }))
  return jws.ok && (await verifyWithKey(jws, keys.publicKey, typ.report)).ok
}

const failure = async (doing: Promise<unknown>): Promise<unknown> =>
  doing.then(
    () => 'no failure',
    error => error,
  )

describe('private key in PEM', () => {
  it('comes back as the same key, and is one that openssl reads', async function () {
    const text = await exportPrivateKeyPem(keys.privateKey)
    expect(await isOurs(await importPrivateKeyPem(text))).to.equal(true)
    expect(await openssl(this, ['pkey', '-in', 'key', '-noout', '-text'], { key: text })).to.contain('prime256v1')
  })

  it('is refused on another curve, in another form, or twice in a file', async function () {
    const p384 = await openssl(this, ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'])
    const ours = await exportPrivateKeyPem(keys.privateKey)
    for (const text of [p384, ours + ours, '', pem('CERTIFICATE', chain[0])]) {
      expect(await failure(importing(text))).to.be.instanceOf(SyntaxError)
    }
  })
  const importing = async (text: string) => importPrivateKeyPem(text)
})

describe('PEM', () => {
  it('is read in order with text around it, in lines of any length', () => {
    const [a, b] = [utf8('first, of more than forty-eight octets, so that it is broken into lines'), utf8('b')]
    const text = `subject=x\r\n${pem('CERTIFICATE', a, b).replaceAll('\n', '\r\n')}trailer`
    expect(parsePem('CERTIFICATE', text)).to.deep.equal([a, b])
    expect(() => parseOnePem('CERTIFICATE', text)).to.throw(SyntaxError, 'more than one')
    expect(() => parsePem('X509 CRL', text)).to.throw(SyntaxError, 'no PEM block')
  })

  it('is refused where its base64 is not canonical', () => {
    for (const content of ['QQ', 'QR==', 'Q!==']) {
      expect(() =>
        parsePem('CERTIFICATE', `-----BEGIN CERTIFICATE-----\n${content}\n-----END CERTIFICATE-----`),
      ).to.throw(SyntaxError)
    }
  })
})

describe('PKCS #12', function () {
  // Half a million rounds for each key that is derived from a password.
  this.timeout(60_000)
  let file: Uint8Array
  before(async () => {
    file = await writePkcs12({ privateKey: keys.privateKey, chain }, password)
  })

  it('comes back as the same key and chain, the key not extractable unless asked', async () => {
    const identity = await readPkcs12(file, password)
    expect(identity.chain).to.deep.equal(chain)
    expect(identity.privateKey).to.have.property('extractable', false)
    expect(await isOurs(identity.privateKey)).to.equal(true)
    const extractable = await readPkcs12(file, password, { extractable: true })
    expect(await exportPrivateKeyPem(extractable.privateKey)).to.equal(await exportPrivateKeyPem(keys.privateKey))
  })

  it('opens in openssl', async function () {
    const args = ['pkcs12', '-in', 'id.p12', '-passin', `pass:${password}`, '-nodes']
    const out = await openssl(this, args, { 'id.p12': file })
    expect(parsePem('CERTIFICATE', out)).to.deep.equal(chain)
    expect(await isOurs(await importPrivateKeyPem(out))).to.equal(true)
  })

  it('of openssl is opened, its certificates in whatever order', async function () {
    const key = await exportPrivateKeyPem(keys.privateKey)
    const files = { key, leaf: pem('CERTIFICATE', chain[0]), others: pem('CERTIFICATE', ...chain.slice(1)) }
    const args = [
      'pkcs12',
      '-export',
      '-inkey',
      'key',
      '-in',
      'leaf',
      '-certfile',
      'others',
      '-passout',
      `pass:${password}`,
    ]
    const written = await opensslBytes(this, args, files)
    const identity = await readPkcs12(written, password)
    expect(identity.chain).to.deep.equal(chain)
    expect(await isOurs(identity.privateKey)).to.equal(true)
  })

  it('of an SM2 key comes back, and opens in openssl; so does one that openssl wrote', async function () {
    const now = new Date()
    const authority = await createAuthority({ name: '国密', now, suite: 'sm2' })
    const { key, csr } = await makeHeldKey('sm2', 'x')
    const notAfter = new Date(now.getTime() + 8.64e7)
    const subject = { uscc: parseUscc('91350100M000100Y43'), name: '某某', notBefore: now, notAfter }
    const { chain } = await issueFromCsr(authority, csr, subject)
    const ours = await writePkcs12({ privateKey: key, chain }, password, 2048)
    expect(await readPkcs12(ours, password)).to.deep.equal({ privateKey: key, chain: [...chain] })
    const open = ['pkcs12', '-in', 'id.p12', '-passin', `pass:${password}`, '-nodes']
    const out = await openssl(this, open, { 'id.p12': ours })
    expect(await importHeldKeyPem(out)).to.deep.equal(key)
    const files = {
      key: await exportPrivateKeyPem(key),
      leaf: pem('CERTIFICATE', chain[0]),
      others: pem('CERTIFICATE', chain[1]),
    }
    const make = [
      'pkcs12',
      '-export',
      '-inkey',
      'key',
      '-in',
      'leaf',
      '-certfile',
      'others',
      '-passout',
      `pass:${password}`,
    ]
    const theirs = await opensslBytes(this, make, files)
    expect(await readPkcs12(theirs, password)).to.deep.equal({ privateKey: key, chain: [...chain] })
  })

  it('is refused under a wrong password, damaged, or as something else', async () => {
    const damaged = file.slice()
    damaged[60] = (damaged[60] ?? 0) ^ 1
    for (const [bytes, word] of [
      [file, 'wrong'],
      [damaged, password],
      [utf8('x'), password],
    ] as const) {
      expect(await failure(readPkcs12(bytes, word))).to.be.instanceOf(SyntaxError)
    }
  })

  it('is refused where no certificate is of its key', async () => {
    const stranger = await writePkcs12({ privateKey: (await makeKeys()).privateKey, chain }, password)
    expect(await failure(readPkcs12(stranger, password)))
      .to.be.instanceOf(SyntaxError)
      .with.property('message')
      .that.contains('no certificate for its key')
  })

  it('is not written under a password that programs spell differently', async () => {
    for (const bad of ['', '密码', 'tab\t']) {
      expect(await failure(writePkcs12({ privateKey: keys.privateKey, chain }, bad))).to.be.instanceOf(RangeError)
    }
  })
})
