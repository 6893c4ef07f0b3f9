import { utcInstant } from '../instant.ts'
import { canonicalCode } from '../normalize.ts'
import { bareTerm, namespacesOf, type Vocabulary } from '../vocabulary.ts'
import { type Comparison, type Condition, comparisons, type EpcPattern, type EventQuery } from './query.ts'
import { type Measure, measures, sensorAttributes } from './sensor.ts'

/** `unsupported` is in the standard and not here. */
export type QueryProblem = {
  readonly ok: false
  readonly parameter: string
  readonly message: string
  readonly unsupported: boolean
}
export type QueryReading = { readonly ok: true; readonly query: EventQuery } | QueryProblem

/** Values as JSON has them, or as a URL does: lists joined by `|`. */
export type Parameters = Readonly<Record<string, unknown>>

/** More than any person writes, and little enough to judge each event by. */
const MOST_VALUES = 500

/**
 * Reads the parameters of a simple event query (EPCIS 2.0, 8.2.7.1), by the same names in a URL and in a named query.
 * A name that is not in the standard is a problem: a condition passed over would answer with too much.
 */
export const parseQuery = (parameters: Parameters): QueryReading => {
  const conditions: Condition[] = []
  let order: Pick<EventQuery, 'orderBy' | 'direction'> = { orderBy: 'recordTime', direction: 'ASC' }
  let limits: Pick<EventQuery, 'eventCountLimit' | 'maxEventCount'> = {}
  try {
    for (const [name, value] of Object.entries(parameters)) {
      if (value === undefined) continue
      if (name === 'orderBy') order = { ...order, orderBy: orderOf(name, value) }
      else if (name === 'orderDirection') order = { ...order, direction: directionOf(name, value) }
      else if (name === 'eventCountLimit' || name === 'maxEventCount')
        limits = { ...limits, [name]: count(name, value) }
      else conditions.push(...conditionOf(name, value))
    }
    if (limits.eventCountLimit !== undefined && limits.maxEventCount !== undefined) {
      throw problem('maxEventCount', 'eventCountLimit and maxEventCount exclude each other')
    }
    if (limits.eventCountLimit !== undefined && parameters.orderBy === undefined) {
      throw problem('eventCountLimit', 'means the first so many, and needs orderBy')
    }
    if ('orderBy' in parameters && !('orderDirection' in parameters)) order = { ...order, direction: 'DESC' }
    return { ok: true, query: { conditions, ...order, ...limits } }
  } catch (error) {
    if (error instanceof ParameterError) return error.problem
    throw error
  }
}

class ParameterError extends Error {
  readonly problem: QueryProblem
  constructor(problem: QueryProblem) {
    super(problem.message)
    this.problem = problem
  }
}
const problem = (parameter: string, message: string, unsupported = false) =>
  new ParameterError({ ok: false, parameter, message, unsupported })

const conditionOf = (name: string, value: unknown): Condition[] => {
  // Not what every object has: `constructor` is no parameter.
  const fixed = Object.hasOwn(fixedParameters, name) ? fixedParameters[name] : undefined
  if (fixed) return fixed(name, value)
  const [, by, rest] = /^(EQ|GT|GE|LT|LE|EXISTS|HASATTR|EQATTR)_(.+)$/.exec(name) ?? []
  if (by === undefined || rest === undefined) throw problem(name, 'is no parameter of an EPCIS event query')
  if (by === 'HASATTR' || by === 'EQATTR') throw problem(name, 'no master data is kept here', true)
  if (by === 'EXISTS') return [{ kind: 'exists', ...fieldOf(name, rest) }]
  const typed = /^(bizTransaction|source|destination)_(.+)$/.exec(rest)
  if (typed && by === 'EQ') return [listOfType(typed[1] as 'source', typed[2] ?? '', list(name, value))]
  const measure = new RegExp(`^(${measures.join('|')})_([A-Z0-9]{2,3})$`).exec(rest)
  if (measure) {
    const [, of, uom = ''] = measure
    return [{ kind: 'measure', of: of as Measure, uom, by: by as Comparison, than: number(name, value) }]
  }
  const any = by === 'EQ' ? list(name, value) : [text(name, value)]
  return [{ kind: 'field', ...fieldOf(name, rest), by: by as Comparison, any }]
}

/** `INNER_ILMD_example:colour`; a name of somebody's own has a namespace, as prefix or URI. */
const fieldOf = (name: string, rest: string) => {
  const [, inner, place, field = ''] = /^(INNER_)?(ILMD_|SENSORELEMENT_)?(.+)$/.exec(rest) ?? []
  if (!field.includes(':'))
    throw problem(name, 'is no parameter of an EPCIS event query; a field of your own has a namespace')
  const of = place === 'ILMD_' ? 'ilmd' : place === 'SENSORELEMENT_' ? 'sensorElement' : 'event'
  return { place: { of, inner: inner !== undefined } as const, field }
}

const standard = namespacesOf()
const words = (vocabulary: Vocabulary, values: readonly string[]) =>
  values.map(value => bareTerm(value, vocabulary, standard))

const listOfType = (
  kind: 'bizTransaction' | 'source' | 'destination',
  type: string,
  values: readonly string[],
): Condition => ({
  kind,
  type: bareTerm(type, kind === 'bizTransaction' ? 'transaction' : 'party', standard),
  any: values.map(canonicalCode),
})

const pattern = (value: string): EpcPattern => ({
  code: canonicalCode(value),
  instances: value.startsWith('urn:epc:idpat:'),
})

type Reader = (name: string, value: unknown) => Condition[]

const one =
  (of: (values: readonly string[]) => Condition): Reader =>
  (name, value) => [of(list(name, value))]
const time =
  (field: Extract<Condition, { kind: 'time' }>['field'], by: 'GE' | 'LT'): Reader =>
  (name, value) => [{ kind: 'time', field, by, at: instant(name, value) }]

const fixedParameters: Readonly<Record<string, Reader>> = {
  eventType: one(any => ({ kind: 'type', any })),
  EQ_action: (name, value) => {
    const any = list(name, value)
    const bad = any.find(it => !['ADD', 'OBSERVE', 'DELETE'].includes(it))
    if (bad !== undefined) throw problem(name, `takes ADD, OBSERVE and DELETE, not ${bad.slice(0, 40)}`)
    return [{ kind: 'action', any }]
  },
  EQ_bizStep: one(any => ({ kind: 'bizStep', any: words('bizStep', any) })),
  EQ_disposition: one(any => ({ kind: 'disposition', any: words('disposition', any) })),
  EQ_persistentDisposition_set: one(any => ({
    ...{ kind: 'persistentDisposition', part: 'set', any: words('disposition', any) },
  })),
  EQ_persistentDisposition_unset: one(any => ({
    ...{ kind: 'persistentDisposition', part: 'unset', any: words('disposition', any) },
  })),
  ...Object.fromEntries(
    (['readPoint', 'bizLocation'] as const).flatMap(kind => [
      [`EQ_${kind}`, one(any => ({ kind, within: false, any: any.map(canonicalCode) }))],
      [`WD_${kind}`, one(any => ({ kind, within: true, any: any.map(canonicalCode) }))],
    ]),
  ),
  EQ_transformationID: one(any => ({ kind: 'transformationID', any })),
  EQ_eventID: one(any => ({ kind: 'eventID', any })),
  EQ_errorReason: one(any => ({ kind: 'errorReason', any: words('reason', any) })),
  EQ_correctiveEventID: one(any => ({ kind: 'correctiveEventID', any })),
  ...Object.fromEntries(
    (['epc', 'parentID', 'inputEPC', 'outputEPC', 'anyEPC'] as const).map(where => [
      `MATCH_${where}`,
      one(any => ({ kind: 'epc', in: where, any: any.map(pattern) })),
    ]),
  ),
  ...Object.fromEntries(
    (['epcClass', 'inputEPCClass', 'outputEPCClass', 'anyEPCClass'] as const).map(where => [
      `MATCH_${where}`,
      one(any => ({ kind: 'epcClass', in: where, any: any.map(pattern) })),
    ]),
  ),
  ...Object.fromEntries(
    (['eventTime', 'recordTime', 'errorDeclarationTime', 'startTime', 'endTime'] as const).flatMap(field => [
      [`GE_${field}`, time(field, 'GE')],
      [`LT_${field}`, time(field, 'LT')],
    ]),
  ),
  ...Object.fromEntries(
    comparisons.map((by): [string, Reader] => [
      `${by}_quantity`,
      (name, value) => [{ kind: 'quantity', by, than: number(name, value) }],
    ]),
  ),
  EXISTS_errorDeclaration: (name, value) => (boolean(name, value) ? [{ kind: 'declaresError' }] : []),
  ...Object.fromEntries(
    sensorAttributes.map(attribute => [
      `EQ_${attribute}`,
      one(any => ({
        ...{ kind: 'sensor', attribute, any: attribute === 'type' ? words('measurement', any) : any },
      })),
    ]),
  ),
}

const list = (name: string, value: unknown): readonly string[] => {
  const values = Array.isArray(value) ? value : String(plain(name, value)).split('|')
  const texts = values.map(it => String(plain(name, it)))
  if (texts.length === 0 || texts.some(it => it === '')) throw problem(name, 'has an empty value')
  if (texts.length > MOST_VALUES) throw problem(name, `has more than ${MOST_VALUES} values`)
  return texts
}

const text = (name: string, value: unknown): string => {
  const [only = '', ...others] = list(name, value)
  if (others.length > 0) throw problem(name, 'takes one value')
  return only
}

const plain = (name: string, value: unknown): string | number | boolean => {
  if (typeof value === 'string' && value.length <= 100_000) return value
  if (typeof value === 'number' || typeof value === 'boolean') return value
  throw problem(name, 'takes text, a number, or a list of them')
}

const number = (name: string, value: unknown): number => {
  const given = text(name, value)
  if (!/^-?\d{1,15}(\.\d{1,15})?(e[+-]?\d{1,3})?$/i.test(given)) throw problem(name, 'takes a number')
  return Number(given)
}

const count = (name: string, value: unknown): number => {
  const given = number(name, value)
  if (!Number.isInteger(given) || given < 1) throw problem(name, 'takes a whole number above 0')
  return given
}

const boolean = (name: string, value: unknown): boolean => {
  const given = text(name, value)
  if (given !== 'true' && given !== 'false') throw problem(name, 'takes true or false')
  return given === 'true'
}

const instant = (name: string, value: unknown): number => {
  const given = text(name, value)
  const utc = given.length <= 60 ? utcInstant(given) : undefined
  if (utc === undefined) throw problem(name, 'takes a time with a zone, like 2026-11-23T08:00:00+08:00')
  // PostgreSQL has no year 0; nothing was scanned before either.
  return Math.max(Date.parse(utc), YEAR_ONE)
}
const YEAR_ONE = Date.parse('0001-01-01T00:00:00Z')

const orderOf = (name: string, value: unknown): EventQuery['orderBy'] => {
  const given = text(name, value)
  if (given === 'eventTime' || given === 'recordTime') return given
  throw problem(name, 'is served for eventTime and recordTime', true)
}

const directionOf = (name: string, value: unknown): EventQuery['direction'] => {
  const given = text(name, value)
  if (given === 'ASC' || given === 'DESC') return given
  throw problem(name, 'takes ASC or DESC')
}
