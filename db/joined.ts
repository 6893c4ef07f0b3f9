/**
 * Joins concurrent calls: those that come in one turn of the event loop go together, and so do those that come while all
 * lanes are busy. One statement then serves what would have been many, and at low load nothing waits. A failed run fails
 * all its calls.
 * @param run gets the keys of one run, in order of arrival, and gives one value for each
 * @param lanes runs that may be under way at once: with two, one is answered while the next is made
 */
export const joined = <K, V>(
  run: (keys: readonly K[]) => Promise<readonly V[]>,
  limit = 500,
  lanes = 1,
): ((key: K) => Promise<V>) => {
  type Waiting = { key: K; done: (value: V) => void; fail: (error: unknown) => void }
  let waiting: Waiting[] = []
  let running = 0
  let called = false

  const work = async () => {
    running++
    while (waiting.length > 0) {
      const batch = waiting.slice(0, limit)
      waiting = waiting.slice(limit)
      try {
        const values = await run(batch.map(({ key }) => key))
        for (const [i, { done }] of batch.entries()) done(values[i] as V)
      } catch (error) {
        for (const { fail } of batch) fail(error)
      }
    }
    running--
  }

  return key =>
    new Promise<V>((done, fail) => {
      waiting.push({ key, done, fail })
      if (called || running >= lanes) return
      called = true
      // Not at once: all sockets that had something to say are read before this.
      setImmediate(() => {
        called = false
        if (running < lanes && waiting.length > 0) void work()
      })
    })
}
