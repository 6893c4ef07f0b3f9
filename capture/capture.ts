import { randomUUID } from 'node:crypto'
import { base64url, fromBase64url } from '../core/bytes.ts'
import { canonical } from '../core/canonical.ts'
import { captureDigests, captureSalt, readCapture, verifyCapture } from '../core/capture.ts'
import type { Caller } from '../core/contract.ts'
import { entitle } from '../core/entitlement.ts'
import { codesOf, type ScanEvent } from '../core/epcis/scan-event.ts'
import { Refusal, refusals } from '../core/errors.ts'
import { parseUscc, type Uscc } from '../core/uscc.ts'
import { asNode, type Db, type Tx } from '../db/database.ts'
import { capturedBefore, finishCapture, insertCapture, insertEvent } from './store.ts'

/** A device key as its owner endorsed it, valid now. */
export type DeviceKey = {
  readonly thumbprint: string
  readonly uscc: string
  readonly jwk: object
  /** Canonical code of the place it scans at; undefined for a roaming device. */
  readonly location: string | undefined
  readonly steps: readonly string[] | undefined
  /** What its owner signed: goes along with what the device captured. */
  readonly endorsement: string
}

export type Logged = {
  readonly index: bigint
  readonly digest: Uint8Array
  readonly receipt: string
  readonly loggedAt: Date
}

export type Submission = {
  readonly type: 'event'
  readonly org: Uscc
  readonly parties: readonly Uscc[]
  readonly body: Uint8Array
  readonly salt?: Uint8Array
  readonly effect: (tx: Tx, entry: { index: bigint; digest: Uint8Array; loggedAt: Date }) => Promise<void>
}

export type CaptureDeps = {
  readonly db: Db
  readonly append: (submission: Submission) => Promise<Logged>
  readonly appendAll: (submissions: readonly Submission[]) => Promise<readonly Logged[]>
  readonly deviceKey: (tx: Tx, thumbprint: string) => Promise<DeviceKey | undefined>
  /** Between whom the goods with these codes are traded. */
  readonly tradesOf: (tx: Tx, codes: readonly string[]) => Promise<readonly { seller: Uscc; buyer: Uscc }[]>
  /** Enrols the device of a forwarded event; harmless when it is enrolled. */
  readonly enrol: (endorsement: string, owner: string) => Promise<unknown>
  /** Hands a signed event on to the other parties' nodes, in the transaction that logs it. */
  readonly forward: (tx: Tx, parties: readonly string[], event: ForwardedEvent) => Promise<void>
  readonly now: () => Date
}

export type ForwardedEvent = {
  readonly captureId: string
  /** By which the owner enrols its device at the other node. */
  readonly endorsement: string
  readonly jws: string
  readonly digests: readonly string[]
  readonly events: readonly { position: number; salt: string; event: unknown }[]
}

export type Received = {
  readonly scans: readonly ScanEvent[]
  readonly behaviour: 'rollback' | 'proceed'
  readonly salt: string | undefined
  readonly signature: string | undefined
}

type Batch = {
  readonly id: string
  readonly org: Uscc
  readonly device: DeviceKey | undefined
  readonly jws: string | undefined
  readonly seq: bigint | null
  readonly digests: readonly Uint8Array[]
  /** Place of each scan in the signed list, and its salt. */
  readonly scans: readonly { scan: ScanEvent; position: number; salt: Uint8Array | undefined; body: Uint8Array }[]
}

export type Taken = { readonly eventID: string; readonly logged: Logged }
export type CaptureError = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly position: number
}

/** How far a scanner's clock may run ahead. */
const SKEW_MS = 5 * 60_000

/** Late enough that nobody could have wanted to know: an import, or a queue that was offline for a day. */
const LATE_MS = 24 * 3600_000

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
  const result = await (received.behaviour === 'rollback' ? together(deps, batch) : oneByOne(deps, batch))
  await asNode(deps.db, tx => finishCapture(tx, batch.org, batch.id, result.errors.length === 0, result.errors))
  return { id: batch.id, ...result }
}

async function open(deps: CaptureDeps, caller: Caller, { scans, salt, signature }: Received): Promise<Batch> {
  const bodies = scans.map(scan => canonical(scan.event))
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
      scans: scans.map((scan, position) => ({ scan, position, salt: undefined, body: bodies[position]! })),
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
    scans: scans.map((scan, position) => ({
      scan,
      position,
      salt: captureSalt(seed, position),
      body: bodies[position]!,
    })),
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
const asRepeat = (error: unknown): never => {
  if (
    error instanceof Error &&
    'constraint' in error &&
    error.constraint === 'events_org_event_id_declares_error_key'
  ) {
    throw repeated(undefined)
  }
  throw error
}

/** One event on its way into the log, with the row it leaves in the same transaction. */
export async function submission(
  deps: CaptureDeps,
  tx: Tx,
  batch: Omit<Batch, 'scans'>,
  it: Batch['scans'][number],
): Promise<Submission> {
  const { scan, position, salt, body } = it
  const now = deps.now().getTime()
  const eventTime = new Date(scan.eventTime)
  if (eventTime.getTime() > now + SKEW_MS)
    throw new Refusal('DATE_IN_FUTURE', `The event time ${scan.eventTime} lies in the future`)
  const codes = codesOf(scan)
  const trades = await deps.tradesOf(tx, codes)
  const judged = entitle(
    { step: scan.bizStep, disposition: scan.disposition, location: scan.bizLocation ?? scan.readPoint },
    { org: batch.org, device: batch.device },
    { trades, ownerOf: () => undefined, minters: [] },
  )
  // The parties of a trade see each other's scans of it; a scan of goods that nobody documented is its capturer's own.
  const everyone = [...new Set([batch.org, ...trades.flatMap(({ seller, buyer }) => [seller, buyer])])]
  return {
    type: 'event',
    org: batch.org,
    parties: everyone,
    body,
    ...(salt ? { salt } : {}),
    async effect(inside, { index, loggedAt }) {
      await insertEvent(
        inside,
        {
          index,
          capture: batch.id,
          position,
          org: batch.org,
          parties: everyone,
          event_id: scan.eventId,
          declares_error: scan.errorDeclaration !== undefined,
          type: scan.type,
          action: scan.action ?? null,
          biz_step: scan.bizStep ?? null,
          disposition: scan.disposition ?? null,
          event_time: eventTime,
          read_point: scan.readPoint ?? null,
          biz_location: scan.bizLocation ?? null,
          entitled: judged.entitled,
          reason: judged.reason ?? null,
          backfilled: loggedAt.getTime() - eventTime.getTime() > LATE_MS,
          event: scan.event,
          logged_at: loggedAt,
        },
        codes,
      )
      if (batch.jws !== undefined && salt !== undefined && batch.device) {
        await deps.forward(inside, everyone, {
          captureId: batch.id,
          endorsement: batch.device.endorsement,
          jws: batch.jws,
          digests: batch.digests.map(base64url),
          events: [{ position, salt: base64url(salt), event: scan.event }],
        })
      }
    },
  }
}
