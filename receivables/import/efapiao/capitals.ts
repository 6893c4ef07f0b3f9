const digits: Readonly<Record<string, bigint>> = Object.fromEntries(
  [...'零壹贰叁肆伍陆柒捌玖'].map((digit, i) => [digit, BigInt(i)]),
)
const small: Readonly<Record<string, bigint>> = { 拾: 10n, 佰: 100n, 仟: 1000n }
const large: Readonly<Record<string, bigint>> = { 万: 10n ** 4n, 亿: 10n ** 8n }

/**
 * Minor units of an amount in Chinese capitals, as it stands on an invoice: 壹万捌仟零叁拾肆圆捌角整. Undefined for what is
 * not written so.
 */
export const readCapitals = (text: string): bigint | undefined => {
  const said = text.replaceAll(/[\s（）()]/g, '').replace('元', '圆')
  const [, sign, yuan, jiao, fen] = /^(负?)(?:人民币)?([^圆]*)圆(?:(.)角)?零?(?:(.)分)?[整正]?$/.exec(said) ?? []
  if (yuan === undefined) return undefined
  const whole = wholeOf(yuan)
  const [tens, ones] = [jiao, fen].map(digit => (digit === undefined ? 0n : digits[digit]))
  if (whole === undefined || tens === undefined || ones === undefined) return undefined
  const minor = whole * 100n + tens * 10n + ones
  return sign ? -minor : minor
}

const wholeOf = (text: string): bigint | undefined => {
  let [total, section, digit] = [0n, 0n, 0n]
  for (const character of text) {
    const unit = small[character]
    const group = large[character]
    if (unit !== undefined) {
      section += (digit === 0n ? 1n : digit) * unit
      digit = 0n
    } else if (group !== undefined) {
      // 亿 takes all that came before it, 万 its own section.
      total = group === 10n ** 8n ? (total + section + digit) * group : total + (section + digit) * group
      ;[section, digit] = [0n, 0n]
    } else {
      const value = digits[character]
      if (value === undefined) return undefined
      digit = value
    }
  }
  return total + section + digit
}
