import { sql } from 'kysely'
import { canonicalText } from '../../core/canonical.ts'
import type { Tx } from '../../db/database.ts'
import type { Contradiction, Derived } from '../../db/projection.ts'
import { actsBeginning, type LoggedAct } from '../acts.ts'
import { identityIn } from '../identity.ts'

const MOST = 100

/** A grant is what its record says, until another of the same organization ends it. */
export const codeGrants: Derived = {
  table: 'code_grants',
  columns: ['code', 'org', 'grantee', 'types', 'purpose', 'record', 'granted_at', 'expires_at', 'revoked_at'],
  adds: { id: 'counted by the database' },
  async contradictions(tx) {
    const found: Contradiction[] = []
    const counted = { granted: 0n, ended: 0n }
    for await (const page of actsBeginning(tx, 'grant')) {
      const [grants, ends] = [
        page.filter(({ act }) => act.act === 'grant'),
        page.filter(({ act }) => act.act !== 'grant'),
      ]
      found.push(...(await wrongGrants(tx, grants)), ...(await wrongEnds(tx, ends)))
      counted.granted += BigInt(grants.length)
      counted.ended += BigInt(ends.length)
      if (found.length >= MOST) return found.slice(0, MOST)
    }
    const { rows } = await sql<typeof counted>`select count(*) as granted, count(revoked_at) as ended
      from code_grants`.execute(tx)
    const [kept] = rows
    const isSame = kept?.granted === counted.granted && kept.ended === counted.ended
    const what = `${kept?.granted} are kept and ${kept?.ended} ended; records grant ${counted.granted} and end ${counted.ended}`
    return isSame ? found : [...found, { at: 'all', what }]
  },
}

type Grant = {
  readonly record: bigint
  readonly code: string
  readonly [member: string]: unknown
}

const wrongGrants = async (tx: Tx, acts: readonly LoggedAct[]): Promise<readonly Contradiction[]> => {
  const { rows } = await sql<Grant>`select record, code, org, grantee, types, purpose,
      to_json(granted_at) #>> '{}' as granted_at, to_json(expires_at) #>> '{}' as expires_at
    from code_grants where record = any(${acts.map(({ index }) => index)}::bigint[])`.execute(tx)
  const kept = new Map(rows.map(row => [row.record, row]))
  return acts.flatMap(({ index, org, act, loggedAt }): Contradiction[] => {
    const row = kept.get(index)
    if (row === undefined) return [{ at: `${index}`, what: 'was granted and is not kept' }]
    const { record, code, expires_at, ...rest } = row
    const { grantee, types, purpose } = act
    const said = { org, grantee, types, purpose, granted_at: loggedAt }
    const isSame =
      canonicalText(rest) === canonicalText(said) &&
      sameInstant(expires_at, act.expiresAt) &&
      identityIn(code) === identityIn(act.code)
    return isSame ? [] : [{ at: `${record}`, what: 'not what its record says' }]
  })
}

const wrongEnds = async (tx: Tx, acts: readonly LoggedAct[]): Promise<readonly Contradiction[]> => {
  const { rows } = await sql<{ id: string; org: string; revoked_at: string | null }>`
    select id::text, org, to_json(revoked_at) #>> '{}' as revoked_at from code_grants
      where id::text = any(${acts.map(({ act }) => String(act.grant))}::text[])`.execute(tx)
  const kept = new Map(rows.map(row => [row.id, row]))
  return acts.flatMap(({ index, org, act, loggedAt }): Contradiction[] => {
    const row = kept.get(String(act.grant))
    return row?.org === org && row.revoked_at === loggedAt
      ? []
      : [{ at: `${index}`, what: 'the grant has not ended with it' }]
  })
}

/** A record has the form of JavaScript, the table that of PostgreSQL; neither has more than milliseconds by right. */
const sameInstant = (held: unknown, said: unknown): boolean =>
  typeof held === 'string' && typeof said === 'string'
    ? /^[^.]*(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/.test(held) && Date.parse(held) === Date.parse(said)
    : held === null && said === null
