import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react'
import { useSessions } from '../session/session.tsx'
import type { HandIn } from './hand-in.ts'
import { useOnline } from './online.ts'

/** How long until what could not be sent is tried again. */
const AGAIN_MS = 5_000

type Queue = {
  readonly items: readonly HandIn[]
  readonly waiting: number
  readonly online: boolean
  /** Reads the device's queue again, and sends what waits. Settles when nothing more can be done for now. */
  readonly flush: () => Promise<void>
}

const QueueContext = createContext<Queue | undefined>(undefined)

/** Sends what waits on this device for as long as its organization is signed in, whichever page is open. */
export function Queued({ children }: { readonly children: ReactNode }) {
  const { session } = useSessions()
  const queries = useQueryClient()
  const online = useOnline()
  const [items, setItems] = useState<readonly HandIn[]>([])
  const flush = useCallback(async () => {
    if (session === undefined) return
    // A large part of the evidence code, which whoever never scans need not load.
    const [{ listHandIns }, { sendAll }] = await Promise.all([import('./hand-in.ts'), import('./send.ts')])
    const { uscc } = session.identity
    const read = async () => setItems(await listHandIns(uscc))
    await read()
    try {
      await sendAll(session.client, uscc, () => {
        void read()
        void queries.invalidateQueries()
      })
    } catch {
      // Whatever it was, it waits, and its count is on every page; the next try is a matter of seconds.
    }
    await read()
  }, [session, queries])
  const waiting = items.filter(it => it.state.name === 'waiting').length
  useEffect(() => {
    if (session === undefined) setItems([])
    else if (mayScan(session.roles)) void flush()
  }, [session, flush])
  useEffect(() => {
    if (waiting === 0 || !online) return
    void flush()
    const timer = setInterval(() => void flush(), AGAIN_MS)
    return () => clearInterval(timer)
  }, [waiting, online, flush])
  const queue = useMemo(() => ({ items, waiting, online, flush }), [items, waiting, online, flush])
  return <QueueContext value={queue}>{children}</QueueContext>
}

const mayScan = (roles: readonly string[]): boolean =>
  ['distributor', 'hospital', 'spd', 'manufacturer', 'carrier'].some(role => roles.includes(role))

export const useQueue = (): Queue => {
  const queue = useContext(QueueContext)
  if (queue === undefined) throw new Error('a component outside of <Queued> has no queue')
  return queue
}
