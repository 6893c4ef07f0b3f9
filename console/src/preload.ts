import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { menuOf } from './menu.ts'
import { useSessions } from './session/session.tsx'

/** So that the first page has the network to itself. */
const AFTER_MS = 2_000

/** Once somebody's home is there, the other pages of the menu come as well: the network may be gone when they are wanted. */
export const usePreloaded = (): void => {
  const { session } = useSessions()
  const router = useRouter()
  useEffect(() => {
    if (session === undefined) return
    const timer = setTimeout(async () => {
      for (const { to } of menuOf(session.roles)) await router.preloadRoute({ to }).catch(() => undefined)
    }, AFTER_MS)
    return () => clearTimeout(timer)
  }, [session, router])
}
