import { hash } from 'node:crypto'

/** SHA-256 of the bytes, in one call to OpenSSL. */
export const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')
