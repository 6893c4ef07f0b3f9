import { base64url } from '../../../core/bytes.ts'
import { canonical } from '../../../core/canonical.ts'
import { signCompact } from '../../../core/jws.ts'
import type { Client } from '../../../core/oauth/client.ts'
import { handIn, publishStatus } from '../../../core/statement-client.ts'
import type { Typ } from '../../../core/typ.ts'
import type { Identity } from './identity.ts'

/** A legal act under the organization's certificate: compact JWS over the RFC 8785 form. */
export const signAct = ({ key, chain }: Identity, act: Typ, payload: object): Promise<string> =>
  signCompact({ typ: act, payload: canonical(payload), key, x5c: chain })

/** The same, under the number that the node names, and handed in; once more when a colleague was quicker. */
export const handInAct = <Reply>(
  { client, identity: { key, chain } }: Signing,
  act: Typ,
  payload: object,
  send: (body: string) => Promise<Reply>,
): Promise<Reply> =>
  handIn(client, act, payload, async place =>
    send(await signCompact({ typ: act, payload: canonical(payload), key, x5c: chain, place })),
  )

/** How far one's own statements on a case have come, signed along with what was just done: nothing newer is left out. */
export const publishHeads = async ({ client, identity }: Signing, of: string): Promise<void> => {
  await publishStatus(client, identity, of)
}

type Signing = { readonly client: Client; readonly identity: Identity }

export const newNonce = (): string => base64url(crypto.getRandomValues(new Uint8Array(16)))

/** UTC to the second, as signed acts have it. */
export const instantOf = (at: Date | number = Date.now()): string => `${new Date(at).toISOString().slice(0, 19)}Z`

export const DAY = 86_400_000
