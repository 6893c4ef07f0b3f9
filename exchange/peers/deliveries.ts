import { setTimeout as sleep } from 'node:timers/promises'
import { Logger, type Runner, run, runMigrations } from 'graphile-worker'
import { Refusal } from '../../core/errors.ts'
import { asNode, type Db } from '../../db/database.ts'
import { type Claimed, claim, DELIVER, overdue, schedule, setDead, setDelivered, setNext } from './delivery-store.ts'
import type { PeerClient } from './peer-client.ts'

export type DeliveryDeps = {
  readonly db: Db
  readonly databaseUrl: string
  readonly clients: ReadonlyMap<string, Pick<PeerClient, 'request'>>
  /** Hears of attempts that failed, and of trouble with the queue itself. */
  readonly onTrouble: (trouble: { readonly delivery?: string; readonly peer?: string; readonly error: string }) => void
  readonly limits?: Partial<DeliveryLimits>
}

export type DeliveryLimits = {
  /** Longer than any attempt can take. */
  readonly leaseSeconds: number
  /** Between looks for deliveries whose worker died. */
  readonly rescueSeconds: number
  /** Between looks for deliveries whose pause is over; new ones are told at once. */
  readonly pollSeconds: number
  /** Pause after the first failed attempt; it doubles up to `longestPauseSeconds`. */
  readonly pauseSeconds: number
  readonly longestPauseSeconds: number
  /** After that it is dead: kept, shown, and tried again only when somebody says so. */
  readonly giveUpSeconds: number
}

const defaults: DeliveryLimits = {
  leaseSeconds: 60,
  rescueSeconds: 30,
  pollSeconds: 2,
  pauseSeconds: 2,
  longestPauseSeconds: 300,
  giveUpSeconds: 3 * 24 * 3600,
}

export type Deliveries = {
  /** Resolves when attempts under way are over. */
  stop(): Promise<void>
}

/** Makes the queue's tables. Before the first `addDelivery` of a database, and harmless after. */
export const migrateDeliveries = (databaseUrl: string): Promise<void> =>
  runMigrations({ connectionString: databaseUrl, logger: new Logger(() => () => undefined) })

/**
 * Works the deliveries off. The queue (graphile-worker) says when to try; what is owed is in our own table, with a lease,
 * because the queue gives a killed worker's jobs back only after four hours.
 */
export const startDeliveries = async (deps: DeliveryDeps): Promise<Deliveries> => {
  const { db, databaseUrl, onTrouble } = deps
  const limits = { ...defaults, ...deps.limits }
  const logger = new Logger(() => (level, message) => {
    if (level === 'error') onTrouble({ error: message })
  })
  const start = (): Promise<Runner> =>
    run({
      connectionString: databaseUrl,
      maxPoolSize: 4,
      concurrency: 4,
      noHandleSignals: true,
      pollInterval: limits.pollSeconds * 1000,
      logger,
      taskList: { [DELIVER]: payload => deliver(deps, limits, (payload as { id: string }).id) },
      // Without a batch nobody hears of a job whose end could not be written down, and that ends the process.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    })
  const rescue = () =>
    asNode(db, async tx => {
      for (const id of await overdue(tx, limits.rescueSeconds)) await schedule(tx, id, 0)
    }).catch(error => onTrouble({ error: messageOf(error) }))

  let stopped = false
  let runner = await start()
  /** The queue ends itself when it loses the database with a job in hand. Our own table knows what is owed. */
  const keepRunning = async () => {
    while (!stopped) {
      await runner.promise.catch(error => onTrouble({ error: messageOf(error) }))
      if (!stopped) await sleep(limits.pollSeconds * 1000)
      if (stopped) break
      try {
        runner = await start()
      } catch (error) {
        onTrouble({ error: messageOf(error) })
      }
    }
  }
  const kept = keepRunning()
  await rescue()
  const timer = setInterval(rescue, limits.rescueSeconds * 1000)
  return {
    async stop() {
      stopped = true
      clearInterval(timer)
      // One that has ended by itself refuses to be ended; one may just be starting.
      await runner.stop().catch(() => undefined)
      await kept
      await runner.stop().catch(() => undefined)
    },
  }
}

const deliver = async (deps: DeliveryDeps, limits: DeliveryLimits, id: string): Promise<void> => {
  const { db, clients, onTrouble } = deps
  const delivery = await asNode(db, tx => claim(tx, id, limits.leaseSeconds))
  if (delivery === undefined) return
  const failure = await attempt(clients.get(delivery.peer), delivery)
  if (failure === undefined) {
    await asNode(db, tx => setDelivered(tx, id))
    return
  }
  onTrouble({ delivery: id, peer: delivery.peer, error: failure.error })
  const pause = Math.min(limits.pauseSeconds * 2 ** Math.min(delivery.attempts - 1, 20), limits.longestPauseSeconds)
  await asNode(db, async tx => {
    if (!failure.passes || delivery.ageSeconds + pause > limits.giveUpSeconds) return setDead(tx, id, failure.error)
    await setNext(tx, id, pause, failure.error)
    return schedule(tx, id, pause)
  })
}

type Failure = { readonly error: string /** Whether another attempt could end otherwise. */; readonly passes: boolean }

const attempt = async (client: Pick<PeerClient, 'request'> | undefined, it: Claimed): Promise<Failure | undefined> => {
  // A peer taken out of the configuration may come back.
  if (client === undefined) return { error: `no peer is called ${it.peer}`, passes: true }
  try {
    const headers = { ...it.headers, 'Idempotency-Key': it.id }
    await client.request(it.method, it.path, { body: new Uint8Array(it.body), type: it.contentType, headers })
    return undefined
  } catch (error) {
    if (!(error instanceof Refusal)) return { error: messageOf(error), passes: true }
    return { error: `${error.code}: ${error.message}`, passes: mayPass(error) }
  }
}

/**
 * Who we are and what is there can change at the peer (an organization registered, a key endorsed, a question that is on
 * its way); what is wrong with the message itself can't.
 */
const mayPass = ({ code, extra }: Refusal): boolean =>
  code === 'PEER_UNAVAILABLE' || [401, 403, 404].includes(Number(extra.status))

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown')
