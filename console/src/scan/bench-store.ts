import { request } from '../session/database.ts'
import type { Scanned } from './event.ts'

type Kept = { readonly id: string; readonly scanned: readonly (readonly [string, Counted | null])[] }
type Counted = { readonly quantity: string; readonly unit: string }

/** One organization's scans of one despatch advice in one step. */
export const benchId = (uscc: string, despatch: string, step: string): string => `${uscc} ${step} ${despatch}`

/** What was scanned and not handed in yet, in the order of scanning. */
export const readBench = async (id: string): Promise<Scanned> => {
  const kept = (await request('benches', 'readonly', store => store.get(id))) as Kept | undefined
  return new Map(kept?.scanned.map(([code, counted]) => [code, counted ?? undefined]))
}

export const keepBench = async (id: string, scanned: Scanned): Promise<void> => {
  const kept: Kept = { id, scanned: [...scanned].map(([code, counted]) => [code, counted ?? null]) }
  if (scanned.size === 0) await request('benches', 'readwrite', store => store.delete(id))
  else await request('benches', 'readwrite', store => store.put(kept))
}
