import { z } from 'zod'
import { sha256 } from '#sha256'
import { instant, nonce, recordId } from '../act.ts'
import { base64url } from '../bytes.ts'
import { canonical } from '../canonical.ts'
import { usccSchema } from '../uscc.ts'

/** Where an authorization can stand. Only `active` lets anything out. */
export const states = [
  'draft',
  'signed',
  'countersigned',
  'active',
  'suspended',
  'revoked',
  'expired',
  'exhausted',
  'superseded',
] as const
export type AuthorizationState = (typeof states)[number]

/** Every legal move; what ended stays ended. */
export const moves = {
  draft: ['signed'],
  signed: ['countersigned', 'revoked', 'expired'],
  countersigned: ['active', 'revoked', 'expired'],
  active: ['suspended', 'revoked', 'expired', 'exhausted', 'superseded'],
  suspended: ['active', 'revoked', 'expired', 'superseded'],
  revoked: [],
  expired: [],
  exhausted: [],
  superseded: [],
} as const satisfies Record<AuthorizationState, readonly AuthorizationState[]>

export const mayMove = (from: AuthorizationState, to: AuthorizationState): boolean =>
  (moves[from] as readonly AuthorizationState[]).includes(to)

/** Commitments of the records each resource stands for, in the order of the payload's resources, each list sorted. */
const frozen = z.strictObject({
  records: z.array(z.array(recordId).max(100_000)).max(50),
  /** base64url SHA-256 of the RFC 8785 bytes of `records`. */
  hash: z.string(),
})
export type Frozen = z.infer<typeof frozen>

export const freeze = (records: readonly (readonly string[])[]): Frozen => {
  const sorted = records.map(ids => [...new Set(ids)].sort())
  return { records: sorted, hash: frozenHash(sorted) }
}

export const frozenHash = (records: Frozen['records']): string => base64url(sha256(canonical(records)))

/**
 * One move, as the log keeps it: RFC 8785 bytes of this, made by the node. Where a party made the move, `statement` is
 * what it signed; the first activation carries what the selectors stood for at that time.
 */
export const moveSchema = z.strictObject({
  authorization: z.uuid(),
  from: z.enum(states),
  to: z.enum(states),
  at: instant,
  /** USCC of the party whose act it was; the node itself for what follows from time or count. */
  by: z.union([usccSchema, z.literal('node')]),
  reason: z.string().max(500).optional(),
  statement: z.string().optional(),
  frozen: frozen.optional(),
})
export type Move = z.infer<typeof moveSchema>

/** What subject or bank signs to end an authorization, and the subject alone to halt it or let it go on. */
export const revocationSchema = z.strictObject({
  authorization: z.uuid(),
  act: z.enum(['revoke', 'suspend', 'resume']),
  reason: z.string().min(1).max(500),
  nonce,
  iat: instant,
})
export type Revocation = z.infer<typeof revocationSchema>

/** Who may do which act, and where it leads. */
export const acts = {
  revoke: { to: 'revoked', by: ['subject', 'grantee'] },
  suspend: { to: 'suspended', by: ['subject'] },
  resume: { to: 'active', by: ['subject'] },
} as const satisfies Record<Revocation['act'], { to: AuthorizationState; by: readonly ('subject' | 'grantee')[] }>

/**
 * Where a run of moves leads. Undefined when one of them is not legal, not of this authorization, or does not begin
 * where the last one ended. The first leaves `draft`.
 */
export const stateAfter = (id: string, run: readonly Move[]): AuthorizationState | undefined => {
  let state: AuthorizationState = 'draft'
  for (const { authorization, from, to } of run) {
    if (authorization !== id || from !== state || !mayMove(from, to)) return undefined
    state = to
  }
  return state
}
