import { sha256 } from '@noble/hashes/sha2.js'

/** SHA-256 where there is no node:crypto: WebCrypto's digest is asynchronous and twenty times slower on small input. */
export { sha256 }

export const sha256Text = (bytes: Uint8Array): string => textOfBytes(sha256(bytes))

export const sha256OfTwo = (prefix: number, left: string, right: string): string => {
  const joined = new Uint8Array(65)
  joined[0] = prefix
  joined.set(bytesOfText(left), 1)
  joined.set(bytesOfText(right), 33)
  return sha256Text(joined)
}

export const bytesOfText = (text: string): Uint8Array => Uint8Array.from(text, character => character.charCodeAt(0))

export const textOfBytes = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
