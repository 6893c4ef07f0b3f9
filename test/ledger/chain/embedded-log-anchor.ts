import { Wallet } from 'ethers/wallet'
import { type Chain, connect } from '../../../ledger/chain/adapter.ts'
import { devKey, type EmbeddedChain, startEmbeddedChain } from '../../../ledger/chain/embedded.ts'
import { deployLogAnchor, type LogAnchor, logAnchorAt } from '../../../ledger/chain/log-anchor.ts'

export type Bench = {
  readonly embedded: EmbeddedChain
  readonly chain: Chain
  readonly contract: LogAnchor
  readonly deployer: Wallet
  /** May anchor nothing until it is granted. */
  readonly anchorer: Wallet
}

/** A chain of its own with the contract deployed on it. Close `embedded` when done. */
export const startBench = async (): Promise<Bench> => {
  const embedded = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
  const chain = await connect(embedded)
  const deployer = new Wallet(devKey('deployer'))
  const { address } = await deployLogAnchor(chain, deployer)
  return { embedded, chain, contract: logAnchorAt(chain, address), deployer, anchorer: new Wallet(devKey('market')) }
}
