import { type DocumentClaims, type DocumentOf, documentSchema } from '../../../core/document.ts'
import { gs1, parseCode } from '../../../core/identifier/code.ts'
import { makeSscc } from '../../../core/identifier/make.ts'
import { type Currency, type Minor, parseAmount, placesOf, rounded } from '../../../core/money.ts'
import { formatDecimal, negate, parseDecimal, times } from '../../../core/quantity.ts'
import type { Uscc } from '../../../core/uscc.ts'
import { documentCodeOf, type NumberedKind } from '../document-code.ts'
import { fieldsOf, type SheetKind } from './fields.ts'
import { differences, type Original, originalNumber } from './original.ts'
import type { ProblemCode } from './problem.ts'
import type { FieldRow, FieldRows } from './rows.ts'

export type Settings = {
  readonly seller?: Uscc | undefined
  readonly buyer?: Uscc | undefined
  /** GS1 company prefix under which the codes of the importer's own documents are made. */
  readonly prefix: string
  /** That of whoever the documents referred to are of: the seller's, where a hospital imports receipts. */
  readonly theirPrefix?: string | undefined
  /** By number of 20 digits, what the tax authority issued. */
  readonly originals?: ReadonlyMap<string, Original> | undefined
}

export type SheetDocument = {
  /** As its origin would sign them, with the time of signing still to come. */
  readonly claims: DocumentOf<SheetKind>
  /** Row of each line, in the order of the lines. */
  readonly rows: readonly number[]
}

/** The rows of one document number, as that document. What is wrong goes to `problems`. */
export const documentOf = (
  kind: SheetKind,
  number: string,
  rows: readonly FieldRow[],
  { problem, problems }: FieldRows,
  settings: Settings,
): SheetDocument | undefined => {
  const own = new Set(rows.map(({ row }) => row))
  const tell = (row: number, field: string, code: ProblemCode, detail?: string): void => {
    problems.push(problem(row, field, code, detail))
  }
  const [first] = rows
  if (first === undefined) return undefined
  const unread = new Set(problems.filter(({ row }) => own.has(row)).map(({ field }) => field))
  const head = headOf(kind, rows, unread, tell)
  const lines = linesOf(kind, rows, head, tell)
  const parties = {
    seller: partyOf('seller', head, settings, first, tell),
    buyer: partyOf('buyer', head, settings, first, tell),
  }
  // What a cell lacks, the schema would only say again.
  if (problems.some(({ row }) => own.has(row))) return undefined

  const { prefix, theirPrefix = prefix } = settings
  const original = settings.originals?.get(originalNumber(number))
  const referred = (of: NumberedKind, said: string | undefined): string => {
    const code = said?.includes('/') ? parseCode(said) : undefined
    return code?.ok ? code.code.text : documentCodeOf(of, said ?? '', theirPrefix)
  }
  const claims = {
    kind,
    code: documentCodeOf(kind, number, prefix),
    number,
    version: Number(head.get('version') ?? '1'),
    parties,
    issueDate: head.get('issueDate'),
    ...(kind === 'order' ? {} : { order: referred('order', head.get('order')) }),
    ...(kind === 'credit-note' ? { invoice: referred('invoice', head.get('invoice')) } : {}),
    ...(kind === 'despatch' || kind === 'receipt'
      ? { shipment: shipmentOf(kind, number, head, kind === 'despatch' ? prefix : theirPrefix) }
      : {}),
    ...(kind === 'order' ? { currency: currencyOf(head), ...termOf(head) } : {}),
    ...(kind === 'invoice' || kind === 'credit-note' ? totalsOf(rows, head) : {}),
    ...(kind === 'invoice' && original?.seal ? { seal: original.seal } : {}),
    ...(head.has('dueDate') ? { dueDate: head.get('dueDate') } : {}),
    lines,
  }
  if ((kind === 'despatch' || kind === 'receipt') && claims.shipment === undefined) {
    tell(first.row, 'shipment', 'SHIPMENT')
    return undefined
  }
  const read = documentSchema.safeParse({ iss: parties[kind === 'receipt' ? 'buyer' : 'seller'], iat: 0, ...claims })
  if (!read.success) {
    for (const { path, message } of read.error.issues.slice(0, 20)) {
      const line = path[0] === 'lines' && typeof path[1] === 'number' ? rows[path[1]] : first
      tell(line?.row ?? first.row, 'number', 'DOCUMENT', `${path.join('/')}: ${message}`)
    }
    return undefined
  }
  if (original !== undefined && (read.data.kind === 'invoice' || read.data.kind === 'credit-note')) {
    const differing = differences(read.data, original, head.get('invoice'))
    for (const detail of differing) tell(first.row, 'number', 'ORIGINAL', detail)
    if (differing.length > 0) return undefined
  }
  if (!isOf(kind, read.data)) throw new TypeError(`a ${kind} became a ${read.data.kind}`)
  return { claims: read.data, rows: rows.map(it => it.row) }
}

const isOf = (kind: SheetKind, claims: DocumentClaims): claims is DocumentOf<SheetKind> => claims.kind === kind

type Tell = (row: number, field: string, code: ProblemCode, detail?: string) => void
type Values = ReadonlyMap<string, string>

/** What the rows say of the document as a whole: a cell left empty says nothing, another value is a contradiction. */
const headOf = (kind: SheetKind, rows: readonly FieldRow[], unread: ReadonlySet<string>, tell: Tell): Values => {
  const head = new Map<string, string>()
  for (const [name, field] of fieldsOf(kind)) {
    if (!field.head) continue
    for (const { row, values } of rows) {
      const said = values.get(name)
      const held = head.get(name)
      if (said === undefined) continue
      if (held === undefined) head.set(name, said)
      else if (held !== said) tell(row, name, 'DIFFERS', held.slice(0, 50))
    }
    if (field.required && !head.has(name) && !unread.has(name)) tell(rows[0]?.row ?? 1, name, 'REQUIRED')
  }
  return head
}

const partyOf = (
  side: 'seller' | 'buyer',
  head: Values,
  settings: Settings,
  { row }: FieldRow,
  tell: Tell,
): string | undefined => {
  const [said, given] = [head.get(side), settings[side]]
  if (said === undefined && given === undefined) tell(row, side, 'REQUIRED')
  if (said !== undefined && given !== undefined && said !== given) tell(row, side, 'PARTY', given)
  return said ?? given
}

const currencyOf = (head: Values): Currency => (head.get('currency') ?? 'CNY') as Currency

/** Prices need no currency of their own; CNY where no column names another. */
const minorOf = (said: string, currency: Currency): Minor | undefined => {
  const { scale } = parseDecimal(said)
  return scale > placesOf(currency) ? undefined : parseAmount(said, currency).minor
}

const signed = ['quantity', 'net', 'tax', 'totalNet', 'totalTax', 'totalGross']

/** Of a credit note all amounts may be below zero, as a red invoice prints them. Never some. */
const withoutSign = (kind: SheetKind, { row, values }: FieldRow, tell: Tell): Values => {
  const below = signed.filter(name => values.get(name)?.startsWith('-'))
  const above = signed.filter(name => /^[^-]*[1-9]/.test(values.get(name) ?? ''))
  if (kind !== 'credit-note')
    for (const name of [...below, ...(values.get('short')?.startsWith('-') ? ['short'] : [])])
      tell(row, name, 'NEGATIVE')
  else if (below.length > 0) for (const name of above) tell(row, name, 'SIGN')
  return new Map(
    [...values].map(([name, said]) => [name, below.includes(name) ? formatDecimal(negate(parseDecimal(said))) : said]),
  )
}

const linesOf = (kind: SheetKind, rows: readonly FieldRow[], head: Values, tell: Tell) => {
  const currency = currencyOf(head)
  const numbered = rows.some(({ values }) => values.has('line'))
  const seen = new Set<string>()
  return rows.map((it, i) => {
    const values = withoutSign(kind, it, tell)
    const id = values.get('line') ?? String(i + 1)
    if (numbered && !values.has('line')) tell(it.row, 'line', 'REQUIRED')
    else if (seen.has(id)) tell(it.row, 'line', 'LINE_TWICE', id)
    seen.add(id)
    const net = values.get('net')
    const minor = net === undefined ? undefined : minorOf(net, currency)
    for (const name of ['net', 'tax', 'totalNet', 'totalTax', 'totalGross']) {
      const said = values.get(name)
      if (said !== undefined && minorOf(said, currency) === undefined) tell(it.row, name, 'PLACES', currency)
    }
    const item = itemOf(it, values, tell)
    const serials = serialsOf(it, item, values, tell)
    return {
      id,
      item,
      ...pick(values, 'quantity', 'unit', 'orderLine', 'unitPrice', 'taxRate', 'description', 'short'),
      ...(minor === undefined ? {} : { net: String(minor) }),
      ...(values.get('serialised') === 'true' ? { serialised: true } : {}),
      ...(serials === undefined ? {} : { serials }),
    }
  })
}

const pick = (values: Values, ...names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.flatMap(name => (values.has(name) ? [[name, values.get(name) ?? '']] : [])))

/** With the lot of its own column, where the code names none; where it names another, somebody is wrong. */
const itemOf = ({ row }: FieldRow, values: Values, tell: Tell): string | undefined => {
  const [said, lot] = [values.get('item'), values.get('lot')]
  if (said === undefined || lot === undefined) return said
  const parsed = parseCode(said)
  if (!parsed.ok || parsed.code.scheme !== 'gs1') return said
  const [key, ...qualifiers] = parsed.code.path
  const named = qualifiers.find(({ ai }) => ai === '10')?.value
  if (named !== undefined && named !== lot) tell(row, 'lot', 'DIFFERS', named)
  if (named !== undefined || key.ai !== '01' || qualifiers.length > 0) return said
  return gs1(key.ai, key.value, { 10: lot }).text
}

/** Serials are of the trade item alone: a lot is where they came from, and no part of which one it is. */
const serialsOf = ({ row }: FieldRow, item: string | undefined, values: Values, tell: Tell): string[] | undefined => {
  const said = values.get('serials')
  const parsed = item === undefined ? undefined : parseCode(item)
  if (said === undefined || !parsed?.ok || parsed.code.scheme !== 'gs1') return undefined
  const [key] = parsed.code.path
  const all = said.split(' ')
  if (new Set(all).size < all.length) tell(row, 'serials', 'DIFFERS')
  return all.map(serial => gs1(key.ai, key.value, { 21: serial }).text)
}

/** As the file has it, or made of the digits of the despatch advice's number. */
const shipmentOf = (kind: SheetKind, number: string, head: Values, prefix: string): string | undefined => {
  const said = head.get('shipment')
  if (said !== undefined) return said
  const digits = (kind === 'despatch' ? number : (head.get('despatch') ?? '')).replaceAll(/[^0-9]/g, '')
  if (digits === '' || digits.length > 16 - prefix.length) return undefined
  return gs1('00', makeSscc(prefix, digits)).text
}

const termOf = (head: Values) => {
  const days = head.get('termDays')
  return days === undefined ? {} : { paymentTerm: { days: Number(days), from: head.get('termFrom') ?? 'acceptance' } }
}

/** Totals as the sheet states them; else the lines' own, with the tax of each line rounded once. */
const totalsOf = (rows: readonly FieldRow[], head: Values) => {
  const currency = currencyOf(head)
  const size = (said: string): bigint => minorOf(said.replace(/^-/, ''), currency) ?? 0n
  const sum = (of: (values: Values) => bigint): bigint => rows.reduce((all, { values }) => all + of(values), 0n)
  const stated = (name: string): bigint | undefined => (head.has(name) ? size(head.get(name) ?? '0') : undefined)
  const net = stated('totalNet') ?? sum(values => size(values.get('net') ?? '0'))
  const tax = stated('totalTax') ?? sum(values => size(values.get('tax') ?? taxOf(values, currency)))
  const gross = stated('totalGross') ?? net + tax
  return { currency, net: String(net), tax: String(tax), gross: String(gross) }
}

const taxOf = (values: Values, currency: Currency): string => {
  const net = parseDecimal((values.get('net') ?? '0').replace(/^-/, ''))
  const { minor } = rounded(times(net, parseDecimal(values.get('taxRate') ?? '0')), currency)
  const places = placesOf(currency)
  const digits = String(minor).padStart(places + 1, '0')
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
}
