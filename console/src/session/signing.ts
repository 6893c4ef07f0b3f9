import { base64url } from '../../../core/bytes.ts'
import { canonical } from '../../../core/canonical.ts'
import { signCompact } from '../../../core/jws.ts'
import type { Typ } from '../../../core/typ.ts'
import type { Identity } from './identity.ts'

/** A legal act under the organization's certificate: compact JWS over the RFC 8785 form. */
export const signAct = ({ key, chain }: Identity, act: Typ, payload: object): Promise<string> =>
  signCompact({ typ: act, payload: canonical(payload), key, x5c: chain })

export const newNonce = (): string => base64url(crypto.getRandomValues(new Uint8Array(16)))

/** UTC to the second, as signed acts have it. */
export const instantOf = (at: Date | number = Date.now()): string => `${new Date(at).toISOString().slice(0, 19)}Z`

export const DAY = 86_400_000
