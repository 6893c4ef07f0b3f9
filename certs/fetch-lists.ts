import { readAtMost } from '../core/read-at-most.ts'
import type { RevocationLists } from './revocation-lists.ts'

const MAX_BYTES = 32 << 20

/**
 * Fetches revocation lists of outside CAs once. Errors are handed over and not thrown: a list that can't be had leaves the
 * one we hold, until that is stale and its CA's certificates are refused.
 */
export const fetchLists = async ({
  urls,
  lists,
  fetch,
  onError,
}: {
  readonly urls: readonly string[]
  readonly lists: RevocationLists
  readonly fetch: typeof globalThis.fetch
  readonly onError: (url: string, error: unknown) => void
}): Promise<void> => {
  for (const url of urls) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
      if (!response.ok) throw new Error(`answered ${response.status}`)
      await lists.add(await readAtMost(response, MAX_BYTES))
    } catch (error) {
      onError(url, error)
    }
  }
}
