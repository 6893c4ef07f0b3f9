import { sql } from 'kysely'
import { sequenceFindings } from '../core/capture-sequence.ts'
import { type Route, route } from '../core/contract.ts'
import { asOrganization, type Db, type Tx } from '../db/database.ts'
import { listSequences } from './sequence-contract.ts'

const MOST_SHOWN = 100

/**
 * Only of organizations whose records live here: another node is sent no more than what its parties share, and would
 * see gaps everywhere.
 */
export const sequenceRoutes = ({ db }: { readonly db: Db }): Route[] => [
  route(listSequences, async ({ caller }) => {
    const rows = await asOrganization(db, caller.uscc, tx => numbersOf(tx, caller.uscc))
    return {
      body: {
        items: rows.map(({ device, label, numbers }) => {
          const { gaps, repeats, lost, ...found } = sequenceFindings(numbers.map(Number))
          const missing = gaps.reduce((sum, { from, to }) => sum + to - from + 1, lost)
          return {
            ...{ device, label, ...found, missing },
            gaps: gaps.slice(0, MOST_SHOWN),
            repeats: repeats.slice(0, MOST_SHOWN),
          }
        }),
      },
    }
  }),
]

type Row = { readonly device: string; readonly label: string | null; readonly numbers: readonly string[] }

/** In the order in which they came, each signed list once. By captures_of_device. */
const numbersOf = async (tx: Tx, org: string): Promise<readonly Row[]> =>
  (
    await sql<Row>`select device, max(label) as label, array_agg(seq::text order by created_at, seq) as numbers
      from (select distinct on (captures.jws) device, seq, captures.created_at,
          (select label from keys where thumbprint = device order by log_index desc limit 1) as label
        from captures join organizations on uscc = captures.org and hosted
        where captures.org = ${org} and device is not null
        order by captures.jws, captures.created_at) as own
      group by device order by device`.execute(tx)
  ).rows
