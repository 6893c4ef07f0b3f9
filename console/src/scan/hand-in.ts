import { base64url, fromBase64url } from '../../../core/bytes.ts'
import { canonical } from '../../../core/canonical.ts'
import { captureDigests, signCapture } from '../../../core/capture.ts'
import { readDocument } from '../../../core/epcis/document.ts'
import type { RefusalCode } from '../../../core/errors.ts'
import type { ScanFindingCode } from '../../../core/scan-findings.ts'
import { inOneTransaction, request, settled } from '../session/database.ts'
import { type Device, readDevice } from '../session/device.ts'
import { epcisDocument, type Scanned, type ScanStep } from './event.ts'

/**
 * One capture on its way to the node. What will be sent is fixed when the clerk says so, number and all: sent twice it is
 * the same event, and the node takes it once.
 */
export type HandIn = {
  /** Of the event; the node knows a repetition by it. */
  readonly id: string
  readonly uscc: string
  readonly device: string
  readonly seq: number
  readonly despatch: string
  /** What people call the despatch advice. */
  readonly number: string
  readonly step: ScanStep
  readonly codes: number
  /** One of the codes: to ask the node by. */
  readonly about: string
  readonly at: string
  readonly body: string
  /** base64url; drawn once, so that what is signed never changes. */
  readonly seed: string
  /** Undefined between taking the number and signing: after a crash it is signed then. */
  readonly jws?: string
  readonly state: HandInState
}

export type HandInState =
  | { readonly name: 'waiting' }
  /** `said` is what the node holds of the scans, as far as it could be asked. */
  | { readonly name: 'taken'; readonly index: string; readonly at: string; readonly said?: Said }
  | { readonly name: 'refused'; readonly code: RefusalCode; readonly detail: string }

/** Whether it counts there, and what contradicts it. */
export type Said = {
  readonly entitled: boolean
  readonly reason: string | null
  readonly findings: readonly ScanFindingCode[]
}

type Wanted = {
  readonly uscc: string
  readonly device: Device
  readonly step: ScanStep
  readonly despatch: string
  readonly number: string
  readonly scanned: Scanned
  /** The bench that this empties. */
  readonly bench: string
}

/**
 * Takes what was scanned off the bench and into the queue, under the device's next number, all in one transaction: killed
 * at any moment the browser has the scans in one of the two places, and no number twice.
 */
export const enqueue = async ({ uscc, device, step, despatch, number, scanned, bench }: Wanted): Promise<HandIn> => {
  const id = crypto.randomUUID()
  const at = new Date()
  const document = epcisDocument({ id, at, step, location: device.location, despatch, scanned })
  // Before a number is taken: what the node would not read is not queued.
  eventBodies(document)
  const [about = ''] = scanned.keys()
  const seed = base64url(crypto.getRandomValues(new Uint8Array(32)))
  const handIn = await inOneTransaction(['devices', 'handIns', 'benches'], 'readwrite', async store => {
    const kept = (await settled(store('devices').get(uscc))) as Device | undefined
    if (kept?.thumbprint !== device.thumbprint) throw new Error('this browser is another device by now')
    const queued: HandIn = {
      ...{ id, uscc, device: device.thumbprint, seq: kept.seq + 1, despatch, number, step, codes: scanned.size, about },
      ...{ at: at.toISOString(), body: JSON.stringify(document), seed, state: { name: 'waiting' } },
    }
    store('devices').put({ ...kept, seq: queued.seq })
    store('handIns').add(queued)
    await settled(store('benches').delete(bench))
    return queued
  })
  return signed(handIn)
}

/** With the device's signature, which is kept: one without was interrupted. It stays without where the key is gone. */
export const signed = async (handIn: HandIn): Promise<HandIn> => {
  if (handIn.jws !== undefined) return handIn
  const device = await readDevice(handIn.uscc)
  if (device?.thumbprint !== handIn.device) return handIn
  const digests = captureDigests(fromBase64url(handIn.seed), eventBodies(JSON.parse(handIn.body)))
  const { privateKey: key, thumbprint } = device
  const jws = await signCapture({ key, device: thumbprint, seq: handIn.seq, at: new Date(handIn.at) }, digests)
  return keep({ ...handIn, jws })
}

export const keep = async (handIn: HandIn): Promise<HandIn> => {
  await request('handIns', 'readwrite', store => store.put(handIn))
  return handIn
}

export const forget = async (id: string): Promise<void> => {
  await request('handIns', 'readwrite', store => store.delete(id))
}

/** In the order of their numbers. */
export const listHandIns = async (uscc: string): Promise<readonly HandIn[]> => {
  const all = (await request('handIns', 'readonly', store => store.getAll())) as readonly HandIn[]
  return all.filter(it => it.uscc === uscc).toSorted((a, b) => a.at.localeCompare(b.at) || a.seq - b.seq)
}

const eventBodies = (document: unknown): readonly Uint8Array[] => {
  const reading = readDocument(document)
  if (!reading.ok) throw new TypeError('the scans make no EPCIS document')
  return reading.events.map(event => {
    if (!event.ok) throw new TypeError('the scans make no EPCIS event')
    return canonical(event.scan.event)
  })
}
