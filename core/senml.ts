import { addDecimals, isAddable, LONGEST_NUMBER } from './senml/decimal.ts'
import { type Label, labels, type Scanned, scanPack, unquote } from './senml/scan.ts'
import { units } from './senml/units.ts'

/** One measurement, all base values in it (RFC 8428 §4.6). */
export type Reading = {
  readonly name: string
  /** Seconds since 1970, for looking up; `text` has all digits. */
  readonly time: number
  /** Which record of the pack it is, from 0: records of bases alone are no readings. */
  readonly record: number
  /**
   * The resolved record as JSON: members in the order of RFC 8785, numbers with the digits that were received, or their
   * exact sum with the base. This is what is committed to.
   */
  readonly text: string
}

/** Why a pack is refused. Stable: clients tell mistakes apart by it. */
export const senmlRules = {
  pack: 'a pack is a JSON array of one or more records, at least one of them with a value',
  'pack-size': 'the pack has more records than are taken at once',
  record: 'a record is a JSON object',
  'must-understand': 'a field whose name ends in _ must be understood, and this one is not',
  type: 'the field has a value of another JSON type',
  number: `a number has at most ${LONGEST_NUMBER} characters and lies in the range of a double, with its base added too`,
  version: 'bver is a positive integer of at most 10, the same in all records',
  name: 'bn and n together have 1 to 500 characters of A-Z a-z 0-9 - : . / _, the first a letter or digit',
  unit: 'the unit is not in the SenML units registry',
  value: 'a record has exactly one of v, vs, vb and vd, or none of them and a sum',
  base64url: 'vd is base64url without padding',
  'time-range': 'the time lies before 1970 or after 9999',
  'update-time': 'ut is not negative',
} as const
export type SenmlRule = keyof typeof senmlRules

export type SenmlFailure = {
  readonly ok: false
  readonly rule: SenmlRule
  /** Which record, from 0; -1 for the pack. */
  readonly record: number
  readonly field: string | undefined
  readonly message: string
}

/**
 * Readings of a pack (RFC 8428). Fields it doesn't know are left out, as the standard wants; those that must be
 * understood are refused. Never throws on text that `parseJson` took.
 * @param at what relative times are relative to: below 2^28 a time counts from now (§4.5.3)
 */
export const resolveSenml = (
  text: string,
  at: Date,
  limit: number,
): { readonly ok: true; readonly readings: readonly Reading[] } | SenmlFailure => {
  const records = scanPack(text)
  if (records === undefined || records.length === 0) return failure('pack', -1)
  if (records.length > limit) return failure('pack-size', -1)
  const base: Base = { version: undefined }
  const now = (at.getTime() / 1000).toFixed(3)
  const readings: Reading[] = []
  for (const [i, record] of records.entries()) {
    const read = record === undefined ? 'record' : resolve(record, base, now)
    if (typeof read === 'string') return failure(read, i)
    if (read === undefined) continue
    if ('rule' in read) return failure(read.rule, i, read.field)
    readings.push({ ...read, record: i })
  }
  return readings.length === 0 ? failure('pack', -1) : { ok: true, readings }
}

type Base = { bn?: string; bt?: string; bu?: string; bv?: string; bs?: string; version: string | undefined }
type Wrong = { readonly rule: SenmlRule; readonly field: string }

const RELATIVE_BELOW = 2 ** 28
/** 10000-01-01, in seconds. */
const END_OF_TIME = 253_402_300_800

/** Undefined for a record that only sets bases for those behind it, as an example of the standard does (§5.1.7). */
const resolve = (
  { fields, unknown }: Scanned,
  base: Base,
  now: string,
): Omit<Reading, 'record'> | Wrong | SenmlRule | undefined => {
  for (const name of unknown) if (name.endsWith('_')) return { rule: 'must-understand', field: name.slice(0, 100) }
  for (const label in fields) {
    const wrong = checkType(label as Label, fields[label as Label]!)
    if (wrong) return wrong
  }
  if (!takeVersion(base, fields.bver)) return { rule: 'version', field: 'bver' }
  if (fields.bn !== undefined) base.bn = unquote(fields.bn)
  if (fields.bu !== undefined) base.bu = unquote(fields.bu)
  base.bt = fields.bt ?? base.bt ?? '0'
  base.bv = fields.bv ?? base.bv ?? '0'
  base.bs = fields.bs ?? base.bs ?? ''
  const labelled = Object.keys(fields)
  if (labelled.length > 0 && labelled.every(label => label.startsWith('b'))) return undefined

  const name = (base.bn ?? '') + (fields.n === undefined ? '' : unquote(fields.n))
  if (!nameForm.test(name)) return { rule: 'name', field: fields.n === undefined ? 'bn' : 'n' }
  const unit = fields.u === undefined ? base.bu : unquote(fields.u)
  if (unit !== undefined && !units.has(unit)) return { rule: 'unit', field: fields.u === undefined ? 'bu' : 'u' }
  const given = valueLabels.filter(label => fields[label] !== undefined)
  if (given.length > 1 || (given.length === 0 && fields.s === undefined)) return 'value'
  if (fields.vd !== undefined && !base64urlForm.test(unquote(fields.vd))) return { rule: 'base64url', field: 'vd' }
  if (fields.ut !== undefined && Number(fields.ut) < 0) return { rule: 'update-time', field: 'ut' }

  const since = sum(base.bt, fields.t)
  const time = Number(since) < RELATIVE_BELOW ? addDecimals(now, since) : since
  if (!isAddable(time)) return { rule: 'number', field: 't' }
  if (!(Number(time) >= 0 && Number(time) < END_OF_TIME)) return { rule: 'time-range', field: 't' }
  const v = fields.v === undefined ? undefined : sum(base.bv, fields.v)
  const s = fields.s === undefined && base.bs === '' ? undefined : sum(base.bs || '0', fields.s)
  if (v !== undefined && !isAddable(v)) return { rule: 'number', field: 'v' }
  if (s !== undefined && !isAddable(s)) return { rule: 'number', field: 's' }

  const text = `{${version(base)}"n":"${name}"${member('s', s)},"t":${time}${
    unit === undefined ? '' : `,"u":"${unit}"`
  }${member('ut', fields.ut)}${member('v', v)}${member('vb', fields.vb)}${
    fields.vd === undefined ? '' : `,"vd":"${unquote(fields.vd)}"`
  }${fields.vs === undefined ? '' : `,"vs":${JSON.stringify(unquote(fields.vs))}`}}`
  return { name, time: Number(time), text }
}

const valueLabels = ['v', 'vs', 'vb', 'vd'] as const
/** §4.5.1 */
const nameForm = /^[A-Za-z0-9][-A-Za-z0-9:./_]{0,499}$/
const base64urlForm = /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/

/** As received unless there is something to add. */
const sum = (base: string, own: string | undefined): string =>
  own === undefined ? base : base === '0' ? own : addDecimals(base, own)

const member = (label: Label, token: string | undefined): string => (token === undefined ? '' : `,"${label}":${token}`)

/** Resolved records name a version only when it isn't the default (§4.6). */
const version = (base: Base): string => (base.version === '10' ? '' : `"bver":${base.version},`)

const takeVersion = (base: Base, bver: string | undefined): boolean => {
  if (bver !== undefined && !/^(?:[1-9]|10)$/.test(bver)) return false
  base.version ??= bver ?? '10'
  return bver === undefined || bver === base.version
}

const checkType = (label: Label, token: string): Wrong | undefined => {
  const first = token.charCodeAt(0)
  const type = first === 0x22 ? 'string' : first === 0x2d || (first >= 0x30 && first <= 0x39) ? 'number' : token
  const wanted = labels[label]
  const fits = wanted === 'boolean' ? token === 'true' || token === 'false' : type === wanted
  if (!fits) return { rule: 'type', field: label }
  return wanted === 'number' && !isAddable(token) ? { rule: 'number', field: label } : undefined
}

const failure = (rule: SenmlRule, record: number, field?: string): SenmlFailure => ({
  ok: false,
  ...{ rule, record, field, message: senmlRules[rule] },
})
