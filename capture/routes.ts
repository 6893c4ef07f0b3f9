import { base64url } from '../core/bytes.ts'
import { type Caller, type Route, route } from '../core/contract.ts'
import { Refusal } from '../core/errors.ts'
import { parseCode } from '../core/identifier/code.ts'
import { asOrganization } from '../db/database.ts'
import { captureEvents } from './capture.ts'
import { type CaptureJob, capture, captureEvent, forwardEvents, listJobs, listScans, readJob } from './contract.ts'
import type { CaptureDeps, Logged } from './deps.ts'
import { findingsFor } from './findings.ts'
import { takeForwarded } from './forwarded.ts'
import { type ReadDocument, readDocument, readEvent } from './read.ts'
import { entriesOf, findScans, type JobRow, listCaptureRows, readCaptureRow } from './store.ts'

export const captureRoutes = (deps: CaptureDeps): Route[] => [
  route(capture, async ({ body, caller, request }) => {
    const behaviour = behaviourOf(request.header('GS1-Capture-Error-Behaviour'))
    const job = await take(deps, caller, request, readDocument(body, behaviour), behaviour)
    return { headers: { Location: `/epcis/capture/${job.captureID}`, 'GS1-EPCIS-Version': '2.0.0' }, body: job }
  }),
  route(captureEvent, async ({ body, caller, request }) => {
    const job = await take(deps, caller, request, readDocument(mustBeAlone(body), 'rollback'), 'rollback')
    const Location = `/epcis/events/${encodeURIComponent(job.receipts[0]?.eventID ?? '')}`
    return { headers: { Location, 'GS1-EPCIS-Version': '2.0.0' }, body: job }
  }),
  route(listJobs, async ({ query: { perPage, nextPageToken }, caller, request }) => {
    const [micros, id] = nextPageToken?.split('~') ?? []
    const after = micros === undefined || id === undefined ? undefined : { micros, id }
    const rows = await asOrganization(deps.db, caller.uscc, tx => listCaptureRows(tx, caller.uscc, after, perPage + 1))
    const page = rows.slice(0, perPage)
    const last = page.at(-1)
    const next = new URL(request.origin + request.url)
    if (last) next.searchParams.set('nextPageToken', `${last.micros}~${last.id}`)
    return {
      ...(rows.length > perPage ? { headers: { Link: `<${next.href}>; rel="next"` } } : {}),
      body: page.map(showJob),
    }
  }),
  route(readJob, async ({ params, caller }) => {
    const { job, entries } = await asOrganization(deps.db, caller.uscc, async tx => ({
      job: await readCaptureRow(tx, params.captureID),
      entries: await entriesOf(tx, caller.uscc, params.captureID),
    }))
    if (!job) throw new Refusal('NOT_FOUND', 'There is no capture job of this id')
    return {
      body: {
        ...showJob(job),
        // Signed anew: the promise is that of the day.
        ...(await promises(deps, entries)),
      },
    }
  }),
  route(listScans, async ({ query, caller }) => {
    const code = query.code === undefined ? undefined : canonicalCode(query.code)
    const before = query.before === undefined ? undefined : BigInt(query.before)
    const { rows, findings } = await asOrganization(deps.db, caller.uscc, async tx => {
      const rows = await findScans(tx, code, before, query.limit + 1)
      return { rows, findings: await findingsFor(tx, rows, deps.unregistered) }
    })
    const page = rows.slice(0, query.limit)
    return {
      body: {
        scans: page.map(row => ({
          index: row.index.toString(),
          eventID: row.event_id,
          type: row.type,
          bizStep: row.biz_step,
          eventTime: row.event_time.toISOString(),
          loggedAt: row.logged_at.toISOString(),
          org: row.org,
          device: row.device,
          location: row.biz_location ?? row.read_point,
          codes: [...row.codes],
          entitled: row.entitled,
          reason: row.reason,
          backfilled: row.backfilled,
          findings: (findings.get(row.index) ?? []).map(({ code, about, other }) => ({
            ...{ code, about: about ?? null, other: other === undefined ? null : String(other) },
          })),
          event: row.event,
        })),
        next: rows.length > page.length ? String(page.at(-1)?.index) : null,
      },
    }
  }),
  route(forwardEvents, async ({ body, caller }) => {
    if (caller.via !== 'node') throw new Refusal('ROLE_FORBIDDEN', 'Only a node forwards events')
    return { body: await takeForwarded(deps, caller, body, readEvent) }
  }),
]

const showJob = (job: JobRow) => ({
  captureID: job.id,
  createdAt: job.created_at.toISOString(),
  finishedAt: job.finished_at?.toISOString() ?? null,
  running: job.finished_at === null,
  success: job.success ?? false,
  captureErrorBehaviour: job.behaviour,
  errors: [...job.errors],
})

const take = async (
  deps: CaptureDeps,
  caller: Caller,
  request: { readonly header: (name: string) => string | undefined },
  document: ReadDocument,
  behaviour: 'rollback' | 'proceed',
): Promise<CaptureJob> => {
  const { id, errors, taken } = await captureEvents(deps, caller, {
    ...document,
    behaviour,
    salt: request.header('Capture-Salt'),
    signature: request.header('Capture-Signature'),
  })
  const now = deps.now().toISOString()
  return {
    ...{ captureID: id, createdAt: now, finishedAt: now, running: false, success: errors.length === 0 },
    ...{ captureErrorBehaviour: behaviour, errors: [...errors] },
    ...(await promises(
      deps,
      taken.map(({ eventID, logged }) => ({ eventID, ...logged })),
    )),
  }
}

/** One receipt covers all that was logged together; the only event of a capture has its own. */
const promises = async (
  deps: CaptureDeps,
  entries: readonly (Logged & { readonly eventID: string })[],
): Promise<Pick<CaptureJob, 'receipts' | 'batchReceipts'>> => {
  const signed = await deps.receipts(entries)
  const alone = entries.length === 1 ? signed[0] : undefined
  return {
    receipts: entries.map(({ eventID, index, digest }) => ({
      ...{ eventID, index: index.toString(), digest: base64url(digest) },
      ...(alone === undefined ? {} : { receipt: alone }),
    })),
    batchReceipts: alone === undefined ? [...signed] : [],
  }
}

const mustBeAlone = (body: unknown): unknown => {
  const type = typeof body === 'object' && body !== null && 'type' in body ? body.type : undefined
  if (type === 'EPCISDocument' || type === 'EPCISQueryDocument') {
    throw new Refusal('EVENT_INVALID', 'This address takes one event; send documents to /epcis/capture')
  }
  return body
}

const behaviourOf = (header = 'rollback'): 'rollback' | 'proceed' => {
  if (header === 'rollback' || header === 'proceed') return header
  throw new Refusal('INVALID_REQUEST', 'GS1-Capture-Error-Behaviour takes rollback or proceed')
}

const canonicalCode = (text: string): string => {
  const parsed = parseCode(text)
  if (!parsed.ok)
    throw new Refusal('CODE_INVALID', parsed.error.message, {
      position: parsed.error.position,
      rule: parsed.error.code,
    })
  return parsed.code.text
}
