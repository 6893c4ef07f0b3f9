import type { JWK } from 'jose'
import { equal } from '../../../core/bytes.ts'
import { openCheckpoint } from '../../../core/checkpoint.ts'
import { checkReceipt, type ReceiptOutcome, receiptOutcomes, type SignedTree } from '../../../core/log-receipt.ts'
import type { ReadNodes } from '../../../core/merkle/proof.ts'
import { rootAt } from '../../../core/merkle/proof.ts'
import { nodesFromTiles } from '../../../core/tile.ts'
import { connect } from '../../../db/database.ts'
import { readCheckpoint } from '../../../ledger/checkpoints.ts'
import { readTiles } from '../../../ledger/store.ts'
import { Unavailable } from '../../../ledger/watch/public-log.ts'
import type { Environment, FsckOptions } from '../fsck.ts'
import { readText } from '../party.ts'
import { CommandError, exit, type Terminal } from '../terminal.ts'
import { nodeSettings } from './node.ts'
import type { Trusted } from './trusted.ts'
import { logAt, trustedAt } from './watch.ts'

type Checked = { readonly file: string; readonly line: number; readonly outcome: ReceiptOutcome }

/**
 * Checks receipts, one compact JWS a line, against a node's database or against a log from outside. Gives the exit code:
 * 1 where a promise was not kept, 3 where one is still open.
 */
export const checkReceipts = async (
  terminal: Terminal,
  env: Environment,
  options: FsckOptions,
  files: readonly string[],
): Promise<number> => {
  const lines = await readReceipts(files)
  const { tree, close } = await treeOf(env, options)
  try {
    const checked: Checked[] = []
    for (const { text, ...at } of lines) checked.push({ ...at, outcome: await checkReceipt(text, tree, new Date()) })
    const broken = checked.filter(({ outcome }) => outcome.startsWith('RECEIPT_'))
    if (options.json) terminal.out(JSON.stringify({ origin: tree.origin, size: `${tree.size}`, receipts: checked }))
    else {
      for (const { file, line, outcome } of broken)
        terminal.out(`${outcome} ${file}:${line}: ${receiptOutcomes[outcome]}`)
      const count = (of: ReceiptOutcome) => checked.filter(({ outcome }) => outcome === of).length
      terminal.out(
        `${checked.length} receipts, ${count('kept')} kept, ${count('pending')} pending, ${broken.length} broken`,
      )
    }
    if (broken.length > 0) return exit.false
    return checked.some(({ outcome }) => outcome === 'pending') ? exit.undecided : exit.done
  } finally {
    await close()
  }
}

/** One compact JWS a line. */
export const readReceipts = async (files: readonly string[]) => {
  const lines: { file: string; line: number; text: string }[] = []
  for (const file of files) {
    for (const [i, text] of (await readText(file)).split(/\r?\n/).entries()) {
      if (text.trim() !== '') lines.push({ file, line: i + 1, text: text.trim() })
    }
  }
  if (lines.length === 0) throw new CommandError(`${files.join(', ')}: no receipt`)
  return lines
}

const treeOf = async (env: Environment, options: FsckOptions) => {
  if (options.watch !== undefined) {
    const { log, note } = await logAt(options.watch)
    const of = await trustedAt(note, options)
    return { tree: await signedTree(of, note, size => log.nodes(size)), close: async () => undefined }
  }
  const { database, trusted } = await nodeSettings(env, options)
  const { db, close } = connect(database, () => undefined, 2)
  const signed = await readCheckpoint(db)
  if (signed === undefined) {
    await close()
    throw new CommandError('the log has no checkpoint yet')
  }
  const nodes = (size: bigint) => nodesFromTiles(size, tiles => readTiles(db, tiles))
  return { tree: await signedTree(trusted, signed.note, nodes), close }
}

/** The tree that the head speaks of; tiles that give another root say nothing. */
const signedTree = async (
  { origin, keys, nodeKeys }: Trusted,
  note: string,
  nodes: (size: bigint) => ReadNodes,
): Promise<SignedTree> => {
  const opened = await openCheckpoint(note, origin, keys)
  if (!opened.ok) throw new CommandError(`the head of the log: ${opened.detail}`)
  if (nodeKeys.length === 0) throw new CommandError('no node key: give --trust, or NODE_KEY_FILE')
  const { size, root } = opened.checkpoint
  const read = nodes(size)
  if (!equal(await rootAt(size, read), root)) throw new Unavailable('the tiles are not those of the signed head')
  return { origin, size, read, nodeKeys: nodeKeys as readonly JWK[] }
}
