/**
 * A number as exact plain decimal: no exponent, no leading plus, no zeros that say nothing. Takes JSON numbers and decimal
 * text; undefined for anything else. `-0` is `0`.
 */
export const plainDecimal = (value: string | number): string | undefined => {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(String(value)) ?? []
  if (whole === '' && fraction === '') return undefined
  const point = whole.length + Number(exponent)
  const digits = (whole + fraction).padEnd(point, '0').padStart((whole + fraction).length - Math.min(0, point), '0')
  const at = Math.max(0, point)
  const left = digits.slice(0, at).replace(/^0+/, '') || '0'
  const right = digits.slice(at).replace(/0+$/, '')
  const text = right === '' ? left : `${left}.${right}`
  return sign === '-' && text !== '0' ? `-${text}` : text
}
