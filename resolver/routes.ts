import { canonical } from '../core/canonical.ts'
import { type Route, route } from '../core/contract.ts'
import { Refusal } from '../core/errors.ts'
import { type Code, labelOf, parseCode, pathOf } from '../core/identifier/code.ts'
import { identityOf } from '../core/identifier/identity.ts'
import { levelOf } from '../core/identifier/level.ts'
import { parseUscc } from '../core/uscc.ts'
import { asNode, asOrganization } from '../db/database.ts'
import {
  allocatePrefix,
  codeHistory,
  idempotencyKey,
  listOwnCodes,
  listOwnPrefixes,
  listResolutions,
  moveCode,
  type RegisteredCode,
  registerCodes,
  setLinks,
} from './contract.ts'
import type { ResolverDeps } from './deps.ts'
import { type Version, versionsOf } from './history-store.ts'
import { codeInvalid } from './invalid.ts'
import { move, relink } from './life.ts'
import { register } from './register.ts'
import { type ResolutionRow, readResolutions } from './resolution-log.ts'
import {
  type CodeRow,
  codesNamed,
  insertPrefix,
  listCodes,
  listPrefixes,
  organizationExists,
  type PrefixRow,
  prefixesNamed,
} from './store.ts'

/** Prefixes and codes: who may give which, and where they lead. */
export const resolverRoutes = (
  deps: Pick<ResolverDeps, 'db' | 'append' | 'now' | 'allocatable' | 'holdersOf'>,
): Route[] => {
  const { db, now } = deps
  return [
    route(allocatePrefix, async ({ body: { prefix, uscc }, caller }) => {
      if (deps.allocatable.length > 0 && !deps.allocatable.some(it => isBelow(prefix, it))) {
        throw new Refusal('PREFIX_FORBIDDEN', `This node allocates only below ${deps.allocatable.join(', ')}`)
      }
      const [before] = await asNode(db, tx => prefixesNamed(tx, [prefix]))
      if (before?.org === uscc) return { status: 200, body: showPrefix(before) }
      if (before) throw taken(prefix)
      const at = now()
      const by = parseUscc(caller.uscc)
      // The operator's acts are logged: whose word counts on the codes of a prefix can't be rewritten either.
      await deps.append({
        type: 'organization',
        org: uscc,
        parties: [...new Set([uscc, by])],
        body: canonical({ act: 'prefix', uscc, by, at: at.toISOString(), prefix }),
        effect: async tx => {
          if (!(await organizationExists(tx, uscc))) throw new Refusal('ORGANIZATION_UNKNOWN')
          if (!(await insertPrefix(tx, prefix, uscc, at))) throw taken(prefix)
        },
      })
      return { body: { prefix, uscc, allocatedAt: at.toISOString() } }
    }),

    route(listOwnPrefixes, async ({ query: { after, limit }, caller }) => {
      const read = caller.roles.includes('operator') ? asNode : asOwner(caller.uscc)
      const rows = await read(db, tx => listPrefixes(tx, after, limit + 1))
      return { body: page(rows, limit, showPrefix, row => row.prefix) }
    }),

    route(registerCodes, async ({ body, caller, request }) => {
      const batch = 'codes' in body
      const results = await register(
        deps,
        parseUscc(caller.uscc),
        batch ? body.codes : [body],
        idempotencyKey(request.header('Idempotency-Key')),
      )
      const [only] = results
      if (!batch && only?.outcome === 'refused') {
        const { reason, detail, position, rule } = only
        throw new Refusal(reason, detail, position === undefined ? {} : { position, rule })
      }
      return { status: batch ? 200 : 201, body: { results: [...results] } }
    }),

    route(setLinks, async ({ body: { code, ...to }, caller }) => ({
      body: showCode(await relink(deps, parseUscc(caller.uscc), code, to)),
    })),

    route(moveCode, async ({ body: { code, ...to }, caller }) => ({
      body: showCode(await move(deps, parseUscc(caller.uscc), code, to)),
    })),

    route(codeHistory, async ({ query: { code: text } }) => {
      const parsed = parseCode(text)
      if (!parsed.ok) throw codeInvalid(parsed.error)
      return asNode(db, async tx => {
        const [row] = await codesNamed(tx, [identityOf(parsed.code)])
        if (row === undefined) throw new Refusal('NOT_FOUND', `${labelOf(parsed.code)} is not registered here`)
        return { body: { code: row.code, versions: (await versionsOf(tx, row.code)).map(showVersion) } }
      })
    }),

    route(listResolutions, async ({ query: { code, after, limit }, caller }) => {
      const parsed = code === undefined ? undefined : parseCode(code)
      if (parsed?.ok === false) throw codeInvalid(parsed.error)
      const rows = await asOrganization(db, caller.uscc, tx =>
        readResolutions(tx, caller.uscc, parsed?.code.text, after === '' ? undefined : BigInt(after), limit + 1),
      )
      return { body: page(rows, limit, showResolution, row => String(row.id)) }
    }),

    route(listOwnCodes, async ({ query: { after, limit }, caller }) => {
      const rows = await asOrganization(db, caller.uscc, tx => listCodes(tx, caller.uscc, after, limit + 1))
      return { body: page(rows, limit, showCode, row => row.code) }
    }),
  ]
}

const asOwner =
  (uscc: string): typeof asNode =>
  (db, work) =>
    asOrganization(db, uscc, work)

const taken = (prefix: string) => new Refusal('CODE_EXISTS', `${prefix} is allocated to another organization`)

/** Digits begin with digits; a handle prefix begins with whole numbers of one. */
const isBelow = (prefix: string, above: string): boolean =>
  prefix === above || prefix.startsWith(above.includes('.') ? `${above}.` : above)

const page = <Row, Item>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => Item,
  cursor: (row: Row) => string,
) => {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(show), next: rows.length > limit && last !== undefined ? cursor(last) : null }
}

const showPrefix = ({ prefix, org, allocated_at }: PrefixRow) => ({
  ...{ prefix, uscc: org, allocatedAt: allocated_at.toISOString() },
})

const showCode = (row: CodeRow): RegisteredCode => {
  const it = codeOf(row.code)
  return {
    ...{ code: row.code, label: labelOf(it), path: pathOf(it), level: levelOf(it) },
    ...showLife(row),
    registeredAt: row.registered_at.toISOString(),
    changedAt: row.changed_at.toISOString(),
  }
}

const showVersion = (version: Version) => ({ ...showLife(version), since: version.since.toISOString() })

const showLife = ({ version, state, successor, reason, record, description, links }: Omit<Version, 'since'>) => ({
  ...{ version, state, successor, reason, description },
  record: record === null ? null : String(record),
  links: links.map(link => ({ ...link, hreflang: [...link.hreflang], context: [...link.context] })),
})

const showResolution = ({ code, at, form, status, reader, count }: ResolutionRow) => ({
  ...{ code, at: at.toISOString(), form, status, reader, count },
})

/** What the table holds was parsed before it came there. */
const codeOf = (text: string): Code => {
  const parsed = parseCode(text)
  if (!parsed.ok) throw new TypeError(`${text} is no code`)
  return parsed.code
}
