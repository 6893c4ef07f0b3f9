import type { Tx } from '../../db/database.ts'
import type { Derived } from '../../db/projection.ts'
import type { Report } from './findings.ts'

/** Columns that move on with later records, compared with what those add up to, and rows that prove themselves. */
export const checkDerived = async (tx: Tx, derived: readonly Derived[], report: Report): Promise<void> => {
  for (const { table, contradictions } of derived) {
    try {
      for (const { at, what } of await contradictions(tx)) report('PROJECTION_WRONG', `${table} ${at}`, what)
    } catch (error) {
      unreadable(error, table, report)
    }
  }
}

/** A record that can't be parsed is a finding; everything else that goes wrong is a fault. */
export const unreadable = (error: unknown, at: string, report: Report): void => {
  if (!(error instanceof SyntaxError)) throw error
  report('PROJECTION_UNREADABLE', at, error.message)
}
