import { Command } from 'commander'
import type { Wallet } from 'ethers'
import { hex } from '../../core/bytes.ts'
import type { Chain } from '../../ledger/chain/adapter.ts'
import { logAnchorAt } from '../../ledger/chain/log-anchor.ts'
import type { LogAnchorAdmin } from '../../ledger/chain/log-anchor-admin.ts'
import { type ChainDesk, chainAddress, deployed, openChainDesk, openContract, pinned } from './chain-desk.ts'
import { CommandError, type Terminal } from './terminal.ts'

type Options = ChainDesk & { readonly of: string; readonly use?: string }

/**
 * Retires a contract in favour of a new one, and brings every log over with its head, its history of re-foundings and its
 * anchoring accounts. Each step looks at the chain first: after a stop half-way the same command goes on from there.
 */
export const successorCommand = (terminal: Terminal): Command =>
  new Command('successor')
    .description('replace a log anchor contract, for good: deploy the next one, link both, bring all logs over')
    .requiredOption('--of <address>', 'contract that is to be retired', chainAddress)
    .option('--use <address>', 'successor that is deployed already, where an earlier run stopped', chainAddress)
    .action(async (_: object, command: Command) => {
      const { of, use, ...desk } = command.optsWithGlobals<Options>()
      const { chain, signer } = await openChainDesk(desk)
      const old = await openContract(chain, of, signer)
      const { contract, next } = await successorOf({ chain, signer, of, use, old })
      if ((await old.successor()) === undefined) {
        await old.retire(contract)
        terminal.error(`retired ${of} in favour of ${contract}`)
      }
      const logs = []
      for (const logId of await old.logs()) {
        logs.push(await bringOver(chain, { old, next, contract, logId }))
        terminal.progress?.(`logs brought over: ${logs.length}`)
      }
      terminal.out(JSON.stringify({ ...pinned(chain, contract), predecessor: of, logs }))
    })

type Replacing = {
  readonly chain: Chain
  readonly signer: Wallet
  readonly of: string
  readonly use: string | undefined
  readonly old: LogAnchorAdmin
}

/** The one that the old contract names, the one given, or a new one: whoever signs administers it, before anything is final. */
const successorOf = async ({ chain, signer, of, use, old }: Replacing) => {
  const named = await old.successor()
  if (named !== undefined && use !== undefined && use !== named) {
    throw new CommandError(`${of} is retired already, in favour of ${named}`)
  }
  const contract = named ?? use ?? (await deployed(chain, signer, of)).address
  const next = await openContract(chain, contract, signer)
  const before = await next.predecessor()
  if (before !== of) throw new CommandError(`${contract} follows ${before ?? 'no contract'}, not ${of}`)
  return { contract, next }
}

const bringOver = async (
  chain: Chain,
  it: {
    readonly old: LogAnchorAdmin
    readonly next: LogAnchorAdmin
    readonly contract: string
    readonly logId: Uint8Array
  },
) => {
  const { old, next, contract, logId } = it
  if ((await logAnchorAt(chain, contract).head(logId)) === undefined) await next.copyHead(logId)
  const held = await logAnchorAt(chain, contract).head(logId)
  const anchorers = await old.anchorers(logId)
  const already = await next.anchorers(logId)
  for (const account of anchorers) if (!already.includes(account)) await next.allow(logId, account)
  return { logId: `0x${hex(logId)}`, size: String(held?.size), refounded: String(held?.refounded), anchorers }
}
