import { type Authorization, parseAuthorization } from '../../core/authorization.ts'
import { utf8 } from '../../core/bytes.ts'
import type { Tx } from '../../db/database.ts'
import { type AuthorizationRow, authorizationsBetween } from '../authorizations/store.ts'

type Agreed = {
  readonly id: string
  readonly seller: string
  readonly bank: string
  /** Id of the authorization that the seller named in the application. */
  readonly authorization: string
}

/**
 * The one that the application names; when that was superseded, what took its place. For watching over it after it was
 * financed, the newest one that says so and names this very application. Never any other: a supplier that ends it must
 * not find its data released under something it signed for another occasion.
 */
export const agreementFor = async (
  tx: Tx,
  { id: application, seller, bank, authorization }: Agreed,
  purpose: Authorization['purpose']['code'],
): Promise<AuthorizationRow | undefined> => {
  const between = await authorizationsBetween(tx, seller, bank)
  let chosen = between.find(({ id }) => id === authorization)
  while (chosen?.state === 'superseded') {
    const { id } = chosen
    chosen = between.find(({ supersedes, frozen }) => supersedes === id && frozen !== null)
  }
  if (purpose === 'receivable-financing' || (chosen && purposeOf(chosen).code === purpose)) return chosen
  const own = between.find(it => {
    const signed = it.frozen !== null ? purposeOf(it) : undefined
    return signed?.code === purpose && signed.application === application
  })
  return own ?? chosen
}

const purposeOf = ({ payload }: AuthorizationRow): Authorization['purpose'] => parseAuthorization(utf8(payload)).purpose

/** Whether the seller has agreed to be watched by the bank that financed this, be it in force or over. */
export const isMonitored = async (tx: Tx, application: Agreed): Promise<boolean> => {
  const row = await agreementFor(tx, application, 'post-financing-monitoring')
  return row !== undefined && purposeOf(row).code === 'post-financing-monitoring'
}
