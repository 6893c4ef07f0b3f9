import { sql } from 'kysely'
import { base64url, equal, fromUtf8 } from '../../core/bytes.ts'
import { canonicalText } from '../../core/canonical.ts'
import { valueDigest } from '../../core/handle-value.ts'
import { parseCode } from '../../core/identifier/code.ts'
import { parseJson } from '../../core/strict-json.ts'
import type { Tx } from '../../db/database.ts'
import type { Derived } from '../../db/projection.ts'
import { identityOf } from '../identity.ts'
import type { ValueRow } from './store.ts'
import { handleValueOf } from './values.ts'

/** What records about values, templates and grants made of their tables. Acts are RFC 8785: `act` stands first. */

const PAGE = 500
const MOST = 100

type Act = Readonly<Record<string, unknown>>
type Contradiction = { readonly at: string; readonly what: string }

/** Versions count the publications of a name by its organization; a withdrawal is a record of its own. */
export const codeTemplates: Derived = {
  table: 'code_templates',
  columns: ['org', 'name', 'version', 'fields', 'state', 'record', 'published_at', 'withdrawn_at'],
  async contradictions(tx) {
    const { rows } = await sql<Contradiction>`
      with acts as (
        select index, org, logged_at, convert_from(body, 'UTF8')::jsonb as act from records
          where type = 'identifier' and starts_with(convert_from(body, 'UTF8'), '{"act":"template')
      ), published as (
        select index as record, org, act->>'name' as name, act->'fields' as fields, logged_at as published_at,
          row_number() over (partition by org, act->>'name' order by index)::int as version
        from acts where act->>'act' = 'template'
      ), withdrawn as (
        select org, act->>'name' as name, (act->>'version')::int as version, min(logged_at) as withdrawn_at
          from acts where act->>'act' = 'template-withdrawal' group by 1, 2, 3
      ), told as (
        select p.*, case when w.org is null then 'published' else 'withdrawn' end as state, w.withdrawn_at
          from published p left join withdrawn w using (org, name, version)
      )
      select format('%s %s', name, version) as at, case
          when t.org is null then 'no record published it'
          when h.org is null then 'was published and is not kept'
          else 'fields, state, record or times: not what its records say' end as what
        from told t full join code_templates h using (org, name, version)
        where (t.fields, t.state, t.record, t.published_at, t.withdrawn_at)
          is distinct from (h.fields, h.state, h.record, h.published_at, h.withdrawn_at)
        order by 1 limit ${MOST}`.execute(tx)
    return rows
  },
}

/** A grant is what its record says, until another of the same organization ends it. */
export const codeGrants: Derived = {
  table: 'code_grants',
  columns: ['code', 'org', 'grantee', 'types', 'purpose', 'record', 'granted_at', 'expires_at', 'revoked_at'],
  adds: { id: 'counted by the database' },
  async contradictions(tx) {
    const { rows } = await sql<Contradiction>`
      with acts as (
        select index, org, logged_at, convert_from(body, 'UTF8')::jsonb as act from records
          where type = 'identifier' and starts_with(convert_from(body, 'UTF8'), '{"act":"grant')
      ), ended as (
        select (act->>'grant')::bigint as id, org, min(logged_at) as revoked_at
          from acts where act->>'act' = 'grant-end' group by 1, 2
      ), told as (
        select index as record, org, act->>'grantee' as grantee, act->>'purpose' as purpose, logged_at as granted_at,
          (act->>'expiresAt')::timestamptz as expires_at, act->'types' as types
          from acts where act->>'act' = 'grant'
      )
      select coalesce(t.record, g.record)::text as at, case
          when t.record is null then 'no record grants it'
          when g.record is null then 'was granted and is not kept'
          else 'not what its records say' end as what
        from told t full join (
          select g.*, e.revoked_at as ended_at from code_grants g left join ended e on e.id = g.id and e.org = g.org
        ) g on g.record = t.record
        where (t.org, t.grantee, t.purpose, t.granted_at, t.expires_at, t.types)
            is distinct from (g.org, g.grantee, g.purpose, g.granted_at, g.expires_at, coalesce(to_jsonb(g.types), 'null'))
          or g.revoked_at is distinct from g.ended_at
        order by 1 limit ${MOST}`.execute(tx)
    return [...rows, ...(await aboutOthers(tx, 'code_grants'))]
  },
}

/** The newest record about the values of a code: which template they are held to, and the digest of each. */
export const codeValueSets: Derived = {
  table: 'code_value_sets',
  columns: ['code', 'org', 'template', 'template_version', 'record', 'changed_at'],
  async contradictions(tx) {
    const { rows } = await sql<Contradiction>`
      select code as at, 'not what its record says' as what
        from code_value_sets s left join records r on r.index = s.record and r.type = 'identifier'
          left join lateral (select convert_from(r.body, 'UTF8')::jsonb as act) on true
        where act is null or (act->>'act', act->>'org', r.logged_at) is distinct from ('values', s.org, s.changed_at)
          or (act->'template'->>'name', (act->'template'->>'version')::int)
            is distinct from (s.template, s.template_version)
          or (select count(*) from jsonb_array_elements(act->'digests'))
            <> (select count(*) from code_values v where v.code = s.code)
        order by 1 limit ${MOST}`.execute(tx)
    return [...rows, ...(await aboutOthers(tx, 'code_value_sets')), ...(await forgotten(tx))]
  },
}

/** Each value hashes to its digest, and the record of the set names that digest under its place and type. */
export const valueDigests: Derived = {
  table: 'code_values',
  columns: ['index', 'type', 'value', 'commitment', 'salt', 'digest', 'org'],
  adds: {
    ...{ code: 'whose set it is', visibility: 'the owner’s wish, not evidence' },
    ...{ holder: 'where it is kept', ttl: 'how long a reader may keep it', unique_in: 'by its template' },
  },
  async contradictions(tx) {
    const { rows } = await sql<ValueRow & { code: string; org: string; owner: string; body: Uint8Array | null }>`
      select v.code, v.org, s.org as owner, v.index, v.type, v.value, v.commitment, v.holder, v.visibility, v.ttl, v.salt,
        v.digest, r.body
      from code_values v join code_value_sets s using (code) left join records r on r.index = s.record`.execute(tx)
    return rows
      .flatMap(({ code, org, owner, body, ...row }) => {
        const at = `${code} ${row.index}`
        if (org !== owner) return [{ at, what: 'org: another owns the code' }]
        if (!equal(valueDigest(row.salt, handleValueOf(row)), row.digest))
          return [{ at, what: 'digest: is another value’s' }]
        const { index, type, digest } = row
        const named = canonicalText({ digest: base64url(digest), index, type })
        return body !== null && fromUtf8(body).includes(named)
          ? []
          : [{ at, what: 'digest: the record of its set does not name it' }]
      })
      .slice(0, MOST)
  },
}

/** Rows whose record is about another code: one code may be written in several ways, so that SQL can't tell. */
const aboutOthers = async (tx: Tx, table: 'code_grants' | 'code_value_sets'): Promise<readonly Contradiction[]> => {
  const found: Contradiction[] = []
  for (let after = -1n; found.length < MOST; ) {
    const { rows } = await sql<{ record: bigint; code: string; body: Uint8Array }>`
      select t.record, code, body from ${sql.table(table)} t join records on index = t.record and type = 'identifier'
        where t.record > ${after} order by t.record limit ${PAGE}`.execute(tx)
    if (rows.length === 0) break
    for (const { record, code, body } of rows) {
      if (identityIn(actOf(body)?.code) !== identityIn(code)) found.push({ at: `${record}`, what: 'code: is another' })
    }
    after = rows.at(-1)!.record
  }
  return found
}

/** Records about values that no set, or one older than they, stands for. */
const forgotten = async (tx: Tx): Promise<readonly Contradiction[]> => {
  const found: Contradiction[] = []
  for (let after = -1n; found.length < MOST; ) {
    const { rows } = await sql<{ index: bigint; body: Uint8Array }>`select index, body from records
      where index > ${after} and type = 'identifier' and starts_with(convert_from(body, 'UTF8'), '{"act":"values"')
      order by index limit ${PAGE}`.execute(tx)
    if (rows.length === 0) break
    const named = rows.map(({ index, body }) => ({ index, identity: identityIn(actOf(body)?.code) ?? '' }))
    const { rows: kept } = await sql<{ identity: string; record: bigint }>`
      select identity, s.record from code_value_sets s join codes using (code)
        where identity = any(${named.map(({ identity }) => identity)}::text[])`.execute(tx)
    const newest = new Map(kept.map(({ identity, record }) => [identity, record]))
    for (const { index, identity } of named) {
      if ((newest.get(identity) ?? -1n) < index) found.push({ at: `${index}`, what: 'its values are not kept' })
    }
    after = rows.at(-1)!.index
  }
  return found
}

const actOf = (body: Uint8Array): Act | undefined => {
  const value = parseJson(fromUtf8(body))
  return typeof value === 'object' && value !== null ? (value as Act) : undefined
}

const identityIn = (code: unknown): string | undefined => {
  const parsed = typeof code === 'string' ? parseCode(code) : undefined
  return parsed?.ok ? identityOf(parsed.code) : undefined
}
