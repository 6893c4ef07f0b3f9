import { sql } from 'kysely'
import type { StateProof } from '../core/verify/anchor-state.ts'
import { asNode, type Db } from '../db/database.ts'
import { type Anchor, bytesOf } from './anchor-store.ts'
import type { AnchorTarget } from './anchor-target.ts'
import { readStateProof } from './chain/state-proof.ts'

/** Keeps the proof of state for a mined anchor's block, once for each block that it stood in. Throws ChainFault. */
export const noteState = async (
  db: Db,
  { chain, contract }: Pick<AnchorTarget, 'chain' | 'contract'>,
  logId: Uint8Array,
  { id, blockNumber, blockHash }: Anchor,
): Promise<void> => {
  if (blockNumber === null || blockHash === null) return
  const { rows } = await sql`
    select 1 from anchor_states where anchor = ${id} and block_hash = ${bytesOf(blockHash)}`.execute(db)
  if (rows.length > 0) return
  const proof = await readStateProof(chain, contract.address, logId, { number: blockNumber, hash: blockHash })
  if (proof === undefined) return
  const kept = proof === 'not served' ? null : JSON.stringify(proof)
  await asNode(db, tx =>
    sql`insert into anchor_states (anchor, block_hash, proof) values (${id}, ${bytesOf(blockHash)}, ${kept}::jsonb)
      on conflict do nothing`.execute(tx),
  )
}

/** Undefined while it has not been asked for. */
export const readState = async (
  db: Db,
  of: Pick<Anchor, 'chainId' | 'genesis' | 'contract' | 'size'> & { readonly blockHash: string },
): Promise<StateProof | 'not served' | undefined> => {
  const { rows } = await sql<{ proof: StateProof | null }>`
    select s.proof from anchor_states s join anchors a on a.id = s.anchor
    where a.chain_id = ${of.chainId} and a.genesis = ${bytesOf(of.genesis)} and a.contract = ${bytesOf(of.contract)}
      and a.size = ${of.size} and s.block_hash = ${bytesOf(of.blockHash)}`.execute(db)
  return rows[0] && (rows[0].proof ?? 'not served')
}
