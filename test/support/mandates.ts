import { sha256 } from '#sha256'
import { base64url } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { type SigningKey, signCompact } from '../../core/jws.ts'
import type { Mandate } from '../../core/mandate.ts'
import { type Typ, typ } from '../../core/typ.ts'
import { type MachineKey, makeMachineKey } from './parties.ts'

type Organization = {
  readonly uscc: string
  readonly key: SigningKey
} & ({ readonly chain: readonly Uint8Array[] } | { readonly x5c: readonly Uint8Array[] })

export type Clerk = MachineKey & { readonly name: string }

export const makeClerk = async (name: string): Promise<Clerk> => ({ ...(await makeMachineKey()), name })

export const nonceOf16 = () => base64url(crypto.getRandomValues(new Uint8Array(16)))

/** In force from a year before the tests' clocks to a year after them, with some members said otherwise. */
export const mandateOf = ({ uscc }: Pick<Organization, 'uscc'>, clerk: Clerk, more: object = {}): Mandate =>
  ({
    id: crypto.randomUUID(),
    version: 1,
    organization: uscc,
    clerk: { name: clerk.name, jwk: clerk.jwk },
    acts: ['confirmation', 'authorization'],
    notBefore: '2025-01-01T00:00:00Z',
    notAfter: '2028-01-01T00:00:00Z',
    nonce: nonceOf16(),
    iat: '2026-03-01T00:00:00Z',
    ...more,
  }) as Mandate

export const signedBy = (by: Organization, act: Typ, payload: object): Promise<string> =>
  signCompact({ typ: act, key: by.key, x5c: 'x5c' in by ? by.x5c : by.chain, payload: canonical(payload) })

export const giveMandate = (by: Organization, clerk: Clerk, more: object = {}): Promise<string> =>
  signedBy(by, typ.mandate, mandateOf(by, clerk, more))

export const revocationOf = ({ uscc }: Pick<Organization, 'uscc'>, mandate: string, more: object = {}) => ({
  mandate,
  organization: uscc,
  reason: 'has left',
  nonce: nonceOf16(),
  iat: '2026-03-15T08:00:00Z',
  ...more,
})

/** The second clerk's word on an act. */
export const approve = (
  { key }: Clerk,
  mandate: string,
  act: string,
  payload: object,
  more: object = {},
): Promise<string> =>
  signCompact({
    typ: typ.approval,
    key,
    mandate,
    payload: canonical({
      act,
      payload: base64url(sha256(canonical(payload))),
      nonce: nonceOf16(),
      iat: '2026-03-15T08:00:00Z',
      ...more,
    }),
  })
