import { Router } from 'express'
import { fromUtf8 } from '../../core/bytes.ts'
import { Refusal } from '../../core/errors.ts'
import { addCheckpoint, type WitnessDeps } from './witness.ts'

/** A hundred post-quantum signatures fit in; a proof is under 3 kB. */
const LIMIT = 512 << 10

export type ReadBody<Request> = (request: Request, limit: number) => Promise<Uint8Array>

/** `POST /add-checkpoint` at the root: the submission prefix of this witness is the node's own address. */
export const witnessRouter = (
  deps: WitnessDeps,
  readBody: ReadBody<Parameters<Parameters<Router['post']>[1]>[0]>,
): Router => {
  const router = Router({ caseSensitive: true, strict: true })
  router.post('/add-checkpoint', async (request, response) => {
    const answer = await addCheckpoint(deps, decode(await readBody(request, LIMIT)))
    // Past Express: it would add a charset to the media type, and clients compare it as a whole.
    if (answer.kind === 'stale') {
      response.writeHead(409, { 'Content-Type': 'text/x.tlog.size' }).end(`${answer.size}\n`)
    } else {
      response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' }).end(answer.lines)
    }
  })
  return router
}

const decode = (body: Uint8Array): string => {
  try {
    return fromUtf8(body)
  } catch {
    throw new Refusal('INVALID_REQUEST', 'The body is not UTF-8 text')
  }
}
