import { startSoon } from './soon.ts'

/** `waiting`: something is under way, and worth another look at once. */
export type RoundState = 'idle' | 'waiting'

export type Rounds = {
  /** There is something to do. */
  poke(): void
  /** One look now; waits for one under way. Throws what went wrong. */
  round(): Promise<RoundState>
  /** What went wrong with the last look, in a sentence for the operator. */
  trouble(): string | undefined
  stop(): Promise<void>
}

export type RoundsOptions = {
  /** Hears of each new trouble once. */
  readonly onTrouble: (error: unknown) => void
  /** Milliseconds from a poke to a look, and between looks without one. */
  readonly soon: number
  readonly interval: number
}

const POLL = 500
const LONGEST_PAUSE = 60_000

/** Looks at a chain for as long as it runs, one look at a time. A chain that is away is asked again, ever more seldom. */
export const startRounds = (look: () => Promise<RoundState>, { onTrouble, soon, interval }: RoundsOptions): Rounds => {
  let trouble: string | undefined
  let failures = 0
  let last: Promise<unknown> = Promise.resolve()

  const round = (): Promise<RoundState> => {
    const next = last.then(async () => {
      try {
        const state = await look()
        trouble = undefined
        failures = 0
        return state
      } catch (error) {
        const message = error instanceof Error ? error.message : 'unknown'
        failures++
        if (message !== trouble) onTrouble(error)
        trouble = message
        throw error
      }
    })
    last = next.catch(() => undefined)
    return next
  }
  const loop = startSoon(
    () =>
      round().then(
        state => (state === 'waiting' ? POLL : undefined),
        () => Math.min(LONGEST_PAUSE, POLL * 2 ** Math.min(failures, 10)),
      ),
    { soon, interval },
  )
  return {
    poke: loop.poke,
    round,
    trouble: () => trouble,
    async stop() {
      await loop.stop()
      await last
    },
  }
}
