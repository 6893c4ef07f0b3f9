import { gs1, parseCode } from '../../../core/identifier/code.ts'
import { isCurrency } from '../../../core/money.ts'
import { compare, type Decimal, formatDecimal, ONE, parseDecimal, times, ZERO } from '../../../core/quantity.ts'
import { isUscc } from '../../../core/uscc.ts'
import { type Cell, padded } from './grid.ts'
import { CellProblem } from './problem.ts'

/** What a cell says, in the one spelling that documents have. Throws CellProblem. */
export type Reader = (cell: Cell, settings: ReadSettings) => string

export type ReadSettings = {
  /** The sign that groups thousands in cells of text, where a column map allows one. */
  readonly grouping?: string | undefined
}

/** Words and numbers: a number typed where a name is meant is its digits, as long as none are lost. */
const words = (cell: Cell): string => {
  if (cell.kind === 'text') {
    // What a program wrote when it took a number for one to reckon with.
    if (/^[0-9](?:\.[0-9]+)?[eE]\+[0-9]+$/.test(cell.text)) throw new CellProblem('PRECISION')
    return cell.text
  }
  if (cell.kind === 'fault') throw new CellProblem('CELL_ERROR')
  if (cell.kind !== 'number' || !/^[0-9]+$/.test(cell.text)) throw new CellProblem('TEXT')
  if (cell.lost) throw new CellProblem('PRECISION')
  return padded(cell)
}

const limited =
  (most: number): Reader =>
  cell => {
    const said = words(cell)
    if (said.length > most || /\p{Cc}/u.test(said.replaceAll(/[\r\n\t]/g, ' '))) throw new CellProblem('TEXT')
    return said
  }

export const text = limited(500)
export const number = limited(100)
export const unit = limited(20)
export const lot: Reader = cell => {
  const said = words(cell)
  if (!/^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/.test(said)) throw new CellProblem('TEXT')
  return said
}

export const lineId: Reader = cell => {
  const said = words(cell)
  if (!/^[\x21-\x7e]{1,50}$/.test(said)) throw new CellProblem('LINE')
  return said
}

/** Separated by commas, semicolons, the Chinese ones of both, or white space. */
export const serials: Reader = cell => {
  const all = words(cell)
    .split(/[\s,;，；、]+/u)
    .filter(serial => serial !== '')
  if (all.some(serial => !/^[!"%&'()*+\-./0-9:<=>?A-Z_a-z]{1,20}$/.test(serial))) throw new CellProblem('TEXT')
  return all.join(' ')
}

/** A sign is read, so that a red invoice can be; whether one may stand there is the document's to say. */
const plain = (cell: Cell, { grouping }: ReadSettings): Decimal => {
  if (cell.kind === 'fault') throw new CellProblem('CELL_ERROR')
  if (cell.kind !== 'text' && cell.kind !== 'number') throw new CellProblem('NUMBER')
  if (cell.kind === 'number' && cell.lost) throw new CellProblem('PRECISION')
  return decimalOf(cell.kind === 'text' && grouping ? ungrouped(cell.text, grouping) : cell.text)
}

const ungrouped = (said: string, grouping: string): string => {
  const [whole = '', ...fraction] = said.split('.')
  const [first = '', ...groups] = whole.replace(/^-/, '').split(grouping)
  const right = /^[0-9]{1,3}$/.test(first) && groups.every(group => /^[0-9]{3}$/.test(group))
  return right ? [`${whole.startsWith('-') ? '-' : ''}${first}${groups.join('')}`, ...fraction].join('.') : said
}

const decimalOf = (said: string): Decimal => {
  try {
    return parseDecimal(said)
  } catch {
    throw new CellProblem('NUMBER')
  }
}

export const quantityOrNone: Reader = (cell, settings) => formatDecimal(plain(cell, settings))
export const quantity: Reader = (cell, settings) => {
  const value = plain(cell, settings)
  if (value.unscaled === 0n) throw new CellProblem('ZERO')
  return formatDecimal(value)
}
export const price: Reader = (cell, settings) => {
  const value = plain(cell, settings)
  if (compare(value, ZERO) < 0) throw new CellProblem('NEGATIVE')
  return formatDecimal(value)
}
/** In major units: the currency is another column's. */
export const amount: Reader = (cell, settings) => formatDecimal(plain(cell, settings))

const UNTAXED = ['免税', '不征税', '0税率', 'exempt']
const HUNDREDTH = parseDecimal('0.01')

/** 0.13 and 13 %. A bare 13 could be a slip for 1.3 %, so it is not taken. */
export const rate: Reader = cell => {
  if (cell.kind === 'text' && UNTAXED.includes(cell.text.toLowerCase())) return '0'
  const percent = cell.kind === 'text' ? /^([0-9.]+) ?[%％]$/.exec(cell.text)?.[1] : undefined
  const value = percent === undefined ? plain(cell, {}) : times(decimalOf(percent), HUNDREDTH)
  if (compare(value, ZERO) < 0 || compare(value, ONE) >= 0) throw new CellProblem('RATE')
  return formatDecimal(value)
}

const FIRST_YEAR = 2000
const LAST_YEAR = 2099

/**
 * A cell formatted as a date, or year, month and day in this order. 03/04/2026 is refused: it is two days, one for each
 * side of an ocean. A time of the day is let go.
 */
export const day: Reader = cell => {
  if (cell.kind === 'fault') throw new CellProblem('CELL_ERROR')
  const said = cell.kind === 'date' ? cell.day : cell.kind === 'flag' ? '' : cell.text
  const [, year, month, date] =
    /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[ T].*)?$/.exec(said) ??
    /^([0-9]{4})\/([0-9]{1,2})\/([0-9]{1,2})(?: .*)?$/.exec(said) ??
    /^([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})$/.exec(said) ??
    /^([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日$/.exec(said) ??
    /^([0-9]{4})([0-9]{2})([0-9]{2})$/.exec(said) ??
    []
  const found = `${year}-${month?.padStart(2, '0')}-${date?.padStart(2, '0')}`
  const at = new Date(`${found}T00:00:00Z`)
  const real = !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === found
  if (!real || Number(year) < FIRST_YEAR || Number(year) > LAST_YEAR) throw new CellProblem('DAY')
  return found
}

export const uscc: Reader = cell => {
  const said = words(cell).toUpperCase()
  if (!isUscc(said)) throw new CellProblem('USCC')
  return said
}

/** Any form that a code comes in, and a GTIN as bare digits, which a number cell may have robbed of its zeros. */
export const item: Reader = cell => {
  const said = words(cell)
  const bare = /^[0-9]{7,14}$/.test(said)
  try {
    if (bare) return gs1('01', said.padStart(14, '0')).text
  } catch {
    throw new CellProblem('CODE')
  }
  const parsed = parseCode(said)
  if (!parsed.ok) throw new CellProblem('CODE')
  return parsed.code.text
}

export const sscc: Reader = cell => {
  const said = words(cell)
  const digits = /^(?:\(00\)|00)?([0-9]{18})$/.exec(said)?.[1]
  try {
    if (digits !== undefined) return gs1('00', digits).text
  } catch {
    throw new CellProblem('SSCC')
  }
  const parsed = parseCode(said)
  if (!parsed.ok) throw new CellProblem('SSCC')
  return parsed.code.text
}

export const currency: Reader = cell => {
  const said = words(cell).toUpperCase()
  const code = said === '人民币' || said === 'RMB' ? 'CNY' : said
  if (!isCurrency(code)) throw new CellProblem('CURRENCY')
  return code
}

const whole =
  (least: number, most: number): Reader =>
  cell => {
    const said = words(cell)
    if (!/^(?:0|[1-9][0-9]{0,3})$/.test(said) || Number(said) < least || Number(said) > most) {
      throw new CellProblem('NUMBER')
    }
    return said
  }
export const count = whole(1, 1000)
export const days = whole(0, 720)

const yes = ['是', 'yes', 'y', 'true', '1']
const no = ['否', 'no', 'n', 'false', '0']

export const flag: Reader = cell => {
  const said = cell.kind === 'flag' ? String(cell.value) : words(cell).toLowerCase()
  if (yes.includes(said)) return 'true'
  if (no.includes(said)) return 'false'
  throw new CellProblem('FLAG')
}

export const termFrom: Reader = cell => {
  const said = words(cell).toLowerCase()
  if (['验收', '验收日', 'acceptance'].includes(said)) return 'acceptance'
  if (['开票', '开票日', 'invoice'].includes(said)) return 'invoice'
  throw new CellProblem('CHOICE')
}
