import { sql } from 'kysely'
import { fromHex, hex } from '../../core/bytes.ts'
import { asNode, type Db, type Tx } from '../../db/database.ts'
import type { ChainIdentity } from '../anchor-store.ts'
import type { Fees } from '../chain/fees.ts'

export const registryMarkStates = ['pending', 'mined', 'final', 'lost', 'chain-forgotten'] as const
export type RegistryMarkState = (typeof registryMarkStates)[number]
/** What the registry's own state of a mark asks for; the rest of the states follow from other marks. */
export type WantedState = 'REGU' | 'PNDG' | 'FNCD' | 'CANC'

/** Hashes and addresses are 0x and lower-case hex; what goes into the contract is bytes. */
export type RegistryMark = ChainIdentity & {
  readonly financing: string
  readonly id: Uint8Array
  readonly salt: Uint8Array
  readonly bankSalt: Uint8Array
  readonly fingerprints: readonly Uint8Array[]
  readonly consentHash: Uint8Array
  readonly signed: Uint8Array
  readonly expires: Date
  readonly wanted: WantedState
  readonly state: RegistryMarkState
  readonly transaction: string | null
  readonly blockNumber: bigint | null
  readonly blockHash: string | null
  readonly blockAt: Date | null
  readonly lostAt: Date | null
  readonly trouble: string | null
}

type Row = Omit<RegistryMark, 'genesis' | 'contract' | 'transaction' | 'blockHash'> &
  Record<'genesis' | 'contract', Buffer> &
  Record<'transaction' | 'blockHash', Buffer | null>

const columns =
  sql.raw(`financing, chain_id as "chainId", genesis, contract, id, salt, bank_salt as "bankSalt", fingerprints,
  consent_hash as "consentHash", signed, expires, wanted, state, transaction, block_number as "blockNumber",
  block_hash as "blockHash", block_at as "blockAt", lost_at as "lostAt", trouble`)

const text = (bytes: Uint8Array) => `0x${hex(bytes)}`
const bytes = (hexText: string): Uint8Array => fromHex(hexText.slice(2))
const toMark = (row: Row): RegistryMark => ({
  ...row,
  genesis: text(row.genesis),
  contract: text(row.contract),
  transaction: row.transaction && text(row.transaction),
  blockHash: row.blockHash && text(row.blockHash),
})

const on = ({ chainId, genesis, contract }: ChainIdentity) =>
  sql`chain_id = ${chainId} and genesis = ${bytes(genesis)} and contract = ${bytes(contract)}`
const it = ({ financing, genesis, contract }: RegistryMark) =>
  sql`financing = ${financing} and genesis = ${bytes(genesis)} and contract = ${bytes(contract)}`

export type WantedMark = Pick<
  RegistryMark,
  'financing' | 'fingerprints' | 'consentHash' | 'signed' | 'expires' | 'wanted'
>

/** In the transaction that logs the bank's act. A new mark is given a name and salts of its own. */
export const putWanted = async (
  tx: Tx,
  at: ChainIdentity,
  { financing, fingerprints, consentHash, signed, expires, wanted }: WantedMark,
  drawn: { readonly id: Uint8Array; readonly salt: Uint8Array; readonly bankSalt: Uint8Array },
  now: Date,
): Promise<void> => {
  await sql`
    insert into registry_marks (financing, chain_id, genesis, contract, id, salt, bank_salt, fingerprints, consent_hash,
      signed, expires, wanted, state, queued_at)
    values (${financing}, ${at.chainId}, ${bytes(at.genesis)}, ${bytes(at.contract)}, ${drawn.id}, ${drawn.salt},
      ${drawn.bankSalt}, ${fingerprints}::bytea[], ${consentHash}, ${signed}, ${expires}, ${wanted}, 'pending', ${now})
    on conflict (financing, genesis, contract) do update set signed = excluded.signed, bank_salt = excluded.bank_salt,
      wanted = excluded.wanted, state = case when registry_marks.state = 'lost' then 'lost' else 'pending' end`.execute(
    tx,
  )
}

/** The bank gave it free: on every chain that has it, or is to have it. */
export const putReleased = async (tx: Tx, financing: string, signed: Uint8Array): Promise<void> => {
  await sql`update registry_marks set wanted = 'CANC', signed = ${signed}, state = 'pending'
    where financing = ${financing} and state not in ('lost', 'chain-forgotten')`.execute(tx)
}

/** What may still move, and what was looked at before `since` and holds a receivable. Oldest look first. */
export const readToLookAt = (db: Db, at: ChainIdentity, since: Date, limit = 500): Promise<readonly RegistryMark[]> =>
  asNode(db, async tx => {
    const { rows } = await sql<Row>`
      select ${columns} from registry_marks
      where ${on(at)} and (state in ('pending', 'mined')
        or (state = 'final' and wanted in ('PNDG', 'FNCD') and (looked_at is null or looked_at < ${since})))
      order by state = 'final', wanted <> 'CANC', looked_at nulls first, queued_at limit ${limit}`.execute(tx)
    return rows.map(toMark)
  })

/** The newest on the chain of each financing, for those who may read it. */
export const readMarks = async (tx: Tx, financings: readonly string[]): Promise<ReadonlyMap<string, RegistryMark>> => {
  const { rows } = await sql<Row>`
    select distinct on (financing) ${columns} from registry_marks where financing = any(${financings}::uuid[])
    order by financing, state = 'chain-forgotten', queued_at desc`.execute(tx)
  return new Map(rows.map(row => [row.financing, toMark(row)]))
}

export type Seen = {
  readonly state: RegistryMarkState
  readonly trouble?: string | null
  readonly block?: {
    readonly transaction: string
    readonly number: bigint
    readonly hash: string
    readonly at: Date | null
  }
}

/** As it was just seen. Changes nothing when the bank has asked for something else meanwhile. */
export const putSeen = (db: Db, mark: RegistryMark, { state, trouble = null, block }: Seen, now: Date): Promise<void> =>
  asNode(db, async tx => {
    const lost = (mark.state === 'final' || mark.state === 'mined') && (state === 'pending' || state === 'lost')
    await sql`
      update registry_marks set state = ${state}, trouble = ${trouble?.slice(0, 500) ?? null}, looked_at = ${now},
        lost_at = ${lost ? now : mark.lostAt},
        transaction = ${block ? bytes(block.transaction) : null}, block_number = ${block?.number ?? null},
        block_hash = ${block ? bytes(block.hash) : null}, block_at = ${block?.at ?? null}
      where ${it(mark)} and wanted = ${mark.wanted} and signed = ${mark.signed} and state = ${mark.state}`.execute(tx)
  })

/**
 * The chain has begun anew, or the contract is another one: what stood there is neither true nor false any more, and
 * what holds a receivable is to stand on the present one. Gives how many.
 */
export const forgetOthers = (db: Db, at: ChainIdentity, now: Date): Promise<number> =>
  asNode(db, async tx => {
    const { rows } = await sql<{ wanted: string }>`
      update registry_marks set state = 'chain-forgotten'
      where chain_id = ${at.chainId} and not (${on(at)}) and state not in ('lost', 'chain-forgotten')
      returning wanted`.execute(tx)
    if (rows.length === 0) return 0
    await sql`
      insert into registry_marks (financing, chain_id, genesis, contract, id, salt, bank_salt, fingerprints, consent_hash,
        signed, expires, wanted, state, queued_at)
      select distinct on (financing) financing, chain_id, ${bytes(at.genesis)}, ${bytes(at.contract)}, id, salt, bank_salt,
        fingerprints, consent_hash, signed, expires, wanted, 'pending', ${now}
      from registry_marks where chain_id = ${at.chainId} and not (${on(at)}) and state = 'chain-forgotten' and wanted <> 'CANC'
      order by financing, queued_at desc
      on conflict do nothing`.execute(tx)
    return rows.length
  })

/** Newest final ones, by block: where they stood is asked again. */
export const readNewestFinal = (db: Db, at: ChainIdentity): Promise<RegistryMark | undefined> =>
  asNode(db, async tx => {
    const { rows } = await sql<Row>`select ${columns} from registry_marks where ${on(at)} and state = 'final'
      and block_number is not null order by block_number desc limit 1`.execute(tx)
    return rows.map(toMark)[0]
  })

/** Those of one block that is no longer in the chain wait again. */
export const takeBack = (db: Db, at: ChainIdentity, blockHash: string, now: Date): Promise<void> =>
  asNode(db, async tx => {
    await sql`update registry_marks set state = 'pending', lost_at = ${now}, trouble = 'the chain took back its block'
      where ${on(at)} and state in ('mined', 'final') and block_hash = ${bytes(blockHash)}`.execute(tx)
  })

export type RegistryAct = 'commit' | 'mark' | 'hold' | 'finance' | 'amend' | 'cancel'
export type StoredTransaction = {
  readonly financing: string
  readonly act: RegistryAct
  readonly hash: string
  readonly nonce: number
  readonly variant: number
  readonly raw: string
  readonly fees: Fees
  readonly signedAt: Date
}

/** Before anything is sent. False when another process was quicker. */
export const storeTransaction = (
  db: Db,
  at: ChainIdentity,
  sender: string,
  { financing, act, hash, nonce, variant, raw, fees, signedAt }: StoredTransaction,
): Promise<boolean> =>
  asNode(db, async tx => {
    const [fee, tip] = 'gasPrice' in fees ? [fees.gasPrice, null] : [fees.maxFeePerGas, fees.maxPriorityFeePerGas]
    const { numAffectedRows } = await sql`
      insert into registry_transactions (hash, genesis, contract, financing, act, sender, nonce, variant, raw, fee, tip,
        signed_at)
      values (${bytes(hash)}, ${bytes(at.genesis)}, ${bytes(at.contract)}, ${financing}, ${act}, ${bytes(sender)}, ${nonce},
        ${variant}, ${bytes(raw)}, ${fee}, ${tip}, ${signedAt}) on conflict do nothing`.execute(tx)
    return numAffectedRows === 1n
  })

type TransactionRow = Pick<StoredTransaction, 'financing' | 'act' | 'variant'> & {
  hash: Buffer
  nonce: bigint
  raw: Buffer
  fee: string
  tip: string | null
  signed_at: Date
}
const toTransaction = ({ hash, nonce, raw, fee, tip, signed_at, ...rest }: TransactionRow): StoredTransaction => ({
  ...rest,
  hash: text(hash),
  nonce: Number(nonce),
  raw: text(raw),
  fees: tip === null ? { gasPrice: BigInt(fee) } : { maxFeePerGas: BigInt(fee), maxPriorityFeePerGas: BigInt(tip) },
  signedAt: signed_at,
})

/** From a nonce on, in order, the latest variant of each last. */
export const readTransactionsFrom = (
  db: Db,
  { genesis }: ChainIdentity,
  sender: string,
  nonce: number,
): Promise<readonly StoredTransaction[]> =>
  asNode(db, async tx => {
    const { rows } = await sql<TransactionRow>`
      select financing, act, variant, hash, nonce, raw, fee, tip, signed_at from registry_transactions
      where genesis = ${bytes(genesis)} and sender = ${bytes(sender)} and nonce >= ${nonce}
      order by nonce, variant`.execute(tx)
    return rows.map(toTransaction)
  })

/** Of one mark, newest first. */
export const readTransactionsOf = (db: Db, mark: RegistryMark): Promise<readonly StoredTransaction[]> =>
  asNode(db, async tx => {
    const { rows } = await sql<TransactionRow>`
      select financing, act, variant, hash, nonce, raw, fee, tip, signed_at from registry_transactions
      where ${it(mark)} order by nonce desc, variant desc`.execute(tx)
    return rows.map(toTransaction)
  })

/** Whether a mark of this registry on the same receivable is given free and not yet so on the chain. */
export const isLeaving = (db: Db, mark: RegistryMark): Promise<boolean> =>
  asNode(db, async tx => {
    const { rows } = await sql`
      select 1 from registry_marks where ${on(mark)} and state in ('pending', 'mined') and wanted = 'CANC'
        and fingerprints && ${mark.fingerprints}::bytea[] and financing <> ${mark.financing} limit 1`.execute(tx)
    return rows.length > 0
  })

/** Whether a mark of this registry holds one of these receivables on the chain, or is just leaving it. */
export const isOwn = async (tx: Tx, at: ChainIdentity, fingerprints: readonly Uint8Array[]): Promise<boolean> => {
  const { rows } = await sql`
    select 1 from registry_marks where ${on(at)} and fingerprints && ${fingerprints}::bytea[]
      and ((wanted = 'CANC' and state <> 'final') or (wanted in ('PNDG', 'FNCD') and state <> 'lost')) limit 1`.execute(
    tx,
  )
  return rows.length > 0
}

/** How many marks stand where, over all chains. */
export const countRegistryMarks = (db: Db): Promise<ReadonlyMap<RegistryMarkState, number>> =>
  asNode(db, async tx => {
    const { rows } = await sql<{ state: RegistryMarkState; count: bigint }>`
      select state, count(*) as count from registry_marks group by state`.execute(tx)
    return new Map(rows.map(({ state, count }) => [state, Number(count)]))
  })
