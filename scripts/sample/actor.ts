import { randomBytes } from 'node:crypto'
import { base64url } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { type DocumentClaims, hideClaim } from '../../core/document.ts'
import { signCompact } from '../../core/jws.ts'
import type { Client } from '../../core/oauth/client.ts'
import { issueSdJwt } from '../../core/sd-jwt.ts'
import { handIn, nextPlace } from '../../core/statement-client.ts'
import { type Typ, typ } from '../../core/typ.ts'
import { createClient } from '../client/client.ts'
import type { Party } from '../start/operator.ts'

/** A party at its own desk: its key and certificate, and a client of the node it works with. */
export type Actor = Party & { readonly client: Client; readonly node: string }

export const actorOf = (party: Party, node: string): Actor => ({
  ...party,
  node,
  client: createClient({ baseUrl: node, uscc: party.uscc, key: party.key, chain: party.chain }),
})

export const nonce = (): string => base64url(new Uint8Array(randomBytes(16)))

/** Now, to the second, in UTC. */
export const instant = (at = new Date()): string => `${at.toISOString().slice(0, 19)}Z`

/** A legal act under the party's certificate, numbered where such acts are: compact JWS over the RFC 8785 form. */
export const sign = async ({ key, chain, client }: Actor, act: Typ, payload: object): Promise<string> =>
  signCompact({
    typ: act,
    payload: canonical(payload),
    key,
    x5c: chain,
    place: await nextPlace(client, act, payload),
  })

type Distribute<Of> = Of extends unknown ? Omit<Of, 'iss' | 'iat'> : never
export type UnsignedDocument = Distribute<DocumentClaims>

export type Registered = {
  readonly code: string
  readonly commitment: string
  readonly index: string
  readonly number: string
}

/** Signs a document claim by claim and registers it at the actor's node. */
export async function register(actor: Actor, document: UnsignedDocument): Promise<Registered> {
  const claims = { iss: actor.uscc, iat: Math.floor(Date.now() / 1000), ...document }
  const { key, chain: x5c } = actor
  return handIn(actor.client, typ.document, claims, async place =>
    send<Registered>(
      actor,
      'POST',
      '/api/v1/documents',
      await issueSdJwt(claims, hideClaim, { typ: typ.document, key, x5c, place }),
      'application/dc+sd-jwt',
    ),
  )
}

/** Sends text as it is. Throws the node's refusal. */
export const send = async <Reply>(
  actor: Actor,
  method: string,
  path: string,
  body: string,
  type = 'application/jose',
): Promise<Reply> => (await actor.client.json(method, path, undefined, { body, type })) as Reply

export const get = async <Reply>(actor: Actor, path: string): Promise<Reply> =>
  (await actor.client.json('GET', path)) as Reply

export const post = async <Reply>(actor: Actor, path: string, body: object): Promise<Reply> =>
  (await actor.client.json('POST', path, body)) as Reply

/** Works through a list, a few at a time: enough to share the log's commits, not so many that a small machine stalls. */
export async function eachOf<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  atOnce = 8,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const at = next++
      results[at] = await work(items[at]!)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}

/** Asks again until there is an answer: the other node polls, the chain takes a moment. */
export async function until<Found>(
  what: string,
  ask: () => Promise<Found | undefined>,
  patienceMs = 60_000,
): Promise<Found> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const found = await ask()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`waited ${patienceMs / 1000} s in vain for ${what}`)
    await new Promise(done => setTimeout(done, 200))
  }
}
