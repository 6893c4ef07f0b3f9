import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { signEs256 } from '#es256'
import { exportPrivateKeyPem } from '../../certs/keys.ts'
import { fromBase64url, utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { Refusal } from '../../core/errors.ts'
import { signCompact } from '../../core/jws.ts'
import { createClient } from '../../core/oauth/client.ts'
import { typ } from '../../core/typ.ts'
import { signWithCard } from '../../scripts/signer/pkcs11.ts'
import { createSigner } from '../../scripts/signer/server.ts'
import { NotSigned, type Shown, show } from '../../scripts/signer/shown.ts'
import type { Party } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { deskOf, newFolder } from './running.ts'

const run = promisify(execFile)

describe('a signer beside the browser', () => {
  let node: TestServer
  let seller: Party
  let other: Party
  before(async () => {
    node = await startTestServer()
    ;[seller, other] = [await node.party('distributor'), await node.party('bank')]
  })
  after(() => node.stop())

  /** The signer of one party, for the node's own address, and what it showed. */
  const start = async (
    says: (shown: Shown) => boolean = () => true,
    sign?: (input: Uint8Array) => Promise<Uint8Array>,
  ) => {
    const shown: Shown[] = []
    const [leaf, ...above] = seller.chain
    const server = createSigner({
      ...{ alg: 'ES256', origin: node.url, code: 'the-code', chain: [leaf ?? new Uint8Array(), ...above] },
      sign: sign ?? (async input => signEs256(seller.key, input)),
      confirm: async it => {
        shown.push(it)
        return says(it)
      },
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(url + path, { ...init, headers: { Origin: node.url, Authorization: 'Bearer the-code', ...init.headers } })
    const asKey = {
      alg: 'ES256' as const,
      sign: async (input: Uint8Array) => {
        const body = JSON.stringify({ input: new TextDecoder().decode(input) })
        const answer = await ask('/signatures', { method: 'POST', body })
        const reply = (await answer.json()) as { signature?: string; detail?: string }
        if (reply.signature === undefined) throw new NotSigned(reply.detail)
        return fromBase64url(reply.signature)
      },
    }
    const close = () => {
      server.closeAllConnections()
      server.close()
    }
    return { url, ask, asKey, shown, close }
  }
  const act = { b: 1, a: { list: ['x', 'y'] } }
  const fault = (working: Promise<unknown>) =>
    working.then(
      () => undefined,
      (error: Error) => error.message,
    )

  it('signs what it has shown, and a node takes it as the organization’s act', async () => {
    const signer = await start()
    const text = await signCompact({
      typ: typ.confirmation,
      key: signer.asKey,
      x5c: seller.chain,
      payload: canonical(act),
    })
    expect((await node.identity.signerOf(text, typ.confirmation)).uscc).to.equal(seller.uscc)
    expect(signer.shown).to.deep.equal([
      { title: '答复应收账款 · answer about an invoice', lines: ['a.list[1]: x', 'a.list[2]: y', 'b: 1'] },
    ])
    signer.close()
  })

  it('signs in at its node: shown once, and at no other node', async () => {
    const signer = await start()
    const { uscc, chain } = seller
    const credential = { uscc, key: signer.asKey, chain }
    const client = () => createClient({ baseUrl: node.url, credential, fetch: globalThis.fetch })
    for (let i = 0; i < 2; i++) {
      expect(await client().json('GET', `/api/v1/organizations/${uscc}`)).to.deep.include({ uscc })
    }
    expect(signer.shown.map(it => it.signIn)).to.deep.equal([node.url])
    const elsewhere = canonical({ iss: uscc, sub: uscc, aud: 'https://elsewhere.example', jti: 'x', iat: 1, exp: 2 })
    expect(await fault(signCompact({ typ: 'JWT', key: signer.asKey, x5c: chain, payload: elsewhere }))).to.match(
      /^this is a sign-in at https:\/\/elsewhere\.example, and not at /,
    )
    signer.close()
  })

  it('signs nothing where the clerk says no', async () => {
    const signer = await start(() => false)
    const signing = { typ: typ.application, key: signer.asKey, x5c: seller.chain, payload: canonical(act) }
    expect(await fault(signCompact(signing))).to.equal('the clerk said no')
    signer.close()
  })

  it('answers the pages of one node alone, by their code, and under no other name', async () => {
    const signer = await start()
    const status = async (path: string, init?: RequestInit) => (await signer.ask(path, init)).status
    expect(await status('/identity')).to.equal(200)
    expect(await status('/identity', { headers: { Origin: 'https://evil.example' } })).to.equal(403)
    expect(await status('/identity', { headers: { Authorization: 'Bearer the-codf' } })).to.equal(401)
    expect(await status('/identity', { headers: { Authorization: '' } })).to.equal(401)
    expect(await status('/keys')).to.equal(404)
    const { status: preflight, headers } = await signer.ask('/signatures', { method: 'OPTIONS' })
    expect([preflight, headers.get('Access-Control-Allow-Origin')]).to.deep.equal([204, node.url])
    expect(headers.get('Access-Control-Allow-Private-Network')).to.equal('true')
    // fetch sets Host itself; a rebound name comes as this does.
    const asked = get(signer.url, { headers: { Host: 'evil.example' } })
    const [rebound] = (await once(asked, 'response')) as [IncomingMessage]
    rebound.resume()
    expect(rebound.statusCode).to.equal(421)
    expect(signer.shown).to.deep.equal([])
    signer.close()
  })

  it('refuses what it can not show whole', async () => {
    const [leaf = new Uint8Array()] = seller.chain
    const input = async (signing: object, payload: Uint8Array = canonical(act)) => {
      const text = await signCompact({ typ: typ.confirmation, key: seller.key, x5c: seller.chain, ...signing, payload })
      return text.slice(0, text.lastIndexOf('.'))
    }
    const why = (text: string) => {
      try {
        return show(text, leaf).title
      } catch (error) {
        return error instanceof NotSigned ? error.message : error
      }
    }
    expect(why(await input({}))).to.contain('answer about an invoice')
    expect(why(await input({ x5c: other.chain }))).to.equal('this would be signed under another certificate')
    expect(why(await input({ typ: typ.bundleSeal }))).to.contain('organizations sign nothing of the kind')
    expect(why(await input({ typ: typ.capture }))).to.contain('organizations sign nothing of the kind')
    expect(why(await input({ mandate: 'a.b.c' }))).to.contain('a member mandate')
    expect(why(await input({}, utf8('{"a":1,"a":2}'))))
      .to.be.a('string')
      .and.not.contain('answer')
    expect(why(await input({}, utf8('no JSON'))))
      .to.be.a('string')
      .and.not.contain('answer')
    expect(why('a')).to.equal('this is no JWS signing input')
    expect(why('a.b.c')).to.equal('this is no JWS signing input')
    const turned = await input({}, canonical({ 'amount\u202e': '\u001b[2Jone' }))
    expect(show(turned, leaf).lines).to.deep.equal(['amount\\u{202e}: \\u{1b}[2Jone'])
  })

  it('as a command shows it, and signs when the clerk has typed yes', async function () {
    this.timeout(30_000)
    const script = new URL('../../scripts/tallystick.ts', import.meta.url).pathname
    const args = ['signer', '--as', await deskOf(seller), '--for', node.url, '--port', '0']
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args])
    try {
      let said = ''
      const heard = (what: RegExp): Promise<RegExpExecArray> =>
        new Promise(done => {
          const look = () => {
            const found = what.exec(said)
            if (found) done(found)
          }
          child.stdout.on('data', chunk => {
            said += chunk
            look()
          })
          look()
        })
      const [, code = '', port = ''] = await heard(/code (\S+) .*port (\d+)/)
      const text = await signCompact({ typ: typ.decision, key: seller.key, x5c: seller.chain, payload: canonical(act) })
      const input = text.slice(0, text.lastIndexOf('.'))
      const headers = { Origin: node.url, Authorization: `Bearer ${code}` }
      const asked = fetch(`http://127.0.0.1:${port}/signatures`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ input }),
      })
      await heard(/== 融资决定 · decision on an application\n {3}a\.list\[1\]: x/)
      child.stdin.write('yes\n')
      const { signature } = (await (await asked).json()) as { signature: string }
      expect((await node.identity.signerOf(`${input}.${signature}`, typ.decision)).uscc).to.equal(seller.uscc)
    } finally {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  })

  it('signs by a key that does not leave its card', async function () {
    this.timeout(240_000)
    await install('softhsm2', 'opensc')
    const folder = await newFolder()
    await mkdir(join(folder, 'tokens'))
    const conf = join(folder, 'softhsm2.conf')
    await writeFile(conf, `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\n`)
    await writeFile(join(folder, 'key.pem'), await exportPrivateKeyPem(seller.key))
    const before = { conf: process.env.SOFTHSM2_CONF, pin: process.env.TEST_PIN }
    Object.assign(process.env, { SOFTHSM2_CONF: conf, TEST_PIN: '123456' })
    try {
      const pins = ['--pin', '123456', '--so-pin', '12345678']
      await run('softhsm2-util', ['--init-token', '--free', '--label', 'ukey', ...pins])
      const key = ['--import', join(folder, 'key.pem'), '--label', 'acts', '--id', 'a1']
      await run('softhsm2-util', [...key, '--token', 'ukey', '--pin', '123456'])
      const module = '/usr/lib/softhsm/libsofthsm2.so'
      const signer = await start(() => true, signWithCard({ module, id: 'a1', pinFrom: 'TEST_PIN' }))
      const signing = { typ: typ.confirmation, key: signer.asKey, x5c: seller.chain, payload: canonical(act) }
      expect((await node.identity.signerOf(await signCompact(signing), typ.confirmation)).uscc).to.equal(seller.uscc)
      signer.close()
      const missing = await start(() => true, signWithCard({ module, id: 'a2', pinFrom: 'TEST_PIN' }))
      expect(await fault(signCompact({ ...signing, key: missing.asKey }))).to.equal('the card or key file did not sign')
      missing.close()
    } finally {
      restore('SOFTHSM2_CONF', before.conf)
      restore('TEST_PIN', before.pin)
    }
  })

  it('has its signatures refused where they are another’s', async () => {
    const signer = await start(
      () => true,
      async input => signEs256(other.key, input),
    )
    const signing = { typ: typ.confirmation, key: signer.asKey, x5c: seller.chain, payload: canonical(act) }
    const asked = node.identity.signerOf(await signCompact(signing), typ.confirmation)
    const error: unknown = await asked.catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(Refusal).with.property('code', 'SIGNATURE_INVALID')
    signer.close()
  })
})

const restore = (name: string, value: string | undefined) => {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

const install = async (...packages: readonly string[]) => {
  const there = () => run('softhsm2-util', ['--version']).then(() => run('which', ['pkcs11-tool']))
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const installing = () => run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env })
  await there().catch(async () => {
    await installing().catch(() => run('apt-get', ['update', '-qq'], { env }).then(installing))
    await there()
  })
}
