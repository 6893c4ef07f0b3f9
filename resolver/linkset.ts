import { pathOf } from '../core/identifier/code.ts'
import type { Link } from './link.ts'
import { defaultLink } from './link-type.ts'
import type { Level } from './resolve.ts'

export type Target = {
  readonly href: string
  readonly title: string
  readonly hreflang?: readonly string[]
  readonly type?: string
  readonly context?: readonly string[]
}
export type Linkset = {
  readonly linkset: readonly Readonly<Record<string, string | readonly Target[]>>[]
}

/** Every level that is known, as an RFC 9264 linkset in GS1's form. @param origin as the client sees this node */
export const linksetOf = (levels: readonly Level[], origin: string): Linkset => ({
  linkset: levels.map(level => ({
    ...head(level, origin),
    // The default is said without any of its attributes, and again among the links of its type.
    ...byType(
      level.links.filter(link => link.default),
      () => defaultLink,
      link => bare(link, origin),
    ),
    ...byType(
      level.links,
      link => link.linkType,
      link => full(link, origin),
    ),
  })),
})

/** What is left to choose from, of one level. */
export const choicesOf = (level: Level, links: readonly Link[], origin: string): Linkset => ({
  linkset: [
    {
      ...head(level, origin),
      ...byType(
        links,
        link => link.linkType,
        link => full(link, origin),
      ),
    },
  ],
})

/** Addresses are kept as a URL parser writes them; only paths at this node need one here. */
export const hrefOf = ({ href }: Link, origin: string): string =>
  href.startsWith('https://') ? href : new URL(href, origin).href

const head = ({ code, description }: Level, origin: string) => ({
  anchor: origin + pathOf(code),
  itemDescription: description,
})

const byType = (links: readonly Link[], type: (link: Link) => string, show: (link: Link) => Target) =>
  Object.fromEntries([...Map.groupBy(links, type)].map(([name, of]) => [name, of.map(show)]))

const bare = (link: Link, origin: string): Target => ({ href: hrefOf(link, origin), title: link.title })

const full = (link: Link, origin: string): Target => ({
  ...bare(link, origin),
  ...(link.hreflang.length > 0 ? { hreflang: link.hreflang } : {}),
  ...(link.type === undefined ? {} : { type: link.type }),
  ...(link.context.length > 0 ? { context: link.context } : {}),
})
