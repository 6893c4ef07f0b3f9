import { fromUtf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { readAtMost } from '../../core/read-at-most.ts'
import type { ResolverDeps } from '../deps.ts'

/** Whose question it is, and which nodes it has passed (RFC 9110 §7.6.3), as the request says. */
export type Asking = { readonly as: string; readonly via: string | undefined }

/** What came of asking on. */
export type Reply =
  | { readonly outcome: 'answered'; readonly body: unknown; readonly bytes: number }
  | { readonly outcome: 'refused'; readonly refusal: Refusal }
  | { readonly outcome: 'unreachable' }
  /** The reader has to go there itself: with its own key, or since the question has come too far already. */
  | { readonly outcome: 'referred' }

/** Nodes that one question may pass. */
const FARTHEST = 3
/** Bytes of an answer; 200 values of 4,000 characters, each in up to three bytes. */
const LARGEST = 4 << 20

/** Asks another node in the name of whoever asked here. In no circle, and no farther than three nodes. */
export const askAlong = async (
  { askHolder, nodeKey }: Pick<ResolverDeps, 'askHolder' | 'nodeKey'>,
  node: string,
  path: string,
  { as, via = '' }: Asking,
): Promise<Reply> => {
  const passed = via
    .split(',')
    .map(it => it.trim())
    .filter(it => it !== '')
  const self = `1.1 ${nodeKey.kid}`
  if (passed.length >= FARTHEST || passed.includes(self)) return { outcome: 'referred' }
  try {
    const response = await askHolder(node, as, path, { Via: [...passed, self].join(', ') })
    if (response === undefined) return { outcome: 'referred' }
    const bytes = await readAtMost(response, LARGEST)
    return { outcome: 'answered', body: jsonIn(bytes), bytes: bytes.length }
  } catch (error) {
    if (!(error instanceof Refusal) || error.code === 'PEER_UNAVAILABLE') return { outcome: 'unreachable' }
    return { outcome: 'refused', refusal: error }
  }
}

const jsonIn = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(fromUtf8(bytes))
  } catch {
    return undefined
  }
}
