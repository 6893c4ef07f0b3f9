import { readAct } from '../../core/act.ts'
import { base64url, equal, fromBase64url, hex, utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { Refusal } from '../../core/errors.ts'
import { parseCompact, signCompact } from '../../core/jws.ts'
import type { SignerOf } from '../../core/signer.ts'
import { aboutOf, type Matter, statementHash } from '../../core/statement.ts'
import { type HeadItem, type StatusHead, type StatusObservation, statusHeadSchema } from '../../core/status-head.ts'
import { typ } from '../../core/typ.ts'
import { asNode, type Db, type Tx } from '../../db/database.ts'
import type { Logged } from '../ledger.ts'
import type { NodeKey } from '../receipt.ts'
import type { Submission } from '../submission.ts'
import { around, insertHead, keepConflict, newestHead, statementsOn } from './store.ts'

export type HeadDeps = {
  readonly db: Db
  readonly now: () => Date
  readonly signerOf: SignerOf
  readonly append: (submission: Submission) => Promise<Logged>
  /** To other nodes where this signer's statements are relied upon, in the transaction that logs the head. */
  readonly passOn: (tx: Tx, signer: string, jws: Uint8Array) => Promise<void>
}

const CLOCK_SKEW = 60_000

/**
 * Takes a signer's status head. One that goes beyond what has come here is taken: what it speaks of may be on its way,
 * and until then every bundle shows that it is missing. One that contradicts a statement held here is refused with
 * STATEMENT_CONFLICT and kept as evidence.
 */
export const publishHead = async (
  deps: HeadDeps,
  caller: string,
  text: string,
): Promise<{ readonly head: StatusHead; readonly logged: Logged }> => {
  const jws = parseCompact(text)
  if (!jws.ok) throw new Refusal('SIGNATURE_INVALID', jws.detail)
  const now = deps.now()
  const signer = await deps.signerOf(jws, typ.statusHead, now)
  const head = read(jws.payload)
  if (signer.uscc !== head.signer) throw new Refusal('SIGNER_MISMATCH')
  if (caller !== head.signer) throw new Refusal('NOT_YOURS', 'Submit what your own organization signed')
  if (Date.parse(head.iat) > now.getTime() + CLOCK_SKEW) throw new Refusal('DATE_IN_FUTURE')
  let contradicted: HeadItem | undefined
  try {
    const logged = await deps.append({
      type: 'status-head',
      org: signer.uscc,
      parties: [signer.uscc],
      body: utf8(text),
      clientKey: head.nonce,
      effect: async (tx, { index }) => {
        for (const item of head.heads) {
          if (await contradicts(tx, head.signer, item)) {
            contradicted = item
            throw new Refusal('STATEMENT_CONFLICT', `Another statement than the one named is number ${item.seq}`)
          }
          await insertHead(tx, index, head, item, text)
        }
        await deps.passOn(tx, head.signer, utf8(text))
      },
    })
    return { head, logged }
  } catch (error) {
    if (error instanceof Refusal && error.code === 'IDEMPOTENCY_CONFLICT') throw new Refusal('NONCE_REPLAYED')
    const item = contradicted
    if (item !== undefined) {
      await asNode(deps.db, tx =>
        keepConflict(tx, {
          signer: head.signer,
          about: fromBase64url(item.about),
          seq: item.seq,
          kind: 'head',
          jws: text,
          hash: statementHash(jws),
          seen_at: now,
        }),
      )
    }
    throw error
  }
}

const contradicts = async (tx: Tx, signer: string, { about, seq, hash }: HeadItem): Promise<boolean> => {
  if (hash === undefined) return false
  const rows = await around(tx, { signer, about: fromBase64url(about), seq })
  const held = rows.find(row => row.seq === BigInt(seq))
  return held !== undefined && !equal(held.hash, fromBase64url(hash))
}

const read = (payload: Uint8Array): StatusHead => {
  try {
    return readAct(statusHeadSchema, payload)
  } catch (error) {
    throw new Refusal('INVALID_REQUEST', error instanceof SyntaxError ? error.message : undefined)
  }
}

type Named = Matter & { readonly signer: string }

export type BundleHeads = {
  /** Compact JWS: status heads by their signers, then what this node observed of those that published none. */
  readonly heads: string[]
  /** Statements on these matters that are not shown: protected header, and payload hash in base64url. */
  readonly withheld: { header: string; payload: string }[]
}

/**
 * What goes into a bundle so that a gap shows: for each signer and matter the furthest head that is known, and of each
 * statement that is not shown what its hash is made of.
 * @param shown hex hashes of the statements in the bundle
 */
export const headsFor =
  ({
    db,
    now,
    nodeKey,
    origin,
  }: {
    readonly db: Db
    readonly now: () => Date
    readonly nodeKey: NodeKey
    readonly origin: string
  }) =>
  async (demands: readonly Named[], shown: ReadonlySet<string>): Promise<BundleHeads> => {
    const published = new Set<string>()
    const observed = new Map<string, HeadItem[]>()
    const withheld: BundleHeads['withheld'][number][] = []
    await asNode(db, async tx => {
      for (const { signer, kind, id } of demands) {
        const about = aboutOf({ kind, id })
        const key = fromBase64url(about)
        const rows = await statementsOn(tx, signer, key)
        const head = await newestHead(tx, signer, key)
        if (head !== undefined) published.add(head.jws)
        else observed.set(signer, [...(observed.get(signer) ?? []), observation(about, rows.at(-1))])
        for (const { hash, header, payload_hash } of rows) {
          if (!shown.has(hex(hash))) withheld.push({ header, payload: base64url(payload_hash) })
        }
      }
    })
    const asOf = `${now().toISOString().slice(0, 19)}Z`
    const own = await Promise.all(
      [...observed].map(([signer, heads]) => {
        const said: StatusObservation = { node: origin, signer: signer as StatusObservation['signer'], heads, asOf }
        return signCompact({ typ: typ.statusObservation, payload: canonical(said), ...nodeKey })
      }),
    )
    return { heads: [...[...published].sort(), ...own], withheld }
  }

const observation = (
  about: string,
  latest: { readonly seq: bigint; readonly hash: Uint8Array } | undefined,
): HeadItem =>
  latest === undefined ? { about, seq: 0 } : { about, seq: Number(latest.seq), hash: base64url(latest.hash) }

export type MatterStatus = Named & {
  readonly about: string
  /** Latest statement that has come here; 0 where there is none. */
  readonly seq: number
  readonly hash: string | undefined
  /** The furthest head that the signer published. */
  readonly head: { readonly seq: number; readonly at: Date } | undefined
}

/** How far signers have come, and what they said of it themselves. Reads as the node. */
export const statusOf = async (tx: Tx, demands: readonly Named[]): Promise<MatterStatus[]> => {
  const found: MatterStatus[] = []
  for (const { signer, kind, id } of demands) {
    const about = aboutOf({ kind, id })
    const latest = (await statementsOn(tx, signer, fromBase64url(about))).at(-1)
    const head = await newestHead(tx, signer, fromBase64url(about))
    found.push({
      ...{ signer, kind, id, about },
      seq: Number(latest?.seq ?? 0n),
      hash: latest && base64url(latest.hash),
      head: head && { seq: Number(head.seq), at: head.at },
    })
  }
  return found
}
