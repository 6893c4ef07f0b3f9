import { Command } from 'commander'
import { type ChainDesk, chainAddress, deployed, openChainDesk, pinned, withChainDesk } from './chain-desk.ts'
import { deployRegistryCommand } from './deploy-registry.ts'
import { refoundCommand } from './refound.ts'
import { successorCommand } from './successor.ts'
import type { Terminal } from './terminal.ts'

/** What chains files and trust files say of the chain, once the contract is there. */
export const deployCommand = (terminal: Terminal): Command =>
  withChainDesk(
    new Command('deploy').description(
      'deploy the log anchor contract and print what chains files and trust files say of it',
    ),
  )
    .option('--predecessor <address>', 'contract whose heads this one takes over', chainAddress)
    .action(async ({ predecessor, ...desk }: ChainDesk & { readonly predecessor?: string }) => {
      const { chain, signer } = await openChainDesk(desk)
      const { address, block } = await deployed(chain, signer, predecessor)
      terminal.out(JSON.stringify({ ...pinned(chain, address), block }))
    })
    .addCommand(successorCommand(terminal))
    .addCommand(refoundCommand(terminal))
    .addCommand(deployRegistryCommand(terminal))
