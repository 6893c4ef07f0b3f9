import { expect } from 'chai'
import { sql } from 'kysely'
import { createRevocationLists } from '../../certs/revocation-lists.ts'
import { createSignerOf } from '../../certs/signer.ts'
import { createStanding } from '../../certs/standing.ts'
import { readCertificates } from '../../certs/store.ts'
import { utf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { parseCompact, signCompact } from '../../core/jws.ts'
import type { SignerOf } from '../../core/signer.ts'
import { typ } from '../../core/typ.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import { endorsementOf, makeMachineKey, makeTestPki, type Party } from '../support/parties.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('the signer of an act', () => {
  let server: TestServer
  let seller: Party
  let signerOf: SignerOf
  let late = 0

  before(async () => {
    server = await startTestServer({ now: () => new Date(Date.now() + late) })
    seller = await server.party('distributor')
    signerOf = server.identity.signerOf
  })
  after(() => server.stop())
  const refused = async (signing: ReturnType<SignerOf>): Promise<Refusal> => {
    const error: unknown = await signing.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (!(error instanceof Refusal)) throw new Error(`it was not refused: ${error}`)
    return error
  }
  const codeOf = async (signing: ReturnType<SignerOf>) => (await refused(signing)).code

  it('is named by the certificate, with the payload and chain it signed', async () => {
    const signed = await seller.sign(typ.question, { a: 1 })
    const { payload, ...signer } = await signerOf(signed, typ.question)
    expect(signer).to.deep.equal({
      uscc: seller.uscc,
      name: seller.name,
      thumbprint: seller.thumbprint,
      roles: ['distributor'],
      anchorId: 'test-ca',
      chain: seller.chain,
    })
    expect(payload).to.deep.equal(utf8('{"a":1}'))
  })

  it('may be asked for a parsed signature as well', async () => {
    const jws = parseCompact(await seller.sign(typ.question, {}))
    if (!jws.ok) throw new Error(jws.detail)
    expect((await signerOf(jws, typ.question)).uscc).to.equal(seller.uscc)
  })

  it('is kept with its certificate', async () => {
    const party = await server.party('carrier', 'seen')
    expect(await readCertificates(server.db, { uscc: party.uscc })).to.deep.equal([])
    await signerOf(await party.sign(typ.question, {}), typ.question)
    await signerOf(await party.sign(typ.question, {}), typ.question)
    const [row, ...more] = await readCertificates(server.db, { uscc: party.uscc })
    expect(more).to.deep.equal([])
    expect(row).to.deep.include({ thumbprint: party.thumbprint, uscc: party.uscc, chain: party.chain, revokedAt: null })
  })

  it('has only the roles that both operator and anchor give', async () => {
    const party = await server.party('carrier', 'two roles')
    await sql`update organizations set roles = array['carrier', 'bank'] where uscc = ${party.uscc}`.execute(server.db)
    const { db, now, identity } = server
    const anchors = server.pki.anchors.map(anchor => ({ ...anchor, roles: ['carrier', 'hospital'] as const }))
    const checks = { db, now, anchors, lists: identity.lists, verify: webcryptoVerify }
    const bounded = createSignerOf({ ...checks, admit: async () => undefined, standing: createStanding(checks) })
    expect((await bounded(await party.sign(typ.question, {}), typ.question)).roles).to.deep.equal(['carrier'])
  })

  it('is none when the signature is broken, of another key, or no JWS', async () => {
    const signed = await seller.sign(typ.question, { a: 1 })
    const other = await seller.sign(typ.question, { a: 2 })
    const [header, , signature] = signed.split('.')
    const mixed = [header, other.split('.')[1], signature].join('.')
    const bank = await server.party('bank')
    const { key } = bank
    const borrowed = await signCompact({ typ: typ.question, key, x5c: seller.chain, payload: utf8('{}') })
    const machine = await makeMachineKey()
    const bare = await signCompact({ typ: typ.question, key: machine.key, kid: machine.kid, payload: utf8('{}') })
    for (const text of [mixed, borrowed, bare, 'x', '', `${signed} `]) {
      expect(await codeOf(signerOf(text, typ.question)), text).to.equal('SIGNATURE_INVALID')
    }
  })

  it('is refused for every act but the one that was signed', async () => {
    for (const signedAs of Object.values(typ)) {
      const signed = await seller.sign(signedAs, {})
      const expected = signedAs === typ.question ? typ.confirmation : typ.question
      expect(await codeOf(signerOf(signed, expected)), signedAs).to.equal('SIGNATURE_WRONG_ACT')
      expect(await codeOf(signerOf(signed, 'JWT')), signedAs).to.equal('SIGNATURE_WRONG_ACT')
    }
  })

  it('is refused under a CA that is not trusted, and with a chain that is cut', async () => {
    const stranger = await (await makeTestPki()).party('distributor')
    const untrusted = await refused(signerOf(await stranger.sign(typ.question, {}), typ.question))
    // The stranger's CA has the name of ours, but another key.
    expect([untrusted.code, untrusted.extra]).to.deep.equal([
      'CERTIFICATE_INVALID',
      { rule: 'AUTHORITY_KEY', certificate: 1 },
    ])
    const { key, chain } = seller
    const cut = await signCompact({ typ: typ.question, key, x5c: chain.slice(0, 1), payload: utf8('{}') })
    expect(await codeOf(signerOf(cut, typ.question))).to.equal('CERTIFICATE_INVALID')
  })

  it('is refused where no revocation list was ever fetched', async () => {
    const { db, now, pki } = server
    const lists = { ...createRevocationLists(db), current: async () => [] }
    const checks = { db, now, anchors: pki.anchors, lists, verify: webcryptoVerify }
    const blind = createSignerOf({ ...checks, admit: async () => undefined, standing: createStanding(checks) })
    const missing = await refused(blind(await seller.sign(typ.question, {}), typ.question))
    expect([missing.code, missing.extra.rule]).to.deep.equal(['CERTIFICATE_INVALID', 'CRL_MISSING'])
  })

  it('is refused unless registered and not suspended', async () => {
    const unknown = await server.pki.party('carrier', 'unregistered')
    expect(await codeOf(signerOf(await unknown.sign(typ.question, {}), typ.question))).to.equal('ORGANIZATION_UNKNOWN')
    const party = await server.party('carrier', 'suspended')
    await sql`update organizations set suspended_at = now() where uscc = ${party.uscc}`.execute(server.db)
    expect(await codeOf(signerOf(await party.sign(typ.question, {}), typ.question))).to.equal('ORGANIZATION_SUSPENDED')
  })

  it('keeps nothing of a signature that was refused', async () => {
    const unknown = await server.pki.party('carrier', 'leaves no trace')
    await refused(
      signerOf(
        await unknown.sign(typ.keyEndorsement, endorsementOf(unknown, await makeMachineKey())),
        typ.keyEndorsement,
      ),
    )
    expect(await readCertificates(server.db, { uscc: unknown.uscc })).to.deep.equal([])
  })

  describe('as time passes', () => {
    // Lists made later would hide those of now: this clock only goes on.
    before(async () => {
      await server.stop()
      server = await startTestServer({ now: () => new Date(Date.now() + late) })
      seller = await server.party('distributor')
      signerOf = server.identity.signerOf
    })

    it('is refused once revoked, at every process of the node, while what was signed before stays signed', async () => {
      const party = await server.party('carrier', 'revoked')
      const signed = await party.sign(typ.question, {})
      const { db, now, pki } = server
      const checks = { db, now, anchors: pki.anchors, lists: createRevocationLists(db), verify: webcryptoVerify }
      const elsewhere = createSignerOf({ ...checks, admit: async () => undefined, standing: createStanding(checks) })
      await elsewhere(signed, typ.question)
      await signerOf(signed, typ.question)
      late += 10_000
      const operator = await server.party('operator')
      const revocation = { thumbprint: party.thumbprint, reason: 'affiliationChanged' }
      await server.client(operator).json('POST', '/api/v1/certificates/revocations', revocation)
      expect(await codeOf(signerOf(signed, typ.question))).to.equal('CERTIFICATE_REVOKED')
      expect(await codeOf(elsewhere(signed, typ.question))).to.equal('CERTIFICATE_REVOKED')
      const earlier = new Date(now().getTime() - 5_000)
      expect((await signerOf(signed, typ.question, earlier)).uscc).to.equal(party.uscc)
      // Also when so many lists have been made since that the one of then is not among those at hand.
      for (let i = 0; i < 7; i++) {
        late += 20_000
        const other = await server.party('carrier', `revoked ${i}`)
        await signerOf(await other.sign(typ.question, {}), typ.question)
        await server.client(operator).json('POST', '/api/v1/certificates/revocations', {
          thumbprint: other.thumbprint,
          reason: 'superseded',
        })
      }
      expect((await signerOf(signed, typ.question, earlier)).uscc).to.equal(party.uscc)
      expect(await codeOf(signerOf(signed, typ.question))).to.equal('CERTIFICATE_REVOKED')
    })

    it('is refused when the revocation list has passed its next update, until there is a new one', async () => {
      late += 7 * 24 * 3600_000 + 60_000
      const signed = await seller.sign(typ.question, {})
      const stale = await refused(signerOf(signed, typ.question))
      expect([stale.code, stale.extra.rule]).to.deep.equal(['CERTIFICATE_INVALID', 'CRL_STALE'])
      await server.identity.maintain()
      expect((await signerOf(signed, typ.question)).uscc).to.equal(seller.uscc)
    })

    it('is refused before and after the certificate’s validity', async () => {
      const signed = await seller.sign(typ.question, {})
      const before = new Date(Date.now() - 2 * 3600_000)
      expect(await codeOf(signerOf(signed, typ.question, before))).to.equal('CERTIFICATE_EXPIRED')
      late += 366 * 24 * 3600_000
      await server.identity.maintain()
      expect(await codeOf(signerOf(signed, typ.question))).to.equal('CERTIFICATE_EXPIRED')
    })
  })
})
