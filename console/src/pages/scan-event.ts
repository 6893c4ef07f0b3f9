import { capture } from '../../../capture/contract.ts'
import type { Role } from '../../../core/access.ts'
import { base64url } from '../../../core/bytes.ts'
import { canonical } from '../../../core/canonical.ts'
import { captureDigests, signCapture } from '../../../core/capture.ts'
import { readDocument } from '../../../core/epcis/document.ts'
import { call } from '../api/call.ts'
import type { Document } from '../api/lists.ts'
import { type Device, nextSeq } from '../session/device.ts'
import type { Session } from '../session/session.tsx'

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

/** Signs what was scanned with the device's key and hands it in as one EPCIS event. */
export const handIn = async (
  { client, identity }: Session,
  { device, step, despatch, scanned }: { device: Device; step: ScanStep; despatch: string; scanned: Scanned },
) => {
  const document = epcisDocument(step, device.location, despatch, scanned)
  const reading = readDocument(document)
  if (!reading.ok) throw new TypeError('the scans make no EPCIS document')
  const bodies = reading.events.flatMap(event => (event.ok ? [canonical(event.scan.event)] : []))
  if (bodies.length !== reading.events.length) throw new TypeError('the scans make no EPCIS event')
  const seed = crypto.getRandomValues(new Uint8Array(32))
  const seq = await nextSeq(identity.uscc)
  const { privateKey: key, thumbprint } = device
  const jws = await signCapture({ key, device: thumbprint, seq, at: new Date() }, captureDigests(seed, bodies))
  return call(client, capture, {
    body: document,
    headers: { 'Capture-Salt': base64url(seed), 'Capture-Signature': jws },
  })
}

const epcisDocument = (step: ScanStep, location: string, despatch: string, scanned: Scanned) => {
  const now = new Date()
  const epcs = [...scanned].flatMap(([code, counted]) => (counted === undefined ? [code] : []))
  const quantities = [...scanned].flatMap(([epcClass, counted]) =>
    counted === undefined ? [] : [{ epcClass, quantity: Number(counted.quantity), uom: counted.unit }],
  )
  return {
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: now.toISOString(),
    epcisBody: {
      eventList: [
        {
          type: 'ObjectEvent',
          action: 'OBSERVE',
          eventTime: now.toISOString(),
          eventTimeZoneOffset: offsetOf(now),
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
