import type { Bundle, BundleAnchor } from '../bundle.ts'
import { fromBase64 } from '../bytes.ts'
import type { Trust, TrustedChain } from '../trust.ts'
import { type AskChain, checkAnchorOverRpc, logIdOf } from './anchor-rpc.ts'
import { contradiction, provenHead } from './anchor-state.ts'
import { anchorSubject, subjectOf } from './log.ts'
import { checkRefoundings } from './refoundings.ts'
import { about, type Step } from './step.ts'

/** The chain that the trust settings mean, by id, genesis block and contract: a name alone could be anybody's. */
export const trustedChain = (anchor: BundleAnchor, trust: Trust): TrustedChain | undefined =>
  trust.chains.find(
    ({ chainId, genesis, contract }) =>
      chainId === anchor.chainId && genesis === anchor.genesis && contract === anchor.contract,
  )

/**
 * Whether the heads were accepted where the auditor trusts that only extensions are. Without a chain to ask, the claim
 * stands on the node's seal, and the step says so.
 */
export const checkAnchors = async (
  bundle: Bundle,
  trust: Trust | undefined,
  ask: AskChain | undefined,
  blocks: ReadonlySet<string> = new Set(),
): Promise<readonly Step[]> => {
  const log = about('anchor', bundle.log)
  if (bundle.anchors.length === 0) return [log.pending('no head of this log has been anchored yet')]
  if (trust === undefined) {
    return bundle.anchors.map(anchor =>
      about('anchor', anchorSubject(anchor)).unchecked('no trust settings: no chain is trusted'),
    )
  }
  const trusted = bundle.anchors.flatMap(anchor => {
    const chain = trustedChain(anchor, trust)
    return chain === undefined ? [] : [{ anchor, chain }]
  })
  if (trusted.length === 0) return [log.no('not trusted: no anchor is on a chain that the trust settings name')]
  const steps: Step[] = []
  for (const { anchor, chain } of trusted) steps.push(await checkAnchor(bundle, anchor, chain, ask, blocks))
  const byContract = Map.groupBy(trusted, ({ anchor: { chainId, genesis, contract } }) =>
    [chainId, genesis, contract].join(),
  )
  for (const of of byContract.values()) {
    const anchors = of.map(({ anchor }) => anchor)
    // A chain that could not confirm these anchors, for one since it is another one, is not asked for more.
    const answers = steps.some(
      ({ subject, outcome }) => anchorSubject(anchors[0]!) === subject && outcome !== 'not_checkable',
    )
    steps.push(...(await checkRefoundings(bundle, anchors, logIdOf(bundle.log), ask && answers ? ask : undefined)))
  }
  return [
    ...steps,
    ...unanchored(
      bundle,
      trusted.map(({ anchor }) => anchor),
    ),
  ]
}

const checkAnchor = async (
  bundle: Bundle,
  anchor: BundleAnchor,
  chain: TrustedChain,
  ask: AskChain | undefined,
  blocks: ReadonlySet<string>,
): Promise<Step> => {
  const step = about('anchor', anchorSubject(anchor))
  const wrong = stateTrouble(bundle, anchor, chain)
  if (wrong !== undefined) return step.no(`the proof of the block's state says otherwise: ${wrong}`)
  const caveat = chain.operatorOnly ? '; no independent anchor: the operator alone runs this chain' : ''
  const proven = typeof anchor.state === 'object'
  if (ask === undefined) {
    if (!blocks.has(anchor.blockHash)) {
      return step.offline(`the chain was not asked: that it holds this head stands on the node's seal${caveat}`)
    }
    return proven
      ? step.yes(`the contract held this head after block ${anchor.block}, whose hash is trusted${caveat}`)
      : step.unchecked(`block ${anchor.block} is trusted, but the chain served no proof of its state${caveat}`)
  }
  const findings = await checkAnchorOverRpc(ask, {
    chainId: BigInt(anchor.chainId),
    genesis: anchor.genesis,
    contract: anchor.contract,
    codeHash: chain.codeHash,
    txHash: anchor.transaction,
    blockNumber: BigInt(anchor.block),
    blockHash: anchor.blockHash,
    logId: logIdOf(bundle.log),
    size: BigInt(anchor.size),
    root: fromBase64(anchor.root),
  })
  const worst =
    findings.find(({ outcome }) => outcome === 'false') ?? findings.find(({ outcome }) => outcome !== 'true')
  if (worst !== undefined) return { ...step.no(worst.detail), outcome: worst.outcome }
  const time = await blockTime(ask, anchor)
  return time === Date.parse(anchor.at)
    ? step.yes(`the contract accepted this head in block ${anchor.block}${caveat}`)
    : step.no(`block ${anchor.block} was not made at ${anchor.at}`)
}

/** What a proof of state that the bundle carries says against its anchor. Trusting the block is another matter. */
const stateTrouble = (
  bundle: Pick<Bundle, 'log'>,
  anchor: BundleAnchor,
  { codeHash }: Pick<TrustedChain, 'codeHash'>,
): string | undefined => {
  if (typeof anchor.state !== 'object') return undefined
  try {
    return contradiction(provenHead(anchor.state, anchor.contract, logIdOf(bundle.log)), {
      blockHash: anchor.blockHash,
      blockNumber: BigInt(anchor.block),
      blockAt: new Date(anchor.at),
      codeHash,
      size: BigInt(anchor.size),
      root: fromBase64(anchor.root),
      refoundings: anchor.refoundings?.length ?? 0,
    })
  } catch (error) {
    return error instanceof Error ? error.message : 'unreadable'
  }
}

/** Records that came after the last trusted anchor: true so far only on the node's word. */
const unanchored = (bundle: Bundle, anchors: readonly BundleAnchor[]): Step[] => {
  const anchored = anchors.reduce((most, { size }) => (BigInt(size) > most ? BigInt(size) : most), 0n)
  return bundle.records
    .filter(({ index }) => BigInt(index) >= anchored)
    .map(record => about('anchor', subjectOf(record)).pending('logged after the last anchored head'))
}

/** Milliseconds since 1970; undefined when the chain doesn't tell. */
const blockTime = async (ask: AskChain, { blockHash }: BundleAnchor): Promise<number | undefined> => {
  try {
    const block = await ask('eth_getBlockByHash', [blockHash, false])
    const told = typeof block === 'object' && block !== null && 'timestamp' in block ? block.timestamp : undefined
    return typeof told === 'string' && /^0x[0-9a-f]+$/.test(told) ? Number(BigInt(told)) * 1000 : undefined
  } catch {
    return undefined
  }
}
