import type { Role } from '../../../core/access.ts'
import type { Document } from '../api/lists.ts'

/** The steps of a hand-over that this page takes, with the state that each leaves the goods in. */
const dispositions = {
  shipping: 'in_transit',
  receiving: 'in_progress',
  accepting: 'in_progress',
  returning: 'returned',
} as const
export type ScanStep = keyof typeof dispositions

/** Sellers ship; scans of a hospital end at warehouse acceptance. */
export const stepsOf = (roles: readonly Role[]): readonly ScanStep[] =>
  roles.includes('hospital') || roles.includes('spd') ? ['receiving', 'accepting', 'returning'] : ['shipping']

type Despatch = Pick<Extract<Document['claims'], { kind: 'despatch' }>, 'shipment' | 'lines'>

/** One thing that is in the delivery by the seller's word. */
export type Expected = { readonly code: string; readonly quantity?: string; readonly unit?: string }

export const expectedOf = ({ shipment, lines }: Despatch): readonly Expected[] => {
  const lots = new Map<string, { quantity: number; unit: string }>()
  const serials: Expected[] = []
  for (const { item, serials: own, quantity, unit } of lines) {
    if (own) serials.push(...own.map(code => ({ code })))
    // Several lines of one lot are one lot in the box.
    else lots.set(item, { quantity: (lots.get(item)?.quantity ?? 0) + Number(quantity), unit })
  }
  return [
    { code: shipment },
    ...serials,
    ...[...lots].map(([code, { quantity, unit }]) => ({ code, quantity: String(quantity), unit })),
  ]
}

/** A serialised instance or a logistic unit; all else is counted. */
export const isInstance = (code: string): boolean => /\/21\/|\/00\/|\/8003\/|\/8004\//.test(code)

/** Code to quantity; instances have none. */
export type Scanned = ReadonlyMap<string, { readonly quantity: string; readonly unit: string } | undefined>

type Wanted = {
  readonly id: string
  readonly at: Date
  readonly step: ScanStep
  readonly location: string
  readonly despatch: string
  readonly scanned: Scanned
}

/** What the node knows the event by, whoever sends it how often. */
export const eventIdOf = (id: string): string => `urn:uuid:${id}`

/** One event: all that was scanned of one despatch advice in one step. */
export const epcisDocument = ({ id, at, step, location, despatch, scanned }: Wanted) => {
  const epcs = [...scanned].flatMap(([code, counted]) => (counted === undefined ? [code] : []))
  const quantities = [...scanned].flatMap(([epcClass, counted]) =>
    counted === undefined ? [] : [{ epcClass, quantity: Number(counted.quantity), uom: counted.unit }],
  )
  return {
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: at.toISOString(),
    epcisBody: {
      eventList: [
        {
          type: 'ObjectEvent',
          eventID: eventIdOf(id),
          action: 'OBSERVE',
          eventTime: at.toISOString(),
          eventTimeZoneOffset: offsetOf(at),
          bizStep: step,
          disposition: dispositions[step],
          readPoint: { id: location },
          bizLocation: { id: location },
          ...(epcs.length > 0 ? { epcList: epcs } : {}),
          ...(quantities.length > 0 ? { quantityList: quantities } : {}),
          bizTransactionList: [{ type: 'desadv', bizTransaction: despatch }],
        },
      ],
    },
  }
}

const offsetOf = (at: Date): string => {
  const minutes = -at.getTimezoneOffset()
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`
}
