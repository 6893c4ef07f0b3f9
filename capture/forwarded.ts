import { equal, fromBase64url } from '../core/bytes.ts'
import { canonical } from '../core/canonical.ts'
import type { Caller } from '../core/contract.ts'
import { commitment } from '../core/entry.ts'
import type { ScanEvent } from '../core/epcis/scan-event.ts'
import { Refusal } from '../core/errors.ts'
import { parseUscc } from '../core/uscc.ts'
import { asNode } from '../db/database.ts'
import { draftsOf, log, rowOf, verifiedDevice } from './capture.ts'
import type { CaptureDeps, ForwardedEvent } from './deps.ts'
import type { Captured } from './draft.ts'
import { insertCaptures, signatureOf } from './store.ts'
import type { Capture } from './submission.ts'

/**
 * Takes in events that were captured at the caller's own node. What counts is the device's signature: each event must
 * be the one committed to at its place of the signed list. Delivered again it changes nothing.
 */
export async function takeForwarded(
  deps: CaptureDeps,
  caller: Caller,
  forwarded: ForwardedEvent,
  read: (event: unknown, context?: unknown) => ScanEvent,
): Promise<{ taken: number; repeated: number }> {
  const digests = forwarded.digests.map(fromBase64url)
  await deps.enrol(forwarded.endorsement, caller.uscc)
  const { device, seq } = await verifiedDevice(deps, forwarded.jws, digests)
  if (device.uscc !== caller.uscc) throw new Refusal('NOT_YOURS', 'The device belongs to another organization')
  const batch = {
    id: forwarded.captureId,
    org: parseUscc(caller.uscc),
    device,
    jws: forwarded.jws,
    seq,
    digests,
    size: digests.length,
  }
  const events = forwarded.events.map(({ position, salt, event, context }) => {
    const scan = read(event, context)
    const body = canonical(scan.event)
    const committed = digests[position]
    if (!committed || !equal(committed, commitment('event', fromBase64url(salt), body))) {
      throw new Refusal('CAPTURE_SIGNATURE_INVALID', `The event at ${position} is not the one that was signed`)
    }
    return { scan, position, salt: fromBase64url(salt), body }
  })
  await asNode(deps.db, async tx => {
    await insertCaptures(tx, [rowOf(batch, 'proceed', [])])
    if ((await signatureOf(tx, batch.org, batch.id)) !== batch.jws) {
      throw new Refusal('CAPTURE_SIGNATURE_INVALID', 'Another capture has this captureId')
    }
  })
  const taken = await Promise.all(events.map(it => takeOne(deps, batch, it)))
  return { taken: taken.filter(Boolean).length, repeated: taken.filter(it => !it).length }
}

/** False where it is held already. */
async function takeOne(deps: CaptureDeps, batch: Capture, it: Captured): Promise<boolean> {
  const drafts = await draftsOf(deps, batch, [it])
  try {
    // Events go round once: from the node that captured them to those of the other parties.
    await log(deps, { capture: batch, row: undefined, drafts, forward: undefined })
    return true
  } catch (error) {
    if (error instanceof Refusal && error.code === 'EVENT_EXISTS') return false
    throw error
  }
}
