import type { CryptoKey, JWK } from 'jose'
import { z } from 'zod'
import { sha256 } from '#sha256'
import { base64url, concat, equal, fromBase64url } from './bytes.ts'
import { canonical } from './canonical.ts'
import { commitment } from './entry.ts'
import { type JwsFailure, parseCompact, signCompact, verifyWithKey } from './jws.ts'
import { parseJsonBytes } from './strict-json.ts'
import { typ } from './typ.ts'

/**
 * What a device signs when it hands in scans: not the events but the list of their commitments, each under a salt of its
 * own. One event can so be shown with its place in the list, while its neighbours stay 32 bytes of noise.
 */
const captureSchema = z.strictObject({
  /** RFC 7638 thumbprint of the device's key, base64url. */
  device: z.string().length(43),
  /** Per device, from 1, without gaps. */
  seq: z.int().min(1),
  iat: z.iso.datetime({ precision: 3 }),
  count: z.int().min(1).max(10_000),
  /** base64url of SHA-256 over the commitments, one after the other. */
  digests: z.string().length(43),
})
export type CaptureStatement = z.output<typeof captureSchema>

/** Salt of the event at `position`; knowing one tells nothing about another. */
export const captureSalt = (seed: Uint8Array, position: number): Uint8Array => {
  const salted = seed.length === SEED_LENGTH ? seedAndIndex : new Uint8Array(seed.length + 4)
  salted.set(seed)
  new DataView(salted.buffer).setUint32(seed.length, position)
  return sha256(salted)
}

const SEED_LENGTH = 32
/** Written anew for each salt, none of which waits. */
const seedAndIndex = new Uint8Array(SEED_LENGTH + 4)

/** Commitments of the events in their order, as they go into the log. */
export const captureDigests = (seed: Uint8Array, events: readonly Uint8Array[]): Uint8Array[] =>
  events.map((event, position) => commitment('event', captureSalt(seed, position), event))

const listDigest = (digests: readonly Uint8Array[]): Uint8Array => sha256(concat(...digests))

/** At the device: compact JWS over the list. `events` are RFC 8785 bytes. */
export const signCapture = (
  signing: { key: CryptoKey; device: string; seq: number; at: Date },
  digests: readonly Uint8Array[],
): Promise<string> => {
  const statement: CaptureStatement = {
    device: signing.device,
    seq: signing.seq,
    iat: signing.at.toISOString(),
    count: digests.length,
    digests: base64url(listDigest(digests)),
  }
  return signCompact({ typ: typ.capture, payload: canonical(statement), key: signing.key, kid: signing.device })
}

export type CaptureFailure =
  | JwsFailure
  | { readonly ok: false; readonly code: 'CAPTURE_MALFORMED' | 'CAPTURE_DIGESTS'; readonly detail: string }

/** The statement as signed, before its key is known: says which device to look up. Never throws. */
export const readCapture = (
  jws: string,
): { readonly ok: true; readonly statement: CaptureStatement } | CaptureFailure => {
  const parsed = parseCompact(jws)
  if (!parsed.ok) return parsed
  const statement = captureSchema.safeParse(json(parsed.payload))
  if (!statement.success) return malformed('the payload is no capture statement')
  if (parsed.header.kid !== statement.data.device) return malformed('kid and device differ')
  return { ok: true, statement: statement.data }
}

/** Checks signature and list: these commitments, all of them, in this order. Never throws. */
export const verifyCapture = async (
  jws: string,
  digests: readonly Uint8Array[],
  key: CryptoKey | JWK,
): Promise<{ readonly ok: true; readonly statement: CaptureStatement } | CaptureFailure> => {
  const read = readCapture(jws)
  const parsed = parseCompact(jws)
  if (!read.ok) return read
  if (!parsed.ok) return parsed
  const verified = await verifyWithKey(parsed, key, typ.capture)
  if (!verified.ok) return verified
  const { count, digests: signed } = read.statement
  if (count !== digests.length || !equal(fromBase64url(signed), listDigest(digests))) {
    return { ok: false, code: 'CAPTURE_DIGESTS', detail: 'the signed list of commitments is another one' }
  }
  return read
}

const malformed = (detail: string): CaptureFailure => ({ ok: false, code: 'CAPTURE_MALFORMED', detail })

const json = (bytes: Uint8Array): unknown => {
  try {
    return parseJsonBytes(bytes)
  } catch {
    return undefined
  }
}
