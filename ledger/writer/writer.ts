import { Refusal } from '../../core/errors.ts'
import { asNode, type Db } from '../../db/database.ts'
import type { Comparison } from './elsewhere.ts'
import { closeLog, readLease, releaseLease, renewLease, takeLease } from './lease.ts'

export type WriterState = {
  /**
   * `opening` compares the log with what is known elsewhere; `following`: another process writes; `closed`: nobody may,
   * until the log has been recovered; `ended`: this process writes no more.
   */
  readonly state: 'opening' | 'writing' | 'following' | 'closed' | 'ended'
  readonly term: bigint
  readonly reason?: string
  readonly elsewhere: readonly Comparison[]
}

export type Writer = {
  /** The term to write under, once this process may. Refusals: LOG_ELSEWHERE, LOG_BEHIND. */
  term(): Promise<bigint>
  state(): WriterState
  /** Resolved once it is known who writes: this process, nobody, or another that is seen to renew its lease. */
  readonly settled: Promise<void>
  /** Ends writing and gives the lease back. */
  stop(): Promise<void>
}

export type WriterDeps = {
  readonly db: Db
  readonly holder: string
  /** Milliseconds that a lease runs for; it is renewed four times as often. */
  readonly lease: number
  /** What has to hold before this process writes. Throws LogFault for a contradiction in the log itself. */
  readonly compare: () => Promise<readonly Comparison[]>
  readonly onTakeOver: () => void
  readonly onFault: (error: unknown) => void
}

type Held = { readonly term: bigint; readonly admitted: Promise<boolean>; until: number; compared: number }

/** Milliseconds after which whoever could not be asked is asked again. */
const ASK_AGAIN = 5_000

/** Contends for the lease of the log's writer for as long as it runs. */
export const startWriter = (deps: WriterDeps): Writer => {
  const { db, holder, lease, compare, onTakeOver, onFault } = deps
  let held: Held | undefined
  let shown: WriterState = { state: 'following', term: 0n, elsewhere: [] }
  let ended = false
  let timer: NodeJS.Timeout | undefined
  let turning: Promise<void> = Promise.resolve()
  let seen: number | undefined
  let known: () => void = () => undefined
  const settled = new Promise<void>(done => {
    known = done
  })

  const lose = (state: 'following' | 'closed', term: bigint, reason?: string) => {
    held = undefined
    shown = { state, term, elsewhere: shown.elsewhere, ...(reason === undefined ? {} : { reason }) }
  }

  const contend = async () => {
    const asked = performance.now()
    const taken = await takeLease(db, holder, lease)
    if ('refused' in taken) {
      const { closed, term, running, until } = taken.refused
      lose(closed === null ? 'following' : 'closed', term, closed ?? undefined)
      const moved = seen !== undefined && seen !== until.getTime()
      seen = until.getTime()
      if (closed !== null || (running && moved)) known()
      return
    }
    const { term } = taken
    shown = { state: 'opening', term, elsewhere: [] }
    held = { term, until: asked + lease, compared: asked, admitted: admit(term) }
  }

  /** The lease is renewed meanwhile; nothing is written before this says so. */
  const admit = async (term: bigint): Promise<boolean> => {
    try {
      const elsewhere = await compare()
      if (held?.term !== term) return false
      shown = { state: 'writing', term, elsewhere }
      if (await close(term)) return false
      onTakeOver()
      return true
    } catch (error) {
      // A LogFault ends this ledger; after anything else the next turn tries again under a term of its own.
      if (held?.term === term) lose('following', term)
      await releaseLease(db, term).catch(onFault)
      onFault(error)
      return false
    } finally {
      known()
    }
  }

  /** Closes the log for every process when somebody knows a head that it does not extend. */
  const close = async (term: bigint): Promise<boolean> => {
    const bad = shown.elsewhere.find(({ verdict }) => verdict === 'behind' || verdict === 'forked')
    if (bad === undefined) return false
    const reason = bad.detail ?? bad.verdict
    lose('closed', term, reason)
    await closeLog(db, term, reason)
    onFault(new Error(`the log is closed: ${reason}`))
    return true
  }

  const renew = async (of: Held) => {
    const asked = performance.now()
    if (!(await renewLease(db, of.term, lease))) {
      if (held === of) lose('following', of.term)
      return
    }
    of.until = asked + lease
    if (shown.elsewhere.some(it => it.verdict === 'unreachable') && asked - of.compared > ASK_AGAIN) {
      of.compared = Number.POSITIVE_INFINITY
      void askAgain(of).catch(onFault)
    }
  }

  /** Who could not be asked when the log was opened may know that it should not have been. */
  const askAgain = async (of: Held) => {
    const elsewhere = await compare()
    of.compared = performance.now()
    if (held !== of) return
    shown = { ...shown, elsewhere }
    await close(of.term)
  }

  const turn = () => {
    turning = turning.then(() => (ended ? undefined : held ? renew(held) : contend())).catch(onFault)
    return turning
  }
  const loop = async () => {
    await turn()
    if (!ended) timer = setTimeout(loop, seen === undefined || held ? lease / 4 : lease / 16).unref()
  }
  void loop()

  return {
    async term() {
      // A process that slept finds its lease passed, and asks before it writes.
      if (held && performance.now() >= held.until) await turn()
      const of = held
      if (of && (await of.admitted) && held === of) {
        if (performance.now() < of.until) return of.term
        // It could neither be renewed nor lost: the database is away.
        throw new Refusal('LOG_BUSY')
      }
      throw new Refusal(shown.state === 'closed' ? 'LOG_BEHIND' : 'LOG_ELSEWHERE')
    },
    state: () => (ended ? { ...shown, state: 'ended' } : shown),
    settled,
    async stop() {
      ended = true
      clearTimeout(timer)
      await turning
      const term = held?.term
      held = undefined
      if (term !== undefined) await releaseLease(db, term).catch(onFault)
    },
  }
}

/** Who holds the lease by the database, for people. */
export const readHolder = async (db: Db): Promise<string | null> => (await asNode(db, readLease)).holder
