import { sql } from 'kysely'
import { canonicalText } from '../../core/canonical.ts'
import type { Tx } from '../../db/database.ts'
import type { Contradiction, Derived } from '../../db/projection.ts'
import { actsBeginning } from '../acts.ts'

const MOST = 100

/** Versions count the publications of a name by its organization; a withdrawal is a record of its own. */
export const codeTemplates: Derived = {
  table: 'code_templates',
  columns: ['org', 'name', 'version', 'fields', 'state', 'record', 'published_at', 'withdrawn_at'],
  async contradictions(tx) {
    const told = await templatesTold(tx)
    const { rows } = await sql<Template>`select org, name, version, fields, state, record::text as record,
        to_json(published_at) #>> '{}' as published_at, to_json(withdrawn_at) #>> '{}' as withdrawn_at
      from code_templates`.execute(tx)
    const found = rows.flatMap((row): Contradiction[] => {
      const at = `${row.name} ${row.version}`
      const published = told.get(keyOf(row))
      told.delete(keyOf(row))
      if (published === undefined) return [{ at, what: 'no record published it' }]
      return canonicalText(published) === canonicalText(row) ? [] : [{ at, what: 'not what its records say' }]
    })
    const lost = [...told.values()].map(({ name, version }) => ({
      at: `${name} ${version}`,
      what: 'was published and is not kept',
    }))
    return [...found, ...lost].slice(0, MOST)
  },
}

type Template = {
  readonly org: string
  readonly name: string
  readonly version: number
  readonly fields: unknown
  readonly state: string
  readonly record: string
  readonly published_at: string
  readonly withdrawn_at: string | null
}

const keyOf = ({ org, name, version }: Pick<Template, 'org' | 'name' | 'version'>) => `${org} ${name} ${version}`

const templatesTold = async (tx: Tx): Promise<Map<string, Template>> => {
  const told = new Map<string, Template>()
  const versions = new Map<string, number>()
  for await (const page of actsBeginning(tx, 'template')) {
    for (const { index, org, act, loggedAt } of page) {
      const name = String(act.name)
      if (act.act === 'template-withdrawal') {
        const key = keyOf({ org, name, version: Number(act.version) })
        const before = told.get(key)
        if (before !== undefined) told.set(key, { ...before, state: 'withdrawn', withdrawn_at: loggedAt })
        continue
      }
      const version = (versions.get(`${org} ${name}`) ?? 0) + 1
      versions.set(`${org} ${name}`, version)
      const published = { state: 'published', record: `${index}`, published_at: loggedAt, withdrawn_at: null }
      told.set(keyOf({ org, name, version }), { org, name, version, fields: act.fields, ...published })
    }
  }
  return told
}
