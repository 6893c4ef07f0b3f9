import { fromHex, hex } from '../../core/bytes.ts'
import type { Chain } from './adapter.ts'
import { ChainFault } from './fault.ts'
import type { LogHead } from './log-anchor.ts'
import type { Receipt } from './parse.ts'
import { logAnchorInterface as abi } from './revert.ts'
import type { Signer } from './transaction.ts'

export type Refound = {
  readonly logId: Uint8Array
  /** The tree over the entries that stay. */
  readonly kept: LogHead
  /** Consistency proof from there to the head that the contract holds. */
  readonly abandonedProof: readonly Uint8Array[]
  readonly next: LogHead
  /** Consistency proof from `kept` to `next`. */
  readonly proof: readonly Uint8Array[]
  /** SHA-256 of the signed note of `next`. */
  readonly checkpoint: Uint8Array
}

/** What an administrator asks, and what only one may do, each mined before it resolves. Throws ChainFault. */
export type LogAnchorAdmin = {
  readonly isAdmin: () => Promise<boolean>
  /** Undefined while the contract is in use. */
  readonly successor: () => Promise<string | undefined>
  readonly predecessor: () => Promise<string | undefined>
  /** Ids of all logs ever opened here. */
  readonly logs: () => Promise<readonly Uint8Array[]>
  /** Who may anchor this log now. */
  readonly anchorers: (logId: Uint8Array) => Promise<readonly string[]>
  readonly allow: (logId: Uint8Array, account: string) => Promise<Receipt>
  readonly forbid: (logId: Uint8Array, account: string) => Promise<Receipt>
  readonly copyHead: (logId: Uint8Array) => Promise<Receipt>
  /** For good: the contract takes no head any more. */
  readonly retire: (successor: string) => Promise<Receipt>
  readonly refound: (refound: Refound) => Promise<Receipt>
}

export const logAnchorAdmin = (chain: Chain, contract: string, signer: Signer): LogAnchorAdmin => {
  const to = contract.toLowerCase()
  const act = (name: string, args: readonly unknown[]) =>
    chain.submit(signer, { to, data: abi.encodeFunctionData(name, args) })
  const ask = async (name: string, args: readonly unknown[] = []): Promise<unknown> => {
    const answer = await chain.call({ to, data: abi.encodeFunctionData(name, args) })
    if (answer === '0x') throw new ChainFault('REFUSED', `there is no LogAnchor at ${to}`)
    return abi.decodeFunctionResult(name, answer)[0]
  }
  const named = async (name: string): Promise<string | undefined> => {
    const address = String(await ask(name)).toLowerCase()
    return address === NOBODY ? undefined : address
  }
  const roleOf = (logId: Uint8Array) => ask('anchorRole', [word(logId)])
  const told = async (event: string, topics: readonly unknown[]) => {
    const filter = { address: to, topics: abi.encodeFilterTopics(event, topics) as string[], fromBlock: 0n }
    return (await chain.logs(filter)).map(({ topics: of, data }) => abi.parseLog({ topics: of, data })?.args)
  }
  return {
    isAdmin: async () => (await ask('hasRole', [ADMIN_ROLE, await signer.getAddress()])) === true,
    successor: () => named('successor'),
    predecessor: () => named('predecessor'),
    logs: async () => (await told('LogOpened', [])).map(args => fromHex(String(args?.logId).slice(2))),
    anchorers: async logId => {
      const role = await roleOf(logId)
      const ever = new Set((await told('RoleGranted', [role])).map(args => String(args?.account).toLowerCase()))
      const now: string[] = []
      for (const account of ever) if ((await ask('hasRole', [role, account])) === true) now.push(account)
      return now
    },
    allow: async (logId, account) => act('grantRole', [await roleOf(logId), account]),
    forbid: async (logId, account) => act('revokeRole', [await roleOf(logId), account]),
    copyHead: logId => act('copyHead', [word(logId)]),
    retire: successor => act('retire', [successor]),
    refound: ({ logId, kept, abandonedProof, next, proof, checkpoint }) =>
      act('refound', [
        word(logId),
        ...[kept.size, word(kept.root), abandonedProof.map(word)],
        ...[next.size, word(next.root), proof.map(word)],
        word(checkpoint),
      ]),
  }
}

const NOBODY = `0x${'0'.repeat(40)}`
/** DEFAULT_ADMIN_ROLE of OpenZeppelin's AccessControl. */
const ADMIN_ROLE = `0x${'0'.repeat(64)}`
const word = (bytes: Uint8Array): string => `0x${hex(bytes)}`
