import { parseAuthorization } from '../core/authorization.ts'
import { utf8 } from '../core/bytes.ts'
import { Refusal } from '../core/errors.ts'
import { asOrganization, type Db } from '../db/database.ts'
import { readAuthorization } from '../exchange/authorizations/store.ts'
import type { ReleaseDetail } from './auth/token.ts'

/**
 * What of the details (RFC 9396) a bank may have in its token: authorizations given to it and in force, reduced to the
 * actions that were agreed. The release judges again; a token alone lets nothing out. Refusals: AUTHORIZATION_UNKNOWN,
 * AUTHORIZATION_NOT_ACTIVE, OUT_OF_SCOPE.
 */
export const grantDetails =
  (db: Db) =>
  async (uscc: string, details: readonly ReleaseDetail[]): Promise<readonly ReleaseDetail[]> =>
    asOrganization(db, uscc, async tx => {
      const granted: ReleaseDetail[] = []
      for (const detail of details) {
        const row = /^[0-9a-f-]{36}$/.test(detail.authorization)
          ? await readAuthorization(tx, detail.authorization)
          : undefined
        if (!row || row.grantee !== uscc) throw new Refusal('AUTHORIZATION_UNKNOWN')
        if (row.state !== 'active') throw new Refusal('AUTHORIZATION_NOT_ACTIVE')
        const agreed = parseAuthorization(utf8(row.payload)).actions
        const actions = detail.actions.filter(action => agreed.includes(action))
        if (actions.length === 0) throw new Refusal('OUT_OF_SCOPE', 'The authorization does not allow these actions')
        granted.push({ ...detail, actions })
      }
      return granted
    })
