import type { Bundle, BundleRecord } from '../bundle.ts'
import { fromHex } from '../bytes.ts'
import { type CaptureStatement, readCapture, verifyCapture } from '../capture.ts'
import { type Endorsement, isEndorsedAt } from '../endorsement.ts'
import type { Signer } from '../jws-chain.ts'
import type { Context } from './context.ts'
import { idOf, subjectOf } from './log.ts'
import { type Content, type Demand, DisclosureError, type Read, readRecord, standings } from './open.ts'
import { judge } from './signed.ts'
import { signedAt } from './signing-time.ts'
import { about, type Step } from './step.ts'

/** A record with what was found about its signatures. */
export type Opened = {
  readonly record: BundleRecord
  /** Hex commitment. */
  readonly id: string
  /** When the node says that the log took it. Signatures are judged by proven times (signing-time.ts). */
  readonly loggedAt: Date
  /** Undefined where the record can't be read. */
  readonly content: Content | undefined
  /** One for each signature, in order; empty unless all of them are by whom they must be by. */
  readonly signers: readonly Signer[]
  /** Of an event: the device whose capture holds it, when its signature and its owner's endorsement are good. */
  readonly device: Device | undefined
  readonly steps: readonly Step[]
}

export type Device = {
  readonly endorsement: Endorsement
  /** Hex commitment of the endorsement. */
  readonly endorsedBy: string
  readonly statement: CaptureStatement
}

/** Reads every record and judges its signatures. Never throws. */
export const openRecords = async (
  bundle: Pick<Bundle, 'records' | 'captures'>,
  context: Context,
): Promise<{ readonly opened: readonly Opened[]; readonly steps: readonly Step[] }> => {
  const opened: Opened[] = []
  for (const record of bundle.records) opened.push(await open(record, context))
  const endorsed = opened.flatMap(({ id, content, signers }) =>
    content?.type === 'endorsement' && (signers.length > 0 || context.trust === undefined)
      ? [{ id, endorsement: content.endorsement }]
      : [],
  )
  const captures = await Promise.all(bundle.captures.map((_, i) => checkCapture(bundle, i, endorsed)))
  const withDevices = opened.map(it => (it.content?.type === 'event' ? withDevice(it, bundle, captures) : it))
  return { opened: withDevices.map(it => withoutRevoked(it, withDevices)), steps: captures.map(({ step }) => step) }
}

/** A mandate that its organization had taken back before the log took the act lets nobody sign it. */
const withoutRevoked = (it: Opened, all: readonly Opened[]): Opened => {
  const clerk = it.signers
    .flatMap(({ clerks = [] }) => clerks)
    .find(({ mandate }) =>
      all.some(
        ({ record, content, signers }) =>
          content?.type === 'mandate' &&
          'revoked' in content &&
          content.revoked.mandate === mandate &&
          signers.length > 0 &&
          BigInt(record.index) < BigInt(it.record.index),
      ),
    )
  if (clerk === undefined) return it
  const detail = `the organization had taken back the mandate of ${clerk.name}`
  return { ...it, signers: [], steps: [...it.steps, about('signature', subjectOf(it.record)).no(detail)] }
}

const open = async (record: BundleRecord, context: Context): Promise<Opened> => {
  const subject = subjectOf(record)
  const base = { record, id: idOf(record), loggedAt: new Date(record.loggedAt), device: undefined }
  let read: Read
  try {
    read = readRecord(record)
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'unreadable'
    const name = error instanceof DisclosureError ? 'disclosures' : 'record'
    return { ...base, content: undefined, signers: [], steps: [about(name, subject).no(detail)] }
  }
  const steps: Step[] = [about('record', subject).yes('well formed')]
  const { content, demands } = read
  if (content.type === 'document') {
    const { disclosures = [] } = record
    steps.push(about('disclosures', subject).yes(`${disclosures.length} disclosed, ${content.hidden} withheld`))
  }
  const signers: Signer[] = []
  for (const demand of demands) {
    const at = signedAt(context.times, record.index, demand.jws.signature)
    const { step, signer } = await checkDemand(demand, subject, at, context)
    steps.push(step)
    if (signer !== undefined) signers.push(signer)
  }
  const organization = record.type === 'authorization-state' ? undefined : demands[0]?.by
  if (organization !== undefined && record.org !== organization) {
    steps.push(about('record', subject).no(`kept as a record of ${record.org}, but signed by ${organization}`))
  }
  return { ...base, content, signers: signers.length === demands.length ? signers : [], steps }
}

const checkDemand = async (
  { jws, typ, by, as }: Demand,
  subject: string,
  at: Date,
  context: Context,
): Promise<{ readonly step: Step; readonly signer?: Signer }> => {
  const step = about('signature', subject)
  const judged = await judge(jws, typ, at, context)
  if (judged.outcome !== 'true') {
    return { step: judged.outcome === 'false' ? step.no(judged.detail) : step.unchecked(judged.detail) }
  }
  const { signer } = judged
  if (signer.uscc !== by) return { step: step.no(`signed by ${signer.uscc}, but it takes the signature of ${by}`) }
  if (!standings[as].some(role => signer.roles.includes(role))) {
    return { step: step.no(`the CA of ${signer.name} is not trusted to certify a ${as}`) }
  }
  const clerks = signer.clerks?.map(({ name }) => name).join(' and ')
  const under = clerks === undefined ? '' : `, by ${clerks} under its mandate`
  return { step: step.yes(`signed by ${signer.name} (${signer.uscc})${under}`), signer }
}

type Capture = { readonly step: Step; readonly statement?: CaptureStatement; readonly endorsed?: Endorsed }
type Endorsed = { readonly id: string; readonly endorsement: Endorsement }

/** The device's signature over the whole list, by a key that the owner endorsed for the time of each event shown. */
const checkCapture = async (
  { captures, records }: Pick<Bundle, 'records' | 'captures'>,
  position: number,
  endorsed: readonly Endorsed[],
): Promise<Capture> => {
  const step = about('capture', `capture ${position}`)
  const { jws, digests } = captures[position]!
  const events = records.filter(({ capture }) => capture?.of === position)
  if (events.length === 0) return { step: step.no('no event of it is in the bundle') }
  const read = readCapture(jws)
  if (!read.ok) return { step: step.no(read.detail) }
  const times = events.map(({ loggedAt }) => new Date(loggedAt))
  const known = endorsed.filter(({ endorsement }) => endorsement.thumbprint === read.statement.device)
  const valid = known.find(({ endorsement }) => times.every(at => isEndorsedAt(endorsement, at)))
  if (valid === undefined) {
    return {
      step: step.no(
        known.length === 0
          ? 'nobody endorsed the device that signed'
          : 'the endorsement of the device does not cover the time',
      ),
    }
  }
  const verified = await verifyCapture(jws, digests.map(fromHex), valid.endorsement.jwk)
  if (!verified.ok) return { step: step.no(verified.detail) }
  const stranger = events.findIndex(({ org }) => org !== valid.endorsement.uscc)
  if (stranger !== -1) return { step: step.no(`kept as a record of ${events[stranger]?.org}, whose device it is not`) }
  const { uscc, label } = valid.endorsement
  return {
    step: step.yes(`${digests.length} events signed by the device “${label}” of ${uscc}`),
    statement: verified.statement,
    endorsed: valid,
  }
}

/** An event without capture is its submitter's word alone: no step is false for that, the report weighs it. */
const withDevice = (it: Opened, { captures }: Pick<Bundle, 'captures'>, checked: readonly Capture[]): Opened => {
  const { capture } = it.record
  if (capture === undefined) return it
  const step = about('capture', subjectOf(it.record))
  if (captures[capture.of]?.digests[capture.position] !== it.id) {
    return { ...it, steps: [...it.steps, step.no('the event is not the one at its place in the signed list')] }
  }
  const { statement, endorsed } = checked[capture.of] ?? {}
  if (statement === undefined || endorsed === undefined) {
    return { ...it, steps: [...it.steps, step.no('the capture that holds it is not good')] }
  }
  return {
    ...it,
    device: { endorsement: endorsed.endorsement, endorsedBy: endorsed.id, statement },
    steps: [...it.steps, step.yes(`number ${capture.position} in the device's signed list`)],
  }
}
