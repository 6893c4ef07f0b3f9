import { expect } from 'chai'
import { sha256 } from '#sha256'
import { createAuthority, issueFromCsr } from '../../certs/authority.ts'
import { makeHeldKey, makeKeys } from '../../certs/keys.ts'
import { base64, base64url, fromBase64url, utf8 } from '../../core/bytes.ts'
import { type Jws, parseCompact, type Signing, type SigningKey, signCompact, verifyWithKey } from '../../core/jws.ts'
import { type ChainTrust, verifyWithChain } from '../../core/jws-chain.ts'
import { parseGeneral, signGeneral } from '../../core/jws-general.ts'
import { signingKeyOf } from '../../core/private-key.ts'
import { typ } from '../../core/typ.ts'
import { parseUscc } from '../../core/uscc.ts'
import { readableCrls } from '../../core/x509/crl.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import { at, crl, type Hierarchy, hierarchy, integer, reason, revoked, suites, uscc } from './x509/forge.ts'

const payload = utf8('{"answer":true}')
const expectedTyp = typ.confirmation

let ca: Hierarchy
let trust: ChainTrust
before(async () => {
  ca = await hierarchy()
  trust = { anchors: [ca.anchorOf(ca.root)], crls: [], at, verify: webcryptoVerify }
})

const parsed = (text: string): Jws => {
  const jws = parseCompact(text)
  if (!jws.ok) throw new Error(jws.detail)
  return jws
}

const signed = async (
  x5c: readonly Uint8Array[] = [ca.leaf, ca.issuing],
  key = ca.keys.leaf.privateKey,
): Promise<Jws> => parsed(await signCompact({ typ: expectedTyp, payload, key, x5c }))

/** With a header of our own choosing, which signCompact would not write. */
const signedUnder = async (header: object): Promise<Jws> => {
  const input = `${base64url(utf8(JSON.stringify(header)))}.${base64url(payload)}`
  const signature = await crypto.subtle.sign(suites.es256.sign, ca.keys.leaf.privateKey, new Uint8Array(utf8(input)))
  return parsed(`${input}.${base64url(new Uint8Array(signature))}`)
}

describe('JWS with a certificate chain', () => {
  it('names its signer from the validated certificate', async () => {
    expect(await verifyWithChain(await signed(), { expectedTyp, ...trust })).to.deep.equal({
      ok: true,
      payload,
      signer: {
        uscc,
        name: '某某医疗器械有限公司',
        thumbprint: base64url(sha256(ca.leaf)),
        roles: ['distributor', 'bank'],
        anchorId: 'test',
      },
    })
  })

  for (const suite of ['ed25519', 'rs256', 'es384'] as const) {
    it(`asks whether the certificate's ${suite} key can have made the signature`, async () => {
      const other = await hierarchy(suite)
      const jws = await signed([other.leaf, other.issuing])
      const result = await verifyWithChain(jws, { expectedTyp, ...trust, anchors: [other.anchorOf(other.root)] })
      expect(result).to.include({ ok: false, code: 'JWS_KEY' })
    })
  }

  it('verifies EdDSA and PS256 by the certificate too', async () => {
    for (const suite of ['ed25519', 'ps256'] as const) {
      const other = await hierarchy(suite)
      const jws = await signed([other.leaf, other.issuing], other.keys.leaf.privateKey)
      const result = await verifyWithChain(jws, { expectedTyp, ...trust, anchors: [other.anchorOf(other.root)] })
      expect(result).to.include({ ok: true })
    }
  })

  it('is refused as another act before anything else is looked at', async () => {
    const result = await verifyWithChain(await signed([]), { ...trust, expectedTyp: typ.question })
    expect(result).to.include({ ok: false, code: 'JWS_TYP' })
  })

  it('is refused without certificates', async () => {
    expect(await verifyWithChain(await signed([]), { expectedTyp, ...trust })).to.include({ code: 'JWS_CHAIN_MISSING' })
  })

  it('is refused under the thumbprint of another certificate, and taken without one', async () => {
    const x5c = [ca.leaf, ca.issuing].map(base64)
    const header = { alg: 'ES256', typ: expectedTyp, x5c }
    expect(await verifyWithChain(await signedUnder(header), { expectedTyp, ...trust })).to.include({ ok: true })
    const x5t = base64url(sha256(ca.issuing))
    const other = await signedUnder({ ...header, 'x5t#S256': x5t })
    expect(await verifyWithChain(other, { expectedTyp, ...trust })).to.include({ code: 'JWS_THUMBPRINT' })
  })

  it('is refused when somebody else signed under the organization’s certificate', async () => {
    const stolen = await signed([ca.leaf, ca.issuing], ca.keys.issuing.privateKey)
    expect(await verifyWithChain(stolen, { expectedTyp, ...trust })).to.include({ ok: false, code: 'JWS_SIGNATURE' })
  })

  it('is refused with a certificate too many, or in another order', async () => {
    const { leaf, issuing } = ca
    expect(await verifyWithChain(await signed([leaf, issuing]), { expectedTyp, ...trust })).to.include({ ok: true })
    for (const chain of [
      [issuing, leaf],
      [leaf, leaf, issuing],
      [leaf, issuing, leaf],
      [leaf, issuing, issuing],
      [leaf],
    ]) {
      const result = await verifyWithChain(await signed(chain), { expectedTyp, ...trust })
      expect(result.ok ? 'ok' : result.code).to.equal('JWS_CHAIN')
    }
  })

  it('says which rule the chain broke, and where', async () => {
    const late = { ...trust, at: new Date('2040-01-01T00:00:00Z') }
    expect(await verifyWithChain(await signed(), { expectedTyp, ...late })).to.include({
      code: 'JWS_CHAIN',
      rule: 'EXPIRED',
      certificate: 2,
    })
  })

  it('is refused once the certificate was revoked, and was good before', async () => {
    const list = await crl(ca.keys.issuing, { revoked: [revoked(integer('4102'), '260601110000Z', reason(1))] })
    const crls = readableCrls([list])
    expect(await verifyWithChain(await signed(), { expectedTyp, ...trust, crls })).to.include({ rule: 'REVOKED' })
    const before = { ...trust, crls, at: new Date('2026-06-01T10:59:59Z') }
    expect(await verifyWithChain(await signed(), { expectedTyp, ...before })).to.include({ ok: true })
  })

  it('verifies each signature of a General JWS by itself', async () => {
    const signer = { typ: expectedTyp, x5c: [ca.leaf, ca.issuing] }
    const text = await signGeneral(
      payload,
      { ...signer, key: ca.keys.leaf.privateKey },
      { ...signer, key: ca.keys.root.privateKey },
    )
    const general = parseGeneral(text)
    if (!general.ok) throw new Error(general.detail)
    const results = await Promise.all(general.signatures.map(jws => verifyWithChain(jws, { expectedTyp, ...trust })))
    expect(results.map(result => result.ok)).to.deep.equal([true, false])
  })
})

describe('JWS of an SM2 certificate', () => {
  let sm2: { key: SigningKey; chain: readonly Uint8Array[]; trust: ChainTrust }
  before(async () => {
    const authority = await createAuthority({ name: '国密', now: at, suite: 'sm2' })
    const { key, csr } = await makeHeldKey('sm2', 'x')
    const notAfter = new Date(at.getTime() + 86_400_000)
    const { chain } = await issueFromCsr(authority, csr, {
      uscc: parseUscc(uscc),
      name: '某某医院',
      notBefore: at,
      notAfter,
    })
    const { certificate } = authority.root
    const anchors = [{ id: 'sm2', certificate, roles: ['hospital'], usccAt: '2.5.4.97', crl: 'none' }] as const
    sm2 = { key: signingKeyOf(key, chain[0]), chain, trust: { anchors, crls: [], at, verify: webcryptoVerify } }
  })
  const act = async (typ: Signing['typ'] = expectedTyp, place = { seq: 1 }) =>
    signCompact({ typ, payload, key: sm2.key, x5c: sm2.chain, place })

  it('is a detached GM CMS over header and payload, and names its signer like any other', async () => {
    const jws = parsed(await act())
    expect(jws.header)
      .to.include({ alg: 'SM2-CMS', typ: expectedTyp })
      .and.deep.include({ place: { seq: 1 } })
    const result = await verifyWithChain(jws, { expectedTyp, ...sm2.trust })
    expect(result).to.include({ ok: true }).and.to.have.nested.property('signer.uscc', uscc)
  })

  it('does not verify as another kind of act, under another number, or over another payload', async () => {
    const text = await act()
    const [header = '', body, signature] = text.split('.')
    const other = await verifyWithChain(parsed(text), { ...sm2.trust, expectedTyp: typ.decision })
    expect(other).to.include({ ok: false, code: 'JWS_TYP' })
    const said = JSON.parse(new TextDecoder().decode(fromBase64url(header)))
    for (const changed of [
      { ...said, typ: typ.decision },
      { ...said, seq: 2, prev: 'A'.repeat(43) },
    ]) {
      const jws = parsed(`${base64url(utf8(JSON.stringify(changed)))}.${body}.${signature}`)
      const result = await verifyWithChain(jws, { ...sm2.trust, expectedTyp: changed.typ })
      expect(result).to.include({ ok: false, code: 'JWS_SIGNATURE' })
    }
    const payload = base64url(utf8('{"answer":false}'))
    const result = await verifyWithChain(parsed(`${header}.${payload}.${signature}`), { ...sm2.trust, expectedTyp })
    expect(result).to.include({ ok: false, code: 'JWS_SIGNATURE' })
  })

  it('stands beside an ES256 signature over one payload', async () => {
    const general = parseGeneral(
      await signGeneral(
        payload,
        { typ: expectedTyp, key: sm2.key, x5c: sm2.chain },
        { typ: expectedTyp, key: ca.keys.leaf.privateKey, x5c: [ca.leaf, ca.issuing] },
      ),
    )
    if (!general.ok) throw new Error(general.detail)
    const anchors = [...trust.anchors, ...sm2.trust.anchors]
    for (const jws of general.signatures) {
      expect(await verifyWithChain(jws, { ...trust, anchors, expectedTyp })).to.include({ ok: true })
    }
  })

  it('is never verified with a bare key, nor under a certificate of another suite', async () => {
    const jws = parsed(await act())
    const keys = await makeKeys()
    const bare = await verifyWithKey(jws, keys.publicKey, expectedTyp)
    expect(bare).to.include({ ok: false, code: 'JWS_KEY' })
    const es256 = parsed(await signCompact({ typ: expectedTyp, payload, key: sm2.key, x5c: [ca.leaf, ca.issuing] }))
    expect(await verifyWithChain(es256, { expectedTyp, ...trust })).to.include({ ok: false, code: 'JWS_SIGNATURE' })
    const underSm2 = await signed(sm2.chain)
    expect(await verifyWithChain(underSm2, { expectedTyp, ...sm2.trust })).to.include({ ok: false, code: 'JWS_KEY' })
  })
})
