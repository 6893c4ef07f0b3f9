import { Transaction } from 'ethers/transaction'
import { sql } from 'kysely'
import { equal, hex } from '../../core/bytes.ts'
import type { Hash } from '../../core/merkle.ts'
import { type AskChain, checkAnchorOverRpc, logIdOf } from '../../core/verify/anchor-rpc.ts'
import type { Tx } from '../../db/database.ts'
import { logAnchorInterface } from '../chain/revert.ts'
import type { Report } from './findings.ts'

/** The chain with this contract, as the operator trusts it; undefined where none is trusted. Hex is 0x, lower case. */
export type AskChainOf = (of: {
  readonly chainId: bigint
  readonly contract: string
}) => { readonly ask: AskChain; readonly genesis: string; readonly codeHash: string } | 'not asked' | undefined

/** Columns that nothing outside of the row gives: the anchorer's own notes. */
export const anchorNotes = {
  anchors: ['id', 'queued_at', 'broadcast_at', 'mined_at', 'final_at', 'trouble', 'lost_at'],
  anchor_transactions: ['signed_at'],
} as const

type Row = {
  id: bigint
  chain_id: bigint
  genesis: Buffer
  contract: Buffer
  size: bigint
  root: Buffer
  state: string
  sender: Buffer | null
  nonce: bigint | null
  transaction: Buffer | null
  block_number: bigint | null
  block_hash: Buffer | null
  block_at: Date | null
  sent: readonly { hash: string; raw: string; nonce: string; fee: string; tip: string | null }[]
}

export type AnchorRange = {
  readonly origin: string
  /** Of the log at the sizes of its checkpoints. */
  readonly roots: ReadonlyMap<bigint, Hash>
  /** Sizes above the first and up to the second. */
  readonly from: bigint
  readonly to: bigint
  readonly chain: AskChainOf | undefined
}

/** Compares anchors of a range of sizes with the log, with their own signed transactions, and with the chain. Gives their number. */
export const checkAnchors = async (tx: Tx, range: AnchorRange, report: Report): Promise<number> => {
  const { rows } = await sql<Row>`
    select id, chain_id, genesis, contract, size, root, state, sender, nonce, transaction, block_number, block_hash, block_at,
      coalesce((select json_agg(json_build_object('hash', encode(hash, 'hex'), 'raw', encode(raw, 'hex'), 'nonce', nonce::text,
          'fee', fee::text, 'tip', tip::text))
        from anchor_transactions where anchor = anchors.id), '[]') as sent
    from anchors where size > ${range.from} and size <= ${range.to} order by size, id`.execute(tx)
  for (const row of rows) {
    const at = `${row.size} on chain ${row.chain_id}`
    const root = range.roots.get(row.size)
    if (root === undefined || !equal(root, row.root)) report('ANCHOR_ROOT', at)
    for (const sent of row.sent) {
      const wrong = contradiction(sent, row, range.origin)
      if (wrong !== undefined) report('ANCHOR_TRANSACTION', `${at}, 0x${sent.hash}`, wrong)
    }
    const wrong = contradictedState(row)
    if (wrong !== undefined) report('ANCHOR_STATE', at, wrong)
    await checkOnChain(row, at, range, report)
  }
  return rows.length
}

/** The signature covers all of it, so what a stored transaction says can be changed only to what it never signed. */
const contradiction = (sent: Row['sent'][number], row: Row, origin: string): string | undefined => {
  try {
    const signed = Transaction.from(`0x${sent.raw}`)
    const call = logAnchorInterface.parseTransaction({ data: signed.data })
    const said: Record<string, readonly [unknown, unknown]> = {
      hash: [signed.hash, `0x${sent.hash}`],
      nonce: [String(signed.nonce), sent.nonce],
      fee: [String(signed.gasPrice ?? signed.maxFeePerGas), sent.fee],
      tip: [String(signed.maxPriorityFeePerGas), String(sent.tip)],
      chain: [signed.chainId, row.chain_id],
      contract: [signed.to?.toLowerCase(), `0x${hex(row.contract)}`],
      sender: [signed.from?.toLowerCase(), row.sender && `0x${hex(row.sender)}`],
      log: [call?.args[0], `0x${hex(logIdOf(origin))}`],
      size: [call?.args[1], row.size],
      root: [call?.args[2], `0x${hex(row.root)}`],
    }
    const wrong = Object.entries(said).flatMap(([name, [is, should]]) => (is === should ? [] : [name]))
    return wrong.length > 0 ? `the signed transaction has another ${wrong.join(', ')}` : undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'unreadable'
  }
}

const contradictedState = (row: Row): string | undefined => {
  const mined = [row.transaction, row.block_number, row.block_hash].filter(it => it !== null).length
  const accepted = row.state === 'mined' || row.state === 'final'
  if (accepted && mined < 3) return `${row.state}, without transaction and block`
  if (row.state === 'queued' && mined > 0) return 'queued, with a block'
  if (row.nonce !== null && row.sent.length > 0 && !row.sent.some(({ nonce }) => nonce === String(row.nonce))) {
    return 'its nonce is that of no transaction signed for it'
  }
  return undefined
}

const checkOnChain = async (row: Row, at: string, { origin, chain }: AnchorRange, report: Report): Promise<void> => {
  const { transaction, block_number, block_hash, state } = row
  if ((state !== 'mined' && state !== 'final') || !transaction || !block_hash || block_number === null) return
  const identity = { chainId: row.chain_id, genesis: `0x${hex(row.genesis)}`, contract: `0x${hex(row.contract)}` }
  if (chain === undefined) return
  const trusted = chain(identity)
  if (trusted === 'not asked') return
  if (trusted === undefined) {
    report('ANCHOR_CHAIN', at, `${state}, on a chain or contract that the trust settings do not name`)
    return
  }
  if (trusted.genesis !== identity.genesis) {
    report('ANCHOR_CHAIN', at, `${state}, but the chain began with ${trusted.genesis}`)
    return
  }
  const claim = {
    ...identity,
    codeHash: trusted.codeHash,
    txHash: `0x${hex(transaction)}`,
    blockNumber: block_number,
    blockHash: `0x${hex(block_hash)}`,
    logId: logIdOf(origin),
    size: row.size,
    root: row.root,
  }
  for (const { step, outcome, detail } of await checkAnchorOverRpc(trusted.ask, claim)) {
    if (outcome === 'false') report('ANCHOR_CHAIN', at, `${step}: ${detail}`)
  }
  await checkBlock(trusted.ask, row, at, report)
}

/** Evidence is dated by the block, so number and time must be those that the chain has under its hash. */
const checkBlock = async (ask: AskChain, row: Row, at: string, report: Report): Promise<void> => {
  // A chain that does not answer has already been said not to be checkable, which is no finding.
  const block = await ask('eth_getBlockByHash', [`0x${hex(row.block_hash ?? new Uint8Array())}`, false]).catch(
    () => null,
  )
  if (typeof block !== 'object' || block === null || !('timestamp' in block && 'number' in block)) return
  const wrong = [
    ...(row.block_at?.getTime() === Number(block.timestamp) * 1000 ? [] : ['block_at']),
    ...(String(row.block_number) === String(Number(block.number)) ? [] : ['block_number']),
  ]
  if (wrong.length > 0) report('ANCHOR_CHAIN', at, `${wrong.join(', ')}: the block says otherwise`)
}

/** Transactions that were signed for no anchor. */
export const checkStrayTransactions = async (tx: Tx, report: Report): Promise<void> => {
  const { rows } = await sql<{ hash: string }>`
    select encode(hash, 'hex') as hash from anchor_transactions
    where not exists (select from anchors where id = anchor) limit 100`.execute(tx)
  for (const { hash } of rows) report('ANCHOR_TRANSACTION', `0x${hash}`, 'it was signed for no anchor')
}
