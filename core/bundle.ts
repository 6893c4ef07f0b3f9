import { z } from 'zod'
import { sha256 } from '#sha256'
import { recordId } from './act.ts'
import { base64url, fromBase64, fromBase64url } from './bytes.ts'
import { canonical, canonicalText } from './canonical.ts'
import { mode } from './financing.ts'
import type { RecordType } from './record.ts'
import { parseJson } from './strict-json.ts'
import { usccSchema } from './uscc.ts'

/** Media type of the file, and what its first member says. */
export const BUNDLE_TYPE = 'application/vnd.tallystick.evidence+json'
export const BUNDLE_FORMAT = 'tallystick.evidence'

const decodes = (decode: (text: string) => Uint8Array, length?: number) => (text: string) => {
  try {
    const bytes = decode(text)
    return length === undefined || bytes.length === length
  } catch {
    return false
  }
}
const secret = z.string().refine(decodes(fromBase64url, 32), 'expected 32 bytes in base64url')
const hash = z.string().refine(decodes(fromBase64, 32), 'expected 32 bytes in base64')
const der = z.string().min(4).refine(decodes(fromBase64), 'expected base64')
const moment = z.iso.datetime({ precision: 3, error: 'expected an instant like 2026-03-01T08:00:00.000Z' })
const integer = z.string().regex(/^(?:0|[1-9][0-9]{0,18})$/, 'expected an integer')
const word32 = z.string().regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 hex digits')
const text = z.string().min(1)

/** The kinds of records that bear on an application, and that the verifier can judge: nothing else has a place here. */
export const bundledTypes = [
  'document',
  'event',
  'endorsement',
  'mandate',
  'authorization',
  'authorization-state',
  'question',
  'confirmation',
  'application',
] as const satisfies readonly RecordType[]
export type BundledType = (typeof bundledTypes)[number]

export const isBundledType = (type: RecordType): type is BundledType =>
  (bundledTypes as readonly RecordType[]).includes(type)

/** One record with everything that its leaf is recomputed from. */
export const bundleRecord = z.strictObject({
  type: z.enum(bundledTypes),
  org: usccSchema,
  index: integer,
  loggedAt: moment,
  salt: secret,
  /** As logged: JWS, issuer-signed JWT of an SD-JWT, or RFC 8785 JSON. */
  body: text,
  /** Of a document: what of it may be seen here (RFC 9901 §4.2). */
  disclosures: z.array(text).optional(),
  /** Of an event: where it stands in which of the bundle's captures. */
  capture: z.strictObject({ of: z.int().min(0), position: z.int().min(0) }).optional(),
  /** C2SP tlog-proof to the bundle's checkpoint. */
  proof: text,
})
export type BundleRecord = z.output<typeof bundleRecord>

/** A head that the contract gave up after its anchoring key was stolen, and the one in its place (core/refounding.ts). */
export const bundleRefounding = z.strictObject({
  block: integer,
  /** Time of the block. */
  at: moment,
  kept: integer,
  /** To 2^64 - 1, as a thief may say. */
  abandonedSize: z.string().regex(/^[1-9][0-9]{0,19}$/, 'expected an integer'),
  abandonedRoot: hash,
  size: integer,
  root: hash,
  /** SHA-256 of the signed note of the head in its place. */
  checkpoint: hash,
})
export type BundleRefounding = z.output<typeof bundleRefounding>

const rlp = z.string().regex(/^(?:[0-9a-f]{2}){1,4096}$/, 'expected hex')
const trieNodes = z.array(rlp).max(64)

/** The block's header, and the nodes from it to the head that the contract held after it (core/verify/anchor-state.ts). */
export const bundleState = z.strictObject({
  header: rlp,
  account: trieNodes,
  slots: z.tuple([trieNodes, trieNodes]),
})

/** A head of the log that a chain accepted, with the proof that the bundle's checkpoint extends it. */
export const bundleAnchor = z.strictObject({
  /** What the node calls the chain; identified it is by id, genesis block and contract. */
  chain: text,
  chainId: integer,
  genesis: word32,
  contract: z.string().regex(/^0x[0-9a-f]{40}$/, 'expected 0x and 40 hex digits'),
  transaction: word32,
  block: integer,
  blockHash: word32,
  /** Time of the block. */
  at: moment,
  size: integer,
  root: hash,
  /** From this head to the checkpoint (RFC 9162 §2.1.4); empty when they are one. */
  consistency: z.array(hash).max(64),
  /** Every one of this log at this contract, oldest first; absent where there was none. */
  refoundings: z.array(bundleRefounding).min(1).max(100).optional(),
  /** For whoever trusts the block's hash and asks no chain. Absent where it had not been asked for. */
  state: z.union([bundleState, z.literal('not served')]).optional(),
})
export type BundleAnchor = z.output<typeof bundleAnchor>

/**
 * Everything that an auditor needs to check an application offline, in one JSON file. Nothing in it is believed for being
 * there. Strict in every member, so that whatever is in the file is checked by something.
 */
export const bundleSchema = z.strictObject({
  format: z.literal(BUNDLE_FORMAT),
  version: z.literal(1),
  createdAt: moment,
  /** Origin of the log. */
  log: z.string().regex(/^[\x21-\x2a\x2c-\x7e]{1,200}$/),
  application: z.strictObject({
    id: z.uuid(),
    seller: usccSchema,
    bank: usccSchema,
    mode,
    /** Commitments of the invoices put to the bank. */
    invoices: z.array(recordId).min(1).max(1000),
  }),
  /** Commitment of the authorization, which is one of the records. */
  authorization: recordId,
  /**
   * The node's receipt as logged: which node gave these very records to which bank, in answer to what request (audience
   * and nonce). JWS by the node key under typ.releaseReceipt.
   */
  release: text,
  /** In log order. */
  records: z.array(bundleRecord).min(1),
  /** What devices signed: lists of commitments, most of them of events that are not shown here. */
  captures: z.array(z.strictObject({ jws: text, digests: z.array(recordId).min(1).max(10_000) })),
  /** Signed note; the head to which every proof leads. */
  checkpoint: text,
  anchors: z.array(bundleAnchor).max(100),
  /** Revocation lists as at each signing, DER. Chains are in the signatures' headers. */
  crls: z.array(der).max(1000),
  /** Answers of OCSP responders as at each signing, DER. Absent where there are none. */
  ocsps: z.array(der).min(1).max(2000).optional(),
  /** RFC 3161 tokens over the values of signatures, DER. Absent where there are none. */
  timestamps: z.array(der).min(1).max(10_000).optional(),
  /**
   * How far signers say they have come with their statements on this case, and what the node observed of those that say
   * nothing: compact JWS under typ.statusHead and typ.statusObservation.
   */
  heads: z.array(text).max(10_000),
  /** Statements on this case that the agreement withholds: protected header, and hash of the payload. */
  withheld: z.array(z.strictObject({ header: text, payload: secret })).max(10_000),
  /** What the financing registry held, under its node key. */
  registry: text.optional(),
  /** The bank's policy, by which the report was made. */
  policy: text.optional(),
  /** JWS by the node key over the RFC 8785 bytes of the report. */
  report: text.optional(),
  /** JWS by the node key over everything above. */
  seal: text,
})
export type Bundle = z.output<typeof bundleSchema>
export type UnsealedBundle = Omit<Bundle, 'seal'>

/** What the node signs to seal a bundle. */
export const sealPayload = (contents: UnsealedBundle): Uint8Array =>
  canonical({ format: BUNDLE_FORMAT, version: 1, sha256: base64url(sha256(canonical(contents))) })

export const formatBundle = (bundle: Bundle): string => canonicalText(bundle)

/** The one spelling of a bundle, RFC 8785: a byte more or less is another file. Throws SyntaxError with one sentence. */
export const parseBundle = (file: string): Bundle => {
  const value = parseJson(file)
  const result = bundleSchema.safeParse(value)
  if (!result.success) {
    const [issue] = result.error.issues
    throw new SyntaxError(`${issue?.path.join('.') || 'bundle'}: ${issue?.message ?? 'not valid'}`)
  }
  if (canonicalText(value) !== file) throw new SyntaxError('the file is not in RFC 8785 form')
  const { records } = result.data
  const unordered = records.findIndex((record, i) => i > 0 && BigInt(record.index) <= BigInt(records[i - 1]!.index))
  if (unordered !== -1) throw new SyntaxError(`records.${unordered}: the records are not in log order`)
  return result.data
}
