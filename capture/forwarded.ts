import { equal, fromBase64url } from '../core/bytes.ts'
import { canonical } from '../core/canonical.ts'
import type { Caller } from '../core/contract.ts'
import { commitment } from '../core/entry.ts'
import type { ScanEvent } from '../core/epcis/scan-event.ts'
import { Refusal } from '../core/errors.ts'
import { parseUscc } from '../core/uscc.ts'
import { asNode } from '../db/database.ts'
import { type CaptureDeps, type ForwardedEvent, submission, verifiedDevice } from './capture.ts'
import { capturedBefore, finishCapture, insertCapture } from './store.ts'

/**
 * Takes in events that were captured at the caller's own node. What counts is the device's signature: each event must
 * be the one committed to at its place of the signed list. Delivered again it changes nothing.
 */
export async function takeForwarded(
  deps: CaptureDeps,
  caller: Caller,
  forwarded: ForwardedEvent,
  read: (event: unknown) => ScanEvent,
): Promise<{ taken: number; repeated: number }> {
  const digests = forwarded.digests.map(fromBase64url)
  await deps.enrol(forwarded.endorsement, caller.uscc)
  const { device, seq } = await verifiedDevice(deps, forwarded.jws, digests)
  if (device.uscc !== caller.uscc) throw new Refusal('NOT_YOURS', 'The device belongs to another organization')
  const batch = { id: forwarded.captureId, org: parseUscc(caller.uscc), device, jws: forwarded.jws, seq, digests }
  await asNode(deps.db, async tx => {
    await insertCapture(tx, { ...batch, device: device.thumbprint, behaviour: 'proceed' })
    await finishCapture(tx, batch.org, batch.id, true, [])
  })
  let taken = 0
  for (const { position, salt, event } of forwarded.events) {
    const scan = read(event)
    const body = canonical(event)
    const committed = digests[position]
    if (!committed || !equal(committed, commitment('event', fromBase64url(salt), body))) {
      throw new Refusal('CAPTURE_SIGNATURE_INVALID', `The event at ${position} is not the one that was signed`)
    }
    const one = await asNode(deps.db, async tx => {
      const before = await capturedBefore(tx, caller.uscc, [
        { eventId: scan.eventId, declaresError: scan.errorDeclaration !== undefined },
      ])
      return before.size
        ? undefined
        : submission({ ...deps, forward: async () => undefined }, tx, batch, {
            scan,
            position,
            salt: fromBase64url(salt),
            body,
          })
    })
    if (!one) continue
    await deps.append(one)
    taken++
  }
  return { taken, repeated: forwarded.events.length - taken }
}
