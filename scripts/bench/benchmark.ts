/** How a benchmark is run; each has defaults that give a figure in about a minute. */
export type Settings = {
  /** Seconds that each side of one round works. */
  readonly seconds: number
  readonly rounds: number
  /** One JSON object a line instead of a table for people. */
  readonly json: boolean
  /** Folder for a `--cpu-prof` profile of the node. */
  readonly profile: string | undefined
  /** Only rows whose name contains this. */
  readonly only: string | undefined
}

export type Benchmark = {
  readonly name: string
  /** One line for the list. */
  readonly summary: string
  run(out: (line: string) => void, settings: Settings): Promise<void>
}

export const isWanted = ({ only }: Settings, row: string): boolean => only === undefined || row.includes(only)
