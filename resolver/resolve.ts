import { Refusal } from '../core/errors.ts'
import { type Code, type CodeText, labelOf, parents, parseCode, pathOf } from '../core/identifier/code.ts'
import { identityOf } from '../core/identifier/identity.ts'
import { levelOf } from '../core/identifier/level.ts'
import { asNode } from '../db/database.ts'
import { joined } from '../db/joined.ts'
import type { Holder, ResolverDeps } from './deps.ts'
import { codesNamedAt } from './history-store.ts'
import { agree, prefixesOf } from './identity.ts'
import type { Link } from './link.ts'
import { handledBy, homepage, successorVersion } from './link-type.ts'
import { type CodeState, type Known, lookUpCodes, nodeOfPrefix } from './store.ts'

/** One level of what was asked for, with the links of its own. */
export type Level = {
  readonly code: Code
  readonly description: string
  readonly links: readonly Link[]
  /** Whose code it is; absent where that is not known here. */
  readonly org?: string
  /** Absent where nothing about it is kept in the register. */
  readonly changedAt?: Date
  readonly state?: CodeState
  /** Index of the log record that made it so. */
  readonly record?: bigint
}
/** Nearest first; at least one level has links. */
export type Resolved = readonly [Level, ...Level[]]

/**
 * From a code to where it leads, now or as it was at a time. A lot that is not registered leads where its item does; a
 * serial that is not registered never does, since that would send the buyer of a counterfeit to the genuine product's
 * page. A code that was superseded leads to its successor, a withdrawn one nowhere. A code of an organization whose records
 * live at another node is referred to that node.
 * Refusals CODE_UNREGISTERED, CODE_WITHDRAWN, NOT_FOUND.
 */
export const createResolve = ({
  db,
  reader,
  holdersOf,
  pageOf,
}: Pick<ResolverDeps, 'db' | 'reader' | 'holdersOf' | 'pageOf'>) => {
  const readNow = joined<readonly CodeText[], Found>(
    async lists => {
      const found = byIdentity(await lookUpCodes(reader, [...new Set(lists.flat())]))
      return lists.map(() => found)
    },
    500,
    LANES,
  )
  const holderOf = joined<CodeText, Holder | undefined>(async codes => {
    const holders = await asNode(db, tx => holdersOf(tx, [...new Set(codes)]))
    return codes.map(code => holders.get(code))
  })

  return async (code: Code, at?: Date): Promise<Resolved> => {
    const chain = [code, ...parents(code)]
    const identities = chain.map(identityOf)
    const found =
      at === undefined
        ? await readNow(identities)
        : byIdentity(await asNode(db, tx => codesNamedAt(tx, identities, at)))
    const levels = levelsOf(chain, found)
    const own = found.get(identityOf(code))
    const isOwn = own !== undefined && (own.code === code.text || agree(code, codeIn(own.code)))
    if (isOwn || !isInstance(code)) mustBeInUse(identities.flatMap(it => found.get(it) ?? [])[0])
    if (isOwn) {
      return withLinks(levels, () =>
        own.node === null ? pageLink(pageOf(code), own.description) : referral(own.node, code),
      )
    }
    // A paper has no history: it was what it is from when it was logged.
    const holder = own === undefined && at === undefined ? await holderOf(code.text) : undefined
    if (holder !== undefined) {
      const { org, description, path } = holder
      return [{ code, org, description, links: [pageLink(path, description)] }, ...levels]
    }
    if ((own !== undefined || levels.length > 0) && isInstance(code)) throw new Refusal('CODE_UNREGISTERED')
    if (levels.length > 0) return withLinks(levels, level => pageLink(pageOf(level.code), level.description))
    if (at !== undefined) throw new Refusal('NOT_FOUND', 'This code was not registered here at that time')
    const node = await asNode(db, tx => nodeOfPrefix(tx, prefixesOf(code)))
    if (node !== null) return [{ code, description: labelOf(code), links: [referral(node, code)] }]
    throw new Refusal('NOT_FOUND', 'This code is not registered here')
  }
}

/** Statements under way at once. */
export const LANES = 2

type Found = ReadonlyMap<string, Known>
const byIdentity = (rows: readonly Known[]): Found => new Map(rows.map(row => [row.identity, row]))

const mustBeInUse = (row: Known | undefined) => {
  if (row?.state === 'withdrawn') throw new Refusal('CODE_WITHDRAWN', `Withdrawn by its owner: ${row.reason}`)
}

const isInstance = (code: Code): boolean => levelOf(code) === 'instance'

const codeIn = (text: CodeText): Code => {
  const parsed = parseCode(text)
  if (!parsed.ok) throw new TypeError(`${text} is no code`)
  return parsed.code
}

const levelsOf = (chain: readonly Code[], found: Found): Level[] =>
  chain.flatMap((code, i) => {
    const row = found.get(identityOf(code))
    // Above what was asked for, a withdrawn level is as good as none.
    if (row === undefined || (i > 0 && row.state === 'withdrawn')) return []
    const { org, description, state, record, changed_at: changedAt } = row
    return [{ code, org, description, links: linksOf(row), state, changedAt, ...(record === null ? {} : { record }) }]
  })

/** What was superseded leads by default to what took its place. */
const linksOf = ({ links, successor }: Known): readonly Link[] => {
  if (successor === null) return links
  const link = { linkType: successorVersion, href: pathOf(codeIn(successor)), title: 'Successor', ...plain }
  return [link, ...links.map(it => ({ ...it, default: false }))]
}

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
