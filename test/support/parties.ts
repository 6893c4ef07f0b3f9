import type { CryptoKey } from 'jose'
import { sha256 } from '#sha256'
import { type Authority, createAuthority, issueFromCsr, usccAt } from '../../certs/authority.ts'
import { makeCsr, makeKeys } from '../../certs/keys.ts'
import { type Role, roles } from '../../core/access.ts'
import { base64url } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { jwkThumbprint, type PublicJwk, toPublicJwk } from '../../core/jwk.ts'
import { signCompact } from '../../core/jws.ts'
import { type Typ, typ } from '../../core/typ.ts'
import { makeUscc, type Uscc } from '../../core/uscc.ts'
import type { Anchor } from '../../core/x509/chain.ts'

const DAY = 24 * 3600 * 1000

/** A CA of a test, and the organizations it certified. */
export type TestPki = {
  readonly authority: Authority
  readonly anchors: readonly Anchor[]
  /** The same for the same name; made and certified when first asked for. */
  party(role: Role, name?: string): Promise<Party>
}

export type Party = {
  readonly uscc: Uscc
  readonly name: string
  readonly roles: readonly Role[]
  readonly key: CryptoKey
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[]
  /** base64url SHA-256 of the leaf. */
  readonly thumbprint: string
  /** Compact JWS over the RFC 8785 bytes of the act. */
  sign(act: Typ, payload: unknown): Promise<string>
}

/** @param born first instant at which anything of it is valid: an hour before the test, unless the test has a clock of its own */
export const makeTestPki = async (born = new Date(Date.now() - 3600_000)): Promise<TestPki> => {
  const authority = await createAuthority({ name: 'Test', now: born })
  const { certificate } = authority.root
  const parties = new Map<string, Promise<Party>>()
  return {
    authority,
    anchors: [{ id: 'test-ca', certificate, roles, usccAt, crl: 'required' }],
    party(role, name = role) {
      const found = parties.get(name) ?? makeParty(authority, role, name, parties.size, born)
      parties.set(name, found)
      return found
    },
  }
}

const makeParty = async (authority: Authority, role: Role, name: string, n: number, born: Date): Promise<Party> => {
  const uscc = makeUscc(`91310000MA1${String(n).padStart(6, '0')}`)
  const keys = await makeKeys()
  const validity = { notBefore: born, notAfter: new Date(born.getTime() + 365 * DAY) }
  const { chain } = await issueFromCsr(authority, await makeCsr(keys, name), { uscc, name, ...validity })
  const key = keys.privateKey
  return {
    uscc,
    name,
    roles: [role],
    key,
    chain,
    thumbprint: base64url(sha256(chain[0])),
    sign: (act, payload) => signCompact({ typ: act, key, x5c: chain, payload: canonical(payload) }),
  }
}

/** A P-256 key that an organization may endorse: of a machine, a scanner or a node. */
export type MachineKey = { readonly key: CryptoKey; readonly jwk: PublicJwk; readonly kid: string }

export const makeMachineKey = async (): Promise<MachineKey> => {
  const { privateKey, publicKey } = await makeKeys()
  const jwk = toPublicJwk(await crypto.subtle.exportKey('jwk', publicKey))
  return { key: privateKey, jwk, kid: jwkThumbprint(jwk) }
}

/** The payload of an endorsement for ten days from now on, with some members said otherwise. */
export const endorsementOf = (party: Pick<Party, 'uscc'>, { jwk, kid }: MachineKey, more: object = {}) => ({
  id: crypto.randomUUID(),
  kind: 'api',
  uscc: party.uscc,
  jwk,
  thumbprint: kid,
  label: 'ERP',
  notBefore: toSecond(Date.now() - 60_000),
  notAfter: toSecond(Date.now() + 10 * DAY),
  ...more,
})

/** As acts want their instants: UTC, to the second. */
export const toSecond = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')

export const endorse = (party: Party, machine: MachineKey, more: object = {}): Promise<string> =>
  party.sign(typ.keyEndorsement, endorsementOf(party, machine, more))
