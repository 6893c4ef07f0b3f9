import { expect } from 'chai'
import { sha256 } from '#sha256'
import { makeCsr, makeKeys } from '../../certs/keys.ts'
import { base64url } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { makeUscc } from '../../core/uscc.ts'
import { parsePem } from '../../core/x509/pem.ts'
import { endorse, makeMachineKey, type Party } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('an organization’s own certificates', () => {
  let server: TestServer
  let operator: Party
  before(async () => {
    server = await startTestServer()
    operator = await server.party('operator')
  })
  after(() => server.stop())
  afterEach(() => expect(server.faults).to.deep.equal([]))

  const codeOf = async (asking: Promise<unknown>) => {
    const error: unknown = await asking.catch((reason: unknown) => reason)
    return error instanceof Refusal ? error.code : error
  }
  const isHere = (party: Party) =>
    server
      .client(party)
      .json('GET', `/api/v1/organizations/${party.uscc}`)
      .then(() => true)
  const renewed = async (by: Party): Promise<Party> => {
    const keys = await makeKeys()
    const body = JSON.stringify({ csr: await makeCsr(keys, 'new') })
    const answer = await server.client(by).request('POST', '/api/v1/certificates/renewals', { body })
    if (!answer.ok) throw new Refusal(((await answer.json()) as { code: 'INTERNAL' }).code)
    return { ...by, key: keys.privateKey, chain: parsePem('CERTIFICATE', await answer.text()) }
  }
  let number = 0
  const newcomer = async (): Promise<Party> => {
    const uscc = makeUscc(`914403007084613${String(++number).padStart(2, '0')}`)
    const keys = await makeKeys()
    const body = { uscc, name: '深圳示例医疗', roles: ['distributor'], hosted: true, csr: await makeCsr(keys, 'first') }
    const { certificate } = (await server.client(operator).json('POST', '/api/v1/organizations', body)) as {
      certificate: string
    }
    return { ...operator, uscc, key: keys.privateKey, chain: parsePem('CERTIFICATE', certificate) }
  }
  const thumbprintOf = ({ chain: [leaf] }: Party) => base64url(sha256(leaf ?? new Uint8Array()))
  const surrender = (by: Party, of: Party, reason: string) =>
    server.client(by).json('POST', '/api/v1/certificates/surrenders', { thumbprint: thumbprintOf(of), reason })

  it('are renewed by it, and both act until it gives the old one up', async () => {
    const old = await newcomer()
    const next = await renewed(old)
    expect([await isHere(old), await isHere(next)]).to.deep.equal([true, true])
    await surrender(next, old, 'superseded')
    expect(await codeOf(isHere(old))).to.equal('CERTIFICATE_REVOKED')
    expect(await isHere(next)).to.equal(true)
  })

  it('go together for a compromised key: whoever held it may have renewed it', async () => {
    const old = await newcomer()
    const next = await renewed(old)
    const after = await renewed(next)
    const other = await newcomer()
    const reply = (await surrender(old, old, 'keyCompromise')) as { revoked: string[] }
    expect(reply.revoked).to.have.lengthOf(3)
    for (const party of [old, next, after]) expect(await codeOf(isHere(party))).to.equal('CERTIFICATE_REVOKED')
    expect(await isHere(other)).to.equal(true)
  })

  it('go together where the operator revokes as well, which is told what went', async () => {
    const old = await newcomer()
    const next = await renewed(old)
    const body = { thumbprint: thumbprintOf(old), reason: 'keyCompromise' }
    const reply = (await server.client(operator).json('POST', '/api/v1/certificates/revocations', body)) as {
      alsoRevoked: string[]
    }
    expect(reply.alsoRevoked).to.have.lengthOf(1)
    expect(await codeOf(isHere(next))).to.equal('CERTIFICATE_REVOKED')
  })

  it('are no business of others, nor of keys that a certificate endorsed', async () => {
    const [one, another] = [await newcomer(), await newcomer()]
    expect(await codeOf(surrender(one, another, 'superseded'))).to.equal('NOT_FOUND')
    expect(await codeOf(surrender(one, { ...one, chain: [new Uint8Array(1)] }, 'superseded'))).to.equal('NOT_FOUND')
    expect(await codeOf(surrender(one, one, 'privilegeWithdrawn'))).to.equal('INVALID_REQUEST')
    expect(await isHere(another)).to.equal(true)

    const bank = await server.party('bank')
    const machine = await makeMachineKey()
    const enrolled = { body: await endorse(bank, machine), type: 'application/jose' }
    expect((await server.client(bank).request('POST', '/api/v1/keys', enrolled)).status).to.equal(201)
    const body = { thumbprint: bank.thumbprint, reason: 'superseded' }
    const asked = server.client(bank, machine).json('POST', '/api/v1/certificates/surrenders', body)
    expect(await codeOf(asked)).to.equal('CERTIFICATE_NEEDED')
    const renewal = { csr: await makeCsr(await makeKeys(), 'new') }
    const more = server.client(bank, machine).json('POST', '/api/v1/certificates/renewals', renewal)
    expect(await codeOf(more)).to.equal('CERTIFICATE_NEEDED')
  })

  it('are five at a time', async () => {
    let party = await newcomer()
    for (let i = 0; i < 4; i++) party = await renewed(party)
    expect(await codeOf(renewed(party))).to.equal('CERTIFICATES_TOO_MANY')
    await surrender(party, party, 'superseded')
    expect(await codeOf(renewed(party))).to.equal('CERTIFICATE_REVOKED')
  })
})
