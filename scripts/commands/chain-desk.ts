import { type Command, InvalidArgumentError } from 'commander'
import { Wallet } from 'ethers'
import { type Chain, connect } from '../../ledger/chain/adapter.ts'
import {
  deployFinancingRegistry,
  FINANCING_REGISTRY_CODE_HASH,
  financingRegistryAt,
} from '../../ledger/chain/financing-registry.ts'
import { deployLogAnchor, LOG_ANCHOR_CODE_HASH, logAnchorAt } from '../../ledger/chain/log-anchor.ts'
import { type LogAnchorAdmin, logAnchorAdmin } from '../../ledger/chain/log-anchor-admin.ts'
import { readText } from './party.ts'
import { CommandError, httpAddress } from './terminal.ts'

/** Which chain, and the key of a contract's administrator there. */
export type ChainDesk = { readonly rpc: string; readonly chainId: string; readonly key: string }

export const withChainDesk = (command: Command): Command =>
  command
    .requiredOption('--rpc <url>', 'JSON-RPC address of a chain node', httpAddress)
    .requiredOption('--chain-id <n>', 'the chain that is meant')
    .requiredOption('--key <file>', 'private key of the contract’s administrator, 0x and 64 hex digits')

export const openChainDesk = async ({
  rpc,
  chainId,
  key,
}: ChainDesk): Promise<{ readonly chain: Chain; readonly signer: Wallet }> => {
  if (!/^[1-9]\d{0,18}$/.test(chainId)) throw new CommandError('--chain-id: takes a whole number')
  const secret = (await readText(key)).trim()
  // Said without the text: a wrong file may hold another secret.
  if (!/^0x[0-9a-f]{64}$/.test(secret)) throw new CommandError(`${key}: not a private key of 0x and 64 hex digits`)
  return { chain: await connect({ url: rpc, chainId: BigInt(chainId) }), signer: new Wallet(secret) }
}

/** The contract at an address, for its administrator. */
export const openContract = async (chain: Chain, contract: string, signer: Wallet): Promise<LogAnchorAdmin> => {
  const admin = logAnchorAdmin(chain, contract, signer)
  if (!(await admin.isAdmin())) {
    throw new CommandError(`${signer.address.toLowerCase()} is not an administrator of ${contract}`)
  }
  return admin
}

/** For options. */
export const chainAddress = (text: string): string => {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError('takes an address of 0x and 40 hex digits')
  return text.toLowerCase()
}

/** The contract, its code compared with what trust files pin. */
export const deployed = async (
  chain: Chain,
  signer: Wallet,
  predecessor?: string,
): Promise<{ readonly address: string; readonly block: string }> => {
  const { address, receipt } = await deployLogAnchor(chain, signer, predecessor)
  if ((await logAnchorAt(chain, address).codeHash()) !== LOG_ANCHOR_CODE_HASH) {
    throw new CommandError(`the code at ${address} is not that of the contract`)
  }
  return { address: address.toLowerCase(), block: String(receipt.blockNumber) }
}

/** The contract that decides between financing registries; each registry's account is a registrar there from the start. */
export const deployedRegistry = async (
  chain: Chain,
  signer: Wallet,
  registrars: readonly string[],
): Promise<{ readonly contract: string; readonly codeHash: string; readonly block: string }> => {
  const { address, receipt } = await deployFinancingRegistry(chain, signer)
  const registry = financingRegistryAt(chain, address)
  if ((await registry.codeHash()) !== FINANCING_REGISTRY_CODE_HASH) {
    throw new CommandError(`the code at ${address} is not that of the contract`)
  }
  for (const account of registrars) await registry.grantRegistrar(signer, account)
  return { contract: registry.address, codeHash: FINANCING_REGISTRY_CODE_HASH, block: String(receipt.blockNumber) }
}

/** What chains files and trust files name a contract by. */
export const pinned = (chain: Chain, contract: string) => ({
  chainId: String(chain.chainId),
  genesis: chain.genesis,
  contract,
  codeHash: LOG_ANCHOR_CODE_HASH,
})
