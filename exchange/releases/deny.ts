import { canonical } from '../../core/canonical.ts'
import type { Refusal } from '../../core/errors.ts'
import type { Denial } from '../../core/release.ts'
import type { Uscc } from '../../core/uscc.ts'
import type { AuthorizationRow } from '../authorizations/store.ts'
import type { Append } from '../log.ts'
import type { ApplicationMaterial } from './material.ts'
import { insertDenial } from './store.ts'

/** Seller, asker and, where there is an agreement between them, its data holders can see that somebody asked. */
export const deny = async (
  append: Append,
  { caller, application }: { readonly caller: Uscc; readonly application: ApplicationMaterial },
  row: AuthorizationRow | undefined,
  { code, message }: Refusal,
  now: Date,
): Promise<void> => {
  const denial: Denial = {
    version: 1,
    caller,
    subject: application.seller,
    application: application.id,
    ...(row === undefined ? {} : { authorization: row.id }),
    code,
    detail: message,
    at: now.toISOString(),
  }
  const parties = [...new Set([application.seller, caller, ...(row?.parties ?? [])])] as Uscc[]
  await append({
    type: 'denial',
    org: application.seller,
    parties,
    body: canonical(denial),
    effect: (tx, entry) => insertDenial(tx, denial, parties, entry),
  })
}
