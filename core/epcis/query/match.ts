import { parseCode } from '../../identifier/code.ts'
import { plainDecimal } from '../decimal.ts'
import { utcInstant } from '../instant.ts'
import type { ScanEvent } from '../scan-event.ts'
import { bareTerm, namespacesOf } from '../vocabulary.ts'
import { fieldValues } from './field.ts'
import type { Comparison, Condition, EpcPattern } from './query.ts'
import { sensorElements, sensorMetadata, sensorReports } from './sensor.ts'

const standard = namespacesOf()

/** Whether an event meets every condition. @param recordTime when it was logged */
export const matches = (scan: ScanEvent, recordTime: Date, conditions: readonly Condition[]): boolean =>
  conditions.every(condition => meets(scan, recordTime, condition))

const meets = (scan: ScanEvent, recordTime: Date, condition: Condition): boolean => {
  const { event, errorDeclaration } = scan
  switch (condition.kind) {
    case 'type':
      return condition.any.includes(scan.type)
    case 'action':
      return isOneOf(scan.action, condition.any)
    case 'bizStep':
      return isOneOf(scan.bizStep, condition.any)
    case 'disposition':
      return isOneOf(scan.disposition, condition.any)
    case 'eventID':
      return condition.any.includes(scan.eventId)
    case 'persistentDisposition':
      return textsAt(event, ['persistentDisposition', condition.part])
        .map(text => bareTerm(text, 'disposition', standard))
        .some(text => condition.any.includes(text))
    case 'readPoint':
    case 'bizLocation':
      return isAt(scan[condition.kind], condition.any, condition.within)
    case 'transformationID':
      return textsAt(event, ['transformationID']).some(text => condition.any.includes(text))
    case 'errorReason':
      return isOneOf(errorDeclaration?.reason, condition.any)
    case 'correctiveEventID':
      return errorDeclaration?.correctiveEventIds.some(id => condition.any.includes(id)) ?? false
    case 'declaresError':
      return errorDeclaration !== undefined
    case 'epc':
      return epcsIn(scan, condition.in).some(code => fits(code, condition.any))
    case 'epcClass':
      return classesIn(scan, condition.in).some(code => fits(code, condition.any))
    case 'bizTransaction':
      return scan.bizTransactions.some(it => it.type === condition.type && condition.any.includes(it.id))
    case 'source':
      return scan.sources.some(it => it.type === condition.type && condition.any.includes(it.id))
    case 'destination':
      return scan.destinations.some(it => it.type === condition.type && condition.any.includes(it.id))
    case 'time':
      return timesOf(scan, recordTime, condition.field).some(at =>
        condition.by === 'GE' ? at >= condition.at : at < condition.at,
      )
    case 'quantity':
      return [...scan.quantities, ...scan.inputQuantities].some(
        ({ quantity }) => quantity !== undefined && compare(Number(quantity), condition.by, condition.than),
      )
    case 'sensor':
      return [...sensorMetadata(event), ...sensorReports(event)]
        .map(it => it[condition.attribute])
        .filter(it => typeof it === 'string' || typeof it === 'boolean')
        .map(it => (condition.attribute === 'type' ? bareTerm(String(it), 'measurement', standard) : String(it)))
        .some(it => condition.any.includes(it))
    case 'measure':
      return sensorReports(event).some(report => {
        const value = report[condition.of]
        return typeof value === 'number' && report.uom === condition.uom && compare(value, condition.by, condition.than)
      })
    case 'exists':
      return placesOf(scan, condition.place.of).some(
        place => fieldValues(place, condition.field, condition.place.inner).length > 0,
      )
    case 'field':
      return placesOf(scan, condition.place.of)
        .flatMap(place => fieldValues(place, condition.field, condition.place.inner))
        .some(value => isLike(value, condition.by, condition.any))
  }
}

const isOneOf = (value: string | undefined, any: readonly string[]): boolean =>
  value !== undefined && any.includes(value)

/** Below a location stand its extensions: `/414/…/254/…` below `/414/…`. */
const isAt = (place: string | undefined, any: readonly string[], within: boolean): boolean =>
  place !== undefined && any.some(it => place === it || (within && place.startsWith(`${it}/254/`)))

const epcsIn = (scan: ScanEvent, where: Extract<Condition, { kind: 'epc' }>['in']): readonly string[] => {
  const parent = scan.parent === undefined ? [] : [scan.parent]
  const transforms = scan.type === 'TransformationEvent'
  if (where === 'epc') return transforms ? [] : scan.epcs
  if (where === 'parentID') return parent
  if (where === 'inputEPC') return scan.inputEpcs
  if (where === 'outputEPC') return transforms ? scan.epcs : []
  return [...scan.epcs, ...parent, ...scan.inputEpcs]
}

const classesIn = (scan: ScanEvent, where: Extract<Condition, { kind: 'epcClass' }>['in']): readonly string[] => {
  const transforms = scan.type === 'TransformationEvent'
  const own = scan.quantities.map(it => it.epcClass)
  const inputs = scan.inputQuantities.map(it => it.epcClass)
  if (where === 'epcClass') return transforms ? [] : own
  if (where === 'inputEPCClass') return inputs
  if (where === 'outputEPCClass') return transforms ? own : []
  return [...own, ...inputs]
}

/** A pattern stands for every instance and lot of its key. */
const fits = (code: string, any: readonly EpcPattern[]): boolean =>
  any.some(it => it.code === code || (it.instances && keyOf(code) === it.code))

const keyOf = (text: string): string | undefined => {
  const parsed = parseCode(text)
  return parsed.ok && parsed.code.scheme === 'gs1'
    ? text.split('/').slice(0, 5).join('/') // https://id.gs1.org/{ai}/{key}
    : undefined
}

const timesOf = (
  scan: ScanEvent,
  recordTime: Date,
  field: Extract<Condition, { kind: 'time' }>['field'],
): readonly number[] => {
  if (field === 'recordTime') return [recordTime.getTime()]
  if (field === 'eventTime') return [Date.parse(scan.eventTime)]
  const texts =
    field === 'errorDeclarationTime'
      ? [scan.errorDeclaration?.declarationTime]
      : sensorMetadata(scan.event).map(it => it[field])
  return texts.flatMap(text => {
    const utc = typeof text === 'string' ? utcInstant(text) : undefined
    return utc === undefined ? [] : [Date.parse(utc)]
  })
}

const placesOf = ({ event }: ScanEvent, of: 'event' | 'ilmd' | 'sensorElement'): readonly unknown[] =>
  of === 'event' ? [event] : of === 'ilmd' ? [event.ilmd] : sensorElements(event)

/** EQ compares as text; an order there is among times, and among numbers. */
const isLike = (value: unknown, by: Comparison, any: readonly string[]): boolean => {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return false
  if (by === 'EQ' && any.includes(String(value))) return true
  return any.some(than => {
    const [a, b] = [orderOf(value), orderOf(than)]
    return a !== undefined && b !== undefined && compare(a, by, b)
  })
}

const orderOf = (value: unknown): number | undefined => {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  if (plainDecimal(value) !== undefined) return Number(value)
  const utc = utcInstant(String(value))
  return utc === undefined ? undefined : Date.parse(utc)
}

const compare = (a: number, by: Comparison, b: number): boolean => {
  if (by === 'EQ') return a === b
  if (by === 'GT') return a > b
  if (by === 'GE') return a >= b
  return by === 'LT' ? a < b : a <= b
}

const textsAt = (from: unknown, path: readonly string[]): readonly string[] => {
  const end = path.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined),
    from,
  )
  return (Array.isArray(end) ? end : [end]).filter(it => typeof it === 'string')
}
