import { sql } from 'kysely'
import { fromHex, hex } from '../core/bytes.ts'
import type { Refounding } from '../core/refounding.ts'
import { asNode, type Db } from '../db/database.ts'
import type { ChainIdentity } from './anchor-store.ts'
import type { Chain } from './chain/adapter.ts'
import type { AnchoredHead, LogAnchor } from './chain/log-anchor.ts'

/** `blockAt` is the time of the block. */
export type KnownRefounding = ChainIdentity & Refounding & { readonly blockAt: Date }

/**
 * Takes down which heads the contract has given up, so that every later bundle can tell, and takes what was accepted of
 * them for lost. Replaces what was known: a reorganized chain may tell another story. Asks nothing while the head counts
 * as many as are known.
 */
export const noteRefoundings = async (
  db: Db,
  at: ChainIdentity,
  { chain, contract }: { readonly chain: Chain; readonly contract: LogAnchor },
  logId: Uint8Array,
  held: AnchoredHead | undefined,
): Promise<void> => {
  const known = (await readRefoundings(db)).filter(it => sameChain(it, at))
  if (held === undefined || BigInt(known.length) === held.refounded) return
  const told = await contract.refoundings(logId)
  const dated = await Promise.all(
    told.map(async it => ({ ...it, blockAt: (await chain.block(it.blockNumber))?.at ?? new Date(Number.NaN) })),
  )
  // A block that the endpoint doesn't have yet, or no more: asked again at the next look.
  if (dated.some(({ blockAt }) => Number.isNaN(blockAt.getTime()))) return
  await asNode(db, async tx => {
    await sql`delete from anchor_refoundings where ${on(at)}`.execute(tx)
    for (const [number, it] of dated.entries()) {
      await sql`
        insert into anchor_refoundings (chain_id, genesis, contract, number, kept, abandoned_size, abandoned_root, size,
          root, block_number, block_at, checkpoint)
        values (${at.chainId}, ${bytes(at.genesis)}, ${bytes(at.contract)}, ${number}, ${it.kept}, ${it.abandonedSize},
          ${it.abandonedRoot}, ${it.size}, ${it.root}, ${it.blockNumber}, ${it.blockAt}, ${it.checkpoint})`.execute(tx)
      await sql`
        update anchors set state = 'lost', sender = null, nonce = null,
          trouble = ${`given up in block ${it.blockNumber}, when the log was re-founded`}
        where ${on(at)} and state in ('mined', 'final') and size > ${it.kept} and size <= ${it.abandonedSize}
          and block_number < ${it.blockNumber}`.execute(tx)
    }
  })
}

/** Of every chain and contract, oldest first. */
export const readRefoundings = async (db: Db): Promise<readonly KnownRefounding[]> => {
  const { rows } = await sql<Row>`
    select chain_id as "chainId", genesis, contract, kept, abandoned_size as "abandonedSize",
      abandoned_root as "abandonedRoot", size, root, block_number as "blockNumber", block_at as "blockAt", checkpoint
    from anchor_refoundings order by chain_id, genesis, contract, number`.execute(db)
  return rows.map(row => ({
    ...row,
    genesis: `0x${hex(row.genesis)}`,
    contract: `0x${hex(row.contract)}`,
    kept: BigInt(row.kept),
    abandonedSize: BigInt(row.abandonedSize),
    size: BigInt(row.size),
  }))
}

type Row = Record<'genesis' | 'contract' | 'abandonedRoot' | 'root' | 'checkpoint', Buffer> &
  Record<'kept' | 'abandonedSize' | 'size', string> & { chainId: bigint; blockNumber: bigint; blockAt: Date }

export const sameChain = (a: ChainIdentity, b: ChainIdentity): boolean =>
  a.chainId === b.chainId && a.genesis === b.genesis && a.contract === b.contract

const bytes = (text: string): Uint8Array => fromHex(text.slice(2))
const on = ({ chainId, genesis, contract }: ChainIdentity) =>
  sql`chain_id = ${chainId} and genesis = ${bytes(genesis)} and contract = ${bytes(contract)}`
