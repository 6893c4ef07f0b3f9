import { sha256 } from '#sha256'
import { concat, utf8 } from './bytes.ts'
import { type Hash, leafHash } from './merkle.ts'
import type { RecordType } from './record.ts'

export const SALT_LENGTH = 32
export const ENTRY_LENGTH = 33

/** First byte of every entry. A new way of committing gets a new number; entries of this one stay as they are. */
const ENTRY_VERSION = 1

/**
 * What the log shows of a record: SHA-256 of len(type) ‖ type ‖ salt ‖ body, 32 bytes. The salt stays with the record,
 * so that nobody can tell a guessed body from the digest. Length and fixed salt size leave one reading of the input.
 * Throws RangeError unless the salt has 32 bytes.
 * @param body as received from its signer; RFC 8785 bytes of an event or of what the node itself made
 */
export const commitment = (type: RecordType, salt: Uint8Array, body: Uint8Array): Uint8Array => {
  if (salt.length !== SALT_LENGTH) throw new RangeError(`a salt has ${SALT_LENGTH} bytes, not ${salt.length}`)
  const name = utf8(type)
  return sha256(concat(Uint8Array.of(name.length), name, salt, body))
}

/** The log entry of a commitment: version byte ‖ 32 bytes. */
export const entryOf = (digest: Uint8Array): Uint8Array => {
  if (digest.length !== ENTRY_LENGTH - 1) throw new RangeError(`a commitment has 32 bytes, not ${digest.length}`)
  return concat(Uint8Array.of(ENTRY_VERSION), digest)
}

/** The leaf of a commitment in the log's tree. */
export const leafOf = (digest: Uint8Array): Hash => leafHash(entryOf(digest))
