/** What can go wrong with a chain, and whether it may pass by itself. */
export const chainFaults = {
  /** No connection, no answer in time, or an answer that is not JSON-RPC. Passes. */
  UNREACHABLE: 'passes',
  /** The endpoint answered with an error that is none of the others. */
  REFUSED: 'stays',
  /** The endpoint serves another chain id. */
  WRONG_CHAIN: 'stays',
  /** The same chain id with another first block: a chain that was reset, or somebody else's. */
  WRONG_GENESIS: 'stays',
  /** The contract said no; `reverted` says by which error. */
  REVERTED: 'stays',
  /** Another transaction of this sender took the nonce. */
  NONCE_USED: 'stays',
  /** A transaction with an earlier nonce has to be sent first. */
  NONCE_GAP: 'passes',
  /** The fee is below what the node takes, or too little above the transaction that is to be replaced. */
  UNDERPRICED: 'passes',
  INSUFFICIENT_FUNDS: 'stays',
  /** The chain has no block with the tag `finalized`: settings must count confirmations instead. */
  NO_FINALITY: 'stays',
  /** Not in a block within the time given. It may still get there. */
  NOT_MINED: 'passes',
} as const satisfies Record<string, 'passes' | 'stays'>
export type ChainFaultCode = keyof typeof chainFaults

/** A Solidity error by its name; arguments by their names, addresses in lower case. */
export type Reverted = { readonly name: string; readonly args: Readonly<Record<string, bigint | boolean | string>> }

/** A call to a chain failed. Says nothing about what the chain holds: read the head before trying again. */
export class ChainFault extends Error {
  override readonly name = 'ChainFault'
  readonly code: ChainFaultCode
  readonly reverted: Reverted | undefined
  /** Of a node's error answer: the data member, where revert data is found. */
  readonly data: unknown

  constructor(
    code: ChainFaultCode,
    message: string,
    { reverted, data, cause }: { reverted?: Reverted; data?: unknown; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.code = code
    this.reverted = reverted
    this.data = data
  }
}
