import type { Text } from '../text/zh.ts'
import { codeLabel } from './code.ts'
import { grouped, moneyText, percent } from './money.ts'
import { timeText } from './when.ts'

type Reader = { readonly t: Text; readonly nameOf: (uscc: string) => string; readonly currency: string }
type Show = (value: string, reader: Reader) => string

const money: Show = (value, { currency }) => moneyText(value, currency)
const rate: Show = value => percent(value)
const instant: Show = value => timeText(value)
const organization: Show = (value, { nameOf }) => nameOf(value)
const code: Show = value => codeLabel(value)
const count: Show = value => (/^\d+(\.\d+)?$/.test(value) ? grouped(value) : value)
const inTable =
  (tableOf: (text: Text) => Readonly<Record<string, string>>): Show =>
  (value, { t }) => {
    const table = tableOf(t)
    return Object.hasOwn(table, value) ? (table[value] ?? value) : value
  }

/** How each measure of a report is read; all else is text, or a number. */
const shows: Readonly<Record<string, Show>> = {
  net: money,
  tax: money,
  gross: money,
  open: money,
  financeable: money,
  credited: money,
  paid: money,
  stated: money,
  tolerance: money,
  coverage: rate,
  share: rate,
  dilution: rate,
  returns: rate,
  late: rate,
  asOf: instant,
  notAfter: instant,
  expires: instant,
  at: instant,
  statusHead: instant,
  seller: organization,
  applicant: organization,
  signer: organization,
  order: code,
  unit: code,
  invoice: code,
  shipment: code,
  place: code,
  document: code,
  status: inTable(t => t.answer.status),
  state: inTable(t => t.authorizations.states),
  form: inTable(t => t.kinds),
  agreedFrom: inTable(t => t.kinds),
  exception: inTable(t => t.exceptions),
  why: inTable(t => ({ ...t.shipments.notCountedReasons, ...t.answer.reasons })),
  refusal: inTable(t => t.refusals),
  step: inTable(t => t.shipments.steps),
}

const asWritten = new Set(['number', 'authorization', 'log', 'registry', 'index', 'thumbprint', 'line', 'version'])

/** `name value · name value`, in the reader's words. */
export const measuresText = (values: Readonly<Record<string, string>>, reader: Reader): string =>
  Object.entries(values)
    .filter(([name, value]) => name !== 'currency' && value !== '')
    .map(([name, value]) => {
      const label = reader.t.measures[name] ?? name
      const show = shows[name] ?? (asWritten.has(name) ? (text: string) => text : count)
      return `${label} ${show(value, reader)}`
    })
    .join(' · ')

/** The unit in the reader's words, or the code that the document has. */
export const unitText = (unit: string, t: Text): string => t.units[unit] ?? unit
