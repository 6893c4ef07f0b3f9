import { hash } from 'node:crypto'

/** SHA-256 of the bytes. Asked for as text and written back it takes a quarter of what asking for a Buffer takes. */
export const sha256 = (bytes: Uint8Array): Uint8Array => Buffer.from(hash('sha256', bytes, 'binary'), 'latin1')

/** The same as text, a character a byte: for hashes that are only hashed again, and never held as bytes. */
export const sha256Text = (bytes: Uint8Array): string => hash('sha256', bytes, 'binary')

/** SHA-256, as such text, of one byte and two such texts of 32. */
export const sha256OfTwo = (prefix: number, left: string, right: string): string => {
  joined[0] = prefix
  joined.write(left, 1, 32, 'latin1')
  joined.write(right, 33, 32, 'latin1')
  return hash('sha256', joined, 'binary')
}

/** Written anew by each call; none waits in between. */
const joined = Buffer.alloc(65)

export const bytesOfText = (text: string): Uint8Array => Buffer.from(text, 'latin1')

export const textOfBytes = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
