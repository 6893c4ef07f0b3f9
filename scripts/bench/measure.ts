/** What one side got done in one round. */
export type Work = { readonly done: number; readonly seconds: number }
/** Works for about so many seconds. */
export type Side = (seconds: number) => Promise<Work>

export type Target = { readonly atLeast: number } | { readonly atMost: number }

export type Row = {
  readonly what: string
  /** Median over the rounds. */
  readonly value: number
  readonly unit: string
  /** Least and greatest of the rounds. */
  readonly spread: readonly [number, number]
  readonly rounds: number
  readonly target: Target | undefined
  readonly met: boolean
  /** What the figure was made of, in a few words. */
  readonly detail: string
}

/**
 * Both sides by turns in one run, so that whatever else the machine does hits both: the ratio is of neighbours, and its
 * median and spread are over the rounds. The order changes from round to round. One round before the first is not
 * counted: it compiles code and fills caches.
 * @param of.warmUp seconds of that round, 1 unless told: a service that runs for days is not measured while V8 compiles it
 */
export async function compare(of: {
  readonly what: string
  readonly ours: Side
  readonly yardstick: Side
  readonly named: string
  /** Of what is counted, as in events. */
  readonly counted: string
  readonly target: Target | undefined
  readonly rounds: number
  readonly seconds: number
  readonly warmUp?: number
  /** Where the yardstick takes what ours has made: then ours goes first in each round. */
  readonly oursFirst?: boolean
}): Promise<Row & { readonly oursPerSecond: number; readonly yardstickPerSecond: number }> {
  const rates: { ours: number; yardstick: number }[] = []
  for (let round = -1; round < of.rounds; round++) {
    const seconds = round < 0 ? (of.warmUp ?? Math.min(1, of.seconds)) : of.seconds
    const first = round % 2 === 0 && !of.oursFirst ? of.yardstick : of.ours
    const second = first === of.ours ? of.yardstick : of.ours
    const [a, b] = [rate(await first(seconds)), rate(await second(seconds))]
    if (round >= 0) rates.push(first === of.ours ? { ours: a, yardstick: b } : { ours: b, yardstick: a })
  }
  const ours = median(rates.map(it => it.ours))
  const yardstick = median(rates.map(it => it.yardstick))
  const row = figure({
    what: of.what,
    unit: `of ${of.named}`,
    samples: rates.map(it => it.ours / it.yardstick),
    ...(of.target && { target: of.target }),
    detail: `${perSecond(ours)} ${of.counted}/s beside ${perSecond(yardstick)}`,
  })
  return { ...row, oursPerSecond: ours, yardstickPerSecond: yardstick }
}

/** A figure without a yardstick: median and spread of its samples. */
export const figure = (of: {
  readonly what: string
  readonly unit: string
  readonly samples: readonly number[]
  readonly target?: Target | undefined
  readonly detail?: string
}): Row => {
  const value = median(of.samples)
  return {
    what: of.what,
    value,
    unit: of.unit,
    spread: [Math.min(...of.samples), Math.max(...of.samples)],
    rounds: of.samples.length,
    target: of.target,
    met: isMet(value, of.target),
    detail: of.detail ?? '',
  }
}

export const sayRow = (out: (line: string) => void, json: boolean, row: Row): void => {
  out(json ? JSON.stringify(row) : lineOf(row))
}

const lineOf = ({ what, value, unit, spread, rounds, target, met, detail }: Row): string => {
  const verdict = target === undefined ? '' : `, ${sayTarget(target)}: ${met ? 'met' : 'NOT MET'}`
  const between = rounds > 1 ? ` (${short(spread[0])}..${short(spread[1])}, ${rounds} rounds)` : ''
  return `${what}: ${short(value)} ${unit}${between}${verdict}${detail ? `; ${detail}` : ''}`
}

export const median = (samples: readonly number[]): number => {
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** @param share 0.99 for the 99th percentile; nearest rank */
export const percentile = (samples: readonly number[], share: number): number => {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

const rate = ({ done, seconds }: Work): number => done / seconds

const isMet = (value: number, target: Target | undefined): boolean =>
  target === undefined || ('atLeast' in target ? value >= target.atLeast : value <= target.atMost)

const sayTarget = (target: Target): string =>
  'atLeast' in target ? `at least ${short(target.atLeast)}` : `at most ${short(target.atMost)}`

const short = (value: number): string =>
  Math.abs(value) >= 1000 ? perSecond(value) : Number(value.toPrecision(3)).toString()

const perSecond = (value: number): string => Math.round(value).toLocaleString('en-US')
