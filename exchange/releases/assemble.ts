import { type Demand, demandedMatters, isNamed, type Trade } from '../../core/authorization/matters.ts'
import type { Authorization } from '../../core/authorization.ts'
import {
  BUNDLE_FORMAT,
  type BundleAnchor,
  type BundleRecord,
  type BundleRefounding,
  type UnsealedBundle,
} from '../../core/bundle.ts'
import { base64, base64url, fromUtf8, hex } from '../../core/bytes.ts'
import type { Hash } from '../../core/merkle.ts'
import { abandonedBy } from '../../core/refounding.ts'
import { joinSdJwt, parseSdJwt } from '../../core/sd-jwt.ts'
import { type Matter, statementHash } from '../../core/statement.ts'
import { statementsIn } from '../../core/statements-in.ts'
import { formatTlogProof } from '../../core/tlog-proof.ts'
import type { StateProof } from '../../core/verify/anchor-state.ts'
import type { AnchoredHead, ApplicationMaterial, Releasable } from './material.ts'

/** The part of the ledger that proofs come from. */
export type ProofSource = {
  readonly origin: string
  /** A signed head that has every entry so far: one is made if need be. */
  readonly sign: () => Promise<{ readonly size: bigint; readonly note: string }>
  readonly proof: (index: bigint, size: bigint) => Promise<readonly Hash[]>
  readonly consistency: (old: bigint, size: bigint) => Promise<readonly Hash[]>
}

export type AssembleDeps = {
  /** Status heads on these matters, and the statements that are not among those shown, by hex hash. */
  readonly headsFor: (
    demands: readonly (Demand & Matter)[],
    shown: ReadonlySet<string>,
  ) => Promise<Pick<UnsealedBundle, 'heads' | 'withheld'>>
  readonly log: ProofSource
  /** Every head of this log that chains have accepted for good, in any order. */
  readonly anchoredHeads: () => Promise<readonly AnchoredHead[]>
  /** What leads from the hash of a head's block to the head itself; undefined where nobody asked the chain. */
  readonly stateOf?: (head: AnchoredHead) => Promise<StateProof | 'not served' | undefined>
  /** Tokens over the signatures of these records, and answers about their certificates, DER. */
  readonly signatureEvidence?: (
    indexes: readonly bigint[],
  ) => Promise<{ readonly tokens: readonly Uint8Array[]; readonly answers: readonly Uint8Array[] }>
  /** DER: the revocation lists that were current at any of these instants, and the newest. */
  readonly crlsAsAt: (times: readonly Date[]) => Promise<readonly Uint8Array[]>
}

/** Puts the released records together with all that proves them. The bundle still lacks registry, policy, report, seal. */
export const assemble = async (
  { log, anchoredHeads, stateOf = async () => undefined, crlsAsAt, headsFor, signatureEvidence }: AssembleDeps,
  application: ApplicationMaterial,
  authorization: { readonly digest: Uint8Array; readonly payload: Authorization },
  { records: released, receipt }: { readonly records: readonly Releasable[]; readonly receipt: string },
  now: Date,
): Promise<UnsealedBundle> => {
  const { size, note } = await log.sign()
  const captures = capturesOf(released)
  const records = await Promise.all(
    released.map(async (record): Promise<BundleRecord> => {
      const hashes = await log.proof(record.index, size)
      const of = captures.findIndex(({ jws }) => jws === record.capture?.jws)
      return {
        type: record.type,
        org: record.org,
        index: `${record.index}`,
        loggedAt: record.loggedAt.toISOString(),
        salt: base64url(record.salt),
        body: fromUtf8(record.body),
        ...(record.disclosures === undefined ? {} : { disclosures: [...record.disclosures] }),
        ...(record.capture === undefined ? {} : { capture: { of, position: record.capture.position } }),
        proof: formatTlogProof({ index: record.index, hashes, checkpoint: note }),
      }
    }),
  )
  const heads = covering(await anchoredHeads(), released, size)
  const anchors = await Promise.all(
    heads.map(
      async (head): Promise<BundleAnchor> => ({
        chain: head.chain,
        chainId: `${head.chainId}`,
        genesis: head.genesis,
        contract: head.contract,
        transaction: head.transaction,
        block: `${head.block}`,
        blockHash: head.blockHash,
        at: head.at.toISOString(),
        size: `${head.size}`,
        root: base64(head.root),
        consistency: (await log.consistency(head.size, size)).map(base64),
        ...(head.refoundings?.length ? { refoundings: head.refoundings.map(bundled) } : {}),
        ...stated(await stateOf(head)),
      }),
    ),
  )
  const shown = released.flatMap(({ type, body }) =>
    statementsIn({ type, body: fromUtf8(body) }).map(jws => hex(statementHash(jws))),
  )
  const demands = demandedMatters(authorization.payload, tradesAsShown(application, released)).filter(isNamed)
  const { heads: statusHeads, withheld } = await headsFor(demands, new Set(shown))
  const held = await signatureEvidence?.(released.map(({ index }) => index))
  return {
    ...(held?.answers.length ? { ocsps: held.answers.map(base64).sort() } : {}),
    ...(held?.tokens.length ? { timestamps: held.tokens.map(base64).sort() } : {}),
    format: BUNDLE_FORMAT,
    version: 1,
    createdAt: now.toISOString(),
    log: log.origin,
    application: {
      id: application.id,
      seller: application.seller,
      bank: application.bank,
      mode: application.mode,
      invoices: [...application.invoices],
    },
    authorization: hex(authorization.digest),
    release: receipt,
    records,
    captures: captures.map(({ jws, digests }) => ({ jws, digests: digests.map(hex) })),
    checkpoint: note,
    anchors,
    heads: [...statusHeads],
    withheld: [...withheld],
    crls: (await crlsAsAt(distinct([...released.map(({ loggedAt }) => loggedAt), ...heads.map(({ at }) => at), now])))
      .map(base64)
      .sort(),
  }
}

const stated = (state: StateProof | 'not served' | undefined): Pick<BundleAnchor, 'state'> => {
  if (state === undefined || state === 'not served') return state === undefined ? {} : { state }
  const [first, second] = state.slots
  return { state: { header: state.header, account: [...state.account], slots: [[...first], [...second]] } }
}

const bundled = (it: Required<AnchoredHead>['refoundings'][number]): BundleRefounding => ({
  block: `${it.blockNumber}`,
  at: it.blockAt.toISOString(),
  kept: `${it.kept}`,
  abandonedSize: `${it.abandonedSize}`,
  abandonedRoot: base64(it.abandonedRoot),
  size: `${it.size}`,
  root: base64(it.root),
  checkpoint: base64(it.checkpoint),
})

/** An invoice that is shown without the code of its order can't be joined to the other papers. */
const tradesAsShown = ({ trades }: ApplicationMaterial, released: readonly Releasable[]): readonly Trade[] => {
  const shown = new Set(
    released.flatMap(({ type, body, disclosures = [] }) => {
      const document = type === 'document' ? parseSdJwt(joinSdJwt(fromUtf8(body), disclosures)) : undefined
      return document?.ok && document.claims.order !== undefined ? [document.claims.code] : []
    }),
  )
  return trades.map(trade => ({ ...trade, joined: shown.has(trade.invoice) }))
}

/** Each capture once, however many of its events are shown. */
const capturesOf = (released: readonly Releasable[]) => {
  const byJws = new Map(released.flatMap(({ capture }) => (capture === undefined ? [] : [[capture.jws, capture]])))
  return [...byJws.values()]
}

const MOST_ANCHORS = 50

/**
 * For each record and chain the first head that covers it, since that is what dates it. Where these are too many, those
 * in between go: a later anchor still proves, only a later time.
 */
const covering = (heads: readonly AnchoredHead[], released: readonly Releasable[], size: bigint): AnchoredHead[] => {
  const chains = Map.groupBy(
    heads.filter(head => head.size > 0n && head.size <= size && !isAbandoned(head)),
    ({ chainId, genesis, contract }) => `${chainId} ${genesis} ${contract}`,
  )
  return [...chains.values()].flatMap(ofChain => {
    const ascending = ofChain.toSorted((a, b) => (a.size < b.size ? -1 : 1))
    const first = released.flatMap(({ index }) => ascending.find(head => head.size > index) ?? [])
    const needed = [...new Set(first)].sort((a, b) => (a.size < b.size ? -1 : 1))
    const most = Math.max(1, Math.floor(MOST_ANCHORS / chains.size))
    const step = needed.length / most
    return needed.length <= most
      ? needed
      : Array.from({ length: most }, (_, i) => needed[Math.ceil((i + 1) * step) - 1]!)
  })
}

const isAbandoned = ({ size, block, refoundings = [] }: AnchoredHead): boolean =>
  abandonedBy(refoundings, { size, blockNumber: block }) !== undefined

/** What was logged together has one time. */
const distinct = (times: readonly Date[]): readonly Date[] =>
  [...new Set(times.map(time => time.getTime()))].map(time => new Date(time))
