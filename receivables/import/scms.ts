import { type Decimal, parseDecimal } from '../../core/quantity.ts'
import { readCsv } from './csv.ts'

/** One delivery line of the USAID SCMS history, as far as a trade needs it. Dates are days, YYYY-MM-DD. */
export type ScmsLine = {
  readonly line: number
  readonly id: string
  readonly programme: string
  readonly order: string
  readonly shipment: string
  readonly mode: string
  readonly vendor: string
  readonly description: string
  readonly packSize: string
  readonly quantity: Decimal
  /** US dollars. */
  readonly value: string
  readonly packPrice: string
  /** Undefined where the file says that it was not captured. */
  readonly orderedOn: string | undefined
  readonly scheduledFor: string
  readonly deliveredOn: string
  readonly recordedOn: string
}

export const scmsReasons = {
  COLUMNS: 'the line has another number of columns than the header',
  QUANTITY: 'the quantity is not a number of packs above zero',
  VALUE: 'the value or pack price is not an amount',
  DATE: 'a delivery date is missing or unreadable',
  DUPLICATE_ID: 'the id was used in an earlier line',
} as const
export type ScmsReason = keyof typeof scmsReasons

export type ScmsRejection = {
  readonly line: number
  readonly id: string
  readonly reason: ScmsReason
  readonly value: string
}

const columns = {
  id: 'ID',
  programme: 'Project Code',
  order: 'PO / SO #',
  shipment: 'ASN/DN #',
  mode: 'Shipment Mode',
  vendor: 'Vendor',
  description: 'Item Description',
  packSize: 'Unit of Measure (Per Pack)',
  quantity: 'Line Item Quantity',
  value: 'Line Item Value',
  packPrice: 'Pack Price',
  orderedOn: 'PO Sent to Vendor Date',
  scheduledFor: 'Scheduled Delivery Date',
  deliveredOn: 'Delivered to Client Date',
  recordedOn: 'Delivery Recorded Date',
} as const
type Column = keyof typeof columns

/**
 * Reads the file as it is published: CR line ends, byte order mark, two date forms, words in numeric columns. Every line
 * comes back, as a delivery or as a rejection. Throws SyntaxError when the header lacks a column.
 */
export function readScms(text: string): { lines: ScmsLine[]; rejected: ScmsRejection[] } {
  const records = readCsv(text)
  const header = records.next().value?.fields ?? []
  const place = Object.fromEntries(
    Object.entries(columns).map(([name, title]) => {
      const at = header.indexOf(title)
      if (at < 0) throw new SyntaxError(`the column “${title}” is missing`)
      return [name, at]
    }),
  ) as Record<Column, number>
  const lines: ScmsLine[] = []
  const rejected: ScmsRejection[] = []
  const ids = new Set<string>()
  for (const { line, fields } of records) {
    const cell = (name: Column) => fields[place[name]]?.trim() ?? ''
    const id = cell('id')
    const reject = (reason: ScmsReason, value: string) => rejected.push({ line, id, reason, value })
    const [orderedOn, scheduledFor, deliveredOn, recordedOn] = (
      ['orderedOn', 'scheduledFor', 'deliveredOn', 'recordedOn'] as const
    ).map(name => day(cell(name)))
    const quantity = positive(cell('quantity'))
    if (fields.length !== header.length) reject('COLUMNS', String(fields.length))
    else if (ids.has(id)) reject('DUPLICATE_ID', id)
    else if (!quantity) reject('QUANTITY', cell('quantity'))
    else if (!isAmount(cell('value')) || !isAmount(cell('packPrice')))
      reject('VALUE', `${cell('value')} ${cell('packPrice')}`)
    else if (!scheduledFor || !deliveredOn || !recordedOn)
      reject('DATE', `${cell('scheduledFor')} ${cell('deliveredOn')}`)
    else {
      ids.add(id)
      const text = {
        id,
        programme: cell('programme'),
        order: cell('order'),
        shipment: cell('shipment'),
        mode: cell('mode'),
      }
      const goods = {
        vendor: cell('vendor'),
        description: cell('description'),
        packSize: cell('packSize'),
        value: cell('value'),
        packPrice: cell('packPrice'),
      }
      lines.push({ line, ...text, ...goods, quantity, orderedOn, scheduledFor, deliveredOn, recordedOn })
    }
  }
  return { lines, rejected }
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** `2-Jun-06` or `9/11/14` (month first), all in this century. Undefined for anything else, such as "Date Not Captured". */
const day = (text: string): string | undefined => {
  const named = /^(\d{1,2})-([A-Za-z]{3})-(\d{2})$/.exec(text)
  const numbered = /^(\d{1,2})\/(\d{1,2})\/(\d{2})$/.exec(text)
  const [year, month, date] = named
    ? [named[3], months.indexOf((named[2] ?? '').toLowerCase()) + 1, named[1]]
    : [numbered?.[3], Number(numbered?.[1] ?? 0), numbered?.[2]]
  const iso = `20${year}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`
  const parsed = new Date(`${iso}T00:00:00Z`)
  return Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== iso ? undefined : iso
}

const isAmount = (text: string): boolean => /^\d{1,12}(?:\.\d{1,2})?$/.test(text)

const positive = (text: string): Decimal | undefined => {
  if (!/^\d{1,12}(?:\.\d{1,8})?$/.test(text)) return undefined
  const quantity = parseDecimal(text.replace(/^0+(?=\d)/, ''))
  return quantity.unscaled > 0n ? quantity : undefined
}
