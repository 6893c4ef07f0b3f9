import type { JWK } from 'jose'
import { readLogKey } from '../../../api/key-files.ts'
import { type NoteKey, parseNote, parseVerifierKey } from '../../../core/note.ts'
import { parseTrust, type Trust, type TrustedChain } from '../../../core/trust.ts'
import { logIdOf } from '../../../core/verify/anchor-rpc.ts'
import { connect } from '../../../ledger/chain/adapter.ts'
import { logAnchorAt } from '../../../ledger/chain/log-anchor.ts'
import { httpRpc } from '../../../ledger/chain/rpc.ts'
import type { AskChainOf } from '../../../ledger/fsck/anchors.ts'
import type { ContractHead } from '../../../ledger/watch/anchors.ts'
import { Unavailable } from '../../../ledger/watch/public-log.ts'
import { readText } from '../party.ts'
import { CommandError } from '../terminal.ts'

/** Whom the one who checks trusts for this log. */
export type Trusted = {
  readonly origin: string
  readonly keys: readonly NoteKey[]
  readonly nodeKeys: readonly JWK[]
  readonly chains: readonly TrustedChain[]
}

type From = {
  readonly trust?: string | undefined
  readonly logKey?: string | undefined
  readonly logKeyFile?: string | undefined
}

/** @param origin as named; a verifier key names its own */
export const trusted = async (origin: string | undefined, { trust, logKey, logKeyFile }: From): Promise<Trusted> => {
  const file = trust === undefined ? undefined : parseTrustFile(trust, await readText(trust))
  const chains = file?.chains ?? []
  if (logKey !== undefined) {
    const key = parseKey(logKey)
    const name = origin ?? key.name
    return { origin: name, keys: [key], nodeKeys: nodesOf(file, name).map(it => it.nodeKey), chains }
  }
  if (origin === undefined) throw new CommandError('LOG_ORIGIN: not set; or give --origin')
  const nodes = nodesOf(file, origin)
  if (trust !== undefined) {
    if (nodes.length === 0) throw new CommandError(`${trust}: names no log ${origin}`)
    return { origin, keys: nodes.map(it => it.logKey), nodeKeys: nodes.map(it => it.nodeKey), chains }
  }
  if (logKeyFile === undefined) throw new CommandError('LOG_KEY_FILE: not set; or give --trust')
  return { origin, keys: [await readLogKey(logKeyFile, origin)], nodeKeys: [], chains }
}

const nodesOf = (file: Trust | undefined, origin: string) => (file?.nodes ?? []).filter(it => it.origin === origin)

const parseTrustFile = (path: string, text: string): Trust => {
  try {
    return parseTrust(text)
  } catch (error) {
    throw new CommandError(`${path}: ${error instanceof Error ? error.message : 'unreadable'}`)
  }
}

const parseKey = (text: string): NoteKey => {
  try {
    return parseVerifierKey(text)
  } catch (error) {
    throw new CommandError(`--log-key: ${error instanceof Error ? error.message : 'unreadable'}`)
  }
}

/** First line of a head, to know which of the trusted logs it claims to be; not believed until it is opened. */
export const originIn = (note: string): string => {
  try {
    return parseNote(note).text.split('\n')[0] ?? ''
  } catch {
    return ''
  }
}

type Endpoint = { readonly url: string; readonly chainId: bigint; readonly genesis: string }

/** What each endpoint serves. Which chain that is its first block tells, and the trust file whether it is believed. */
const endpoints = async (rpc: readonly string[], chains: readonly TrustedChain[]) => {
  const found: (Endpoint & { readonly chain: TrustedChain })[] = []
  for (const url of rpc) {
    const ask = httpRpc(url)
    const served = BigInt(String(await ask('eth_chainId', [])))
    for (const chain of chains) {
      if (BigInt(chain.chainId) !== served) continue
      const { genesis } = await connect({ url, chainId: served })
      if (genesis === chain.genesis) found.push({ url, chainId: served, genesis, chain })
    }
    if (!found.some(it => it.url === url)) throw new CommandError(`${url}: serves no chain of the trust file`)
  }
  return found
}

export const chainsOf = async (rpc: readonly string[], { chains }: Trusted): Promise<AskChainOf> => {
  const known = await endpoints(rpc, chains)
  return ({ chainId, contract }) => {
    const it = known.find(({ chain, ...at }) => at.chainId === chainId && chain.contract === contract)
    if (it) return { ask: httpRpc(it.url), genesis: it.genesis, codeHash: it.chain.codeHash }
    const isTrusted = chains.some(chain => BigInt(chain.chainId) === chainId && chain.contract === contract)
    return isTrusted ? 'not asked' : undefined
  }
}

/** The head that each trusted contract holds of the log, asked for at each look. */
export const contractsOf = async (
  rpc: readonly string[],
  { chains, origin }: Trusted,
): Promise<readonly (() => Promise<ContractHead | undefined>)[]> =>
  (await endpoints(rpc, chains)).map(({ url, chainId, genesis, chain }) => async () => {
    try {
      const head = await logAnchorAt(await connect({ url, chainId, genesis }), chain.contract).head(logIdOf(origin))
      return head && { name: `contract on ${chain.name}`, size: head.size, root: head.root }
    } catch (error) {
      throw new Unavailable(`${url}: ${error instanceof Error ? error.message : 'no answer'}`)
    }
  })
