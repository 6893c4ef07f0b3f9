import { z } from 'zod'
import { roles } from './access.ts'
import { instant } from './act.ts'
import { parseWitnessKey } from './cosignature.ts'
import { publicJwk } from './jwk.ts'
import { type NoteKey, parseVerifierKey } from './note.ts'
import { isPossible, type Quorum, repeatedKey } from './quorum.ts'
import { parseJson } from './strict-json.ts'
import { parseCertificate } from './x509/certificate.ts'
import { parseOnePem } from './x509/pem.ts'

/** A string member that is read into something else; SyntaxErrors of the reader become issues at the member's path. */
const reads = <Value>(read: (text: string) => Value) =>
  z.string().transform((text, context): Value => {
    try {
      return read(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'unreadable' })
      return z.NEVER
    }
  })

const id = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'expected 1 to 200 visible ASCII characters')
const word32 = z.string().regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 lower-case hex digits')

const source = z.url({ protocol: /^https?$/, error: 'expected an http or https address' })

const anchor = z.strictObject({
  id,
  /** PEM in the file; DER once read. */
  certificate: reads((text): Uint8Array => parseCertificate(parseOnePem('CERTIFICATE', text)).der),
  roles: z.array(z.enum(roles)).min(1),
  usccAt: z.string().regex(/^[0-2](?:\.(?:0|[1-9][0-9]*))+$/, 'expected an OID like 2.5.4.97'),
  crl: z.enum(['required', 'none']).default('required'),
  /** Where its revocation lists are fetched, and where its responder is asked: what a node does, an auditor need not. */
  lists: z.array(source).max(10).optional(),
  ocsp: source.optional(),
})

/** Root of a time-stamping authority: it dates signatures, and vouches for nobody. */
const timestamping = z.strictObject({
  id,
  certificate: reads((text): Uint8Array => parseCertificate(parseOnePem('CERTIFICATE', text)).der),
  crl: z.enum(['required', 'none']).default('none'),
})

/** Maker of electronic seals, or the CA of makers: it vouches for seals on documents, and for no organization's acts. */
const sealMaker = z.strictObject({
  id,
  certificate: reads((text): Uint8Array => parseCertificate(parseOnePem('CERTIFICATE', text)).der),
  crl: z.enum(['required', 'none']).default('required'),
})

/** Verifier key of a witness, `name+id+base64`: another signature type than a log's. */
const witnessKey = reads((text): NoteKey => parseWitnessKey(text))

const quorum = { quorum: z.int().min(0).max(32), keys: z.array(witnessKey).max(32) }
/** How many of which: groups count as one member each. Two levels say all that is asked for in practice. */
const witnesses = z
  .strictObject({
    ...quorum,
    groups: z
      .array(z.strictObject({ ...quorum, quorum: z.int().min(1) }))
      .max(32)
      .optional(),
  })
  .refine((it: Quorum) => isPossible(it), { path: ['quorum'], error: 'more than there are witnesses' })
  .refine((it: Quorum) => repeatedKey(it) === undefined, { path: ['keys'], error: 'a witness appears twice' })

const node = z
  .strictObject({
    /** First line of the log's checkpoints, and the name of its key. */
    origin: id,
    /** C2SP verifier key, `name+id+base64`. */
    logKey: reads((text): NoteKey => parseVerifierKey(text)),
    /** Signs receipts, reports and seals. */
    nodeKey: publicJwk,
    notBefore: instant,
    notAfter: instant.optional(),
    /** How the keys of this period came: `lost` says that those before it do not vouch for them, the operator does. */
    rotation: z.enum(['regular', 'lost']).optional(),
    /** Witness keys in the same hands: they don't count for this log. */
    ownWitnesses: z.array(witnessKey).optional(),
  })
  .refine(it => it.logKey.name === it.origin, { path: ['logKey'], error: 'the key is named otherwise than the origin' })
  .refine(it => it.notAfter === undefined || it.notBefore < it.notAfter, {
    path: ['notAfter'],
    error: 'not after notBefore',
  })

const chain = z.strictObject({
  name: id,
  chainId: z.string().regex(/^[1-9][0-9]{0,18}$/, 'expected a decimal integer as a string'),
  /** Hash of block 0: a chain that was reset is another chain. */
  genesis: word32,
  contract: z.string().regex(/^0x[0-9a-f]{40}$/, 'expected 0x and 40 lower-case hex digits'),
  /** keccak-256 of the code at the contract's address. */
  codeHash: word32,
  /** Whoever runs the node could rewrite this chain: its anchors are no independent evidence. */
  operatorOnly: z.boolean(),
})

/** Nothing may be trusted twice over under two descriptions: which one counted would depend on the order of the file. */
const unique =
  <Item>(what: string, key: (item: Item) => string) =>
  (items: readonly Item[], context: z.RefinementCtx): void => {
    const seen = new Set<string>()
    for (const [i, item] of items.entries()) {
      if (seen.has(key(item))) context.addIssue({ code: 'custom', path: [i], message: `${what} appears twice` })
      seen.add(key(item))
    }
  }

/** What an auditor or a node trusts: nothing in a bundle or message counts but through this file. */
export const trustSchema = z.strictObject({
  version: z.literal(1),
  anchors: z
    .array(anchor)
    .superRefine(unique('an anchor id', it => it.id))
    .superRefine(unique('a certificate', it => it.certificate.join())),
  /** Whose time-stamps count. Where none is named, blocks and witnesses date signatures. */
  timestamping: z
    .array(timestamping)
    .superRefine(unique('a time-stamping authority', it => it.id))
    .optional(),
  /** Whose seals count on invoices and other papers. */
  seals: z
    .array(sealMaker)
    .superRefine(unique('a maker of seals', it => it.id))
    .optional(),
  /** A node whose keys were rotated has one entry for each period. */
  nodes: z.array(node).superRefine(unique('an origin with the same beginning', it => `${it.origin} ${it.notBefore}`)),
  chains: z
    .array(chain)
    .superRefine(unique('a chain name', it => it.name))
    .superRefine(unique('a contract', it => `${it.chainId} ${it.genesis} ${it.contract}`)),
  witnesses,
})

/** As it stands in the file. */
export type TrustFile = z.input<typeof trustSchema>
/** As it is used; `anchors` are the validator's. */
export type Trust = z.output<typeof trustSchema>
export type TrustedNode = Trust['nodes'][number]
export type TrustedChain = Trust['chains'][number]

/** Throws SyntaxError that names the path of the first thing wrong. */
export const parseTrust = (text: string): Trust => {
  const result = trustSchema.safeParse(parseJson(text))
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new SyntaxError(`${issue?.path.join('.') || 'trust file'}: ${issue?.message ?? 'not valid'}`)
}
