import type { EntitlementReason } from '../../core/entitlement.ts'
import { Refusal } from '../../core/errors.ts'
import { parseCode } from '../../core/identifier/code.ts'
import type { Reading } from '../../core/senml.ts'
import type { Uscc } from '../../core/uscc.ts'
import type { DeviceKey, Trade } from '../deps.ts'

/** What readings are about, and whether they count. */
export type Subject = {
  readonly code: string | null
  readonly parties: readonly Uscc[]
  readonly reason: EntitlementReason | null
}

/** CBV 2.0: what a device that may report only some steps must be enrolled for. */
const STEP = 'sensor_reporting'
const PLACE = 'https://id.gs1.org/414/'

/**
 * The code that a name begins with: `https://id.gs1.org/00/069012340000000013:temperature`, or with a slash instead of the
 * colon. Null where there is none, as in `urn:dev:ow:10e2073a01080063:voltage`.
 */
export const subjectOf = (name: string): string | null => {
  const ends = [name.length, name.lastIndexOf(':'), name.lastIndexOf('/')]
  for (const end of ends) {
    const parsed = end > 0 ? parseCode(name.slice(0, end)) : undefined
    if (parsed?.ok) return parsed.code.text
  }
  return null
}

/** Written as a code, so a slip in it must not turn the reading into one about the device. */
const codeForms = ['https://id.gs1.org/', 'urn:epc:id:', 'urn:epc:class:', 'hdl:']

const readSubject = (name: string, position: number): string | null => {
  const code = subjectOf(name)
  if (code !== null || !codeForms.some(form => name.startsWith(form))) return code
  throw new Refusal('TELEMETRY_INVALID', `/${position}/n: the name begins with no code that is written rightly`, {
    ...{ rule: 'code', pointer: `/${position}/n`, position },
  })
}

/** The subject of each reading, as an index into the list of all. Refusal TELEMETRY_INVALID for misspelt codes. */
export const subjectsOf = (
  readings: readonly Reading[],
): { readonly codes: readonly (string | null)[]; readonly of: readonly number[] } => {
  const byName = new Map<string, number>()
  const byCode = new Map<string | null, number>()
  const of = readings.map(({ name, record }) => {
    const known = byName.get(name)
    if (known !== undefined) return known
    const code = readSubject(name, record)
    const n = byCode.get(code) ?? byCode.size
    byCode.set(code, n)
    byName.set(name, n)
    return n
  })
  return { codes: [...byCode.keys()], of }
}

/**
 * Readings count when a device measured them where its owner enrolled it: about that place or a part of it, about the
 * device itself, or about goods to whose trade the owner is a party. Everything else is kept as self evidence.
 */
export const judge = (
  code: string | null,
  org: Uscc,
  device: DeviceKey | undefined,
  trades: readonly Trade[],
): Subject => {
  const parties = [...new Set([org, ...trades.flatMap(({ seller, buyer }) => [seller, buyer])])]
  return { code, parties, reason: reasonOf(code, org, device, trades) }
}

const reasonOf = (
  code: string | null,
  org: Uscc,
  device: DeviceKey | undefined,
  trades: readonly Trade[],
): EntitlementReason | null => {
  if (device === undefined) return 'UNSIGNED'
  if (device.steps !== undefined && !device.steps.includes(STEP)) return 'DEVICE_STEP'
  if (code === null) return null
  if (code.startsWith(PLACE)) {
    const { location } = device
    return location !== undefined && (code === location || code.startsWith(`${location}/254/`)) ? null : 'DEVICE_PLACE'
  }
  if (trades.length === 0) return 'SHIPMENT_UNKNOWN'
  return trades.some(({ seller, buyer }) => seller === org || buyer === org) ? null : 'NOT_A_PARTY'
}
