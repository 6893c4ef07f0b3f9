import { Command } from 'commander'
import { Wallet } from 'ethers'
import { connect } from '../../ledger/chain/adapter.ts'
import { deployLogAnchor, LOG_ANCHOR_CODE_HASH, logAnchorAt } from '../../ledger/chain/log-anchor.ts'
import { readText } from './party.ts'
import { CommandError, httpAddress, type Terminal } from './terminal.ts'

type Options = { readonly rpc: string; readonly chainId: string; readonly key: string; readonly predecessor?: string }

/** What chains files and trust files say of the chain, once the contract is there. */
export const deployCommand = (terminal: Terminal): Command =>
  new Command('deploy')
    .description('deploy the log anchor contract and print what chains files and trust files say of it')
    .requiredOption('--rpc <url>', 'JSON-RPC address of a chain node', httpAddress)
    .requiredOption('--chain-id <n>', 'the chain that is meant')
    .requiredOption('--key <file>', 'private key of the contract’s administrator, 0x and 64 hex digits')
    .option('--predecessor <address>', 'contract whose heads this one takes over')
    .action(async ({ rpc, chainId, key, predecessor }: Options) => {
      if (!/^[1-9]\d{0,18}$/.test(chainId)) throw new CommandError('--chain-id: takes a whole number')
      const secret = (await readText(key)).trim()
      // Said without the text: a wrong file may hold another secret.
      if (!/^0x[0-9a-f]{64}$/.test(secret)) throw new CommandError(`${key}: not a private key of 0x and 64 hex digits`)
      const chain = await connect({ url: rpc, chainId: BigInt(chainId) })
      const { address, receipt } = await deployLogAnchor(chain, new Wallet(secret), predecessor)
      if ((await logAnchorAt(chain, address).codeHash()) !== LOG_ANCHOR_CODE_HASH) {
        throw new CommandError(`the code at ${address} is not that of the contract`)
      }
      terminal.out(
        JSON.stringify({
          chainId,
          genesis: chain.genesis,
          contract: address.toLowerCase(),
          codeHash: LOG_ANCHOR_CODE_HASH,
          block: String(receipt.blockNumber),
        }),
      )
    })
