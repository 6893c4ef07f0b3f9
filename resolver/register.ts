import { canonical } from '../core/canonical.ts'
import { Refusal } from '../core/errors.ts'
import { type Code, labelOf, parents, parseCode } from '../core/identifier/code.ts'
import { identityOf } from '../core/identifier/identity.ts'
import { levelOf } from '../core/identifier/level.ts'
import type { Uscc } from '../core/uscc.ts'
import { asNode, type Tx } from '../db/database.ts'
import type { Result } from './contract.ts'
import type { ResolverDeps } from './deps.ts'
import { keepResults, resultsOf } from './history-store.ts'
import { prefixesOf } from './identity.ts'
import type { Link } from './link.ts'
import { codesNamed, insertCodes, prefixesNamed } from './store.ts'

export type Wanted = {
  readonly code: string
  readonly description?: string | undefined
  readonly links: readonly Link[]
  readonly state: 'registered' | 'active'
}
type Deps = Pick<ResolverDeps, 'db' | 'append' | 'holdersOf'>

/** None of the codes could be registered: there is nothing to log, and a repetition may fare better. */
class NoneRegistered extends Refusal {
  readonly results: readonly Result[]

  constructor(results: readonly Result[]) {
    super('CODE_INVALID')
    this.results = results
  }
}

/**
 * Logs the request, registers in the same transaction the codes that may be, and says of each what became of it, in the
 * order sent. Where none may be, nothing is written. With a key, the same request is answered as the first time that
 * anything came of it. Refusals IDEMPOTENCY_CONFLICT, LOG_BUSY.
 */
export const register = async (
  deps: Deps,
  org: Uscc,
  wanted: readonly Wanted[],
  key: string | undefined,
): Promise<readonly Result[]> => {
  try {
    return await logged(deps, org, wanted, key)
  } catch (error) {
    if (error instanceof NoneRegistered) return error.results
    throw error
  }
}

const logged = async (
  deps: Deps,
  org: Uscc,
  wanted: readonly Wanted[],
  key: string | undefined,
): Promise<readonly Result[]> => {
  let results: readonly Result[] = []
  const { index, repeated } = await deps.append({
    type: 'identifier',
    org,
    parties: [org],
    // No time in it: a repetition must have the same bytes. The log says when.
    body: canonical({ act: 'register', org, codes: wanted }),
    ...(key === undefined ? {} : { clientKey: key }),
    async effect(tx, entry) {
      results = await registerAll(deps, tx, org, wanted, entry)
      if (results.every(({ outcome }) => outcome === 'refused')) throw new NoneRegistered(results)
      if (key !== undefined) await keepResults(tx, entry.index, results)
    },
  })
  return repeated ? ((await asNode(deps.db, tx => resultsOf(tx, index))) as readonly Result[]) : results
}

const registerAll = async (
  deps: Pick<Deps, 'holdersOf'>,
  tx: Tx,
  org: Uscc,
  wanted: readonly Wanted[],
  entry: { readonly index: bigint; readonly loggedAt: Date },
): Promise<readonly Result[]> => {
  const parsed = wanted.map(({ code }) => parseCode(code))
  const codes = parsed.flatMap(it => (it.ok ? [it.code] : []))
  const prefixes = await ownersOf(tx, codes)
  const holders = await deps.holdersOf(
    tx,
    codes.map(code => code.text),
  )
  const free = new Map<string, { code: Code; prefix: string; of: Wanted }>()
  const results = wanted.map((of, i): Result => {
    const it = parsed[i]
    const refused = (reason: 'PREFIX_FORBIDDEN' | 'CODE_EXISTS', detail: string): Result => ({
      ...{ outcome: 'refused', sent: of.code, reason, detail },
    })
    if (!it?.ok) {
      const { position, rule, message } = it?.error ?? { position: 0, rule: 'code', message: 'no code' }
      return { outcome: 'refused', sent: of.code, reason: 'CODE_INVALID', detail: message, position, rule }
    }
    const { code } = it
    const prefix = prefixes(code)
    if (prefix?.org !== org) return refused('PREFIX_FORBIDDEN', `No prefix of ${labelOf(code)} is allocated to you`)
    const holder = holders.get(code.text)
    if (holder && holder.org !== org) return refused('CODE_EXISTS', `${labelOf(code)} names something else`)
    const identity = identityOf(code)
    if (free.has(identity)) return refused('CODE_EXISTS', `${labelOf(code)} is in this request twice`)
    free.set(identity, { code, prefix: prefix.prefix, of })
    return { outcome: 'registered', code: code.text }
  })
  const taken = await insertCodes(
    tx,
    [...free].map(([identity, { code, prefix, of }]) => ({
      ...{ code: code.text, identity: identity as Code['text'], org, prefix },
      description: of.description ?? labelOf(code),
      links: of.links,
      state: of.state,
    })),
    { record: entry.index, at: entry.loggedAt },
  )
  return results.map((result, i) =>
    result.outcome === 'refused' || taken.has(result.code)
      ? result
      : {
          outcome: 'refused',
          sent: wanted[i]?.code ?? '',
          reason: 'CODE_EXISTS',
          detail: `${result.code} is registered already`,
        },
  )
}

/** The longest allocated prefix of a code, for all codes by one read. */
const ownersOf = async (tx: Tx, codes: readonly Code[]) => {
  const candidates = [...new Set(codes.flatMap(prefixesOf))]
  const rows = new Map((await prefixesNamed(tx, candidates)).map(row => [row.prefix, row]))
  return (code: Code) => prefixesOf(code).flatMap(prefix => rows.get(prefix) ?? [])[0]
}

/**
 * Whose a code is, for features that give codes to things of their own: of who registered it, else of who has its prefix.
 * Undefined where nobody here has either. Within the log's transaction it stays so until that ends.
 */
export const ownerOf = async (
  tx: Tx,
  text: string,
): Promise<{ readonly org: string; readonly by: 'code' | 'prefix' } | undefined> => {
  const parsed = parseCode(text)
  if (!parsed.ok) return undefined
  const [row] = await codesNamed(tx, [identityOf(parsed.code)])
  if (row !== undefined) return { org: row.org, by: 'code' }
  const prefix = (await ownersOf(tx, [parsed.code]))(parsed.code)
  return prefix && { org: prefix.org, by: 'prefix' }
}

/** Of these serials those whose item or lot is registered here, and which themselves are not. */
export const unregistered = async (tx: Tx, texts: readonly string[]): Promise<ReadonlySet<string>> => {
  const codes = texts.flatMap(text => {
    const parsed = parseCode(text)
    return parsed.ok && levelOf(parsed.code) === 'instance' ? [parsed.code] : []
  })
  const chains = codes.map(code => ({ code, above: parents(code).map(identityOf) }))
  const named = chains.flatMap(({ code, above }) => [identityOf(code), ...above])
  const known = new Set((await codesNamed(tx, [...new Set(named)])).map(row => row.identity))
  return new Set(
    chains.flatMap(({ code, above }) =>
      above.some(it => known.has(it)) && !known.has(identityOf(code)) ? [code.text] : [],
    ),
  )
}
