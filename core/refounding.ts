/**
 * A head that was given up because somebody held a stolen anchoring key, as the LogAnchor contract keeps it
 * (contracts/ILogAnchor.sol). The contract verified that both heads extend the tree over the entries kept.
 */
export type Refounding = {
  /** Entries that stay. */
  readonly kept: bigint
  /** Of the head given up: entries from `kept` on are not the log's. */
  readonly abandonedSize: bigint
  readonly abandonedRoot: Uint8Array
  /** Of the head in its place. */
  readonly size: bigint
  readonly root: Uint8Array
  readonly blockNumber: bigint
  /** SHA-256 of the signed note, cosignatures included, of the head in its place. */
  readonly checkpoint: Uint8Array
}

/**
 * The re-founding that gave this head up, if one did. The contract gives up no head of its own block, so blocks alone
 * tell before from after.
 */
export const abandonedBy = <R extends Pick<Refounding, 'kept' | 'abandonedSize' | 'blockNumber'>>(
  refoundings: readonly R[],
  { size, blockNumber }: { readonly size: bigint; readonly blockNumber: bigint },
): R | undefined => refoundings.find(it => it.kept < size && size <= it.abandonedSize && blockNumber < it.blockNumber)
