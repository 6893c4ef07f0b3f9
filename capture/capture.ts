import { randomUUID } from 'node:crypto'
import { fromBase64url } from '../core/bytes.ts'
import { captureDigests, captureSalt, readCapture, verifyCapture } from '../core/capture.ts'
import type { Caller } from '../core/contract.ts'
import { Refusal, refusals } from '../core/errors.ts'
import { parseUscc } from '../core/uscc.ts'
import { asNode, type Tx } from '../db/database.ts'
import type { CaptureDeps, Logged } from './deps.ts'
import type { PlacedScan } from './read.ts'
import { capturedBefore, dropCapture, finishCapture, insertCapture } from './store.ts'
import { type Capture, type Captured, submission } from './submission.ts'

export type Received = {
  /** Those that are right, with their places in the document. */
  readonly scans: readonly PlacedScan[]
  /** RFC 8785 bytes of all events in the document's order. */
  readonly bodies: readonly Uint8Array[]
  /** Of those that are not. */
  readonly errors: readonly CaptureError[]
  readonly behaviour: 'rollback' | 'proceed'
  readonly salt: string | undefined
  readonly signature: string | undefined
}

type Batch = Capture & { readonly scans: readonly Captured[] }

export type Taken = { readonly eventID: string; readonly logged: Logged }
export type CaptureError = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly position: number
}

/**
 * Takes one document. With `rollback` all events enter the log in one transaction or none does; with `proceed` each for
 * itself. Either way nothing of a refused event is kept.
 */
export async function captureEvents(
  deps: CaptureDeps,
  caller: Caller,
  received: Received,
): Promise<{ id: string; taken: Taken[]; errors: CaptureError[] }> {
  const batch = await open(deps, caller, received)
  await asNode(deps.db, tx =>
    insertCapture(tx, {
      id: batch.id,
      org: batch.org,
      device: batch.device?.thumbprint ?? null,
      jws: batch.jws ?? null,
      digests: batch.digests,
      seq: batch.seq,
      behaviour: received.behaviour,
    }),
  )
  const { taken, errors: refused } = await (received.behaviour === 'rollback'
    ? together(deps, batch)
    : oneByOne(deps, batch)
  ).catch(async error => {
    // Refused, so nothing of it is in the log. After a fault that can't be known, and the job stays unfinished.
    if (error instanceof Refusal && error.status < 500)
      await asNode(deps.db, tx => dropCapture(tx, batch.org, batch.id))
    throw error
  })
  const errors = [...received.errors, ...refused].sort((a, b) => a.position - b.position)
  await asNode(deps.db, tx => finishCapture(tx, batch.org, batch.id, errors.length === 0, errors))
  return { id: batch.id, taken, errors }
}

async function open(deps: CaptureDeps, caller: Caller, received: Received): Promise<Batch> {
  const { scans, bodies, salt, signature } = received
  const unsigned = {
    id: randomUUID(),
    org: parseUscc(caller.uscc),
    device: undefined,
    jws: undefined,
    seq: null,
    digests: [],
  }
  if (signature === undefined) {
    if (salt !== undefined) throw new Refusal('CAPTURE_SIGNATURE_INVALID', 'Capture-Salt without Capture-Signature')
    return {
      ...unsigned,
      scans: scans.map(it => ({ ...it, salt: undefined, body: bodies[it.position]! })),
    }
  }
  const seed = readSeed(salt)
  const digests = captureDigests(seed, bodies)
  const { device, seq } = await verifiedDevice(deps, signature, digests)
  if (device.uscc !== caller.uscc) throw new Refusal('NOT_YOURS', 'The device belongs to another organization')
  return {
    ...unsigned,
    device,
    jws: signature,
    seq,
    digests,
    scans: scans.map(it => ({ ...it, salt: captureSalt(seed, it.position), body: bodies[it.position]! })),
  }
}

/** The device that signed this list, enrolled and valid now. */
export async function verifiedDevice(deps: CaptureDeps, jws: string, digests: readonly Uint8Array[]) {
  const read = readCapture(jws)
  if (!read.ok) throw new Refusal('CAPTURE_SIGNATURE_INVALID', read.detail)
  const device = await asNode(deps.db, tx => deps.deviceKey(tx, read.statement.device))
  if (!device) throw new Refusal('KEY_UNKNOWN', 'The device that signed is not enrolled here, or no longer')
  const verified = await verifyCapture(jws, digests, device.jwk)
  if (!verified.ok) throw new Refusal('CAPTURE_SIGNATURE_INVALID', verified.detail)
  return { device, seq: BigInt(verified.statement.seq) }
}

const readSeed = (salt: string | undefined): Uint8Array => {
  try {
    const seed = fromBase64url(salt ?? '')
    if (seed.length === 32) return seed
  } catch {
    // Said below, together with the wrong length.
  }
  throw new Refusal('CAPTURE_SIGNATURE_INVALID', 'Capture-Salt must be 32 bytes in base64url')
}

async function together(deps: CaptureDeps, batch: Batch): Promise<{ taken: Taken[]; errors: CaptureError[] }> {
  const submissions = await asNode(deps.db, async tx => {
    await refuseRepeats(tx, batch)
    return Promise.all(batch.scans.map(it => submission(deps, tx, batch, it)))
  })
  const logged = await deps.appendAll(submissions).catch(asRepeat)
  return { taken: logged.map((it, i) => ({ eventID: batch.scans[i]!.scan.eventId, logged: it })), errors: [] }
}

async function oneByOne(deps: CaptureDeps, batch: Batch): Promise<{ taken: Taken[]; errors: CaptureError[] }> {
  const outcomes = await Promise.all(
    batch.scans.map(async it => {
      try {
        const one = await asNode(deps.db, async tx => {
          await refuseRepeats(tx, { ...batch, scans: [it] })
          return submission(deps, tx, batch, it)
        })
        return { taken: { eventID: it.scan.eventId, logged: await deps.append(one).catch(asRepeat) } }
      } catch (error) {
        if (!(error instanceof Refusal) || error.status >= 500) throw error
        return { error: captureError(error, it.position) }
      }
    }),
  )
  return { taken: outcomes.flatMap(it => it.taken ?? []), errors: outcomes.flatMap(it => it.error ?? []) }
}

export const captureError = (refusal: Refusal, position: number): CaptureError => ({
  type: `urn:tallystick:problem:${refusal.code}`,
  title: refusals[refusal.code][1],
  status: refusal.status,
  detail: refusal.message,
  position,
})

async function refuseRepeats(tx: Tx, batch: Pick<Batch, 'org' | 'scans'>): Promise<void> {
  const ids = batch.scans.map(({ scan }) => ({
    eventId: scan.eventId,
    declaresError: scan.errorDeclaration !== undefined,
  }))
  const keys = ids.map(it => `${it.declaresError} ${it.eventId}`)
  const before = await capturedBefore(tx, batch.org, ids)
  const repeat = keys.findIndex((key, i) => before.has(key) || keys.indexOf(key) < i)
  if (repeat >= 0) throw repeated(ids[repeat]?.eventId)
}

const repeated = (eventId: string | undefined) =>
  new Refusal('EVENT_EXISTS', `The event ${eventId ?? ''} was captured before`)

/** Two captures of one event at the same moment: the unique key decides, the second is told. */
export const asRepeat = (error: unknown): never => {
  if (
    error instanceof Error &&
    'constraint' in error &&
    error.constraint === 'events_org_event_id_declares_error_key'
  ) {
    throw repeated(undefined)
  }
  throw error
}
