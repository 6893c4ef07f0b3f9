const form = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** Longest spelling of a number, and largest power of ten: beyond, a sum would have thousands of digits. */
export const LONGEST_NUMBER = 40
const LARGEST_EXPONENT = 400

/** Whether sums with this JSON number stay small and finite. */
export const isAddable = (text: string): boolean => {
  if (text.length > LONGEST_NUMBER || !Number.isFinite(Number(text))) return false
  const e = text.search(/[eE]/)
  return e === -1 || Math.abs(Number(text.slice(e + 1))) <= LARGEST_EXPONENT
}

/** The exact sum of two JSON numbers, in plain digits: no double comes between what was measured and what is kept. */
export const addDecimals = (a: string, b: string): string => {
  const [x, y] = [scaled(a), scaled(b)]
  const scale = Math.max(x.scale, y.scale)
  const sum = x.digits * 10n ** BigInt(scale - x.scale) + y.digits * 10n ** BigInt(scale - y.scale)
  const digits = (sum < 0n ? -sum : sum).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return `${sum < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`
}

/** digits × 10^-scale, scale ≥ 0 */
const scaled = (text: string): { readonly digits: bigint; readonly scale: number } => {
  const [, sign, whole, fraction = '', exponent = '0'] = form.exec(text) ?? []
  if (whole === undefined) throw new SyntaxError(`${text} is no JSON number`)
  const scale = fraction.length - Number(exponent)
  const digits = BigInt(`${sign}${whole}${fraction}`)
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 }
}
