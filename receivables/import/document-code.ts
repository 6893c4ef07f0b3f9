import { sha256 } from '#sha256'
import { utf8 } from '../../core/bytes.ts'
import type { DocumentKind } from '../../core/document.ts'
import { gs1 } from '../../core/identifier/code.ts'
import { makeGdti } from '../../core/identifier/make.ts'

/** Kinds that have codes of their numbers. */
export type NumberedKind = Extract<DocumentKind, 'order' | 'despatch' | 'invoice' | 'receipt' | 'credit-note'>

/** Digit of the GDTI's document type, by whether the serial is the number itself or made of it. */
const types: Readonly<Record<NumberedKind, readonly [own: string, made: string]>> = {
  order: ['1', '6'],
  despatch: ['2', '7'],
  invoice: ['3', '8'],
  receipt: ['4', '9'],
  'credit-note': ['5', '0'],
}

/** Bytes of the hash: as many as 16 characters of base 36 hold. Two numbers of one issuer meet in 2^40. */
const HASHED = 10

/**
 * The code of a document by its number, the same at every import. A GDTI has room for 17 characters: a longer number, such
 * as the 20 digits of a 数电票, or one with other characters goes in as its hash, under a type of its own.
 * Throws RangeError for a prefix that leaves no room.
 */
export const documentCodeOf = (kind: NumberedKind, number: string, prefix: string): string => {
  const [own, made] = types[kind]
  if (/^[A-Za-z0-9-]{1,17}$/.test(number)) return gs1('253', makeGdti(prefix, own, number)).text
  const hash = sha256(utf8(number)).subarray(0, HASHED)
  const serial = hash.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n).toString(36)
  return gs1('253', makeGdti(prefix, made, serial.toUpperCase())).text
}
