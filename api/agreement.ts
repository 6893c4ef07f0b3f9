import { parseAuthorization } from '../core/authorization.ts'
import { hex, utf8 } from '../core/bytes.ts'
import { parseGeneral } from '../core/jws-general.ts'
import type { AuthorizationEvidence } from '../core/report/evidence.ts'
import type { Tx } from '../db/database.ts'
import { readAuthorization } from '../exchange/authorizations/store.ts'

/** An authorization as it stands here, in the terms of a report. Undefined for a draft: nobody has signed it. */
export const agreementOf = async (tx: Tx, id: string): Promise<AuthorizationEvidence | undefined> => {
  const row = await readAuthorization(tx, id)
  if (row === undefined || row.signed === null || row.record_index === null || row.record_digest === null) {
    return undefined
  }
  const payload = parseAuthorization(utf8(row.payload))
  const general = parseGeneral(row.signed)
  const both = general.ok && general.signatures.length === 2
  return {
    ...{ index: `${row.record_index}`, id: hex(row.record_digest), signer: payload.subject.uscc },
    ...{ claimedAt: payload.createdAt, loggedAt: row.created_at.toISOString() },
    ...{ payload, state: row.state, frozen: row.frozen ?? undefined },
    signedBy: both ? [payload.subject.uscc, payload.grantee.uscc] : [payload.subject.uscc],
  }
}
