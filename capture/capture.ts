import { randomUUID } from 'node:crypto'
import { type CryptoKey, importJWK, type JWK } from 'jose'
import { BoundedCache } from '../core/bounded-cache.ts'
import { fromBase64url } from '../core/bytes.ts'
import { captureDigests, captureSalt, readCapture, verifyCapture } from '../core/capture.ts'
import type { Caller } from '../core/contract.ts'
import { Refusal } from '../core/errors.ts'
import { parseUscc } from '../core/uscc.ts'
import { asNode } from '../db/database.ts'
import { type CaptureError, captureError } from './capture-error.ts'
import type { CaptureDeps, DeviceKey, Logged } from './deps.ts'
import { type Captured, type Draft, draft, findable, submissionOf } from './draft.ts'
import { type Ended, endJob, type Taken } from './jobs.ts'
import type { PlacedScan } from './read.ts'
import { type CaptureRows, captureRows } from './rows.ts'
import { type CaptureRow, insertCaptures } from './store.ts'
import type { Capture } from './submission.ts'

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

/**
 * Takes one document. With `rollback` all events enter the log in one transaction or none does; with `proceed` each for
 * itself. Either way nothing of a refused event is kept.
 */
export async function captureEvents(
  deps: CaptureDeps,
  caller: Caller,
  received: Received,
): Promise<{ readonly id: string } & Ended> {
  const batch = await open(deps, caller, received)
  return received.behaviour === 'rollback' ? together(deps, batch) : oneByOne(deps, batch, received.errors)
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
    size: bodies.length,
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
  const device = await deps.deviceKey(read.statement.device)
  if (!device) throw new Refusal('KEY_UNKNOWN', 'The device that signed is not enrolled here, or no longer')
  const verified = await verifyCapture(jws, digests, await imported(device))
  if (!verified.ok) throw new Refusal('CAPTURE_SIGNATURE_INVALID', verified.detail)
  return { device, seq: BigInt(verified.statement.seq) }
}

/** Importing costs as much as verifying, and a scanner keeps its key; the thumbprint is of the key itself. */
const keys = new BoundedCache<string, CryptoKey>(10_000)

const imported = async ({ thumbprint, jwk }: DeviceKey): Promise<CryptoKey | JWK> => {
  const known = keys.get(thumbprint)
  if (known !== undefined) return known
  const key = await importJWK(jwk, 'ES256')
  // What is no public key is refused where it is used.
  if (key instanceof Uint8Array) return jwk
  keys.set(thumbprint, key)
  return key
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

async function together(deps: CaptureDeps, batch: Batch) {
  const drafts = await draftsOf(deps, batch, batch.scans)
  const row = rowOf(batch, 'rollback', [])
  const logged = await log(deps, { capture: batch, row, drafts, forward: deps.forward })
  return { id: batch.id, taken: takenOf(drafts, logged), errors: [] }
}

/** Events of one document under way at once: with more, one document would fill the queue of the log alone. */
const LANES = 500

async function oneByOne(deps: CaptureDeps, batch: Batch, before: readonly CaptureError[]) {
  const { id, org } = batch
  deps.working.add(id)
  try {
    // Written before its events, which refer to it; where all of them are refused, it says so.
    await asNode(deps.db, tx => insertCaptures(tx, [{ ...rowOf(batch, 'proceed', before), finished: false }]))
    const errors = [...before]
    const faults: unknown[] = []
    const busy: Refusal[] = []
    let next = 0
    const lane = async () => {
      for (let it = batch.scans[next++]; it !== undefined && faults.length === 0; it = batch.scans[next++]) {
        try {
          const drafts = await draftsOf(deps, batch, [it])
          await log(deps, { capture: batch, row: undefined, drafts, forward: deps.forward })
        } catch (error) {
          if (!(error instanceof Refusal)) faults.push(error)
          else {
            errors.push(captureError(error, it.position))
            if (error.status >= 500) busy.push(error)
          }
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(LANES, batch.scans.length) }, lane))
    // What became of it is not known here any more: endAbandonedJobs finds out.
    if (faults.length > 0) throw faults[0]
    const ended = await endJob(deps.db, { org, id, size: batch.size, errors })
    // Nothing is left of it, so the caller may try again as if it had never been.
    if (ended === 'forgotten') throw busy[0] ?? new Refusal('LOG_BUSY')
    return { id, ...ended }
  } finally {
    deps.working.delete(id)
  }
}

/** What may be logged of these, judged with one question about all their codes. */
export async function draftsOf(deps: CaptureDeps, capture: Capture, scans: readonly Captured[]): Promise<Draft[]> {
  const now = deps.now()
  const codes = scans.map(it => findable(it, now))
  const trades = await deps.tradesOf([...new Set(codes.flat())])
  return scans.map((it, i) => draft(capture, it, codes[i]!, trades))
}

export const log = (deps: CaptureDeps, rows: CaptureRows): Promise<readonly Logged[]> =>
  deps.appendBatch(
    rows.drafts.map(it => submissionOf(rows.capture, it)),
    { effect: captureRows, value: rows },
  )

export const rowOf = (
  { id, org, device, jws, digests, seq, size }: Capture,
  behaviour: 'rollback' | 'proceed',
  errors: readonly CaptureError[],
): CaptureRow => ({
  ...{ id, org, device: device?.thumbprint ?? null, jws: jws ?? null, digests, seq, size, behaviour, errors },
  ...{ finished: true, entries: undefined },
})

const takenOf = (drafts: readonly Draft[], logged: readonly Logged[]): Taken[] =>
  logged.map((it, i) => ({ eventID: drafts[i]!.scan.eventId, logged: it }))
