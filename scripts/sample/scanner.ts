import { randomBytes, randomUUID } from 'node:crypto'
import { makeKeys } from '../../certs/keys.ts'
import { base64url } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import { captureDigests, signCapture } from '../../core/capture.ts'
import { readDocument } from '../../core/epcis/document.ts'
import { jwkThumbprint, toPublicJwk } from '../../core/jwk.ts'
import { typ } from '../../core/typ.ts'
import { type Actor, instant, send, sign } from './actor.ts'

/** A hand scanner at one place, with a key of its own that its owner's certificate endorsed. */
export type Scanner = { readonly capture: (events: readonly ScanInput[]) => Promise<void> }

export type ScanInput = {
  readonly bizStep: 'shipping' | 'receiving' | 'accepting'
  /** RFC 3339 with milliseconds, UTC. */
  readonly at: string
  /** Logistic unit, and instances. */
  readonly epcs: readonly string[]
  readonly quantities?: readonly { readonly epcClass: string; readonly quantity: number; readonly uom?: string }[]
  /** Code of the despatch advice. */
  readonly despatch: string
}

export async function enrolScanner(owner: Actor, location: string, label: string, from: Date): Promise<Scanner> {
  const keys = await makeKeys()
  const jwk = toPublicJwk(await crypto.subtle.exportKey('jwk', keys.publicKey))
  const device = jwkThumbprint(jwk)
  const endorsement = {
    id: randomUUID(),
    kind: 'device',
    uscc: owner.uscc,
    jwk,
    thumbprint: device,
    location,
    label,
    notBefore: instant(from),
    notAfter: instant(new Date(Date.now() + 365 * 86_400_000)),
  }
  await send(owner, 'POST', '/api/v1/keys', await sign(owner, typ.keyEndorsement, endorsement))
  let seq = 0
  return {
    async capture(events) {
      const document = epcisDocument(events, location)
      const reading = readDocument(document)
      if (!reading.ok) throw new Error(`the sample made no EPCIS: ${JSON.stringify(reading.problems.slice(0, 3))}`)
      const seed = new Uint8Array(randomBytes(32))
      const bodies = reading.events.flatMap(event => (event.ok ? [canonical(event.scan.event)] : []))
      if (bodies.length !== events.length) throw new Error('the sample made an event that is no EPCIS')
      const jws = await signCapture(
        { key: keys.privateKey, device, seq: ++seq, at: new Date() },
        captureDigests(seed, bodies),
      )
      await owner.client.json('POST', '/epcis/capture', undefined, {
        body: JSON.stringify(document),
        type: 'application/ld+json',
        headers: { 'Capture-Salt': base64url(seed), 'Capture-Signature': jws },
      })
    },
  }
}

const epcisDocument = (events: readonly ScanInput[], location: string) => ({
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: new Date().toISOString(),
  epcisBody: {
    eventList: events.map(({ bizStep, at, epcs, quantities, despatch }) => ({
      type: 'ObjectEvent',
      action: 'OBSERVE',
      eventTime: at,
      eventTimeZoneOffset: '+08:00',
      bizStep,
      disposition: bizStep === 'shipping' ? 'in_transit' : 'in_progress',
      readPoint: { id: location },
      bizLocation: { id: location },
      epcList: epcs,
      ...(quantities?.length ? { quantityList: quantities } : {}),
      bizTransactionList: [{ type: 'desadv', bizTransaction: despatch }],
    })),
  },
})
