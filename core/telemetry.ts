import type { CryptoKey, JWK } from 'jose'
import { z } from 'zod'
import { sha256 } from '#sha256'
import { base64url, equal, fromBase64url, utf8 } from './bytes.ts'
import { canonical } from './canonical.ts'
import { captureSalt } from './capture.ts'
import { parseCompact, signCompact, verifyWithKey } from './jws.ts'
import { emptyFrontier, extend, rootOfFrontier } from './merkle/frontier.ts'
import { inclusionPath, type Node } from './merkle/path.ts'
import { fold, type Hash } from './merkle.ts'
import { parseJsonBytes } from './strict-json.ts'
import { typ } from './typ.ts'

/**
 * A telemetry pack is one entry of the log. Its record holds no reading but the root of a history tree (RFC 6962) over
 * commitments to them, each under a salt of its own: one reading can be shown with a path of ten hashes, and its
 * neighbours stay noise. A list of digests would cost 32 kB a proof at 1,000 readings.
 */
const members = {
  version: z.literal(1),
  /** What relative times of the pack were relative to. */
  iat: z.iso.datetime({ precision: 3 }),
  count: z.int().min(1),
  /** base64url, 32 bytes */
  root: z.string().regex(/^[\w-]{42}[AEIMQUYcgkosw048]$/),
}
const unsignedSchema = z.strictObject(members)
const signedSchema = z.strictObject({
  ...members,
  /** RFC 7638 thumbprint of the device's key, base64url. */
  device: z.string().length(43),
  /** Of the device's packs, from 1, without gaps. */
  seq: z.int().min(1),
})
export type PackStatement = z.output<typeof unsignedSchema> & { readonly device?: string; readonly seq?: number }

/** Leaves of the readings in their order. Salts are made as those of captured events. */
export const readingLeaves = (seed: Uint8Array, readings: readonly string[]): Hash[] =>
  readings.map((text, i) => readingLeaf(captureSalt(seed, i), text))

/** RFC 6962 leaf hash over salt and text. */
export const readingLeaf = (salt: Uint8Array, text: string): Hash => {
  // A UTF-16 unit takes three bytes at most.
  const room = 1 + salt.length + 3 * text.length
  if (room > leaf.length) leaf = new Uint8Array(2 * room)
  leaf.set(salt, 1)
  const { written } = encoder.encodeInto(text, leaf.subarray(1 + salt.length))
  return sha256(leaf.subarray(0, 1 + salt.length + written)) as Hash
}

/** Written anew for each leaf, none of which waits: it begins with LEAF_PREFIX, which is 0. */
let leaf = new Uint8Array(1024)
const encoder = new TextEncoder()

export const packRoot = (leaves: readonly Hash[]): Hash => rootOfFrontier(extend(emptyFrontier, leaves))

/** Sibling hashes of one reading, from its leaf up. */
export const readingPath = (leaves: readonly Hash[], position: number): Hash[] => {
  const nodes = new Map<string, Hash>()
  extend(emptyFrontier, leaves, (level, index, hash) => nodes.set(`${level}/${index}`, hash))
  const read = ({ level, index }: Node): Hash => nodes.get(`${level}/${index}`)!
  return inclusionPath(BigInt(position), BigInt(leaves.length)).map(part => fold(part.map(read)))
}

/** At the device: compact JWS over the pack, which is the record that the log keeps. */
export const signPack = (
  signing: { readonly key: CryptoKey; readonly device: string; readonly seq: number; readonly at: Date },
  leaves: readonly Hash[],
): Promise<string> => {
  const { key, device, seq, at } = signing
  const payload = { ...unsignedPack(at, leaves), device, seq }
  return signCompact({ typ: typ.telemetry, payload: canonical(payload), key, kid: device })
}

export const unsignedPack = (at: Date, leaves: readonly Hash[]): PackStatement => ({
  version: 1,
  iat: at.toISOString(),
  count: leaves.length,
  root: base64url(packRoot(leaves)),
})

export type PackFailure = { readonly ok: false; readonly detail: string }

/** What the record of a pack says, a compact JWS or RFC 8785 bytes; a signature is not checked here. Never throws. */
export const readPack = (
  record: Uint8Array,
): { readonly ok: true; readonly statement: PackStatement; readonly jws: string | undefined } | PackFailure => {
  const jws = record[0] === 0x7b ? undefined : new TextDecoder().decode(record)
  const parsed = jws === undefined ? undefined : parseCompact(jws)
  if (parsed?.ok === false) return parsed
  const read = (parsed ? signedSchema : unsignedSchema).safeParse(json(parsed ? parsed.payload : record))
  if (!read.success) return { ok: false, detail: 'the payload is no telemetry statement' }
  const statement: PackStatement = read.data
  if (parsed && parsed.header.kid !== statement.device) return { ok: false, detail: 'kid and device differ' }
  return { ok: true, statement, jws }
}

/** Whether this device signed for these readings, all of them, in this order. Never throws. */
export const verifyPack = async (
  jws: string,
  leaves: readonly Hash[],
  key: CryptoKey | JWK,
): Promise<{ readonly ok: true; readonly statement: PackStatement } | PackFailure> => {
  const signed = await verifyPackSignature(jws, key)
  if (!signed.ok) return signed
  const { count, root } = signed.statement
  if (count !== leaves.length || !equal(fromBase64url(root), packRoot(leaves))) {
    return { ok: false, detail: 'the device signed for other readings' }
  }
  return signed
}

export const verifyPackSignature = async (
  jws: string,
  key: CryptoKey | JWK,
): Promise<{ readonly ok: true; readonly statement: PackStatement } | PackFailure> => {
  const read = readPack(utf8(jws))
  const parsed = parseCompact(jws)
  if (!read.ok) return read
  if (!parsed.ok) return parsed
  const verified = await verifyWithKey(parsed, key, typ.telemetry)
  return verified.ok ? { ok: true, statement: read.statement } : verified
}

const json = (bytes: Uint8Array): unknown => {
  try {
    return parseJsonBytes(bytes)
  } catch {
    return undefined
  }
}
