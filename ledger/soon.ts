/**
 * Calls `work` soon after each poke, and at every interval without one; never twice at once. For work that reads for
 * itself what there is to do, so that a lost poke or another process' growth is only a little late. The work may ask to
 * be called again after its own number of milliseconds. It must not reject.
 */
export const startSoon = (
  work: () => Promise<number | undefined>,
  { soon, interval }: { readonly soon: number; readonly interval: number },
): { poke(): void; stop(): Promise<void> } => {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let stopped = false
  let poked = false
  const schedule = (delay: number) => {
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(run, delay)
  }
  const run = () => {
    poked = false
    running = work().then(wish => {
      running = undefined
      schedule(wish ?? (poked ? soon : interval))
    })
  }
  schedule(interval)
  return {
    poke() {
      // A timer that is already set for soon stays: growth without pause must not put it off for ever.
      if (poked) return
      poked = true
      if (!running) schedule(soon)
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
