import { base64url } from './bytes.ts'
import { canonical } from './canonical.ts'
import { Refusal } from './errors.ts'
import { type Place, type SigningKey, signCompact } from './jws.ts'
import type { Client } from './oauth/client.ts'
import { aboutOf, matterOf } from './statement.ts'
import { type Typ, typ } from './typ.ts'

type Asking = Pick<Client, 'json'>

/** The place that this act must be signed with, by the node where it will be handed in. Undefined for acts without numbers. */
export const nextPlace = async (client: Asking, act: Typ, said: object): Promise<Place | undefined> => {
  const matter = matterOf(act, said)
  if (matter === undefined) return undefined
  const { next } = (await client.json('GET', `/api/v1/statements/${aboutOf(matter)}`)) as { readonly next: Place }
  return next
}

const TRIES = 3

/**
 * Signs and hands in, once more under the next number when somebody of the same organization was quicker: clerks don't
 * queue for numbers, the node decides. `attempt` signs with the place it gets and sends.
 */
export const handIn = async <Reply>(
  client: Asking,
  act: Typ,
  said: object,
  attempt: (place: Place | undefined) => Promise<Reply>,
): Promise<Reply> => {
  for (let tries = 1; ; tries++) {
    const place = await nextPlace(client, act, said)
    try {
      return await attempt(place)
    } catch (error) {
      const outrun = error instanceof Refusal && error.code === 'STATEMENT_CONFLICT'
      if (!outrun || tries === TRIES) throw error
    }
  }
}

type Signing = { readonly uscc: string; readonly key: SigningKey; readonly chain: readonly Uint8Array[] }
type Item = { readonly signer: string; readonly about: string; readonly seq: number; readonly hash: string | null }

/**
 * Signs and publishes how far one's own statements have come on a case, as the node lists them: up to here and no
 * further, at this time. False where the organization is no party to it. Whoever keeps numbers of its own should compare
 * them first, since the node could list fewer.
 * @param of path of the case: `/api/v1/applications/{id}` or `/api/v1/questions/{id}`
 */
export const publishStatus = async (client: Asking, { uscc, key, chain }: Signing, of: string): Promise<boolean> => {
  const { items } = (await client.json('GET', `${of}/status-heads`)) as { readonly items: readonly Item[] }
  const own = items.filter(({ signer }) => signer === uscc)
  if (own.length === 0) return false
  const heads = own.map(({ about, seq, hash }) => (hash === null ? { about, seq } : { about, seq, hash }))
  const nonce = base64url(crypto.getRandomValues(new Uint8Array(16)))
  const head = { signer: uscc, heads, nonce, iat: `${new Date().toISOString().slice(0, 19)}Z` }
  const body = await signCompact({ typ: typ.statusHead, payload: canonical(head), key, x5c: chain })
  await client.json('POST', '/api/v1/status-heads', undefined, { body, type: 'application/jose' })
  return true
}
