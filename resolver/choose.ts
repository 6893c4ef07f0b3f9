import type { Link } from './link.ts'
import { defaultLink } from './link-type.ts'
import { contextQuality, languageQuality, type Preference, typeQuality } from './preference.ts'
import type { Level, Resolved } from './resolve.ts'

export type Choice = {
  readonly level: Level
  /** One, or several that the request can't tell apart; none where no level has a link of this type. */
  readonly links: readonly Link[]
}

/**
 * The link to follow (GS1-Conformant Resolver 1.2, link choice): the default without a link type, whatever else the request
 * prefers; with one, the link of this type that fits best, of the nearest level that has any.
 * @param linkType its address, or undefined
 */
export const choose = (levels: Resolved, linkType: string | undefined, preference: Preference): Choice => {
  const wanted =
    linkType === undefined || linkType === defaultLink
      ? (link: Link) => link.default
      : (link: Link) => link.linkType === linkType
  const level = levels.find(it => it.links.some(wanted))
  if (level === undefined) return { level: levels[0], links: [] }
  return { level, links: best(level.links.filter(wanted), preference) }
}

const best = (links: readonly Link[], { types, languages, context }: Preference): readonly Link[] => {
  const ranked = links.map(link => ({
    link,
    rank: [
      contextQuality(context, link.context),
      languageQuality(languages, link.hreflang),
      typeQuality(types, link.type),
    ],
  }))
  const [first, ...others] = ranked.toSorted((a, b) => compare(b.rank, a.rank))
  if (first === undefined) return []
  const ties = [first, ...others.filter(it => compare(it.rank, first.rank) === 0)].map(it => it.link)
  // Several names for one place are no choice.
  return new Set(ties.map(link => link.href)).size === 1 ? ties.slice(0, 1) : ties
}

const compare = (a: readonly number[], b: readonly number[]): number => {
  const at = a.findIndex((value, i) => value !== b[i])
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}
