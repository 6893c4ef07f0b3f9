import { concat } from './bytes.ts'

/**
 * The bytes of an answer, read no further than `most`: the length that it names beforehand is only a promise. Throws
 * RangeError, and lets go of the rest.
 */
export const readAtMost = async ({ body }: Pick<Response, 'body'>, most: number): Promise<Uint8Array> => {
  if (body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  const reader = body.getReader()
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > most) {
      await reader.cancel()
      throw new RangeError(`the answer is longer than ${most} bytes`)
    }
    chunks.push(value)
  }
  return concat(...chunks)
}
