import { randomBytes } from 'node:crypto'
import { sha256 } from '#sha256'
import { base64url, fromBase64url, utf8 } from '../../core/bytes.ts'
import { canonical } from '../../core/canonical.ts'
import type { Caller } from '../../core/contract.ts'
import { Refusal } from '../../core/errors.ts'
import { type Reading, resolveSenml } from '../../core/senml.ts'
import { readingLeaves, readPack, unsignedPack, verifyPack } from '../../core/telemetry.ts'
import { parseUscc, type Uscc } from '../../core/uscc.ts'
import { asNode } from '../../db/database.ts'
import type { DeviceKey } from '../deps.ts'
import type { TelemetryDeps } from './deps.ts'
import { insertPack, readAgain } from './store.ts'
import { judge, subjectsOf } from './subjects.ts'

export type ReceivedPack = {
  /** Has been through `parseJson`. */
  readonly text: string
  readonly salt: string | undefined
  readonly signature: string | undefined
  readonly idempotencyKey: string | undefined
}

export type TakenPack = {
  readonly logged: Awaited<ReturnType<TelemetryDeps['append']>>
  readonly count: number
  /** Readings that count. */
  readonly entitled: number
}

/** One pack: all of it or nothing. */
export const takePack = async (deps: TelemetryDeps, caller: Caller, received: ReceivedPack): Promise<TakenPack> => {
  const { idempotencyKey } = received
  if (idempotencyKey !== undefined && !/^[\x21-\x7e]{1,200}$/.test(idempotencyKey)) {
    throw new Refusal('INVALID_REQUEST', 'Idempotency-Key has 1 to 200 visible ASCII characters')
  }
  const org = parseUscc(caller.uscc)
  if (received.signature === undefined) return takeUnsigned(deps, org, received)
  return log(deps, org, await signedPack(deps, org, received, received.signature))
}

/** How far a device's clock may run ahead. */
const SKEW_MS = 5 * 60_000
const MAX_READINGS = 10_000

type Pack = {
  readonly readings: readonly Reading[]
  readonly seed: Uint8Array
  readonly at: Date
  readonly body: Uint8Array
  readonly clientKey: string | undefined
  readonly signer: { readonly device: DeviceKey; readonly seq: number } | undefined
}

const signedPack = async (deps: TelemetryDeps, org: Uscc, received: ReceivedPack, jws: string): Promise<Pack> => {
  const body = utf8(jws)
  const read = readPack(body)
  if (!read.ok || read.jws === undefined || read.statement.device === undefined) {
    throw new Refusal('CAPTURE_SIGNATURE_INVALID', read.ok ? 'Capture-Signature is no compact JWS' : read.detail)
  }
  const seed = readSeed(received.salt)
  const at = new Date(read.statement.iat)
  if (at.getTime() > deps.now().getTime() + SKEW_MS)
    throw new Refusal('DATE_IN_FUTURE', 'The device signed in the future')
  const device = await deps.deviceKey(read.statement.device)
  if (!device) throw new Refusal('KEY_UNKNOWN', 'The device that signed is not enrolled here, or no longer')
  if (device.uscc !== org) throw new Refusal('NOT_YOURS', 'The device belongs to another organization')
  const readings = readingsOf(deps, received.text, at)
  const leaves = readingLeaves(
    seed,
    readings.map(({ text }) => text),
  )
  const verified = await verifyPack(jws, leaves, device.jwk)
  if (!verified.ok) throw new Refusal('CAPTURE_SIGNATURE_INVALID', verified.detail)
  const { seq } = verified.statement
  if (seq === undefined) throw new Refusal('CAPTURE_SIGNATURE_INVALID', 'The statement has no sequence')
  // The same signature again is the same pack; a new one under the same number is a finding.
  const clientKey = received.idempotencyKey ?? `jws ${base64url(sha256(body))}`
  return { readings, seed, at, body, clientKey, signer: { device, seq } }
}

/** The node signs for nobody: what it takes without a signature is its submitter's word. */
const takeUnsigned = async (deps: TelemetryDeps, org: Uscc, received: ReceivedPack): Promise<TakenPack> => {
  if (received.salt !== undefined) {
    throw new Refusal('CAPTURE_SIGNATURE_INVALID', 'Capture-Salt without Capture-Signature')
  }
  const clientKey = received.idempotencyKey
  const attempt = async () => {
    // A repetition has the same record only under the same seed and the same clock.
    const before = clientKey === undefined ? undefined : await asNode(deps.db, tx => readAgain(tx, org, clientKey))
    const [seed, at] = [before?.seed ?? new Uint8Array(randomBytes(32)), before?.iat ?? deps.now()]
    const readings = readingsOf(deps, received.text, at)
    const leaves = readingLeaves(
      seed,
      readings.map(({ text }) => text),
    )
    const body = canonical(unsignedPack(at, leaves))
    return { before, taken: () => log(deps, org, { readings, seed, at, body, clientKey, signer: undefined }) }
  }
  const first = await attempt()
  try {
    return await first.taken()
  } catch (error) {
    const overtaken = error instanceof Refusal && error.code === 'IDEMPOTENCY_CONFLICT' && first.before === undefined
    // Two at once under one key: the other one was first, and now its seed is known.
    if (overtaken) return (await attempt()).taken()
    throw error
  }
}

const readingsOf = (deps: TelemetryDeps, text: string, at: Date): readonly Reading[] => {
  const resolved = resolveSenml(text, at, deps.maxReadings ?? MAX_READINGS)
  if (!resolved.ok) {
    const { rule, record, field, message } = resolved
    const pointer = record < 0 ? '' : `/${record}${field === undefined ? '' : `/${field}`}`
    throw new Refusal('TELEMETRY_INVALID', `${pointer || 'the pack'}: ${message}`, {
      ...{ rule, pointer },
      ...(record < 0 ? {} : { position: record }),
    })
  }
  const latest = (deps.now().getTime() + SKEW_MS) / 1000
  const ahead = resolved.readings.find(({ time }) => time > latest)?.record
  if (ahead !== undefined) {
    throw new Refusal('DATE_IN_FUTURE', `/${ahead}/t: the reading lies in the future`, {
      ...{ pointer: `/${ahead}/t`, position: ahead, rule: 'time' },
    })
  }
  return resolved.readings
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

/** More subjects than that are not a pack of one place or one load. */
const MAX_SUBJECTS = 1_000

const log = async (deps: TelemetryDeps, org: Uscc, pack: Pack): Promise<TakenPack> => {
  const { readings, seed, at, body, clientKey, signer } = pack
  const { codes, of } = subjectsOf(readings)
  if (codes.length > MAX_SUBJECTS) {
    throw new Refusal('TELEMETRY_INVALID', `A pack is about at most ${MAX_SUBJECTS} codes`, { rule: 'subjects' })
  }
  const named = codes.filter(code => code !== null)
  const trades = named.length === 0 ? undefined : await deps.tradesOf(named)
  const subjects = codes.map(code => judge(code, org, signer?.device, (code && trades?.get(code)) || []))
  const parties = [...new Set(subjects.flatMap(subject => subject.parties))]
  const logged = await deps.append({
    ...{ type: 'telemetry', org, parties, body },
    ...(clientKey === undefined ? {} : { clientKey }),
    effect: (tx, { index, loggedAt }) =>
      insertPack(
        tx,
        {
          ...{ index, org, parties, iat: at, loggedAt, seed },
          ...{ device: signer?.device.thumbprint ?? null, seq: signer?.seq ?? null },
        },
        { readings, subjects, of },
      ),
  })
  const counts = subjects.map(({ reason }) => reason === null)
  return { logged, count: readings.length, entitled: of.filter(n => counts[n]).length }
}
