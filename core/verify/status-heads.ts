import type { Chain } from './chains.ts'
import type { Context } from './context.ts'
import { about, type Step } from './step.ts'

const HOUR = 3_600_000

/**
 * Whether all is shown that each signer says there is. Only its own word settles that: a node that leaves something out
 * would say that it never had it.
 * @param withinHours how old a head may be when the bundle is made; null where the bank's policy says nothing
 */
export const checkChains = (
  chains: readonly Chain[],
  stray: number,
  { createdAt }: { readonly createdAt: string },
  { trust }: Pick<Context, 'trust'>,
  withinHours: number | null,
): readonly Step[] => [
  ...chains.map(chain => {
    const step = about('status head', subjectOf(chain))
    const { word, at, seq, state, detail } = chain
    if (state === 'broken')
      return step.no(`${word === 'none' ? 'without any head' : `by the head of ${at}`}: ${detail}`)
    if (word === 'none') return step.unchecked(seq === 0 ? 'there is no status head' : `no status head: ${detail}`)
    if (word === 'node') return step.unchecked(`by the node's word alone, as of ${at}: ${detail}`)
    if (trust === undefined) return step.unchecked(`no trust settings: ${detail}`)
    if (state === 'withheld') return step.unchecked(detail)
    if (withinHours !== null && Date.parse(createdAt) - Date.parse(at ?? '') > withinHours * HOUR) {
      return step.unchecked(`the head is from ${at}: older than the ${withinHours} hours of the bank's policy`)
    }
    return step.yes(seq === 0 ? `nothing said, as of ${at}` : `${detail}, as of ${at}`)
  }),
  ...(stray === 0 ? [] : [about('status head', 'withheld').no(`${stray} withheld statements belong to nothing here`)]),
]

const subjectOf = ({ signer, kind, id }: Chain): string => `${signer}, ${kind} ${id ?? '(withheld)'}`
