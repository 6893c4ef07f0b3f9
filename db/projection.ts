import type { RecordType } from '../core/record.ts'
import type { Tx } from './database.ts'

/** A record as its row says, before anything of it is believed. */
export type LoggedRow = {
  readonly index: bigint
  readonly type: RecordType
  readonly org: string
  readonly parties: readonly string[]
  readonly digest: Uint8Array
  readonly clientKey: string | null
  /** RFC 3339 with all the digits that PostgreSQL keeps. */
  readonly loggedAt: string
}

/** One that has not been erased. */
export type ReadableRow = LoggedRow & { readonly salt: Uint8Array; readonly body: Uint8Array }

/** Column → value, as JSON has it: bytes as `\x…`, instants as RFC 3339, big numbers as text. */
export type ProjectedRow = Readonly<Record<string, unknown>>

/**
 * How a table follows from the log. A feature that keeps rows beside the records it logged says here how to make them
 * again, so that `fsck` can compare, and what an erasure leaves of them, so that it can empty them.
 */
export type Projection = {
  readonly table: string
  /** Types of records that make rows. */
  readonly types: readonly RecordType[]
  /** SQL: the table as `t`, left-joined with what names the log position where `t` does not. */
  readonly from: string
  /** SQL: the log position of the record that made the row. */
  readonly index: string
  /** Columns that tell the rows of one record apart; none where there is one row a record. */
  readonly key?: readonly string[]
  /** Rows hang on those of another projection, so that only pages with their records have to be compared. */
  readonly hanging?: true
  /** SQL over `t`: rows that stand for something not yet logged. */
  readonly unlogged?: string
  /** What each record says the table must hold, or why it can't be read. In the order of the records. */
  readonly rows: (records: readonly ReadableRow[], tx: Tx) => Promise<readonly (readonly ProjectedRow[] | Error)[]>
  /** Columns that no record gives, and what they are. They are not compared. */
  readonly adds: Readonly<Record<string, string>>
  /** What stays when the record is erased: nothing, or the row with these columns set. Absent: the type is not erased. */
  readonly erased?: 'gone' | ProjectedRow
  /** Keeps what must be known of the record later, in the transaction that erases it and before its rows go. */
  readonly beforeErasure?: (tx: Tx, index: bigint) => Promise<void>
  /** Columns of the record itself that follow from its body. */
  readonly envelope?: (record: ReadableRow) => Partial<Pick<LoggedRow, 'org' | 'parties' | 'clientKey'>>
}

/** Rows that go with an erased record, whoever compares them. */
export type Erasable = Pick<Projection, 'table' | 'types' | 'from' | 'index'> & Required<Pick<Projection, 'erased'>>

/** A row, by words that find it, and what is wrong with it. */
export type Contradiction = { readonly at: string; readonly what: string }

/** Columns that are not one record's: they move on with later ones, or prove themselves. */
export type Derived = {
  readonly table: string
  readonly columns: readonly string[]
  /** Columns of the table that nothing gives, and what they are. */
  readonly adds?: Readonly<Record<string, string>>
  /** Reads in portions; gives the first hundred or so. */
  readonly contradictions: (tx: Tx) => Promise<readonly Contradiction[]>
}

/** Rows that records speak of without having made them alone: what they say must hold, and rows may say more. */
export type Cited = {
  readonly table: string
  readonly types: readonly RecordType[]
  readonly columns: readonly string[]
  readonly adds?: Readonly<Record<string, string>>
  readonly contradictions: (
    records: readonly ReadableRow[],
    tx: Tx,
  ) => Promise<readonly { readonly index: bigint; readonly what: string }[]>
}

/** All tables of a node that follow from its log. */
export type Tables = {
  readonly projections: readonly Projection[]
  readonly derived: readonly Derived[]
  readonly cited: readonly Cited[]
  /** Beside the projections, which say so themselves. */
  readonly erasable: readonly Erasable[]
}

/** For rows that follow from the record alone. What the function throws is why it can't be read. */
export const fromBody =
  (of: (record: ReadableRow) => readonly ProjectedRow[]): Projection['rows'] =>
  async records =>
    records.map(record => {
      try {
        return of(record)
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error))
      }
    })

export const bytea = (bytes: Uint8Array): string => `\\x${Buffer.from(bytes).toString('hex')}`
