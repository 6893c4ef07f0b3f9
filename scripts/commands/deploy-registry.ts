import { Command } from 'commander'
import { type ChainDesk, chainAddress, deployedRegistry, openChainDesk } from './chain-desk.ts'
import type { Terminal } from './terminal.ts'

type Options = ChainDesk & { readonly registrar: readonly string[] }

export const deployRegistryCommand = (terminal: Terminal): Command =>
  new Command('registry')
    .description('deploy the contract that decides between financing registries, and print what chains files say of it')
    .requiredOption(
      '--registrar <address>',
      'account of a registry that makes marks there; repeat for each',
      (text: string, before: readonly string[] = []) => [...before, chainAddress(text)],
    )
    .action(async (_own: object, command: Command) => {
      const { registrar, ...desk } = command.optsWithGlobals<Options>()
      const { chain, signer } = await openChainDesk(desk)
      const { chainId, genesis } = chain
      const { block, ...registry } = await deployedRegistry(chain, signer, registrar)
      terminal.out(JSON.stringify({ chainId: String(chainId), genesis, registry, block }))
    })
