import { Refusal } from '../../core/errors.ts'
import { type Actor, get, type Registered, until } from './actor.ts'
import type { Cast } from './cast.ts'
import type { LiveTrade } from './live.ts'

type Page = {
  readonly items: readonly { readonly code?: string; readonly id?: string; readonly answer?: unknown }[]
  readonly next: string | null
}

/** What one node has told must reach the other before the play goes on. */
export const arrived = {
  papers: (cast: Cast, trades: readonly LiveTrade[]) =>
    until('the hospital’s node to fetch the papers', async () => {
      const found = await Promise.all(trades.map(trade => holds(cast.hospital, trade.despatch)))
      return found.every(Boolean) || undefined
    }),

  questions: (cast: Cast, trades: readonly LiveTrade[]) =>
    until('the questions to reach the hospital', async () => {
      const { items } = await get<Page>(cast.hospital, '/api/v1/questions?limit=200')
      return trades.every(({ invoice }) => items.some(({ id }) => id === invoice.commitment)) || undefined
    }),

  answers: (cast: Cast, count: number) =>
    until('the answers to reach the distributor', async () => {
      const { items } = await get<Page>(cast.distributor, '/api/v1/questions?limit=200')
      return items.filter(item => item.answer).length >= count || undefined
    }),

  /** The hospital's word on how many answers there are, also where there is none. */
  heads: (cast: Cast, trades: readonly LiveTrade[]) =>
    until('the hospital’s status heads to reach the distributor', async () => {
      const pages = await Promise.all(
        trades.map(({ invoice }) =>
          get<{ items: readonly Status[] }>(cast.distributor, `/api/v1/questions/${invoice.commitment}/status-heads`),
        ),
      )
      const published = ({ signer, head }: Status) => signer !== cast.hospital.uscc || head !== null
      return pages.every(({ items }) => items.every(published)) || undefined
    }),
} as const

type Status = { readonly signer: string; readonly head: unknown }

const holds = (hospital: Actor, { code }: Registered): Promise<boolean> =>
  get(hospital, `/api/v1/documents/${encodeURIComponent(code)}`).then(
    () => true,
    error => {
      if (error instanceof Refusal && error.code === 'DOCUMENT_UNKNOWN') return false
      throw error
    },
  )
