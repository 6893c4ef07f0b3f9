import { sha256 } from '#sha256'
import { type Authority, createAuthority, issueCrl, issueFromCsr, usccAt } from '../../certs/authority.ts'
import { makeHeldKey, type Suite } from '../../certs/keys.ts'
import { withAgreementHash } from '../../core/authorization/agreement.ts'
import { type Authorization, parseAuthorization } from '../../core/authorization.ts'
import { base64url } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import type { Caller } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { type Place, parseCompact, type SigningKey, signCompact } from '../../core/jws.ts'
import { verifyWithChain } from '../../core/jws-chain.ts'
import { countersign, parseGeneral, signGeneral } from '../../core/jws-general.ts'
import { signingKeyOf } from '../../core/private-key.ts'
import type { SignerOf } from '../../core/signer.ts'
import type { Trust } from '../../core/trust.ts'
import { typ } from '../../core/typ.ts'
import { makeUscc, type Uscc } from '../../core/uscc.ts'
import { readableCrls } from '../../core/x509/crl.ts'
import { webcryptoVerify } from '../../core/x509/webcrypto.ts'
import { numbered } from '../support/numbering.ts'

/** The instant at which the tests begin; everything takes its time from the clock of the scene. */
export const start = new Date('2026-03-15T08:00:00Z')
const founded = new Date('2026-01-01T00:00:00Z')
const expiry = new Date('2027-01-01T00:00:00Z')

export type Party = {
  readonly uscc: Uscc
  readonly name: string
  readonly key: SigningKey
  readonly x5c: readonly Uint8Array[]
  readonly thumbprint: string
  readonly caller: Caller
  /** Who signs authorizations in its stead. */
  clerk?: Clerk
}

export type Clerk = { readonly key: SigningKey; readonly mandate: string }

export type Parties = {
  readonly authority: Authority
  readonly anchors: Trust['anchors']
  /** DER. */
  readonly crls: readonly Uint8Array[]
  readonly seller: Party
  readonly hospital: Party
  readonly bank: Party
  readonly otherBank: Party
  readonly signerOf: SignerOf
  /** Thumbprints of the certificates that a test has revoked. */
  readonly revoked: Set<string>
  readonly isRevoked: (thumbprint: string) => Promise<boolean>
}

/** A development CA and the organizations that it certified, all of one suite. */
export const foundParties = async (name = 'Test', suite: Suite = 'es256'): Promise<Parties> => {
  const authority = await createAuthority({ name, now: founded, suite })
  const list = { revoked: [], number: 1n, thisUpdate: founded, nextUpdate: expiry }
  const crls = [await issueCrl(authority.root, list), await issueCrl(authority.issuing, list)]
  const anchors: Trust['anchors'] = [
    {
      id: 'test-ca',
      certificate: authority.root.certificate,
      roles: ['distributor', 'hospital', 'bank'],
      usccAt,
      crl: 'required',
    },
  ]
  const party = async (uscc: Uscc, called: string, role: 'distributor' | 'hospital' | 'bank'): Promise<Party> => {
    const { key: held, csr } = await makeHeldKey(suite, called)
    const { chain } = await issueFromCsr(authority, csr, {
      uscc,
      name: called,
      notBefore: founded,
      notAfter: expiry,
    })
    const caller: Caller = { uscc, name: called, roles: [role], dpopKey: 'k', via: 'certificate', credential: 'c' }
    const key = signingKeyOf(held, chain[0])
    return { uscc, name: called, key, x5c: chain, thumbprint: base64url(sha256(chain[0])), caller }
  }
  const revoked = new Set<string>()
  return {
    authority,
    revoked,
    isRevoked: async thumbprint => revoked.has(thumbprint),
    anchors,
    crls,
    seller: await party(makeUscc('91310000MA1FL1234'), '上海示例医疗器械有限公司', 'distributor'),
    hospital: await party(makeUscc('12310000425000123'), '示例医院', 'hospital'),
    bank: await party(makeUscc('91310000607000123'), '示例银行', 'bank'),
    otherBank: await party(makeUscc('91110000100000123'), '另一银行', 'bank'),
    signerOf: async (signed, expectedTyp, at) => {
      const jws = typeof signed === 'string' ? parseCompact(signed) : signed
      if (!jws.ok) throw new Refusal('SIGNATURE_INVALID', jws.detail)
      const context = { anchors, crls: readableCrls(crls), at: at ?? start, verify: webcryptoVerify }
      const found = await verifyWithChain(jws, { expectedTyp, ...context })
      if (found.ok) return { ...found.signer, chain: jws.header.x5c ?? [], payload: found.payload }
      throw new Refusal(found.code === 'JWS_TYP' ? 'SIGNATURE_WRONG_ACT' : 'SIGNATURE_INVALID', found.detail)
    },
  }
}

let serial = 0

/** Terms between seller and bank, over everything of March at the hospital. */
export const agreementOf = ({ seller, hospital, bank }: Parties, changed: Partial<Authorization> = {}): Authorization =>
  withAgreementHash({
    id: crypto.randomUUID(),
    version: 1,
    type: 'trade-data-authorization',
    agreement: { mediaType: 'text/plain;charset=utf-8', language: 'zh-CN', template: 'data-authorization/1' },
    subject: { uscc: seller.uscc, name: seller.name, certificate: seller.thumbprint },
    grantee: { uscc: bank.uscc, name: bank.name, certificate: bank.thumbprint },
    holders: [
      { uscc: seller.uscc, role: 'distributor', node: 'http://127.0.0.1:8080' },
      { uscc: hospital.uscc, role: 'hospital', node: 'http://127.0.0.1:8081' },
    ],
    purpose: { code: 'receivable-financing' },
    resources: (['order', 'delivery', 'invoice', 'scan', 'confirmation'] as const).map(type => ({
      type,
      selector: { from: '2026-03-01', to: '2026-03-31', hospital: hospital.uscc, open: true as const },
      fields: ['*'],
      maxRecords: 1000,
    })),
    actions: ['read'],
    notBefore: '2026-03-01T00:00:00Z',
    notAfter: '2026-06-01T00:00:00Z',
    maxUses: 10,
    maxReleasesPerDay: 10,
    onwardSharing: false,
    retentionUntil: '2027-06-01T00:00:00Z',
    revocation: 'http://127.0.0.1:8080/api/v1/authorizations',
    nonce: `nonce-of-sixteen-bytes-${serial++}`,
    createdAt: '2026-03-14T08:00:00Z',
    ...changed,
  })

const signing = ({ clerk, key, x5c }: Party, place: Place | undefined) =>
  clerk === undefined
    ? { typ: typ.authorization, key, x5c, place }
    : { typ: typ.authorization, key: clerk.key, mandate: clerk.mandate, place }

export const signAuthorization = (payload: Authorization, by: Party): Promise<string> =>
  numbered(by.key, typ.authorization, payload, place => signGeneral(canonical(payload), signing(by, place)))

export const countersignAuthorization = (text: string, by: Party): Promise<string> => {
  const general = parseGeneral(text)
  const payload = general.ok ? parseAuthorization(general.payload) : {}
  return numbered(by.key, typ.authorization, payload, place => countersign(text, signing(by, place)))
}

export const signAct = (
  act: 'revoke' | 'suspend' | 'resume',
  authorization: string,
  by: Party,
  changed: object = {},
): Promise<string> => {
  const said = {
    authorization,
    act,
    reason: 'no longer needed',
    nonce: `nonce-of-sixteen-bytes-${serial++}`,
    iat: '2026-03-15T08:00:00Z',
    ...changed,
  }
  const { authorizationRevocation } = typ
  return numbered(by.key, authorizationRevocation, said, place =>
    signCompact({ typ: authorizationRevocation, key: by.key, x5c: by.x5c, place, payload: canonical(said) }),
  )
}
