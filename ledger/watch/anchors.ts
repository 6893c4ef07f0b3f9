import { z } from 'zod'
import { equal, fromBase64 } from '../../core/bytes.ts'
import type { Checkpoint } from '../../core/checkpoint.ts'
import { rootAt } from '../../core/merkle/proof.ts'
import { type PublicLog, Unavailable } from './public-log.ts'

/** A head that somebody else holds of the log. */
export type ContractHead = { readonly name: string; readonly size: bigint; readonly root: Uint8Array }

const page = z.object({
  anchors: z.array(z.object({ chainId: z.string(), size: z.string(), root: z.string(), state: z.string() })),
  next: z.string().optional(),
})

/** More would be read at each round; the newest are on the last pages. */
const MOST_PAGES = 1_000

/** What the log itself lists as anchored, at `anchors` beside it; nothing for a log of other software. */
export const listedAnchors = async (log: PublicLog): Promise<readonly ContractHead[]> => {
  const heads: ContractHead[] = []
  let cursor = ''
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const body = await log.json(`anchors?perPage=1000${cursor}`)
    if (body === undefined && pages === 0) return []
    const read = page.safeParse(body)
    if (!read.success) throw new Unavailable('the list of anchors can not be read')
    for (const { chainId, size, root } of read.data.anchors) {
      heads.push({ name: `listed on chain ${chainId}`, size: BigInt(size), root: fromBase64(root) })
    }
    if (read.data.next === undefined) return heads
    cursor = `&cursor=${read.data.next}`
  }
  return heads
}

/** Says of each head that is not of this log's history what is wrong with it. */
export const checkHeads = async (
  log: PublicLog,
  { size }: Checkpoint,
  heads: readonly ContractHead[],
): Promise<readonly string[]> => {
  const wrong: string[] = []
  for (const head of heads) {
    if (head.size > size) wrong.push(`${head.name}: ${head.size} entries are anchored, and the log has ${size}`)
    else if (head.size > 0n && !equal(await rootAt(head.size, log.nodes(size)), head.root)) {
      wrong.push(`${head.name}: another root at ${head.size} entries`)
    }
  }
  return wrong
}
