import { type Chain, type ChainSettings, connect, type FinalityRule } from './chain/adapter.ts'
import { deployLogAnchor, LOG_ANCHOR_CODE_HASH, type LogAnchor, logAnchorAt } from './chain/log-anchor.ts'
import type { Signer } from './chain/transaction.ts'

/** A chain as found just now, the contract on it, and who anchors there. */
export type AnchorTarget = {
  readonly chain: Chain
  readonly contract: LogAnchor
  readonly signer: Signer
  readonly finality: FinalityRule
  /** Opens this log where it isn't yet: only where one party runs everything, as on the embedded chain. */
  readonly admin?: Signer
}

export type TargetSettings = ChainSettings & {
  readonly contract?: string
  readonly signer: Signer
  readonly finality: FinalityRule
  readonly admin?: Signer
  /** Hears of a contract deployed here. */
  readonly onDeployed?: (deployed: { readonly contract: string; readonly genesis: string }) => void | Promise<void>
}

/**
 * Looks at the chain anew on each call: it may have been reset since. With an administrator's key, a missing contract is
 * deployed. Throws ChainFault.
 */
export const anchorTarget = (settings: TargetSettings): (() => Promise<AnchorTarget>) => {
  const { signer, finality, admin, onDeployed } = settings
  let { contract } = settings
  return async () => {
    const chain = await connect(settings)
    const held = contract === undefined ? undefined : await chain.codeHash(contract)
    if (admin && held !== LOG_ANCHOR_CODE_HASH) {
      contract = (await deployLogAnchor(chain, admin)).address
      await onDeployed?.({ contract, genesis: chain.genesis })
    }
    if (contract === undefined) throw new RangeError('no contract is configured for this chain')
    return { chain, contract: logAnchorAt(chain, contract), signer, finality, ...(admin && { admin }) }
  }
}
