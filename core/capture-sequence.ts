/**
 * What the numbers of one device's captures come to, in the order in which they came. Findings, never refusals: a queue
 * that was offline hands in late, and a scan is no less true because the one before it is missing.
 */
export type SequenceFindings = {
  /** Highest number of the present run; 0 where nothing came. */
  readonly latest: number
  readonly captures: number
  /** Numbers of the present run that have not come, both ends included. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[]
  /** Numbers missing for good in runs that ended. */
  readonly lost: number
  /** Numbers under which more than one capture came within a run: two devices with one key, or one that forgot. */
  readonly repeats: readonly number[]
  /** How often the device began again at 1: it was reset, or somebody else has its key. */
  readonly restarts: number
}

export const sequenceFindings = (numbers: readonly number[]): SequenceFindings => {
  const runs = runsOf(numbers)
  const present = runs.at(-1) ?? []
  const gaps = gapsOf(present)
  const repeats = runs.flatMap(repeated)
  return {
    latest: highest(present),
    captures: numbers.length,
    gaps,
    lost: runs.slice(0, -1).reduce((sum, run) => sum + highest(run) - new Set(run).size, 0),
    repeats: [...new Set(repeats)].sort((a, b) => a - b),
    restarts: Math.max(0, runs.length - 1),
  }
}

/** A run ends where 1 comes again. A 1 that comes late for the first time belongs to the run that lacked it. */
const runsOf = (numbers: readonly number[]): readonly (readonly number[])[] => {
  const runs: number[][] = []
  for (const seq of numbers) {
    const run = runs.at(-1)
    if (run === undefined || (seq === 1 && run.includes(1))) runs.push([seq])
    else run.push(seq)
  }
  return runs
}

const repeated = (run: readonly number[]): readonly number[] => {
  const seen = new Set<number>()
  return run.filter(seq => seen.size === seen.add(seq).size)
}

const highest = (run: readonly number[]): number => run.reduce((most, seq) => Math.max(most, seq), 0)

const gapsOf = (run: readonly number[]) =>
  [...new Set(run)]
    .sort((a, b) => a - b)
    .flatMap((seq, i, sorted) => {
      const from = (sorted[i - 1] ?? 0) + 1
      return from < seq ? [{ from, to: seq - 1 }] : []
    })
