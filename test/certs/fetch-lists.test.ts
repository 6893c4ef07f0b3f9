import { expect } from 'chai'
import { createIdentity } from '../../api/auth/identity.ts'
import { insertOrganization } from '../../certs/store.ts'
import { Refusal } from '../../core/errors.ts'
import { typ } from '../../core/typ.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { makeMachineKey, type Party } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('a node that trusts a CA elsewhere', () => {
  let market: TestServer
  let own: TestDatabase
  let seller: Party
  let identity: ReturnType<typeof createIdentity>
  const troubles: string[] = []

  before(async () => {
    market = await startTestServer()
    seller = await market.party('distributor')
    own = await testDatabase()
    const { uscc, name, roles } = seller
    await insertOrganization(own.db, { uscc, name, roles, hosted: false, node: market.url, gln: null })
    identity = createIdentity({
      db: own.db,
      now: market.now,
      anchors: market.pki.anchors,
      issuer: 'https://hospital.example',
      nodeKey: await makeMachineKey(),
      nonceSecret: new Uint8Array(32),
      append: market.ledger.append,
      grantDetails: async (_, details) => details,
      mutualTls: false,
      listUrls: [
        `${market.url}/pki/crl`,
        `${market.url}/pki/nothing`,
        `${market.url}/pki/root.crl`,
        `${market.url}/pki/ca.pem`,
      ],
      onTrouble: (url, error) => troubles.push(`${url.slice(market.url.length)} ${error instanceof Error}`),
    })
  })
  after(async () => {
    await own.drop()
    await market.stop()
  })

  const codeOf = async () => {
    const signed = await seller.sign(typ.question, {})
    const error: unknown = await identity.signerOf(signed, typ.question).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    return error instanceof Refusal ? error.code : error
  }

  it('refuses its certificates until it has the lists', async () => {
    expect(await codeOf()).to.equal('CERTIFICATE_INVALID')
    await identity.maintain()
    expect(await codeOf()).to.equal(undefined)
  })

  it('tells of addresses that have no list, and goes on to the next', () => {
    expect(troubles).to.deep.equal(['/pki/nothing true', '/pki/ca.pem true'])
  })

  it('learns of a revocation with the next list, and keeps what it has while the CA is down', async () => {
    const operator = await market.party('operator')
    await market.client(seller).json('GET', '/api/v1/organizations')
    const revocation = { thumbprint: seller.thumbprint, reason: 'keyCompromise' }
    await market.client(operator).json('POST', '/api/v1/certificates/revocations', revocation)
    expect(await codeOf(), 'not known yet').to.equal(undefined)
    await identity.maintain()
    expect(await codeOf()).to.equal('CERTIFICATE_REVOKED')
    await market.down()
    await identity.maintain()
    expect(await codeOf()).to.equal('CERTIFICATE_REVOKED')
    await market.up()
  })

  it('has no CA of its own to show', () => {
    const paths = identity.routes.map(({ contract }) => contract.path)
    expect(paths).to.include('/api/v1/organizations').and.not.include('/pki/crl')
  })
})
