import { sha256 } from '#sha256'
import { BoundedCache } from '../../core/bounded-cache.ts'
import { hex } from '../../core/bytes.ts'
import { type OcspAnswer, parseOcspResponse } from '../../core/x509/ocsp.ts'
import { askStatus, type Sources } from './sources.ts'

/** How long an answer is taken for whoever is asked about again: bounds how late a revocation is noticed. */
const KEPT_MS = 60_000

/** What responders say about a chain here and now. */
export type StatusOf = (chain: readonly Uint8Array[]) => Promise<readonly OcspAnswer[]>

/**
 * Asks the responders of the anchors that have one. Where they can't be had there is no answer, and the chain rules then
 * decide what its absence means; why there is none is handed over.
 */
export const createStatusOf = (sources: Sources, onTrouble: (error: unknown) => void): StatusOf => {
  const kept = new BoundedCache<string, { readonly answers: readonly OcspAnswer[]; readonly until: number }>(5_000)
  if (sources.anchors.every(({ ocsp }) => ocsp === undefined)) return async () => []
  return async chain => {
    const name = chain.map(der => hex(sha256(der))).join()
    const held = kept.get(name)
    if (held !== undefined && sources.now().getTime() < held.until) return held.answers
    try {
      const answers = (await askStatus(chain, sources)).map(der => parseOcspResponse(der))
      kept.set(name, { answers, until: sources.now().getTime() + KEPT_MS })
      return answers
    } catch (error) {
      onTrouble(error)
      return []
    }
  }
}
