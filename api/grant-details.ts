import { permits, type Standing } from '../core/authorization/permits.ts'
import { parseAuthorization } from '../core/authorization.ts'
import { utf8 } from '../core/bytes.ts'
import { Refusal } from '../core/errors.ts'
import { asOrganization, type Db } from '../db/database.ts'
import { type AuthorizationRow, readAuthorization } from '../exchange/authorizations/store.ts'
import type { ReleaseDetail } from './auth/token.ts'

/**
 * What of the details (RFC 9396) a bank may have in its token: authorizations given to it that would let it through now,
 * reduced to the actions that were agreed. The release judges again; a token alone lets nothing out. Refusals:
 * AUTHORIZATION_…, OUT_OF_SCOPE.
 */
export const grantDetails =
  (db: Db, now: () => Date) =>
  async (uscc: string, details: readonly ReleaseDetail[]): Promise<readonly ReleaseDetail[]> =>
    asOrganization(db, uscc, async tx => {
      const at = now()
      const granted: ReleaseDetail[] = []
      for (const detail of details) {
        const row = /^[0-9a-f-]{36}$/.test(detail.authorization)
          ? await readAuthorization(tx, detail.authorization)
          : undefined
        if (!row || row.grantee !== uscc) throw new Refusal('AUTHORIZATION_UNKNOWN')
        granted.push({ ...detail, actions: [...permitted(row, uscc, detail.actions, at)] })
      }
      return granted
    })

const permitted = (row: AuthorizationRow, grantee: string, actions: ReleaseDetail['actions'], at: Date) => {
  const payload = parseAuthorization(utf8(row.payload))
  const { subject, purpose } = payload
  return new Set(
    actions.filter(action => {
      const found = permits(payload, { grantee, subject: subject.uscc, purpose, action }, standingOf(row, at), at)
      if (!found.ok && (found.code !== 'OUT_OF_SCOPE' || actions.every(it => !payload.actions.includes(it)))) {
        throw new Refusal(found.code, found.detail)
      }
      return found.ok
    }),
  )
}

const standingOf = ({ state, uses, used_on, uses_that_day }: AuthorizationRow, at: Date): Standing => ({
  state,
  uses,
  usesToday: used_on === at.toISOString().slice(0, 10) ? uses_that_day : 0,
})
