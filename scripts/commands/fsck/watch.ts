import { setTimeout as sleep } from 'node:timers/promises'
import { type PublicLog, publicLog, Unavailable } from '../../../ledger/watch/public-log.ts'
import { formatSeen, parseSeen, type Seen } from '../../../ledger/watch/seen.ts'
import { type WatchFinding, watchOnce } from '../../../ledger/watch/watch.ts'
import type { FsckOptions } from '../fsck.ts'
import { CommandError, exit, type Terminal } from '../terminal.ts'
import { parsedState, writeState } from './file.ts'
import { progressOf } from './node.ts'
import { contractsOf, originIn, type Trusted, trusted } from './trusted.ts'

/** The log at the address itself (C2SP tlog-tiles), or below `/log`, where a node of this software has it. */
export const logAt = async (url: string): Promise<{ readonly log: PublicLog; readonly note: string }> => {
  const own = publicLog(url)
  try {
    return { log: own, note: await own.note() }
  } catch (error) {
    const log = publicLog(`${url}/log`)
    return log.note().then(
      note => ({ log, note }),
      () => {
        throw error
      },
    )
  }
}

export const trustedAt = (note: string, { origin, ...options }: FsckOptions): Promise<Trusted> => {
  if (options.trust === undefined && options.logKey === undefined) {
    throw new CommandError('give --trust or --log-key: without a key nothing can be told from outside')
  }
  return trusted(origin ?? (options.logKey === undefined ? originIn(note) : undefined), options)
}

/** Watches until something is wrong, or looks once. Gives the exit code: 3 where the log could not be asked. */
export const watchLog = async (terminal: Terminal, options: FsckOptions, url: string): Promise<number> => {
  let of: Trusted | undefined
  let seen: Seen | undefined
  for (;;) {
    try {
      const { log, note } = await logAt(url)
      if (of === undefined) {
        of = await trustedAt(note, options)
        const { origin, keys } = of
        seen = await parsedState(options.state, text => parseSeen(text, origin, keys))
      }
      const round = await watchOnce(
        {
          ...{ log, origin: of.origin, keys: of.keys, now: new Date(), progress: progressOf(terminal) },
          stale: options.stale === undefined ? undefined : options.stale * 1000,
          contracts: options.rpc ? await contractsOf(options.rpc, of) : [],
        },
        seen,
      )
      seen = round.seen
      if (seen !== undefined && options.state !== undefined) await writeState(options.state, formatSeen(seen))
      await tell(terminal, options, of.origin, round.findings, seen)
      if (round.findings.length > 0) return exit.false
      if (options.once) return exit.done
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      terminal.error(error.message)
      if (options.once) return exit.undecided
    }
    await sleep(Math.max(1, options.interval) * 1000)
  }
}

const tell = async (
  terminal: Terminal,
  { json, state }: FsckOptions,
  origin: string,
  findings: readonly WatchFinding[],
  seen: Seen | undefined,
): Promise<void> => {
  if (json) terminal.out(JSON.stringify({ origin, size: `${seen?.frontier.size ?? ''}`, findings }))
  else {
    for (const { code, detail } of findings) terminal.out(`${code}: ${detail}`)
    terminal.out(`${origin}: ${seen?.frontier.size ?? 0} entries seen, ${findings.length} findings`)
  }
  // Signed heads that contradict each other are the proof: they must not be lost with the screen.
  const evidence = findings.flatMap(finding => finding.evidence ?? [])
  if (evidence.length === 0 || state === undefined) return
  const path = `${state}.evidence`
  await writeState(path, `${JSON.stringify({ origin, findings }, null, 2)}\n`)
  terminal.error(`the signed heads are kept in ${path}`)
}
