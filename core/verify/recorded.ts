import { readEvent } from '../epcis/document.ts'
import type { Recorded } from '../report/evidence.ts'
import type { Content } from './open.ts'
import type { Opened } from './records.ts'

/** Where a record is kept and what time its signer claims, as the report points to it. */
export const recorded = ({ record, id, content }: Opened, signer: string | null): Recorded => ({
  index: record.index,
  id,
  signer,
  claimedAt: content === undefined ? record.loggedAt : (claimedAt(content) ?? record.loggedAt),
  loggedAt: record.loggedAt,
})

const claimedAt = (content: Content): string | undefined => {
  switch (content.type) {
    case 'document':
      return iso(content.document.iat * 1000)
    case 'event': {
      const read = readEvent(content.event)
      return read.ok ? read.scan.eventTime : undefined
    }
    case 'endorsement':
      return undefined
    case 'mandate':
      return 'given' in content ? content.given.iat : content.revoked.iat
    case 'authorization':
      return content.authorization.createdAt
    case 'authorization-state':
      return content.move.at
    case 'question':
      return content.question.iat
    case 'confirmation':
      return content.answer.asOf
    case 'application':
      return content.application.iat
    default:
      return content satisfies never
  }
}

/** Undefined for a number that is no instant of the calendar. */
const iso = (milliseconds: number): string | undefined => {
  const at = new Date(milliseconds)
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString()
}
