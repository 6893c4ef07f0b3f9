import { setTimeout as sleep } from 'node:timers/promises'
import { type DeliveryDeps, deliverOne } from './deliver.ts'

/** How often it is looked whether something is due. */
const LOOK_MS = 500
/** Receivers written to at once: a slow one holds up none of the others but one worker. */
const WORKERS = 4

/** Delivers what is due until it is stopped; a fault is told, and looked past after a moment. */
export const startDeliveries = (deps: DeliveryDeps, onFault: (error: unknown) => void) => {
  const stop = new AbortController()
  const pause = () => sleep(LOOK_MS, undefined, { signal: stop.signal }).catch(() => undefined)
  const work = async () => {
    while (!stop.signal.aborted) {
      const found = await deliverOne(deps).catch(error => void onFault(error))
      if (!found && !stop.signal.aborted) await pause()
    }
  }
  const working = Array.from({ length: WORKERS }, work)
  return {
    async stop() {
      stop.abort()
      await Promise.all(working)
    },
  }
}
