import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { sql } from 'kysely'
import { makeCsr, makeKeys } from '../../certs/keys.ts'
import { canonical } from '../../core/canonical.ts'
import { Refusal } from '../../core/errors.ts'
import { makeUscc } from '../../core/uscc.ts'
import { parseCrl } from '../../core/x509/crl.ts'
import { parsePem } from '../../core/x509/pem.ts'
import { asNode } from '../../db/database.ts'
import type { Party } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('organizations', () => {
  let server: TestServer
  let operator: Party
  before(async () => {
    server = await startTestServer()
    operator = await server.party('operator')
  })
  after(() => server.stop())
  afterEach(() => expect(server.faults).to.deep.equal([]))

  const path = '/api/v1/organizations'
  const uscc = makeUscc('91440300708461136')
  const body = { uscc, name: '深圳示例医疗', roles: ['distributor', 'manufacturer'], hosted: true }
  const ask = (method: string, to: string, sent?: unknown, by = operator) => server.client(by).json(method, to, sent)
  const codeOf = async (asking: Promise<unknown>) => {
    const error: unknown = await asking.catch((reason: unknown) => reason)
    return error instanceof Refusal ? error.code : error
  }
  type LogRow = { type: string; org: string; parties: string[]; body: Buffer }
  const lastRecord = async () =>
    (
      await asNode(server.db, tx =>
        sql<LogRow>`select type, org, parties, body from records order by index desc limit 1`.execute(tx),
      )
    ).rows[0]

  it('are registered by the operator, with a certificate for the key they ask one for, and logged', async () => {
    const keys = await makeKeys()
    const csr = await makeCsr(keys, 'whatever it says')
    const reply = (await ask('POST', path, { ...body, csr, gln: '6901234000009' })) as {
      organization: { createdAt: string }
      certificate: string
    }
    const { createdAt, ...organization } = reply.organization
    expect(organization).to.deep.equal({ ...body, node: null, gln: '6901234000009', suspendedAt: null })
    const chain = parsePem('CERTIFICATE', reply.certificate)
    const party: Party = { ...operator, uscc, name: body.name, key: keys.privateKey, chain }
    expect(await ask('GET', `${path}/${uscc}`, undefined, party), 'signs in with it').to.deep.include({
      name: body.name,
    })
    const record = await lastRecord()
    const { at, ...logged } = JSON.parse(String(record?.body)) as { at: string }
    expect(record).to.deep.include({ type: 'organization', org: uscc, parties: [uscc, operator.uscc] })
    expect(logged).to.deep.equal({
      ...{ act: 'register', by: operator.uscc, uscc, name: body.name, roles: body.roles },
      ...{ hosted: true, node: null, gln: '6901234000009' },
    })
    expect(canonical({ at, ...logged })).to.deep.equal(new Uint8Array(record?.body ?? []))
  })

  it('are registered once', async () => {
    expect(await codeOf(ask('POST', path, body))).to.equal('ORGANIZATION_EXISTS')
  })

  it('are refused with a wrong USCC, GLN, name, role or request', async () => {
    const other = makeUscc('91440300708461137')
    for (const wrong of [
      { uscc: `${other.slice(0, 17)}${other.endsWith('0') ? '1' : '0'}` },
      { gln: '6901234000008' },
      { name: ' ' },
      { name: 'a\u202eb' },
      { roles: [] },
      { roles: ['bank', 'bank'] },
      { roles: ['king'] },
      { node: 'http://127.0.0.1:8081' },
      { hosted: false, node: 'ftp://x' },
      { more: 1 },
    ]) {
      expect(await codeOf(ask('POST', path, { ...body, uscc: other, ...wrong })), JSON.stringify(wrong)).to.equal(
        'INVALID_REQUEST',
      )
    }
  })

  it('are not registered when their request for a certificate proves no possession, and may ask later', async () => {
    const other = makeUscc('91440300708461138')
    const { privateKey } = await makeKeys()
    const { publicKey } = await makeKeys()
    const csr = await makeCsr({ privateKey, publicKey }, 'not mine')
    for (const wrong of [csr, 'x', csr + csr]) {
      expect(await codeOf(ask('POST', path, { ...body, uscc: other, csr: wrong }))).to.equal('INVALID_REQUEST')
      expect(await codeOf(ask('GET', `${path}/${other}`))).to.equal('NOT_FOUND')
    }
    await ask('POST', path, { ...body, uscc: other })
    expect(await codeOf(ask('POST', `${path}/${other}/certificates`, { csr }))).to.equal('INVALID_REQUEST')
    const keys = await makeKeys()
    const issued = await server.client(operator).request('POST', `${path}/${other}/certificates`, {
      body: JSON.stringify({ csr: await makeCsr(keys, '') }),
    })
    expect([issued.status, issued.headers.get('Content-Type')?.split(';')[0]]).to.deep.equal([
      201,
      'application/pem-certificate-chain',
    ])
    expect(parsePem('CERTIFICATE', await issued.text())).to.have.length(2)
  })

  it('are let in, changed and shut out by nobody but the operator', async () => {
    const seller = await server.party('distributor')
    const acts: [string, string, unknown][] = [
      ['POST', path, body],
      ['POST', `${path}/${uscc}/certificates`, { csr: 'x' }],
      ['POST', `${path}/${uscc}/suspension`, { suspended: true }],
      ['PUT', `${path}/${uscc}/roles`, { roles: ['bank'] }],
      ['POST', '/api/v1/certificates/revocations', { serial: '01', reason: 'superseded' }],
    ]
    for (const [method, to, sent] of acts) {
      expect(await codeOf(ask(method, to, sent, seller)), to).to.equal('ROLE_FORBIDDEN')
    }
  })

  it('are shown to everybody signed in, page by page', async () => {
    const seller = await server.party('distributor', 'reader')
    const seen: string[] = []
    let after = ''
    for (;;) {
      const query = `?limit=2${after && `&after=${after}`}`
      const page = (await ask('GET', path + query, undefined, seller)) as {
        items: { uscc: string }[]
        next: string | null
      }
      seen.push(...page.items.map(it => it.uscc))
      if (page.next === null) break
      after = page.next
    }
    const { rows } = await sql<{ uscc: string }>`select uscc from organizations order by uscc`.execute(server.db)
    expect(seen).to.deep.equal(rows.map(row => row.uscc))
    expect(seen.length).to.be.greaterThan(4)
    expect((await fetch(server.url + path)).status).to.equal(401)
  })

  it('are suspended and taken back, each time logged, but an operator never suspends or dismisses itself', async () => {
    const change = (to: string, sent: object) => ask(to === 'roles' ? 'PUT' : 'POST', `${path}/${uscc}/${to}`, sent)
    const suspended = (await change('suspension', { suspended: true })) as { suspendedAt: string }
    expect(Date.parse(suspended.suspendedAt)).to.be.greaterThan(0)
    expect(String((await lastRecord())?.body)).to.match(/^{"act":"suspend",/)
    expect(await change('suspension', { suspended: false })).to.deep.include({ suspendedAt: null })
    expect(String((await lastRecord())?.body)).to.match(/^{"act":"resume",/)
    expect(await change('roles', { roles: ['bank'] })).to.deep.include({ roles: ['bank'] })
    expect(String((await lastRecord())?.body)).to.match(/"roles":\["bank"\]/)
    const own = `${path}/${operator.uscc}`
    expect(await codeOf(ask('POST', `${own}/suspension`, { suspended: true }))).to.equal('NOT_YOURS')
    expect(await codeOf(ask('PUT', `${own}/roles`, { roles: ['bank'] }))).to.equal('NOT_YOURS')
    expect(await ask('PUT', `${own}/roles`, { roles: ['operator', 'hospital'] })).to.deep.include({
      roles: ['operator', 'hospital'],
    })
  })

  it('that nobody registered are not found', async () => {
    const nobody = makeUscc('91440300708461139')
    expect(await codeOf(ask('GET', `${path}/${nobody}`))).to.equal('NOT_FOUND')
    expect(await codeOf(ask('POST', `${path}/${nobody}/suspension`, { suspended: true }))).to.equal('NOT_FOUND')
  })

  describe('and the development CA', () => {
    const list = async (name = 'crl') => {
      const response = await fetch(`${server.url}/pki/${name}`)
      expect([response.status, response.headers.get('Content-Type')]).to.deep.equal([200, 'application/pkix-crl'])
      return new Uint8Array(await response.arrayBuffer())
    }
    const revocations = '/api/v1/certificates/revocations'

    it('revokes a certificate by serial or thumbprint, at once, for good, and harmlessly twice', async () => {
      const carrier = await server.party('carrier')
      await ask('GET', path, undefined, carrier)
      const before = parseCrl(await list())
      const seen = (await ask('GET', `${path}/${carrier.uscc}`)) as {
        certificates: { thumbprint: string; serial: string; revokedAt: string | null }[]
      }
      const [certificate] = seen.certificates
      expect(certificate).to.deep.include({ thumbprint: carrier.thumbprint, revokedAt: null })
      const serial = certificate?.serial ?? ''
      const invalidSince = '2026-01-05T00:00:00Z'
      const sent = { serial, reason: 'keyCompromise', invalidSince }
      const revoked = (await ask('POST', revocations, sent)) as { revokedAt: string }
      expect(revoked).to.deep.include({ serial, reason: 'keyCompromise' })
      const after = parseCrl(await list())
      expect(BigInt(`0x${after.number}`)).to.equal(BigInt(`0x${before.number}`) + 1n)
      expect(after.revoked.get(serial)).to.deep.equal({
        revokedAt: Date.parse(revoked.revokedAt),
        invalidSince: Date.parse(invalidSince),
        reason: 'keyCompromise',
      })
      const again = { thumbprint: carrier.thumbprint, reason: 'superseded' }
      expect(await ask('POST', revocations, again)).to.deep.include({ ...revoked, reason: 'keyCompromise' })
      expect(parseCrl(await list()).number).to.equal(after.number)
      expect(await codeOf(ask('GET', path, undefined, carrier))).to.equal('CERTIFICATE_REVOKED')
    })

    it('refuses to revoke what it has not issued, or since a day to come', async () => {
      expect(await codeOf(ask('POST', revocations, { serial: '01', reason: 'superseded' }))).to.equal('NOT_FOUND')
      const invalidSince = new Date(Date.now() + 60_000).toISOString()
      const sent = { thumbprint: operator.thumbprint, reason: 'superseded', invalidSince }
      expect(await codeOf(ask('POST', revocations, sent))).to.equal('DATE_IN_FUTURE')
      expect(await codeOf(ask('POST', revocations, { reason: 'superseded' }))).to.equal('INVALID_REQUEST')
    })

    it('shows lists and certificates that OpenSSL takes', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'tallystick-pki-'))
      const write = (name: string, content: string | Uint8Array) => {
        writeFileSync(join(folder, name), content)
        return join(folder, name)
      }
      const openssl = (...args: string[]) => execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' })
      const response = await fetch(`${server.url}/pki/ca.pem`)
      expect(response.headers.get('Content-Type')?.split(';')[0]).to.equal('application/pem-certificate-chain')
      const ca = write('ca.pem', await response.text())
      const pemOf = (name: string, der: Uint8Array) =>
        openssl('crl', '-inform', 'DER', '-in', write(`${name}.crl`, der), '-outform', 'PEM')
      const crls = write('crls.pem', pemOf('issuing', await list()) + pemOf('root', await list('root.crl')))
      const leaf = write('leaf.der', operator.chain[0] ?? new Uint8Array())
      const pem = write('leaf.pem', openssl('x509', '-inform', 'DER', '-in', leaf))
      const verified = openssl('verify', '-crl_check_all', '-CAfile', ca, '-CRLfile', crls, pem)
      expect(verified).to.match(/leaf\.pem: OK/)
    })
  })
})
