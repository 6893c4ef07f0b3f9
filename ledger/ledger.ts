import { hostname } from 'node:os'
import { entryOf, leafOf } from '../core/entry.ts'
import { Refusal } from '../core/errors.ts'
import { consistencyProof, inclusionProof, rootAt } from '../core/merkle/proof.ts'
import type { Hash } from '../core/merkle.ts'
import { encodeBundle, nodesFromTiles, type Tile, tileWidth } from '../core/tile.ts'
import { formatTlogProof } from '../core/tlog-proof.ts'
import { asNode, type Db, type Tx } from '../db/database.ts'
import type { Item } from './batch.ts'
import { checkHead, type LogKey, readCheckpoint, type SignedCheckpoint, signHead } from './checkpoints.ts'
import { LogFault } from './fault.ts'
import { type NodeKey, runsOf, signBatchReceipt, signReceipt } from './receipt.ts'
import { createSequencer, defaultLimits, type Limits } from './sequencer.ts'
import type { Shared } from './shared.ts'
import { startSoon } from './soon.ts'
import { readDigests, readHead, readLoggedAt, readTiles } from './store.ts'
import { type Entry, type Placed, prepare, type Submission } from './submission.ts'
import { compareElsewhere, type Elsewhere } from './writer/elsewhere.ts'
import { startWriter, type Writer, type WriterState } from './writer/writer.ts'

export type Logged = Placed & {
  readonly leaf: Hash
  /** Compact JWS by the node key, typ `tallystick.log-receipt+jws`. */
  readonly receipt: string
}

export type Ledger = {
  readonly origin: string
  /**
   * Resolves when the entry is on disk. Refusals: IDEMPOTENCY_CONFLICT, LOG_BUSY (nothing is known to have been logged;
   * the same client key makes a repetition harmless), LOG_ELSEWHERE and LOG_BEHIND (this process does not write the
   * log), and what the effect refuses. Concurrent calls share commits.
   */
  append(submission: Submission): Promise<Logged>
  /** One transaction, all or none; `effect` runs once, after the submissions' own, unless all were repeated. */
  appendAll(submissions: readonly Submission[], effect?: Item['effect']): Promise<readonly Logged[]>
  /**
   * One transaction, all or none, whose rows are written together with those of others; promised by one receipt. For
   * events by the thousand. Refusals: LOG_BUSY, and what the effect's judgement says.
   */
  appendBatch(submissions: readonly Submission[], shared: Shared): Promise<readonly Placed[]>
  /** Receipts of entries in the log, one for all neighbours that were logged at one time. */
  receipts(entries: readonly Entry[]): Promise<readonly string[]>
  /** Newest signed head, or the one of this size. There is always one. */
  checkpoint(): Promise<SignedCheckpoint>
  checkpoint(size: bigint): Promise<SignedCheckpoint | undefined>
  /** Signs the present head at once instead of within a second. */
  sign(): Promise<SignedCheckpoint>
  /** Throws RangeError unless index < size ≤ the log. */
  proof(index: bigint, size: bigint): Promise<readonly Hash[]>
  /** Root of the tree as it was at this size. Throws RangeError when the log is smaller. */
  root(size: bigint): Promise<Hash>
  /** Throws RangeError unless 0 < old ≤ size ≤ the log. */
  consistency(old: bigint, size: bigint): Promise<readonly Hash[]>
  /** C2SP tlog-proof to the newest checkpoint, or to the one signed at `size`. Refusal NOT_YET_LOGGED. */
  tlogProof(index: bigint, size?: bigint): Promise<string>
  /** Bytes of a tile or bundle at exactly this width; undefined when the log is not that far. */
  tile(tile: Tile): Promise<Uint8Array | undefined>
  /** Entries in the log, signed or not. */
  size(): Promise<bigint>
  /** Submissions waiting or under way. */
  depth(): number
  /** Seconds that the oldest entry no checkpoint covers yet has waited; 0 when there is none. */
  checkpointAge(): Promise<number>
  /** Refuses and signs nothing from now on: the log is known to be behind or forked. `reason` goes to the operator. */
  halt(reason: string): void
  /** Why the log was halted or closed: nobody writes it until somebody has looked. */
  halted(): string | undefined
  /** Whether this process writes the log, and what those who remember its heads said. Reads are served in every state. */
  writer(): WriterState
  /** Answers what was taken, signs the last head, ends. */
  stop(): Promise<void>
}

export type LedgerDeps = {
  readonly db: Db
  readonly now: () => Date
  readonly logKey: LogKey
  readonly nodeKey: NodeKey
  /** Hears of everything that went wrong on our side: lost connections, and faults after which the log is halted. */
  readonly onFault: (error: unknown) => void
  readonly onCheckpoint?: (checkpoint: SignedCheckpoint) => void
  readonly limits?: Partial<Limits>
  /** Who else remembers heads of this log. It is opened for writing only when it extends all of them. */
  readonly elsewhere?: readonly Elsewhere[]
  /** Name of this process, for people. */
  readonly holder?: string
  /** Milliseconds that the writer's lease runs for. */
  readonly lease?: number
}

/** Milliseconds. After a crash the next writer waits for the lease; a shorter one would be lost to a busy machine. */
const LEASE = 4_000
/** Milliseconds within which whoever remembers heads must answer. */
const PATIENCE = 4_000

/** Opens the log, as its writer unless another process is that. Throws LogFault when tiles, head and last checkpoint contradict each other. */
export const createLedger = async (deps: LedgerDeps): Promise<Ledger> => {
  const { db, now, logKey, nodeKey, onFault } = deps
  const origin = logKey.name
  let halted: string | undefined
  await asNode(db, async tx => checkHead(tx, await readHead(tx), await readCheckpoint(tx)))

  const sequencer = createSequencer({
    db,
    now,
    limits: { ...defaultLimits, ...deps.limits },
    term: () => writer.term(),
    onGrowth: () => signing.poke(),
    onFault: fault,
  })
  function fault(error: unknown): undefined {
    if (error instanceof LogFault) halt(error.message)
    onFault(error)
  }
  const faultUnlessRefused = (error: unknown) => (error instanceof Refusal ? undefined : fault(error))
  function halt(reason: string) {
    halted ??= reason
    sequencer.halt()
    void writer.stop()
  }

  let newest: SignedCheckpoint | undefined
  const sign = async () => {
    if (halted !== undefined) throw new LogFault(halted)
    const signed = await signHead(db, logKey, now, await writer.term())
    if (newest === undefined || signed.size > newest.size) {
      newest = signed
      deps.onCheckpoint?.(signed)
    }
    return signed
  }
  const signGrown = async () => {
    if (halted === undefined && writer.state().state === 'writing' && newest?.size !== (await size())) await sign()
    return undefined
  }
  const size = () => asNode(db, async tx => (await readHead(tx)).size)

  const logged = async (placed: Placed): Promise<Logged> => {
    const leaf = leafOf(placed.digest)
    return { ...placed, leaf, receipt: await signReceipt(nodeKey, origin, { ...placed, leaf }) }
  }
  const appendAll: Ledger['appendAll'] = async (submissions, effect) => {
    const placed = await sequencer.submit({ submissions: submissions.map(prepare), ...(effect && { effect }) })
    return Promise.all(placed.map(logged))
  }
  const appendBatch: Ledger['appendBatch'] = async (submissions, shared) => {
    if (submissions.some(it => it.clientKey !== undefined)) throw new RangeError('a batch has no client keys')
    return sequencer.submit({ submissions: submissions.map(prepare), shared })
  }
  const receipts: Ledger['receipts'] = entries =>
    Promise.all(
      runsOf(entries).map(run =>
        signBatchReceipt(
          nodeKey,
          origin,
          run.map(entry => ({ ...entry, leaf: leafOf(entry.digest) })),
        ),
      ),
    )
  const nodes = (of: bigint) => nodesFromTiles(of, tiles => readTiles(db, tiles))
  const checkpoint = (async (of?: bigint) =>
    (await readCheckpoint(db, of)) ?? (of === undefined ? sign() : undefined)) as Ledger['checkpoint']

  const signing = startSoon(() => signGrown().catch(faultUnlessRefused), SIGNING)
  const writer: Writer = startWriter({
    db,
    holder: deps.holder ?? `${hostname()} ${process.pid}`,
    lease: deps.lease ?? LEASE,
    compare: async () => {
      await asNode(db, async tx => checkHead(tx, await readHead(tx), await readCheckpoint(tx)))
      const read = async () => {
        const now = await size()
        return { size: now, root: async (of: bigint) => rootAt(of, nodes(now)) }
      }
      return compareElsewhere(read, deps.elsewhere ?? [], PATIENCE)
    },
    onTakeOver: () => signing.poke(),
    onFault: fault,
  })
  await writer.settled
  await signGrown().catch(faultUnlessRefused)
  return {
    origin,
    async append(submission) {
      const [only] = await appendAll([submission])
      return only!
    },
    appendAll,
    appendBatch,
    receipts,
    checkpoint,
    sign,
    proof: async (index, of) => inclusionProof(index, of, nodes(of)),
    root: async of => rootAt(of, nodes(of)),
    consistency: async (old, of) => consistencyProof(old, of, nodes(of)),
    async tlogProof(index, of) {
      const signed = of === undefined ? await checkpoint() : await checkpoint(of)
      if (signed === undefined || index >= signed.size) throw new Refusal('NOT_YET_LOGGED')
      const hashes = await inclusionProof(index, signed.size, nodes(signed.size))
      return formatTlogProof({ index, hashes, checkpoint: signed.note })
    },
    async tile(tile) {
      const { level, index, width } = tile
      // No log grows beyond 2^63, and no number in the database does.
      if (tileWidth(level, index, 2n ** 63n - 1n) < width) return undefined
      return level === 'entries' ? bundle(db, tile) : part(db, { ...tile, level })
    },
    size,
    depth: sequencer.depth,
    async checkpointAge() {
      const { size: signed } = await checkpoint()
      const oldest = await asNode(db, tx => readLoggedAt(tx, signed))
      return oldest === undefined ? 0 : Math.max(0, (now().getTime() - oldest.getTime()) / 1000)
    },
    halt,
    halted: () => halted ?? writer.state().reason,
    writer: () => writer.state(),
    async stop() {
      await sequencer.drain()
      await signing.stop()
      await signGrown().catch(faultUnlessRefused)
      await writer.stop()
    },
  }
}

/** Milliseconds. Growth is signed within a second even when another process appended and died before it could sign. */
const SIGNING = { soon: 200, interval: 800 }

const part = async (db: Db, tile: Tile & { readonly level: number }): Promise<Uint8Array | undefined> => {
  const [hashes] = await readTiles(db, [tile])
  // A partial tile is the beginning of the one that grew out of it.
  return hashes && hashes.length >= tile.width * 32 ? hashes.subarray(0, tile.width * 32) : undefined
}

const bundle = async (db: Db, { index, width }: Tile): Promise<Uint8Array | undefined> => {
  const digests = await asNode(db, (tx: Tx) => readDigests(tx, index * 256n, width))
  return digests.length === width ? encodeBundle(digests.map(entryOf)) : undefined
}
