/** SHA-256 where there is no node:crypto: WebCrypto's digest is asynchronous and twenty times slower on small input. */
export { sha256 } from '@noble/hashes/sha2.js'
