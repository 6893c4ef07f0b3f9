import { base64url } from '../core/bytes.ts'
import { type Route, route } from '../core/contract.ts'
import { Refusal } from '../core/errors.ts'
import { parseCode } from '../core/identifier/code.ts'
import { asOrganization } from '../db/database.ts'
import { captureEvents } from './capture.ts'
import { capture, forwardEvents, listScans, queryEvents, readJob } from './contract.ts'
import type { CaptureDeps } from './deps.ts'
import { takeForwarded } from './forwarded.ts'
import { readDocument, readEvent } from './read.ts'
import { type EventRow, findEvents, findScans, readCaptureRow } from './store.ts'

export const captureRoutes = (deps: CaptureDeps): Route[] => [
  route(capture, async ({ body, caller, request }) => {
    const behaviour = behaviourOf(request.header('GS1-Capture-Error-Behaviour'))
    const result = await captureEvents(deps, caller, {
      ...readDocument(body, behaviour),
      behaviour,
      salt: request.header('Capture-Salt'),
      signature: request.header('Capture-Signature'),
    })
    const now = deps.now().toISOString()
    return {
      headers: { Location: `/epcis/capture/${result.id}`, 'GS1-EPCIS-Version': '2.0.0' },
      body: {
        captureID: result.id,
        createdAt: now,
        finishedAt: now,
        running: false,
        success: result.errors.length === 0,
        captureErrorBehaviour: behaviour,
        errors: result.errors,
        receipts: result.taken.map(({ eventID, logged }) => ({
          eventID,
          index: logged.index.toString(),
          digest: base64url(logged.digest),
          receipt: logged.receipt,
        })),
      },
    }
  }),
  route(readJob, async ({ params, caller }) => {
    const job = await asOrganization(deps.db, caller.uscc, tx => readCaptureRow(tx, params.captureID))
    if (!job) throw new Refusal('NOT_FOUND', 'There is no capture job of this id')
    return {
      body: {
        captureID: job.id,
        createdAt: job.created_at.toISOString(),
        finishedAt: job.finished_at?.toISOString() ?? null,
        running: job.finished_at === null,
        success: job.success ?? false,
        captureErrorBehaviour: job.behaviour,
        errors: [...job.errors],
        receipts: [],
      },
    }
  }),
  route(queryEvents, async ({ query, caller, request }) => {
    const rows = await asOrganization(deps.db, caller.uscc, tx =>
      findEvents(tx, {
        types: query.eventType,
        from: query.GE_eventTime,
        before: query.LT_eventTime,
        bizSteps: query.EQ_bizStep,
        actions: query.EQ_action,
        eventIds: query.EQ_eventID,
        locations: query.EQ_bizLocation?.map(canonicalCode),
        readPoints: query.EQ_readPoint?.map(canonicalCode),
        codes: query.MATCH_anyEPC?.map(canonicalCode),
        after: cursorOf(query.nextPageToken),
        limit: query.perPage + 1,
      }),
    )
    const page = rows.slice(0, query.perPage)
    const last = page.at(-1)
    return {
      headers: {
        'GS1-EPCIS-Version': '2.0.0',
        ...(rows.length > page.length && last
          ? { Link: `<${nextPage(request.origin + request.url, last.index)}>; rel="next"` }
          : {}),
      },
      body: queryDocument(page, deps.now()),
    }
  }),
  route(listScans, async ({ query, caller }) => {
    const code = query.code === undefined ? undefined : canonicalCode(query.code)
    const before = query.before === undefined ? undefined : BigInt(query.before)
    const rows = await asOrganization(deps.db, caller.uscc, tx => findScans(tx, code, before, query.limit + 1))
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

/** The cursor is the log position of the page's last event. */
const cursorOf = (token: string | undefined): bigint => {
  if (token === undefined) return -1n
  if (!/^\d{1,18}$/.test(token)) throw new Refusal('INVALID_REQUEST', 'nextPageToken is not one of ours')
  return BigInt(token)
}

const nextPage = (url: string, index: bigint): string => {
  const next = new URL(url)
  next.searchParams.set('nextPageToken', index.toString())
  return next.href
}

const queryDocument = (rows: readonly EventRow[], now: Date) => ({
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
  type: 'EPCISQueryDocument',
  schemaVersion: '2.0',
  creationDate: now.toISOString(),
  epcisBody: {
    queryResults: { queryName: 'SimpleEventQuery', resultsBody: { eventList: rows.map(withId) } },
  },
})

/** The eventID we gave where the capturer gave none. */
const withId = ({ event, event_id }: EventRow) => ({ eventID: event_id, ...(event as object) })
