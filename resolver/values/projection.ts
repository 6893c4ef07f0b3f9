import { sql } from 'kysely'
import { base64url, equal, fromUtf8 } from '../../core/bytes.ts'
import { canonicalText } from '../../core/canonical.ts'
import { valueDigest } from '../../core/handle-value.ts'
import type { Contradiction, Derived } from '../../db/projection.ts'
import { actIn, actsBeginning } from '../acts.ts'
import { identityIn } from '../identity.ts'
import type { ValueRow } from './store.ts'
import { handleValueOf } from './values.ts'

const MOST = 100

/** The newest record about the values of a code: which template they are held to, and the digest of each. */
export const codeValueSets: Derived = {
  table: 'code_value_sets',
  columns: ['code', 'org', 'template', 'template_version', 'record', 'changed_at'],
  async contradictions(tx) {
    const found: Contradiction[] = []
    let known = 0n
    for await (const page of actsBeginning(tx, 'values"')) {
      const said = page.map(it => ({ ...it, identity: identityIn(it.act.code) ?? '' }))
      const { rows } = await sql<ValueSet>`
        select identity, s.code, s.org, template, template_version, s.record, to_json(s.changed_at) #>> '{}' as changed_at,
          (select count(*)::int from code_values v where v.code = s.code) as count
        from code_value_sets s join codes using (code)
        where identity = any(${said.map(({ identity }) => identity)}::text[])`.execute(tx)
      const kept = new Map(rows.map(row => [row.identity, row]))
      for (const { index, org, act, loggedAt, identity } of said) {
        const row = kept.get(identity)
        if (row === undefined || row.record < index) found.push({ at: `${index}`, what: 'its values are not kept' })
        if (row?.record !== index) continue
        known++
        const template = (act.template ?? {}) as { name?: unknown; version?: unknown }
        const isSame =
          row.org === org &&
          row.changed_at === loggedAt &&
          row.template === (template.name ?? null) &&
          row.template_version === (template.version ?? null) &&
          row.count === (Array.isArray(act.digests) ? act.digests.length : -1)
        if (!isSame) found.push({ at: row.code, what: 'not what its record says' })
      }
      if (found.length >= MOST) return found.slice(0, MOST)
    }
    const { rows } = await sql<{ count: bigint }>`select count(*) from code_value_sets`.execute(tx)
    const kept = rows[0]?.count
    return kept === known ? found : [...found, { at: 'all', what: `${kept} are kept, records tell of ${known}` }]
  },
}

type ValueSet = {
  readonly identity: string
  readonly code: string
  readonly org: string
  readonly template: string | null
  readonly template_version: number | null
  readonly record: bigint
  readonly changed_at: string
  readonly count: number
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
        // Read first: bytes that are no act any more can't be searched as text.
        const isNamed = body !== null && actIn(body) && fromUtf8(body).includes(named)
        return isNamed ? [] : [{ at, what: 'digest: the record of its set does not name it' }]
      })
      .slice(0, MOST)
  },
}
