import { sql } from 'kysely'
import { equal, hex } from '../../core/bytes.ts'
import { logIdOf } from '../../core/verify/anchor-rpc.ts'
import { provenHead, type StateProof } from '../../core/verify/anchor-state.ts'
import type { Tx } from '../../db/database.ts'
import type { AnchorRange } from './anchors.ts'
import type { Report } from './findings.ts'

type Row = {
  readonly chain_id: bigint
  readonly contract: Buffer
  readonly size: bigint
  readonly root: Buffer
  /** Number of the anchor's own block, where the proof is of that. */
  readonly number: bigint | null
  readonly block_hash: Buffer
  readonly proof: StateProof | null
  readonly others: boolean
}

/**
 * Checks the proofs of state that are kept for anchors of a range of sizes: header and tries hash to the block, and lead
 * to a head that the log has. A proof may be of a block that was replaced, but not of another anchor's.
 */
export const checkAnchorProofs = async (
  tx: Tx,
  { origin, roots, from, to }: AnchorRange,
  report: Report,
): Promise<void> => {
  const { rows } = await sql<Row>`
    select a.chain_id, a.contract, a.size, a.root, s.block_hash, s.proof,
      case when a.block_hash = s.block_hash then a.block_number end as number,
      a.block_hash is distinct from s.block_hash and exists (select from anchors o
        where (o.chain_id, o.genesis, o.contract, o.block_hash) = (a.chain_id, a.genesis, a.contract, s.block_hash)) as others
    from anchor_states s join anchors a on a.id = s.anchor where a.size > ${from} and a.size <= ${to}
    order by a.size, a.id`.execute(tx)
  for (const row of rows) {
    const wrong = contradiction(row, origin, roots)
    if (wrong !== undefined) report('ANCHOR_PROOF', `${row.size} on chain ${row.chain_id}`, wrong)
  }
}

const contradiction = (row: Row, origin: string, roots: AnchorRange['roots']): string | undefined => {
  if (row.others) return 'block_hash: another anchor stands in that block'
  if (row.proof === null) return undefined
  try {
    const proven = provenHead(row.proof, `0x${hex(row.contract)}`, logIdOf(origin))
    if (proven.blockHash !== `0x${hex(row.block_hash)}`) return 'the header is of another block'
    if (row.number !== null && proven.blockNumber !== row.number) return 'the header has another number'
    if (proven.size < row.size) return `it leads to size ${proven.size}`
    const root = proven.size === row.size ? row.root : roots.get(proven.size)
    return root === undefined || equal(root, proven.root) ? undefined : 'it leads to another root'
  } catch (error) {
    return error instanceof Error ? error.message : 'unreadable'
  }
}

/** Proofs of no anchor. */
export const checkStrayProofs = async (tx: Tx, report: Report): Promise<void> => {
  const { rows } = await sql<{ block: string }>`
    select encode(block_hash, 'hex') as block from anchor_states
    where not exists (select from anchors where id = anchor) limit 100`.execute(tx)
  for (const { block } of rows) report('ANCHOR_PROOF', `block 0x${block}`, 'it is of no anchor')
}
