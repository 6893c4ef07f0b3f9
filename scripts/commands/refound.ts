import { Command } from 'commander'
import { sha256 } from '#sha256'
import { base64, equal, fromBase64, hex, utf8 } from '../../core/bytes.ts'
import { type Checkpoint, openCheckpoint, parseCheckpoint } from '../../core/checkpoint.ts'
import { verifyConsistency } from '../../core/merkle/verify.ts'
import { asHash, type Hash } from '../../core/merkle.ts'
import { parseNote } from '../../core/note.ts'
import { parseTrust, type Trust } from '../../core/trust.ts'
import { logIdOf } from '../../core/verify/anchor-rpc.ts'
import { checkWitnesses } from '../../core/verify/witnesses.ts'
import { type AnchoredEvent, type AnchoredHead, type LogHead, logAnchorAt } from '../../ledger/chain/log-anchor.ts'
import { lineage, proofAlong } from '../../ledger/chain/log-anchor-history.ts'
import { type ChainDesk, chainAddress, openChainDesk, openContract, pinned } from './chain-desk.ts'
import { readText } from './party.ts'
import { again, CommandError, httpAddress, type Terminal } from './terminal.ts'

type Options = ChainDesk & {
  readonly contract: string
  readonly checkpoint: string
  readonly trust: string
  readonly node: string
  readonly revoke: readonly string[]
  readonly call: readonly string[]
}

/** After a theft of an anchoring key: gives up the junk head, as docs/operations.md tells. */
export const refoundCommand = (terminal: Terminal): Command =>
  new Command('refound')
    .description('give up a junk head that a stolen anchoring key had accepted, for the last witnessed one')
    .requiredOption('--contract <address>', 'where the junk head is', chainAddress)
    .requiredOption('--checkpoint <file>', 'signed note of the last witnessed head, with its cosignatures')
    .requiredOption('--trust <file>', 'trust settings with the log’s key and the witnesses')
    .requiredOption('--node <url>', 'node of the log; what it answers is proved against the checkpoint', httpAddress)
    .option('--revoke <address>', 'stolen key’s account, which may anchor no more; can be repeated', (text, before) =>
      again(chainAddress(text), before as readonly string[] | undefined),
    )
    .option('--call <hex>', 'data of an anchor call that reached the contract through another; can be repeated', again)
    .action(async (_: object, command: Command) => {
      const {
        contract,
        node,
        revoke = [],
        call = [],
        ...options
      } = command.optsWithGlobals<Partial<Options> & Options>()
      const note = await readText(options.checkpoint)
      const next = await witnessed(note, parseTrust(await readText(options.trust)))
      const { chain, signer } = await openChainDesk(options)
      const admin = await openContract(chain, contract, signer)
      const logId = logIdOf(next.origin)
      // First of all: what the thief adds meanwhile would make the proofs stale.
      for (const account of revoke) await admin.forbid(logId, account)
      const anchors = logAnchorAt(chain, contract)
      const held = await anchors.head(logId)
      if (held === undefined) throw new CommandError(`${contract} does not know the log ${next.origin}`)
      const heads = await lineage(anchors, logId, held)
      const { kept, proof } = await lastTrue(heads, held, next, node)
      const abandonedProof = await proofAlong(chain, contract, heads, kept, call)
      const checkpoint = sha256(utf8(note))
      const { blockNumber, hash } = await admin.refound({ logId, kept, abandonedProof, next, proof, checkpoint })
      terminal.out(
        JSON.stringify({
          ...pinned(chain, contract),
          ...{ log: next.origin, kept: String(kept.size), revoked: revoke },
          abandoned: { size: String(held.size), root: base64(held.root) },
          ...{ size: String(next.size), root: base64(next.root) },
          ...{ block: String(blockNumber), transaction: hash, checkpoint: hex(checkpoint) },
        }),
      )
    })

/** The head in the note, signed by the log's key and cosigned by as many witnesses as the trust settings ask for. */
const witnessed = async (note: string, trust: Trust): Promise<Checkpoint> => {
  const { origin } = parseCheckpoint(parseNote(note).text)
  const keys = trust.nodes.filter(node => node.origin === origin).map(({ logKey }) => logKey)
  if (keys.length === 0) throw new CommandError(`the trust settings name no log ${origin}`)
  const opened = await openCheckpoint(note, origin, keys)
  if (!opened.ok) throw new CommandError(`the checkpoint is not good: ${opened.detail}`)
  const { step } = await checkWitnesses(note, trust, origin, new Date())
  if (step.outcome !== 'true') throw new CommandError(`the checkpoint is not witnessed: ${step.detail}`)
  return opened.checkpoint
}

/** The newest head that the checkpoint extends, with the proof, and that the junk one came after. */
const lastTrue = async (
  heads: readonly AnchoredEvent[],
  held: AnchoredHead,
  next: Checkpoint,
  node: string,
): Promise<{ readonly kept: LogHead; readonly proof: readonly Hash[] }> => {
  for (const { size, root } of heads) {
    if (size > next.size) {
      if (await isTrue(node, { size, root }, next)) {
        throw new CommandError(`the head of ${size} entries is true: give a checkpoint that is as large`)
      }
      continue
    }
    const proof = await proofFrom(node, size, next)
    if (!verifyConsistency(size, next.size, proof, root, next.root)) continue
    if (size === held.size && equal(root, held.root)) {
      throw new CommandError(`the contract holds a true head of ${size} entries: there is nothing to give up`)
    }
    return { kept: { size, root }, proof }
  }
  throw new CommandError('no head that the contract ever accepted is one that the checkpoint extends')
}

/** Whether the node can prove that a head beyond the checkpoint extends it: then it is no junk, and must not be lost. */
const isTrue = async (node: string, { size, root }: LogHead, next: Checkpoint): Promise<boolean> => {
  const proof = await hashesOf(node, next.size, size)
  return proof !== undefined && verifyConsistency(next.size, size, proof, next.root, root)
}

const proofFrom = async (node: string, size: bigint, next: Checkpoint): Promise<readonly Hash[]> => {
  if (size === next.size) return []
  const hashes = await hashesOf(node, size, next.size)
  if (hashes === undefined) throw new CommandError(`${node} gives no proof from ${size} to ${next.size} entries`)
  return hashes
}

/** Undefined where the node's log doesn't reach that far. */
const hashesOf = async (node: string, old: bigint, size: bigint): Promise<readonly Hash[] | undefined> => {
  const answer = await fetch(`${node}/log/consistency/${old}/${size}`)
  if (!answer.ok) return undefined
  const { hashes } = (await answer.json()) as { readonly hashes?: unknown }
  return Array.isArray(hashes) ? hashes.map(it => asHash(fromBase64(String(it)))) : undefined
}
