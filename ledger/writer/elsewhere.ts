import { equal } from '../../core/bytes.ts'
import type { Hash } from '../../core/merkle.ts'

/** A head of this log that somebody else remembers: nothing that we do about our database changes it. */
export type KnownHead = {
  readonly size: bigint
  /** Missing where only a size was said, as a witness does: enough to stop for, not to recover by. */
  readonly root?: Hash
}

/** Who remembers heads of this log: a contract, a witness, a file beside the database. */
export type Elsewhere = {
  /** For people, such as `chain embedded` or `witness example.org`. */
  readonly name: string
  /** Every head of this log known there, or the largest. Throws when it can't be asked. */
  heads(): Promise<readonly KnownHead[]>
}

export type Comparison = {
  readonly name: string
  readonly verdict: 'extended' | 'behind' | 'forked' | 'unreachable'
  /** Entries of the largest head known there; 0 when none is. */
  readonly size: bigint
  /** One sentence when it is not `extended`. */
  readonly detail?: string
}

export type ComparedLog = {
  readonly size: bigint
  /** Root as it was at a size up to the present one. */
  readonly root: (size: bigint) => Promise<Hash>
}

/**
 * Asks everybody at once, each for at most `patience` milliseconds. Never throws for what they do.
 * @param read gives the log as it is after somebody has answered: it may grow while they are asked, and they with it
 */
export const compareElsewhere = async (
  read: () => Promise<ComparedLog>,
  elsewhere: readonly Elsewhere[],
  patience: number,
): Promise<readonly Comparison[]> => Promise.all(elsewhere.map(it => compareOne(read, it, patience)))

const compareOne = async (
  read: () => Promise<ComparedLog>,
  { name, heads }: Elsewhere,
  patience: number,
): Promise<Comparison> => {
  let known: readonly KnownHead[]
  try {
    known = await within(patience, heads())
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'it can not be asked'
    return { name, verdict: 'unreachable', size: 0n, detail }
  }
  const log = await read()
  const largest = known.reduce((most, head) => (head.size > most ? head.size : most), 0n)
  for (const head of [...known].sort((a, b) => (a.size < b.size ? -1 : 1))) {
    if (head.size > log.size) {
      const detail = `${name} knows a head over ${head.size} entries, and the log has ${log.size}`
      return { name, verdict: 'behind', size: largest, detail }
    }
    if (head.root && head.size > 0n && !equal(await log.root(head.size), head.root)) {
      const detail = `${name} knows a head over ${head.size} entries that the log does not extend`
      return { name, verdict: 'forked', size: largest, detail }
    }
  }
  return { name, verdict: 'extended', size: largest }
}

const within = async <T>(ms: number, promise: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`no answer within ${ms} ms`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
