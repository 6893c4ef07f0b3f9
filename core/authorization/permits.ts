import type { Authorization } from '../authorization.ts'
import type { RefusalCode } from '../errors.ts'
import type { AuthorizationState } from './states.ts'

/** One pull or push, before it is known which records it is about. */
export type ReleaseRequest = {
  /** Who asks. */
  readonly grantee: string
  /** Whose agreement to the release it takes: the seller. */
  readonly subject: string
  readonly purpose: { readonly code: string; readonly application?: string | undefined }
  readonly action: 'read' | 'push'
}

/** What stands in the register, beside the signed payload. */
export type Standing = {
  readonly state: AuthorizationState
  /** Releases so far, and those of the day in UTC that the request falls on. */
  readonly uses: number
  readonly usesToday: number
}

export type Permission =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: RefusalCode; readonly detail: string }

/**
 * Whether an authorization lets this request through at this instant, and if not, the first reason why. Records and
 * fields are asked for one by one (core/authorization/scope.ts).
 */
export const permits = (
  payload: Authorization,
  { grantee, subject, purpose, action }: ReleaseRequest,
  { state, uses, usesToday }: Standing,
  at: Date,
): Permission => {
  if (payload.grantee.uscc !== grantee) return no('AUTHORIZATION_REQUIRED', 'The authorization is for another bank')
  if (payload.subject.uscc !== subject) return no('AUTHORIZATION_REQUIRED', 'The authorization is by another supplier')
  const ended = refusalOf(state)
  if (ended !== undefined) return no(...ended)
  if (!(at.getTime() >= Date.parse(payload.notBefore))) {
    return no('AUTHORIZATION_NOT_ACTIVE', `The authorization begins at ${payload.notBefore}`)
  }
  if (!(at.getTime() <= Date.parse(payload.notAfter))) {
    return no('AUTHORIZATION_EXPIRED', `The authorization ended at ${payload.notAfter}`)
  }
  const { code, application } = payload.purpose
  if (code !== purpose.code) return no('OUT_OF_SCOPE', `The authorization is for the purpose ${code}`)
  if (application !== undefined && application !== purpose.application) {
    return no('OUT_OF_SCOPE', `The authorization is for the application ${application}`)
  }
  if (!payload.actions.includes(action)) return no('OUT_OF_SCOPE', `The authorization does not allow to ${action}`)
  if (uses >= payload.maxUses) return no('AUTHORIZATION_EXHAUSTED', `All ${payload.maxUses} releases have been used`)
  if (usesToday >= payload.maxReleasesPerDay) {
    return no('AUTHORIZATION_EXHAUSTED', `The ${payload.maxReleasesPerDay} releases of this day have been used`)
  }
  return { ok: true }
}

const refusalOf = (state: AuthorizationState): readonly [RefusalCode, string] | undefined => {
  switch (state) {
    case 'active':
      return undefined
    case 'revoked':
      return ['AUTHORIZATION_REVOKED', 'The authorization has been revoked']
    case 'expired':
      return ['AUTHORIZATION_EXPIRED', 'The authorization has expired']
    case 'exhausted':
      return ['AUTHORIZATION_EXHAUSTED', 'All releases of the authorization have been used']
    case 'draft':
    case 'signed':
    case 'countersigned':
    case 'suspended':
    case 'superseded':
      return ['AUTHORIZATION_NOT_ACTIVE', `The authorization is ${state}`]
    default:
      return state satisfies never
  }
}

const no = (code: RefusalCode, detail: string): Permission => ({ ok: false, code, detail })
