/** Everything that the log keeps. The name is part of what is hashed, so none is ever renamed. */
export const recordTypes = [
  'document',
  'event',
  'endorsement',
  'mandate',
  'organization',
  'identifier',
  'authorization',
  'authorization-state',
  'question',
  'confirmation',
  'release',
  'denial',
  'application',
  'report',
  'financing',
  'status-head',
  'tombstone',
  'telemetry',
  'policy',
  'decision',
  'push-destination',
  'push-receipt',
  'alert',
] as const

export type RecordType = (typeof recordTypes)[number]
