import { fromUtf8 } from '../../core/bytes.ts'
import { type Cosignature, readCosignatures } from '../../core/cosignature.ts'
import type { Hash } from '../../core/merkle.ts'
import { type NoteKey, parseNote, parseSignature } from '../../core/note.ts'
import { readAtMost } from '../../core/read-at-most.ts'
import { formatAddCheckpoint } from './request.ts'

/** A witness that is asked: where, and whose cosignatures count as its own. */
export type Witness = { readonly key: NoteKey; readonly url: string }

export type Question = { readonly old: bigint; readonly proof: readonly Hash[]; readonly note: string }

/**
 * What a witness said to one `add-checkpoint`. `stale`: it cosigned this size last, and has to be asked from there.
 * `forked`: it says that the head is of another history. `lying`: an answer that no honest witness of this key gives.
 */
export type Said =
  | { readonly kind: 'cosigned'; readonly cosignature: Cosignature }
  | { readonly kind: 'stale'; readonly size: bigint }
  | { readonly kind: 'forked' | 'lying'; readonly detail: string }
  | { readonly kind: 'refused' | 'unreachable'; readonly detail: string; readonly retryAfter?: number | undefined }

export type AskDeps = { readonly fetch: typeof fetch; readonly now: () => Date; readonly timeout?: number }

/** Milliseconds. A witness that takes longer is as good as away; the log goes on without it. */
const TIMEOUT = 5_000
const MAX_ANSWER = 64 << 10
/** Clocks of two honest parties are this close, in milliseconds. */
const CLOCK_SKEW = 60_000

/** One question over HTTP. Never throws: whatever a stranger's server does is one of the answers. */
export const askWitness = async (
  { fetch, now, timeout = TIMEOUT }: AskDeps,
  { key, url }: Witness,
  question: Question,
): Promise<Said> => {
  try {
    const response = await fetch(`${url}/add-checkpoint`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain; charset=utf-8' },
      body: formatAddCheckpoint(question),
      // Its address is configuration: nobody else may lead us to another one.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    })
    const text = await readText(response)
    if (response.status === 200) return await judge(text, key, question, now())
    return refusal(response, text, question)
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return { kind: 'unreachable', detail: cause instanceof Error ? cause.message : 'no answer' }
  }
}

const refusal = ({ status, headers }: Response, text: string, question: Question): Said => {
  const type = headers.get('Content-Type')?.split(';')[0]?.trim()
  if (status === 409 && type === 'text/x.tlog.size') {
    const [, size] = /^(0|[1-9]\d{0,18})\n$/.exec(text) ?? []
    if (size === undefined || BigInt(size) >= 2n ** 63n) return { kind: 'lying', detail: 'its 409 names no size' }
    return { kind: 'stale', size: BigInt(size) }
  }
  if (status === 409) return { kind: 'forked', detail: `it holds another root at ${question.old}` }
  if (status === 422) return { kind: 'forked', detail: `it takes no proof from ${question.old}` }
  const retryAfter = /^\d{1,4}$/.test(headers.get('Retry-After') ?? '') ? Number(headers.get('Retry-After')) : undefined
  const kind = status === 429 || status >= 500 ? 'unreachable' : 'refused'
  return { kind, detail: `it answered ${status}`, retryAfter }
}

/** Lines of other keys are passed over (the witness may have several), a wrong one of this key is not. */
const judge = async (text: string, key: NoteKey, { note }: Question, now: Date): Promise<Said> => {
  try {
    if (!text.endsWith('\n')) throw new SyntaxError('its answer has no last newline')
    const signatures = text.slice(0, -1).split('\n').map(parseSignature)
    const latest = new Date(now.getTime() + CLOCK_SKEW)
    const { good, bad } = await readCosignatures({ text: parseNote(note).text, signatures }, [key], latest)
    const [cosignature] = good
    if (bad.length > 0) return { kind: 'lying', detail: 'its cosignature is not of this head, or of a time to come' }
    if (cosignature === undefined) return { kind: 'lying', detail: 'its answer has no cosignature of its key' }
    // A time before the head was signed would date what did not exist yet.
    if (cosignature.time.getTime() < now.getTime() - CLOCK_SKEW - TIMEOUT) {
      return { kind: 'lying', detail: `it says that it cosigned at ${cosignature.time.toISOString()}` }
    }
    return { kind: 'cosigned', cosignature }
  } catch (error) {
    return { kind: 'lying', detail: error instanceof Error ? error.message : 'unreadable' }
  }
}

/** Reads no further than an answer can be long. */
export const readText = async (response: Response, most = MAX_ANSWER): Promise<string> =>
  fromUtf8(await readAtMost(response, most))
