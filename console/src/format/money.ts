import { formatAmount, isCurrency, money } from '../../../core/money.ts'

/** Minor units with separators and currency: `CNY 18,034.80`. Exact: no number is ever a float on the way. */
export const moneyText = (minor: string, currency: string): string => {
  if (!isCurrency(currency) || !/^-?\d+$/.test(minor)) return `${currency} ${minor}`
  return `${currency} ${grouped(formatAmount(money(currency, BigInt(minor))))}`
}

/** A decimal with separators in its whole part. */
export const grouped = (text: string): string => {
  const [whole = '', fraction] = text.split('.', 2)
  const spaced = whole.replaceAll(/\B(?=(\d{3})+(?!\d))/g, ',')
  return fraction === undefined ? spaced : `${spaced}.${fraction}`
}

/** 0.13 is 13 %. */
export const percent = (rate: string): string => `${Number((Number(rate) * 100).toFixed(6))} %`
