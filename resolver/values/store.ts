import { sql } from 'kysely'
import type { Tx } from '../../db/database.ts'
import type { Field } from './template.ts'

export type ValueRow = {
  readonly index: number
  readonly type: string
  readonly value: string | null
  readonly commitment: Uint8Array | null
  readonly holder: string | null
  readonly visibility: 'public' | 'listed' | 'owner'
  readonly ttl: number
  readonly salt: Uint8Array
  readonly digest: Uint8Array
}
export type ValueSet = {
  readonly code: string
  readonly org: string
  readonly template: string | null
  readonly template_version: number | null
  readonly record: bigint
}
export type NewRow = ValueRow & { readonly unique_in: string | null }

/** In place of all that was said before. Throws PostgreSQL's unique_violation where a value must be unique and is not. */
export const replaceValues = async (
  tx: Tx,
  { code, org, template, template_version, record }: ValueSet,
  rows: readonly NewRow[],
  at: Date,
): Promise<void> => {
  await sql`insert into code_value_sets (code, org, template, template_version, record, changed_at)
    values (${code}, ${org}, ${template}, ${template_version}, ${record}, ${at})
    on conflict (code) do update set template = excluded.template, template_version = excluded.template_version,
      record = excluded.record, changed_at = excluded.changed_at`.execute(tx)
  await sql`delete from code_values where code = ${code}`.execute(tx)
  for (const it of rows) {
    await sql`insert into code_values (code, org, index, type, value, commitment, holder, visibility, ttl, salt, digest, unique_in)
      values (${code}, ${org}, ${it.index}, ${it.type}, ${it.value}, ${it.commitment}, ${it.holder}, ${it.visibility},
        ${it.ttl}, ${it.salt}, ${it.digest}, ${it.unique_in})`.execute(tx)
  }
}

export const readSet = async (tx: Tx, code: string): Promise<ValueSet | undefined> =>
  (
    await sql<ValueSet>`select code, org, template, template_version, record from code_value_sets where code = ${code}`.execute(
      tx,
    )
  ).rows[0]

/** As far as the reader may see. */
export const visibleValues = async (tx: Tx, code: string): Promise<readonly ValueRow[]> =>
  (
    await sql<ValueRow>`select index, type, value, commitment, holder, visibility, ttl, salt, digest
      from code_values where code = ${code} order by index`.execute(tx)
  ).rows

/** Of all values, seen or not. */
export const digestsOf = async (
  tx: Tx,
  code: string,
): Promise<readonly { readonly index: number; readonly type: string; readonly digest: Uint8Array }[]> =>
  (
    await sql<{ index: number; type: string; digest: Uint8Array }>`select index, type, digest from code_values
      where code = ${code} order by index`.execute(tx)
  ).rows

export type TemplateRow = {
  readonly name: string
  readonly version: number
  readonly org: string
  readonly fields: readonly Field[]
  readonly state: 'published' | 'withdrawn'
  readonly published_at: Date
  readonly withdrawn_at: Date | null
}
const templateColumns = sql`name, version, org, fields, state, published_at, withdrawn_at`

export const insertTemplate = async (
  tx: Tx,
  it: { name: string; org: string; fields: readonly Field[]; record: bigint; at: Date },
): Promise<TemplateRow> => {
  const { rows } =
    await sql<TemplateRow>`insert into code_templates (name, version, org, fields, state, record, published_at)
    select ${it.name}, coalesce(max(version), 0) + 1, ${it.org}, ${JSON.stringify(it.fields)}::jsonb, 'published',
      ${it.record}, ${it.at} from code_templates where org = ${it.org} and name = ${it.name}
    returning ${templateColumns}`.execute(tx)
  if (!rows[0]) throw new Error('a template was not kept')
  return rows[0]
}

export const withdraw = async (
  tx: Tx,
  org: string,
  name: string,
  version: number,
  at: Date,
): Promise<TemplateRow | undefined> =>
  (
    await sql<TemplateRow>`update code_templates set state = 'withdrawn', withdrawn_at = ${at}
      where org = ${org} and name = ${name} and version = ${version} and state = 'published'
      returning ${templateColumns}`.execute(tx)
  ).rows[0]

export const templatesOf = async (tx: Tx, org: string): Promise<readonly TemplateRow[]> =>
  (
    await sql<TemplateRow>`select ${templateColumns} from code_templates where org = ${org} order by name, version`.execute(
      tx,
    )
  ).rows

export type GrantRow = {
  readonly id: bigint
  readonly code: string
  readonly grantee: string
  readonly types: readonly string[] | null
  readonly purpose: string
  readonly granted_at: Date
  readonly expires_at: Date | null
  readonly revoked_at: Date | null
}
const grantColumns = sql`id, code, grantee, types, purpose, granted_at, expires_at, revoked_at`

export const insertGrant = async (
  tx: Tx,
  it: Omit<GrantRow, 'id' | 'revoked_at'> & { org: string; record: bigint },
): Promise<bigint> => {
  const { rows } = await sql<{ id: bigint }>`insert into code_grants
    (code, org, grantee, types, purpose, record, granted_at, expires_at)
    values (${it.code}, ${it.org}, ${it.grantee}, ${it.types}::text[], ${it.purpose}, ${it.record}, ${it.granted_at},
      ${it.expires_at}) returning id`.execute(tx)
  if (!rows[0]) throw new Error('a grant was not kept')
  return rows[0].id
}

/** Of the organization and not ended; locked until the transaction ends. */
export const lockGrant = async (tx: Tx, org: string, id: bigint): Promise<GrantRow | undefined> =>
  (
    await sql<GrantRow>`select ${grantColumns} from code_grants
      where id = ${id} and org = ${org} and revoked_at is null for update`.execute(tx)
  ).rows[0]

export const endGrant = async (tx: Tx, id: bigint, at: Date): Promise<void> => {
  await sql`update code_grants set revoked_at = ${at} where id = ${id}`.execute(tx)
}

/** By the reader and to it: row security shows no others. */
export const listGrantRows = async (tx: Tx, before: bigint | undefined, limit: number): Promise<readonly GrantRow[]> =>
  (
    await sql<GrantRow>`select ${grantColumns} from code_grants
      where ${before ?? null}::bigint is null or id < ${before ?? null} order by id desc limit ${limit}`.execute(tx)
  ).rows
