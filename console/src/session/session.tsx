import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useMemo, useState } from 'react'
import { getOrganization } from '../../../certs/contract.ts'
import type { Role } from '../../../core/access.ts'
import { type Client, createClient } from '../../../core/oauth/client.ts'
import { call } from '../api/call.ts'
import type { Identity } from './identity.ts'

/** Who works at this page. Lives in memory alone: a reload ends it, since the key can't be kept. */
export type Session = {
  readonly identity: Identity
  readonly client: Client
  readonly roles: readonly Role[]
  readonly gln: string | null
}

type Held = {
  readonly session: Session | undefined
  /** Throws the node's refusal. */
  readonly enter: (identity: Identity) => Promise<void>
  readonly leave: () => void
}

const SessionContext = createContext<Held | undefined>(undefined)

export function Sessions({ children }: { readonly children: ReactNode }) {
  const [session, setSession] = useState<Session>()
  const queries = useQueryClient()
  const held = useMemo<Held>(
    () => ({
      session,
      enter: async identity => {
        const { uscc, key, chain } = identity
        const client = createClient({
          baseUrl: window.location.origin,
          credential: { uscc, key, chain },
          fetch: window.fetch.bind(window),
        })
        const { roles, gln } = await call(client, getOrganization, { params: { uscc } })
        setSession({ identity, client, roles, gln })
      },
      leave: () => {
        // What one organization has read must not be there when another one signs in.
        queries.clear()
        setSession(undefined)
      },
    }),
    [session, queries],
  )
  return <SessionContext value={held}>{children}</SessionContext>
}

export const useSessions = (): Held => {
  const held = useContext(SessionContext)
  if (held === undefined) throw new Error('a component outside of <Sessions> has no session')
  return held
}

/** For pages behind the sign-in. */
export const useSession = (): Session => {
  const { session } = useSessions()
  if (session === undefined) throw new Error('a page behind the sign-in was shown without a session')
  return session
}
