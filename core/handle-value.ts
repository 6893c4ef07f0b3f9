import { sha256 } from '#sha256'
import { concat } from './bytes.ts'
import { canonical } from './canonical.ts'

/** One value of a code, as the Handle JSON API has it. */
export type HandleValue = {
  readonly index: number
  readonly type: string
  readonly data: { readonly format: 'string'; readonly value: string }
}

/**
 * What is signed of a value: SHA-256 of its salt and the RFC 8785 form of index, type and data. Without the salt nobody can
 * try out what a hidden value might be; with it and the value anybody can see that it is the one that was signed.
 * @param salt 32 bytes
 */
export const valueDigest = (salt: Uint8Array, { index, type, data }: HandleValue): Uint8Array =>
  sha256(concat(salt, canonical({ index, type, data })))
