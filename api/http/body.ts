import type { Request } from 'express'
import { Refusal } from '../../core/errors.ts'

/**
 * The body as it came. Refuses BODY_TOO_LARGE as soon as that is known: by the announced length before anything is read,
 * else at the first byte too many. Express' own reader takes a body that is too large to its end before it answers.
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  const encoding = request.get('Content-Encoding') ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') {
    throw new Refusal('UNSUPPORTED_MEDIA_TYPE', 'Send the body without content encoding')
  }
  if (Number(request.get('Content-Length') ?? 0) > limit) throw new Refusal('BODY_TOO_LARGE')
  const chunks: Buffer[] = []
  let length = 0
  try {
    // Left open, since the answer goes out over the same socket; Node discards the rest of the body after it.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      length += chunk.length
      if (length > limit) throw new Refusal('BODY_TOO_LARGE')
      chunks.push(chunk)
    }
  } catch (error) {
    // The client left: nobody hears the answer, and it is no fault of ours.
    throw error instanceof Refusal ? error : new Refusal('INVALID_REQUEST', 'The body ended too soon')
  }
  return Buffer.concat(chunks)
}
