import { Wallet, ZeroHash } from 'ethers'
import type { TrustFile } from '../../core/trust.ts'
import { connect } from '../../ledger/chain/adapter.ts'
import { devKey, startEmbeddedChain } from '../../ledger/chain/embedded.ts'
import {
  deployFinancingRegistry,
  FINANCING_REGISTRY_CODE_HASH,
  financingRegistryAt,
} from '../../ledger/chain/financing-registry.ts'
import { deployLogAnchor, LOG_ANCHOR_CODE_HASH } from '../../ledger/chain/log-anchor.ts'
import { logAnchorInterface } from '../../ledger/chain/revert.ts'

export type DevChain = {
  readonly url: string
  readonly trusted: TrustFile['chains'][number]
  /** Of the market's registry, as chains files name it. */
  readonly registry: { readonly contract: string; readonly codeHash: string }
  readonly close: () => Promise<void>
}

/** The embedded chain with the contracts on it. It forgets at every start, so each start's is a chain of its own. */
export async function startChain(): Promise<DevChain> {
  const embedded = await startEmbeddedChain({ host: '127.0.0.1', port: 0 })
  const chain = await connect({ url: embedded.url, chainId: embedded.chainId })
  const deployer = new Wallet(devKey('deployer'))
  const { address } = await deployLogAnchor(chain, deployer)
  // Each node opens its own log: with one administrator's key for both they would take each other's nonces.
  for (const node of ['market', 'hospital'] as const) {
    const account = new Wallet(devKey(node)).address
    await chain.submit(deployer, {
      to: address,
      data: logAnchorInterface.encodeFunctionData('grantRole', [ZeroHash, account]),
    })
  }
  const registry = financingRegistryAt(chain, (await deployFinancingRegistry(chain, deployer)).address)
  await registry.grantRegistrar(deployer, new Wallet(devKey('registry')).address)
  return {
    url: embedded.url,
    registry: { contract: registry.address, codeHash: FINANCING_REGISTRY_CODE_HASH },
    trusted: {
      name: `embedded-${chain.genesis.slice(2, 10)}`,
      chainId: String(embedded.chainId),
      genesis: chain.genesis,
      contract: address,
      codeHash: LOG_ANCHOR_CODE_HASH,
      operatorOnly: true,
    },
    close: embedded.close,
  }
}
