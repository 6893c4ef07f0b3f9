import { sql } from 'kysely'
import { asNode, type Db, type Tx } from '../db/database.ts'

export type Resolution = {
  readonly code: string
  /** Whose code it is. */
  readonly org: string
  readonly form: 'link' | 'linkset' | 'handle'
  readonly status: number
  /** Who asked, where that is known. No address: it would be personal data. */
  readonly reader?: string
}

export type ResolutionRow = Omit<Resolution, 'reader'> & {
  readonly id: bigint
  readonly at: Date
  readonly reader: string | null
  readonly count: number
}

/** Kinds of look-ups held between two writes; beyond it the least that may happen is that some are not counted. */
const MOST = 10_000

/**
 * Keeps who asked for what, apart from the log of scans, and without making any look-up wait: counted here, written each
 * second. What a crash loses is at most a second of them, of no evidence.
 */
export const createResolutionLog = (db: Db, now: () => Date, onFault: (error: unknown) => void) => {
  let counts = new Map<string, Resolution & { count: number }>()
  let writing: Promise<void> = Promise.resolve()

  const flush = async () => {
    const rows = [...counts.values()]
    if (rows.length === 0) return
    counts = new Map()
    const column = <T>(of: (row: (typeof rows)[number]) => T) => rows.map(of)
    await asNode(db, tx =>
      sql`insert into resolutions (code, org, at, reader, form, status, count)
        select code, org, ${now()}, reader, form, status, count
        from unnest(${column(it => it.code)}::text[], ${column(it => it.org)}::text[],
          ${column(it => it.reader ?? null)}::text[], ${column(it => it.form)}::text[],
          ${column(it => it.status)}::smallint[], ${column(it => it.count)}::int[])
          as it (code, org, reader, form, status, count)`.execute(tx),
    )
  }
  const timer = setInterval(() => {
    writing = writing.then(flush).catch(onFault)
  }, 1000)
  timer.unref()

  return {
    note(resolution: Resolution) {
      const { code, org, form, status, reader = '' } = resolution
      const key = `${form} ${status} ${reader} ${org} ${code}`
      const before = counts.get(key)
      if (before) before.count++
      else if (counts.size < MOST) counts.set(key, { ...resolution, count: 1 })
    },
    async stop() {
      clearInterval(timer)
      await writing
      await flush().catch(onFault)
    },
  }
}
export type ResolutionLog = ReturnType<typeof createResolutionLog>

/** Of the organization, newest first; of one code, where it is named. */
export const readResolutions = async (
  tx: Tx,
  org: string,
  code: string | undefined,
  before: bigint | undefined,
  limit: number,
): Promise<readonly ResolutionRow[]> =>
  (
    await sql<ResolutionRow>`select id, code, org, at, reader, form, status, count from resolutions
      where org = ${org} and (${code ?? null}::text is null or code = ${code ?? null})
        and (${before ?? null}::bigint is null or id < ${before ?? null})
      order by id desc limit ${limit}`.execute(tx)
  ).rows
