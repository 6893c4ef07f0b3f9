import { hex } from '../../core/bytes.ts'
import type { Chain } from './adapter.ts'
import type { LogHead } from './log-anchor.ts'
import type { Receipt } from './parse.ts'
import { logAnchorInterface as abi } from './revert.ts'
import type { Signer } from './transaction.ts'

export type Refound = {
  readonly logId: Uint8Array
  /** The tree over the entries that stay. */
  readonly kept: LogHead
  /** Consistency proof from there to the head that the contract holds. */
  readonly abandonedProof: readonly Uint8Array[]
  readonly next: LogHead
  /** Consistency proof from `kept` to `next`. */
  readonly proof: readonly Uint8Array[]
  /** SHA-256 of the signed note of `next`. */
  readonly checkpoint: Uint8Array
}

/** What only a contract's administrator may do, each mined before it resolves. Throws ChainFault. */
export type LogAnchorAdmin = {
  readonly grantRole: (role: string, account: string) => Promise<Receipt>
  readonly copyHead: (logId: Uint8Array) => Promise<Receipt>
  /** For good: the contract takes no head any more. */
  readonly retire: (successor: string) => Promise<Receipt>
  readonly refound: (refound: Refound) => Promise<Receipt>
}

export const logAnchorAdmin = (chain: Chain, contract: string, signer: Signer): LogAnchorAdmin => {
  const act = (name: string, args: readonly unknown[]) =>
    chain.submit(signer, { to: contract.toLowerCase(), data: abi.encodeFunctionData(name, args) })
  return {
    grantRole: (role, account) => act('grantRole', [role, account]),
    copyHead: logId => act('copyHead', [word(logId)]),
    retire: successor => act('retire', [successor]),
    refound: ({ logId, kept, abandonedProof, next, proof, checkpoint }) =>
      act('refound', [
        word(logId),
        ...[kept.size, word(kept.root), abandonedProof.map(word)],
        ...[next.size, word(next.root), proof.map(word)],
        word(checkpoint),
      ]),
  }
}

const word = (bytes: Uint8Array): string => `0x${hex(bytes)}`
