import { checkDigit } from './check-digit.ts'

/**
 * New GS1 keys out of a company prefix (4 to 12 digits) and a reference, which is filled with zeros to the key's length.
 * They throw RangeError when the reference doesn't fit, so that no key is ever cut short.
 */
type Reference = string | number | bigint

/** GTIN-14 of a GTIN-13's digits: indicator 0 is the base unit, 1 to 8 are its cases. */
export const makeGtin = (prefix: string, item: Reference, indicator = '0'): string => {
  if (!/^[0-9]$/.test(indicator)) throw new RangeError('an indicator is one digit')
  return withCheckDigit(indicator + fill(prefix, item, 12))
}

/** SSCC, 18 digits. */
export const makeSscc = (prefix: string, serial: Reference, extension = '0'): string => {
  if (!/^[0-9]$/.test(extension)) throw new RangeError('an extension is one digit')
  return withCheckDigit(extension + fill(prefix, serial, 16))
}

/** GLN, 13 digits. */
export const makeGln = (prefix: string, location: Reference): string => withCheckDigit(fill(prefix, location, 12))

/** GDTI: 13 digits that name the type of document, and the document's own serial of up to 17 characters. */
export const makeGdti = (prefix: string, type: Reference, serial: string): string => {
  if (!/^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,17}$/.test(serial))
    throw new RangeError('a document serial has 1 to 17 characters of set 82')
  return withCheckDigit(fill(prefix, type, 12)) + serial
}

const withCheckDigit = (digits: string): string => digits + checkDigit(digits)

const fill = (prefix: string, reference: Reference, length: number): string => {
  const digits = String(reference)
  if (!/^[0-9]{4,12}$/.test(prefix)) throw new RangeError('a company prefix has 4 to 12 digits')
  if (!/^[0-9]*$/.test(digits) || digits.length > length - prefix.length)
    throw new RangeError(`${digits} is no reference of ${length - prefix.length} digits`)
  return prefix + digits.padStart(length - prefix.length, '0')
}
