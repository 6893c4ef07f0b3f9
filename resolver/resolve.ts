import { Refusal } from '../core/errors.ts'
import { type Code, type CodeText, labelOf, parents, parseCode, pathOf } from '../core/identifier/code.ts'
import { levelOf } from '../core/identifier/level.ts'
import { asNode } from '../db/database.ts'
import { joined } from '../db/joined.ts'
import type { Holder, ResolverDeps } from './deps.ts'
import { agree, identityOf, prefixesOf } from './identity.ts'
import type { Link } from './link.ts'
import { handledBy, homepage } from './link-type.ts'
import { codesNamed, type Known, nodeOfPrefix } from './store.ts'

/** One level of what was asked for, with the links of its own. */
export type Level = {
  readonly code: Code
  readonly description: string
  readonly links: readonly Link[]
  /** Absent where nothing about it is kept in the register. */
  readonly changedAt?: Date
}
/** Nearest first; at least one level has links. */
export type Resolved = readonly [Level, ...Level[]]

/**
 * From a code to where it leads. A lot that is not registered leads where its item does; a serial that is not registered
 * never does, since that would send the buyer of a counterfeit to the genuine product's page. A code of an organization
 * whose records live at another node is referred to that node.
 * Refusals CODE_UNREGISTERED, NOT_FOUND.
 */
export const createResolve = ({ db, holdersOf, pageOf }: Pick<ResolverDeps, 'db' | 'holdersOf' | 'pageOf'>) => {
  const read = joined<readonly CodeText[], ReadonlyMap<string, Known>>(async lists => {
    const rows = await asNode(db, tx => codesNamed(tx, [...new Set(lists.flat())]))
    const found = new Map<string, Known>(rows.map(row => [row.identity, row]))
    return lists.map(() => found)
  })
  const holderOf = joined<CodeText, Holder | undefined>(async codes => {
    const holders = await asNode(db, tx => holdersOf(tx, [...new Set(codes)]))
    return codes.map(code => holders.get(code))
  })

  return async (code: Code): Promise<Resolved> => {
    const chain = [code, ...parents(code)]
    const found = await read(chain.map(identityOf))
    const own = found.get(identityOf(code))
    if (own !== undefined && agree(code, registeredAs(own))) {
      const levels = levelsOf(chain, found)
      return withLinks(levels, () =>
        own.node === null ? pageLink(pageOf(code), own.description) : referral(own.node, code),
      )
    }
    const known = own !== undefined || levelsOf(chain, found).length > 0
    const holder = own === undefined ? await holderOf(code.text) : undefined
    if (holder !== undefined) {
      const { description, path } = holder
      return [{ code, description, links: [pageLink(path, description)] }, ...levelsOf(chain, found)]
    }
    if (known && isInstance(code)) throw new Refusal('CODE_UNREGISTERED')
    if (known) return withLinks(levelsOf(chain, found), level => pageLink(pageOf(level.code), level.description))
    const node = await asNode(db, tx => nodeOfPrefix(tx, prefixesOf(code)))
    if (node !== null) return [{ code, description: labelOf(code), links: [referral(node, code)] }]
    throw new Refusal('NOT_FOUND', 'This code is not registered here')
  }
}

const isInstance = (code: Code): boolean => levelOf(code) === 'instance'

const registeredAs = ({ code }: Known): Code => {
  const parsed = parseCode(code)
  if (!parsed.ok) throw new TypeError(`${code} is no code`)
  return parsed.code
}

const levelsOf = (chain: readonly Code[], found: ReadonlyMap<string, Known>): Level[] =>
  chain.flatMap(code => {
    const row = found.get(identityOf(code))
    return row ? [{ code, description: row.description, links: row.links, changedAt: row.changed_at }] : []
  })

/** What nobody has linked leads to its page here. */
const withLinks = (levels: readonly Level[], otherwise: (nearest: Level) => Link): Resolved => {
  const [nearest, ...above] = levels
  if (nearest === undefined) throw new TypeError('a code has no level')
  return levels.some(level => level.links.length > 0)
    ? [nearest, ...above]
    : [{ ...nearest, links: [otherwise(nearest)] }, ...above]
}

const plain = { hreflang: [], context: [], default: true }

const pageLink = (path: string, title: string): Link => ({ linkType: homepage, href: path, title, ...plain })

/** The holder's own resolver; the address comes from the operator's register of organizations. */
const referral = (node: string, code: Code): Link => ({
  ...{ linkType: handledBy, href: `${node}${pathOf(code)}`, title: 'Resolver of its holder', ...plain },
})
