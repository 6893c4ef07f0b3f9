import { sql } from 'kysely'
import { fromHex, hex } from '../core/bytes.ts'
import { asHash, type Hash } from '../core/merkle.ts'
import { asNode, type Db, type Tx } from '../db/database.ts'
import type { Fees } from './chain/fees.ts'

/** Which contract on which chain. A chain that was reset has another genesis hash, and is another chain. */
export type ChainIdentity = { readonly chainId: bigint; readonly genesis: string; readonly contract: string }

export const anchorStates = ['queued', 'broadcast', 'mined', 'final', 'lost', 'chain-forgotten'] as const
export type AnchorState = (typeof anchorStates)[number]

/** Hashes and addresses are 0x and lower-case hex. */
export type Anchor = ChainIdentity & {
  readonly id: bigint
  readonly size: bigint
  readonly root: Hash
  readonly state: AnchorState
  readonly sender: string | null
  readonly nonce: bigint | null
  readonly transaction: string | null
  readonly blockNumber: bigint | null
  readonly blockHash: string | null
  readonly blockAt: Date | null
  readonly queuedAt: Date
  readonly broadcastAt: Date | null
  readonly finalAt: Date | null
  readonly trouble: string | null
  /** When it last lost its place on the chain; stays when it is anchored again. */
  readonly lostAt: Date | null
}

type Row = Omit<Anchor, 'root' | 'genesis' | 'contract' | 'sender' | 'transaction' | 'blockHash'> &
  Record<'root' | 'genesis' | 'contract', Buffer> &
  Record<'sender' | 'transaction' | 'blockHash', Buffer | null>

const columns = sql.raw(`id, chain_id as "chainId", genesis, contract, size, root, state, sender, nonce, transaction,
  block_number as "blockNumber", block_hash as "blockHash", block_at as "blockAt", queued_at as "queuedAt",
  broadcast_at as "broadcastAt", final_at as "finalAt", trouble, lost_at as "lostAt"`)

const toAnchor = (row: Row): Anchor => ({
  ...row,
  root: asHash(row.root),
  genesis: text(row.genesis),
  contract: text(row.contract),
  sender: row.sender && text(row.sender),
  transaction: row.transaction && text(row.transaction),
  blockHash: row.blockHash && text(row.blockHash),
})

const text = (bytes: Uint8Array) => `0x${hex(bytes)}`
export const bytesOf = (hexText: string): Uint8Array => fromHex(hexText.slice(2))

const on = ({ chainId, genesis, contract }: ChainIdentity) =>
  sql`chain_id = ${chainId} and genesis = ${bytesOf(genesis)} and contract = ${bytesOf(contract)}`

/** What may still move on this contract, smallest first. Served by anchors_state. */
export const readUnderWay = async (db: Db, at: ChainIdentity): Promise<readonly Anchor[]> => {
  const { rows } = await sql<Row>`
    select ${columns} from anchors where ${on(at)} and state in ('queued', 'broadcast', 'mined') order by size`.execute(
    db,
  )
  return rows.map(toAnchor)
}

/** The anchor of this size, made if there is none. One that was lost or forgotten is tried anew. */
export const queueAnchor = (
  db: Db,
  at: ChainIdentity,
  { size, root }: { readonly size: bigint; readonly root: Hash },
  now: Date,
): Promise<Anchor | undefined> =>
  asNode(db, async tx => {
    await sql`
      insert into anchors (chain_id, genesis, contract, size, root, state, queued_at)
      values (${at.chainId}, ${bytesOf(at.genesis)}, ${bytesOf(at.contract)}, ${size}, ${root}, 'queued', ${now})
      on conflict (chain_id, genesis, contract, size) do update set state = 'queued', transaction = null, block_number = null,
        block_hash = null, block_at = null, mined_at = null, final_at = null
      where anchors.state in ('lost', 'chain-forgotten')`.execute(tx)
    const { rows } = await sql<Row>`select ${columns} from anchors where ${on(at)} and size = ${size}`.execute(tx)
    return rows.map(toAnchor)[0]
  })

export type StoredTransaction = {
  readonly hash: string
  readonly nonce: number
  readonly raw: string
  readonly fees: Fees
  readonly signedAt: Date
}

/**
 * Before anything is sent: whatever happens to this process now, the same bytes go out again. False when another
 * process was quicker.
 */
export const storeTransaction = (
  db: Db,
  anchor: Anchor,
  sender: string,
  { hash, nonce, raw, fees, signedAt }: StoredTransaction,
): Promise<boolean> =>
  asNode(db, async tx => {
    const { numAffectedRows } = await sql`
      update anchors set state = 'broadcast', sender = ${bytesOf(sender)}, nonce = ${nonce},
        broadcast_at = ${signedAt}
      where id = ${anchor.id} and state = ${anchor.state}`.execute(tx)
    if (numAffectedRows !== 1n) return false
    const [fee, tip] = 'gasPrice' in fees ? [fees.gasPrice, null] : [fees.maxFeePerGas, fees.maxPriorityFeePerGas]
    await sql`
      insert into anchor_transactions (hash, anchor, nonce, raw, fee, tip, signed_at)
      values (${bytesOf(hash)}, ${anchor.id}, ${nonce}, ${bytesOf(raw)}, ${fee}, ${tip}, ${signedAt})`.execute(tx)
    return true
  })

/** Newest first. */
export const readTransactions = (db: Db, { id }: Anchor): Promise<readonly StoredTransaction[]> =>
  asNode(db, async tx => {
    const { rows } = await sql<TransactionRow>`
      select hash, nonce, raw, fee, tip, signed_at from anchor_transactions
      where anchor = ${id} order by nonce desc, fee desc`.execute(tx)
    return rows.map(({ hash, nonce, raw, fee, tip, signed_at }) => ({
      hash: text(hash),
      nonce: Number(nonce),
      raw: text(raw),
      fees: tip === null ? { gasPrice: BigInt(fee) } : { maxFeePerGas: BigInt(fee), maxPriorityFeePerGas: BigInt(tip) },
      signedAt: signed_at,
    }))
  })

type TransactionRow = {
  hash: Buffer
  nonce: bigint
  raw: Buffer
  fee: string
  tip: string | null
  signed_at: Date
}

export type Acceptance = {
  readonly transaction: string
  readonly blockNumber: bigint
  readonly blockHash: string
  readonly blockAt: Date | null
}

/** Moves an anchor on, unless another process has. */
const move = (db: Db, anchor: Anchor, set: ReturnType<typeof sql>) =>
  asNode(db, tx => sql`update anchors set ${set} where id = ${anchor.id} and state = ${anchor.state}`.execute(tx))

export const markMined = (
  db: Db,
  anchor: Anchor,
  { transaction, blockNumber, blockHash, blockAt }: Acceptance,
  now: Date,
) =>
  move(
    db,
    anchor,
    sql`state = 'mined', transaction = ${bytesOf(transaction)}, block_number = ${blockNumber},
      block_hash = ${bytesOf(blockHash)}, block_at = ${blockAt}, mined_at = ${now}, trouble = null`,
  )

export const markFinal = (db: Db, anchor: Anchor, now: Date) =>
  move(db, anchor, sql`state = 'final', final_at = ${now}`)

/** A block that held it is no longer in the chain: it waits again, with the bytes it had. */
export const markUnmined = (db: Db, anchor: Anchor) =>
  move(
    db,
    anchor,
    sql`state = ${anchor.nonce === null ? 'queued' : 'broadcast'}, transaction = null, block_number = null,
      block_hash = null, block_at = null, mined_at = null, lost_at = now()`,
  )

/** None of its transactions counts any more. The nonce is given up: the chain may hand it to the next one. */
export const markLost = (db: Db, anchor: Anchor, trouble: string) =>
  move(
    db,
    anchor,
    sql`state = 'lost', sender = null, nonce = null, trouble = ${trouble.slice(0, 500)}, lost_at = now()`,
  )

/** Its block was final, and is no longer in the chain. Where it stood stays for the operator to see. */
export const markTakenBack = (db: Db, anchor: Anchor) =>
  move(
    db,
    anchor,
    sql`state = 'lost', sender = null, nonce = null, lost_at = now(),
      trouble = 'the chain took back a block that was final'`,
  )

/** The one in the highest block. */
export const readNewestFinal = (db: Db, at: ChainIdentity): Promise<Anchor | undefined> =>
  asNode(db, async tx => {
    const { rows } = await sql<Row>`select ${columns} from anchors where ${on(at)} and state = 'final'
      order by block_number desc, size desc limit 1`.execute(tx)
    return rows.map(toAnchor)[0]
  })

/** The same chain id has begun anew: what was anchored before is neither true nor false any more. Gives how many. */
export const forgetOtherGenesis = (db: Db, { chainId, genesis }: ChainIdentity): Promise<bigint> =>
  forget(db, sql`chain_id = ${chainId} and genesis <> ${bytesOf(genesis)}`)

export const forgetContract = (db: Db, at: ChainIdentity): Promise<bigint> => forget(db, on(at))

const forget = (db: Db, where: ReturnType<typeof sql>): Promise<bigint> =>
  asNode(db, async tx => {
    const { numAffectedRows } = await sql`
      update anchors set state = 'chain-forgotten', sender = null, nonce = null where ${where} and state not in ('chain-forgotten', 'lost')`.execute(
      tx,
    )
    return numAffectedRows ?? 0n
  })

/** Largest signed head within reach of one anchor, if any is beyond what the contract holds. */
export const nextToAnchor = async (
  db: Db | Tx,
  held: bigint,
  reach: bigint | undefined,
): Promise<{ readonly size: bigint; readonly root: Hash } | undefined> => {
  const { rows } = await sql<{ size: bigint; root: Buffer }>`
    select size, root from checkpoints where size > ${held}
      and (${reach ?? null}::bigint is null or size <= ${reach ?? null}) order by size desc limit 1`.execute(db)
  return rows[0] && { size: rows[0].size, root: asHash(rows[0].root) }
}

/** Heads that a chain has accepted, in order of their acceptance or against it, from a cursor (the last id seen) on. */
export const readAccepted = async (
  db: Db,
  cursor: bigint | undefined,
  limit: number,
  order: 'oldest' | 'newest' = 'oldest',
): Promise<readonly Anchor[]> => {
  const [beyond, direction] = order === 'oldest' ? [sql`>`, sql`asc`] : [sql`<`, sql`desc`]
  const { rows } = await sql<Row>`
    select ${columns} from anchors where (${cursor ?? null}::bigint is null or id ${beyond} ${cursor ?? null})
      and block_hash is not null order by id ${direction} limit ${limit}`.execute(db)
  return rows.map(toAnchor)
}

/** Ten at most, newest first. */
export const anchorsBy = async (db: Db, where: ReturnType<typeof sql>): Promise<readonly Anchor[]> => {
  const { rows } = await sql<Row>`
    select ${columns} from anchors where ${where} order by id desc limit 10`.execute(db)
  return rows.map(toAnchor)
}

/**
 * The first accepted head that covers an entry: the earliest time a chain vouches for. One on a chain that still
 * remembers goes before one on a chain that forgot.
 */
export const anchorCovering = async (db: Db, index: bigint): Promise<Anchor | undefined> => {
  const { rows } = await sql<Row>`
    select ${columns} from anchors where size > ${index} and state in ('mined', 'final', 'chain-forgotten')
      and block_hash is not null
    order by state = 'chain-forgotten', size, state = 'final' desc, id limit 1`.execute(db)
  return rows.map(toAnchor)[0]
}

/** How many anchors stand where, over all chains. */
export const countAnchors = async (db: Db): Promise<Readonly<Record<AnchorState, number>>> => {
  const { rows } = await sql<{ state: AnchorState; count: bigint }>`
    select state, count(*) as count from anchors group by state`.execute(db)
  const found = new Map(rows.map(({ state, count }) => [state, Number(count)]))
  return Object.fromEntries(anchorStates.map(state => [state, found.get(state) ?? 0])) as Record<AnchorState, number>
}

/** On their way on any chain that remembers, without a block yet: smallest first. */
export const readPending = async (db: Db): Promise<readonly Anchor[]> => {
  const { rows } = await sql<Row>`
    select ${columns} from anchors where state in ('queued', 'broadcast') order by size, id limit 1000`.execute(db)
  return rows.map(toAnchor)
}

/** Largest head accepted by a chain that remembers it, and since when a larger one has been signed. */
export const readLag = async (
  db: Db,
): Promise<{ readonly anchored: bigint; readonly waitingSince: Date | undefined }> => {
  const { rows } = await sql<{ anchored: bigint; waiting: Date | null }>`
    select a.size as anchored, (select min(signed_at) from checkpoints where size > a.size) as waiting
    from (select coalesce(max(size), 0) as size from anchors where state in ('mined', 'final')) as a`.execute(db)
  const [row] = rows
  return { anchored: row?.anchored ?? 0n, waitingSince: row?.waiting ?? undefined }
}
