/** What is wrong with a sequence that a device counts from 1: judged in the order in which the log took it. */
export type SequenceFinding =
  | { readonly kind: 'gap'; readonly from: bigint; readonly to: bigint }
  | { readonly kind: 'repeat' | 'late'; readonly seq: bigint; readonly index: bigint }

export type Sequence = {
  /** Next in log order. */
  take(seq: bigint, index: bigint): void
  /** Gaps that are still open, ascending; then repeats, and those that came late (after a higher one), in log order. */
  findings(): readonly SequenceFinding[]
  readonly last: () => bigint
}

/** Memory grows with what is wrong, not with what was taken. */
export const createSequence = (): Sequence => {
  let last = 0n
  // Ascending, apart from each other.
  const gaps: { from: bigint; to: bigint }[] = []
  const others: SequenceFinding[] = []
  return {
    take(seq, index) {
      if (seq > last) {
        if (seq > last + 1n) gaps.push({ from: last + 1n, to: seq - 1n })
        last = seq
        return
      }
      const at = gaps.findIndex(({ from, to }) => from <= seq && seq <= to)
      const gap = gaps[at]
      others.push({ kind: gap ? 'late' : 'repeat', seq, index })
      if (gap === undefined) return
      const left = { from: gap.from, to: seq - 1n }
      const right = { from: seq + 1n, to: gap.to }
      gaps.splice(at, 1, ...[left, right].filter(({ from, to }) => from <= to))
    },
    findings: () => [...gaps.map(({ from, to }) => ({ kind: 'gap' as const, from, to })), ...others],
    last: () => last,
  }
}
