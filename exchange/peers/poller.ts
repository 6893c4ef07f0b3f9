import type { Db } from '../../db/database.ts'
import { type Feed, retakeRefused, takePage } from './feed.ts'
import type { PeerClient } from './peer-client.ts'

export type PollerDeps = {
  readonly db: Db
  readonly now: () => Date
  readonly feeds: readonly Feed[]
  /** By name of the peer; each feed's must be there. */
  readonly clients: ReadonlyMap<string, PeerClient>
  /** Pause after a feed has been read to its end. */
  readonly everyMs: number
  readonly onTrouble: (feed: Feed, error: unknown) => void
}

export type FeedStatus = {
  readonly peer: string
  readonly feed: string
  readonly lastSuccess: Date | undefined
  /** Turns that failed since. */
  readonly failures: number
}

export type Poller = {
  /** Reads all feeds to their end now. */
  poke(): void
  status(): readonly FeedStatus[]
  /** Resolves when the turns under way are over. */
  stop(): Promise<void>
}

const LONGEST_PAUSE_MS = 60_000

/** Reads the feeds of other nodes for ever, each by itself: a peer that is down holds up no other. */
export const startPoller = ({ db, now, feeds, clients, everyMs, onTrouble }: PollerDeps): Poller => {
  let stopped = false
  const loops = feeds.map(feed => {
    const client = clients.get(feed.peer)
    if (client === undefined) throw new RangeError(`there is no peer ${feed.peer}`)
    const status = { lastSuccess: undefined as Date | undefined, failures: 0 }
    let wake: () => void = () => undefined
    let poked = false

    const turn = async (): Promise<void> => {
      await retakeRefused({ db, now }, feed)
      while (!stopped && (await takePage({ db, client, now }, feed)));
      status.lastSuccess = now()
      status.failures = 0
    }
    const pause = async (ms: number): Promise<void> => {
      if (stopped || poked) return
      await new Promise<void>(done => {
        const timer = setTimeout(done, ms)
        wake = () => {
          clearTimeout(timer)
          done()
        }
      })
    }
    const run = async (): Promise<void> => {
      while (!stopped) {
        poked = false
        await turn().catch(error => {
          status.failures++
          onTrouble(feed, error)
        })
        await pause(Math.min(everyMs * 2 ** Math.min(status.failures, 16), Math.max(everyMs, LONGEST_PAUSE_MS)))
      }
    }
    const poke = () => {
      poked = true
      wake()
    }
    return { feed, status, poke, ended: run() }
  })

  return {
    poke: () => loops.forEach(({ poke }) => void poke()),
    status: () => loops.map(({ feed, status }) => ({ peer: feed.peer, feed: feed.name, ...status })),
    async stop() {
      stopped = true
      for (const { poke } of loops) poke()
      await Promise.all(loops.map(({ ended }) => ended))
    },
  }
}
