import { sql } from 'kysely'
import { fromUtf8, utf8 } from '../core/bytes.ts'
import type { Tx } from '../db/database.ts'

/** What a record of type `identifier` says, RFC 8785: `act` stands first, and tells what it is about. */
export type Act = Readonly<Record<string, unknown>>

/** Throws SyntaxError where the bytes are no act any more: somebody has changed them. */
export const actIn = (body: Uint8Array): Act => {
  try {
    const value: unknown = JSON.parse(fromUtf8(body))
    if (typeof value === 'object' && value !== null) return value as Act
  } catch {
    // No UTF-8, or no JSON: the same to whoever reads it.
  }
  throw new SyntaxError('a record of codes can not be read')
}

export type LoggedAct = {
  readonly index: bigint
  readonly org: string
  readonly act: Act
  /** RFC 3339 with all digits that PostgreSQL keeps. */
  readonly loggedAt: string
}

const PAGE = 500

/**
 * Pages of the records whose act begins with this, in log order. Compared as bytes, and parsed here: a record that was
 * tampered with is a finding, where PostgreSQL would break the statement off.
 */
export async function* actsBeginning(tx: Tx, act: string): AsyncGenerator<readonly LoggedAct[]> {
  const start = utf8(`{"act":"${act}`)
  for (let after = -1n; ; ) {
    const { rows } = await sql<{ index: bigint; org: string; body: Uint8Array; loggedAt: string }>`
      select index, org, body, to_json(logged_at) #>> '{}' as "loggedAt" from records
        where index > ${after} and type = 'identifier' and substring(body from 1 for ${start.length}) = ${start}
        order by index limit ${PAGE}`.execute(tx)
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows.map(({ body, ...row }) => ({ ...row, act: actIn(body) }))
    after = last.index
  }
}
