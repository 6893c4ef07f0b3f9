import { sql } from 'kysely'
import { canonicalText } from '../core/canonical.ts'
import { labelOf, parseCode } from '../core/identifier/code.ts'
import { identityOf } from '../core/identifier/identity.ts'
import type { Tx } from '../db/database.ts'
import type { Contradiction, Derived } from '../db/projection.ts'
import { actIn } from './acts.ts'
import type { CodeRow } from './store.ts'

type Life = Pick<CodeRow, 'state' | 'successor' | 'reason' | 'description' | 'links'>
type Version = Life & {
  readonly code: string
  readonly identity: string
  readonly org: string
  readonly version: number
  readonly since: Date
  readonly record: bigint | null
  readonly body: Uint8Array | null
  readonly logged_at: Date | null
}
type Act = Partial<Life> & {
  readonly act: string
  readonly org: string
  readonly code?: string
  readonly codes?: readonly (Pick<Life, 'links' | 'state'> & { readonly code: string; readonly description?: string })[]
}

const PAGE = 500
const MOST = 100

/** Every version of a code is what its record made of the version before. */
export const codeLives: Derived = {
  table: 'codes',
  columns: [
    'code',
    'identity',
    'org',
    'version',
    'state',
    'successor',
    'reason',
    'record',
    'description',
    'links',
    'changed_at',
  ],
  adds: { prefix: 'the allocated prefix that let it be registered', registered_at: 'when its first version began' },
  async contradictions(tx) {
    const found: Contradiction[] = []
    for (let after = ''; found.length < MOST; ) {
      const versions = await versionsAfter(tx, after)
      if (versions.length === 0) break
      for (const [code, lives] of Map.groupBy(versions, it => it.code)) {
        const what = contradicted(lives)
        if (what !== undefined) found.push({ at: code, what })
      }
      after = versions.at(-1)?.code ?? after
    }
    return found
  },
}

/** What a code was is compared where the code is; here, that it was one. */
export const codeHistory: Derived = {
  table: 'code_history',
  columns: ['code', 'version', 'state', 'successor', 'reason', 'record', 'description', 'links', 'since'],
  async contradictions(tx) {
    const { rows } = await sql<Contradiction>`
      select code || ' ' || version as at, 'no such code was registered' as what from code_history
        where not exists (select from codes where codes.code = code_history.code)
        order by 1 limit ${MOST}`.execute(tx)
    return rows
  },
}

/** All versions of the next codes, each with its record. */
const versionsAfter = async (tx: Tx, after: string): Promise<readonly Version[]> =>
  (
    await sql<Version>`
      with page as (select * from codes where code > ${after} order by code limit ${PAGE})
      select v.*, r.body, r.logged_at from (
        select code, identity, org, version, state, successor, reason, description, links, record, changed_at as since from page
        union all
        select h.code, p.identity, p.org, h.version, h.state, h.successor, h.reason, h.description, h.links, h.record, h.since
          from code_history h join page p using (code)
      ) v left join records r on r.index = v.record and r.type = 'identifier'
      order by code, version`.execute(tx)
  ).rows

const contradicted = (versions: readonly Version[]): string | undefined => {
  let before: Life | undefined
  for (const [i, it] of versions.entries()) {
    if (it.version !== i + 1) return `version ${it.version} stands in the place of ${i + 1}`
    const parsed = parseCode(it.code)
    if (!parsed.ok || parsed.code.text !== it.code) return 'code: is not written as codes are'
    if (identityOf(parsed.code) !== it.identity) return 'identity: is another code’s'
    // Registered before the log kept that: what it was is taken as it stands.
    if (it.record !== null) {
      if (it.body === null) return `version ${it.version}: its record is not one of codes`
      const act = actIn(it.body) as Act
      const made = lifeBy(act, it.code, before)
      if (made === undefined || act.org !== it.org) return `version ${it.version}: its record says nothing of it`
      if (canonicalText(made) !== canonicalText(lifeOf(it)))
        return `version ${it.version}: is not what its record made it`
      if (it.since.getTime() !== it.logged_at?.getTime())
        return `version ${it.version}: began at another time than it was logged`
    }
    before = lifeOf(it)
  }
  return undefined
}

const lifeOf = ({ state, successor, reason, description, links }: Life): Life => ({
  ...{ state, successor, reason, description, links },
})

const lifeBy = (act: Act, code: string, before: Life | undefined): Life | undefined => {
  const names = (text: string | undefined) => {
    const parsed = parseCode(text ?? '')
    return parsed.ok && parsed.code.text === code ? parsed.code : undefined
  }
  if (act.act === 'register') {
    for (const { code: sent, description, links, state } of act.codes ?? []) {
      const parsed = names(sent)
      if (parsed) return { state, successor: null, reason: null, description: description ?? labelOf(parsed), links }
    }
    return undefined
  }
  if (before === undefined || names(act.code) === undefined) return undefined
  if (act.act === 'links') return { ...before, ...pick(act, ['links', 'description']) }
  const successor = parseCode(act.successor ?? '')
  return {
    ...{ ...before, ...pick(act, ['state']), reason: act.reason ?? null },
    successor: successor.ok ? successor.code.text : null,
  }
}

const pick = (act: Act, names: readonly (keyof Life)[]): Partial<Life> =>
  Object.fromEntries(names.flatMap(name => (act[name] === undefined ? [] : [[name, act[name]]])))
