/** Runs `work` again and again, never two at once, until stopped. What it throws is told and the next turn goes on. */
export function every(
  ms: number,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
  atOnce = false,
): { stop(): void } {
  let timer: NodeJS.Timeout | undefined
  const turn = async () => {
    await work().catch(onError)
    if (timer !== undefined) timer = setTimeout(turn, ms).unref()
  }
  timer = setTimeout(turn, atOnce ? 0 : ms).unref()
  return {
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
