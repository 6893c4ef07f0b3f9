/**
 * Check digit of a GS1 key: weights 3 and 1 from the right, up to the next ten (General Specifications 7.9.1).
 * Takes the digits before the check digit; throws RangeError on anything else.
 */
export const checkDigit = (digits: string): string => {
  if (!/^[0-9]+$/.test(digits)) throw new RangeError('a check digit is made from digits')
  let sum = 0
  for (let i = 0; i < digits.length; i++) sum += Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 3 : 1)
  return String((10 - (sum % 10)) % 10)
}

const cset82 = '!"%&\'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'
const cset32 = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'

/**
 * Check character pair of an alphanumeric key such as a GMN: character values times primes from the right, modulo 1021
 * (General Specifications 7.9.5). Takes the at most 97 characters of set 82 before the pair; throws RangeError.
 */
export const checkPair = (text: string): string => {
  if (text.length > primes.length) throw new RangeError('too long for a check character pair')
  let sum = 0
  for (let i = 0; i < text.length; i++) {
    const value = cset82.indexOf(text.charAt(text.length - 1 - i))
    if (value < 0) throw new RangeError('a check character pair is made from character set 82')
    sum += value * (primes[i] ?? 0)
  }
  sum %= 1021
  return cset32.charAt(sum >> 5) + cset32.charAt(sum & 31)
}

const primes: readonly number[] = (() => {
  const found: number[] = []
  for (let n = 2; found.length < 97; n++) if (found.every(prime => n % prime !== 0)) found.push(n)
  return found
})()
